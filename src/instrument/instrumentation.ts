import type { ExportEntry, ModuleInfo, Section } from '../wasm/index.ts'
import {
  appendEntries,
  ByteReader,
  ByteWriter,
  beginSection,
  copySection,
  encodeS64,
  endSection,
  readModule,
  SECTION,
  SECTION_RANK,
  writeExport,
  writeGlobal,
  writeHeader,
  writeMemories,
  writeTables,
} from '../wasm/index.ts'
import type { Helpers } from './added-functions.ts'
import { planHelpers } from './added-functions.ts'
import type { AddedTypes } from './added-types.ts'
import { planTypes } from './added-types.ts'
import type { Caps } from './caps.ts'
import { planCaps } from './caps.ts'
import { writeCode } from './code-section.ts'
import { checkInitializers, priceInitializers } from './initializers.ts'
import { OffsetMap, RunList } from './offset-map.ts'
import { checkPolicy } from './policy.ts'
import type { InstrumentedModule, InstrumentRules, ReservedNames } from './rules.ts'
import { RESERVED_PREFIX } from './rules.ts'

/** Custom sections that name offsets in code: they would point at other instructions. DWARF is read through the offset map. */
const OFFSET_SECTIONS = /^metadata\.code\./
/** Code of LLVM grows to 1.95 times its size; that is reserved at once, as growing copies. What is not touched takes no memory. */
const RESERVE = 2.1

interface Plan {
  readonly info: ModuleInfo
  readonly caps: Caps
  readonly helpers: Helpers
  readonly types: AddedTypes
  readonly names: ReservedNames
}

/**
 * Rewrites a module so that it pays for code before running it and keeps to its caps.
 *
 * Guarantees: an instruction that runs was charged before; without a trap or an exception nothing else was charged;
 * after one, at most one block per active frame was charged and not run. When the counter would become negative the
 * guest asks the slice hook for more; without a hook it traps with `unreachable`, and the fuel global is negative: no
 * `catch` of the guest sees it. Loops, calls, tail
 * calls, handlers and bulk instructions of any length are charged. After a trap other than that the global may still
 * hold the value of the last call: what the running function used since is not in it.
 * A loop of straight-line code that ends by numbers known when it begins is written twice: without charges for when the
 * fuel is enough for all its turns, which it pays at once, and with them for when it is not. Which one runs cannot be told
 * by results, fuel, calls of the hook or what a trap leaves.
 * No index changes: types, functions, globals and exports are added at the ends of their index spaces, and up to three
 * locals at the end of each function's locals. The sums of the memories' and of the tables' maxima keep to `rules`.
 * Nothing of the guest runs before the host has set the fuel: the start section becomes an export.
 * Custom sections are kept as they are, except `metadata.code.*`, whose offsets would be wrong; a section of branch hints
 * for the charges is added.
 *
 * The caller validates `bytes` first: the rewriter looks at what it needs, no more.
 * Cost: linear; two passes over the code, which grows to 1.5 to 2 times its size, 2 or 3 bytes of map for each insertion.
 *
 * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_OPCODE_UNKNOWN, ERR_WASM_LIMIT as `readModule`
 * @throws CaxtonError ERR_INSTRUMENT_OPCODE_REFUSED for an instruction without a price, `data.offset`
 * @throws CaxtonError ERR_INSTRUMENT_IMPORT_REFUSED, ERR_INSTRUMENT_NAME_TAKEN, ERR_INSTRUMENT_MEMORY_REFUSED
 * @throws CaxtonError ERR_LIMIT_MEMORY, ERR_LIMIT_TABLE if the module starts larger than the rules allow
 */
export function instrumentModule(bytes: Uint8Array, rules: InstrumentRules): InstrumentedModule {
  const info = readModule(bytes)
  checkPolicy(info)
  return rewriteModule(info, rules)
}

/**
 * Rewrites a module as `instrumentModule` does, whatever it imports: the import policy is the caller's.
 * What is imported keeps its limits. Only `instrumentModule` is offered to the rest of the system.
 */
export function rewriteModule(info: ModuleInfo, rules: InstrumentRules): InstrumentedModule {
  const caps = planCaps(info, rules)
  const instantiationFuel = priceInitializers(info, checkInitializers(info, rules))
  const names = planNames(info)
  const types = planTypes(info)
  const plan: Plan = { info, caps, helpers: planHelpers(info, caps, types, rules), types, names }
  const out = new ByteWriter(Math.ceil(info.bytes.length * RESERVE) + 4_096)
  writeHeader(out)
  const { runs, codeEnd } = writeSections(out, plan)
  const parts = { runs: runs.finish(), codeEnd, bodies: info.code, importedFunctionCount: info.importedFunctionCount }
  return { bytes: out.finish(), info, offsetMap: new OffsetMap(parts), names, instantiationFuel }
}

function planNames(info: ModuleInfo): ReservedNames {
  const names = {
    fuel: `${RESERVED_PREFIX}fuel`,
    refusedPages: `${RESERVED_PREFIX}refused-pages`,
    slice: `${RESERVED_PREFIX}slice`,
    stack: `${RESERVED_PREFIX}stack`,
    stackFloor: `${RESERVED_PREFIX}stack-floor`,
    tableGrowth: `${RESERVED_PREFIX}table-growth`,
  }
  const memories = listHiddenMemories(info).map(({ name }) => name)
  return {
    ...names,
    ...(info.start === null ? {} : { start: `${RESERVED_PREFIX}start` }),
    ...(memories.length === 0 ? {} : { memories }),
  }
}

/** The memories that the host would not see otherwise. */
function listHiddenMemories({ memories, exports }: ModuleInfo): Omit<ExportEntry, 'range'>[] {
  const seen = exports.find(({ kind, name }) => kind === 'memory' && name === 'memory')?.index
  return memories.flatMap((_memory, index) =>
    index === seen ? [] : [{ name: `${RESERVED_PREFIX}memory-${index}`, kind: 'memory', index }],
  )
}

/** Sections that are there in every rewritten module, in the order of the file. */
const ADDED = [SECTION.type, SECTION.function, SECTION.global, SECTION.export, SECTION.code]
const REWRITTEN: ReadonlySet<number> = new Set([...ADDED, SECTION.table, SECTION.memory])
const ADDED_GLOBALS = 6
const COUNTER = { type: 'i64', mutable: true }
const LEVEL = { type: 'i32', mutable: true }

function writeSections(out: ByteWriter, plan: Plan): { runs: RunList; codeEnd: number } {
  const { sections, customSections } = plan.info
  const dropped = new Set(customSections.filter(({ name }) => OFFSET_SECTIONS.test(name)).map(({ start }) => start))
  const absent = ADDED.filter((id) => !sections.some((section) => section.id === id))
  let code = { runs: new RunList(), codeEnd: 0 }
  const write = (id: number, section: Section | null): void => {
    if (id === SECTION.code) code = writeCodeSection(out, plan)
    else if (id !== SECTION.start) rewriteSection(out, plan, id, section)
  }
  const writeAbsentBelow = (rank: number): void => {
    while (absent.length > 0 && (SECTION_RANK[absent[0] as number] as number) < rank)
      write(absent.shift() as number, null)
  }
  for (const section of sections) {
    if (section.id === SECTION.custom) {
      if (!dropped.has(section.start)) copySection(out, plan.info, section)
      continue
    }
    writeAbsentBelow(SECTION_RANK[section.id] as number)
    write(section.id, section)
  }
  writeAbsentBelow(Number.POSITIVE_INFINITY)
  return code
}

function writeCodeSection(out: ByteWriter, plan: Plan): { runs: RunList; codeEnd: number } {
  const start = out.length
  const contents = beginSection(out, SECTION.code)
  const { runs, codeEnd, hints } = writeCode(out, plan)
  endSection(out, contents)
  const section = hints.finish()
  insertBytes(out, start, section)
  runs.shift(section.length)
  return { runs, codeEnd: codeEnd + section.length }
}

/** Moves what is behind an offset to make room: the hints are known behind the code and stand before it. */
function insertBytes(out: ByteWriter, offset: number, bytes: Uint8Array): void {
  out.reserve(bytes.length)
  out.bytes.copyWithin(offset + bytes.length, offset, out.length)
  out.bytes.set(bytes, offset)
  out.length += bytes.length
}

function rewriteSection(out: ByteWriter, plan: Plan, id: number, section: Section | null): void {
  const { info, caps, types } = plan
  if (section !== null && !REWRITTEN.has(id)) {
    copySection(out, info, section)
    return
  }
  const contents = beginSection(out, id)
  const old = section === null ? null : new ByteReader(info.bytes, section.offset, section.offset + section.size)
  switch (id) {
    case SECTION.type:
      appendEntries(out, old, types.count, types.write)
      break
    case SECTION.function:
      appendEntries(out, old, plan.helpers.functions.length, () => {
        for (const { type } of plan.helpers.functions) out.writeU32(types.helperType(type))
      })
      break
    case SECTION.table:
      writeTables(out, info, caps.tables)
      break
    case SECTION.memory:
      writeMemories(out, caps.memories)
      break
    case SECTION.global:
      appendEntries(out, old, ADDED_GLOBALS, () => writeAddedGlobals(out, types))
      break
    default: {
      const added = listAddedExports(plan)
      appendEntries(out, old, added.length, () => {
        for (const entry of added) writeExport(out, entry)
      })
    }
  }
  endSection(out, contents)
}

/** In the order of their indices in `Helpers`: each begins with 0, the hook, a function from one i64 to another, with null. */
function writeAddedGlobals(out: ByteWriter, types: AddedTypes): void {
  const hookType = types.helperType('i64')
  writeGlobal(out, COUNTER, [0x42, 0x00, 0x0b])
  writeGlobal(out, COUNTER, [0x42, 0x00, 0x0b])
  writeGlobal(out, { type: `(ref null ${hookType})`, mutable: true }, [0xd0, ...encodeS64(hookType), 0x0b])
  for (let level = 0; level < 3; level++) writeGlobal(out, LEVEL, [0x41, 0x00, 0x0b])
}

function listAddedExports({ info, helpers, names }: Plan): readonly Omit<ExportEntry, 'range'>[] {
  return [
    { name: names.fuel, kind: 'global', index: helpers.fuelGlobal },
    { name: names.refusedPages, kind: 'global', index: helpers.refusedPagesGlobal },
    { name: names.slice, kind: 'global', index: helpers.sliceGlobal },
    { name: names.stack, kind: 'global', index: helpers.stackGlobal },
    { name: names.stackFloor, kind: 'global', index: helpers.stackFloorGlobal },
    { name: names.tableGrowth, kind: 'global', index: helpers.tableGrowthGlobal },
    ...(names.start === undefined || info.start === null
      ? []
      : [{ name: names.start, kind: 'function', index: info.start } as const]),
    ...listHiddenMemories(info),
  ]
}
