import {
  appendEntries,
  ByteReader,
  ByteWriter,
  copySection,
  readModule,
  SECTION,
  SECTION_RANK,
  writeExport,
  writeHeader,
  writeSection,
} from '../../src/wasm/index.ts'

const KINDS = [
  ['memory', 'memories'],
  ['table', 'tables'],
  ['global', 'globals'],
  ['tag', 'tags'],
] as const

/** Exports everything of a module that has a state, so that it can be compared: `state:memory:0`, and so on. */
export function exposeState(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const info = readModule(bytes)
  const exports = KINDS.flatMap(([kind, plural]) =>
    info[plural].map((_entry, index) => ({ name: `state:${kind}:${index}`, kind, index })),
  )
  return rewriteSection(bytes, SECTION.export, (old) => {
    const contents = new ByteWriter()
    appendEntries(contents, old, exports.length, () => {
      for (const entry of exports) writeExport(contents, entry)
    })
    return contents.finish()
  })
}

/** Gives a module the memory and table sections of another one that differs from it in their limits at most. */
export function takeLimits(bytes: Uint8Array, from: Uint8Array): Uint8Array<ArrayBuffer> {
  const other = readModule(from)
  const own = new Set(readModule(bytes).sections.map(({ id }) => id))
  return [SECTION.memory, SECTION.table]
    .filter((id) => own.has(id))
    .reduce<Uint8Array<ArrayBuffer>>((result, id) => {
      const section = other.sections.find((one) => one.id === id)
      if (section === undefined) return result
      return rewriteSection(result, id, () => from.subarray(section.offset, section.offset + section.size))
    }, Uint8Array.from(bytes))
}

/** Replaces the contents of a section, or puts it where it belongs if the module has none. */
function rewriteSection(
  bytes: Uint8Array,
  id: number,
  write: (old: ByteReader | null) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const info = readModule(bytes)
  const out = new ByteWriter(bytes.length + 4_096)
  let written = false
  const put = (old: ByteReader | null): void => {
    writeSection(out, id, write(old))
    written = true
  }
  writeHeader(out)
  for (const section of info.sections) {
    if (section.id === id) put(new ByteReader(bytes, section.offset, section.offset + section.size))
    else {
      const isBehind = section.id !== SECTION.custom && (SECTION_RANK[section.id] ?? 0) > (SECTION_RANK[id] ?? 0)
      if (!written && isBehind) put(null)
      copySection(out, info, section)
    }
  }
  if (!written) put(null)
  return out.finish()
}
