import {
  ByteWriter,
  beginSection,
  copySection,
  endSection,
  readModule,
  SECTION,
  writeHeader,
} from '../../src/wasm/index.ts'

/** A body without locals that traps: it fits every type. */
const TRAP = Uint8Array.of(0, 0x00, 0x0b)

/**
 * Makes a failing module smaller: empties every function body that is not needed for the failure.
 * Cost: a run for each function, some of them twice.
 *
 * @param fails tells whether a module fails in the same way; it must hold for `bytes`
 */
export function shrink(
  bytes: Uint8Array<ArrayBuffer>,
  fails: (candidate: Uint8Array<ArrayBuffer>) => boolean,
): Uint8Array<ArrayBuffer> {
  let smallest = bytes
  for (let changed = true; changed; ) {
    changed = false
    const { count } = readModule(smallest).code
    for (let index = 0; index < count; index++) {
      const candidate = emptyBody(smallest, index)
      if (candidate.length >= smallest.length || !WebAssembly.validate(candidate) || !fails(candidate)) continue
      smallest = candidate
      changed = true
    }
  }
  return smallest
}

function emptyBody(bytes: Uint8Array, emptied: number): Uint8Array<ArrayBuffer> {
  const info = readModule(bytes)
  const out = new ByteWriter(bytes.length + 64)
  writeHeader(out)
  for (const section of info.sections) {
    if (section.id !== SECTION.code) {
      copySection(out, info, section)
      continue
    }
    const contents = beginSection(out, SECTION.code)
    out.writeU32(info.code.count)
    for (let index = 0; index < info.code.count; index++) {
      const offset = info.code.offsets[index] as number
      const body = index === emptied ? TRAP : bytes.subarray(offset, offset + (info.code.sizes[index] as number))
      out.writeU32(body.length)
      out.writeBytes(body)
    }
    endSection(out, contents)
  }
  return out.finish()
}
