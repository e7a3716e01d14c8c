import { ByteReader } from '../byte-reader.ts'
import { findFeatures } from '../features.ts'
import { malformed } from '../malformed.ts'
import type { CodeBodies, ExportEntry, FunctionType, ModuleInfo, Section, SectionId } from '../module-info.ts'
import { SECTION } from '../module-info.ts'
import type { Feature } from '../opcodes.ts'
import { readCode, readFunctions } from './code.ts'
import { readData, readDataCount } from './data.ts'
import { readElements } from './elements.ts'
import { readExports } from './exports.ts'
import { readGlobals } from './globals.ts'
import type { Imports } from './imports.ts'
import { readImports } from './imports.ts'
import { readMemories } from './memories.ts'
import type { Names } from './names.ts'
import { readFunctionNames, readNames } from './names.ts'
import { readProducers, readTargetFeatures } from './producers.ts'
import { readSections, sectionName } from './sections.ts'
import { readTables } from './tables.ts'
import { readTags } from './tags.ts'
import { readTypes } from './types.ts'

const NO_IMPORTS: Imports = { entries: [], functions: [], tables: [], memories: [], globals: [], tags: [] }
const NO_CODE: CodeBodies = { count: 0, offsets: new Uint32Array(0), sizes: new Uint32Array(0) }
const NO_NAMES: ReadonlyMap<number, string> = new Map()

/**
 * Reads what a module says about itself.
 *
 * Guarantees: every section is parsed to its last byte except code (bodies are found, not read) and custom sections;
 * every count is checked before anything is allocated for it. It does not validate: that is the engine's part.
 * Cost: linear in the sections other than code and data; neither of these is copied.
 *
 * @throws CaxtonError ERR_WASM_MALFORMED with `data.offset` in the file, `expected` and `found`
 * @throws CaxtonError ERR_WASM_LIMIT with `data.offset`, `limit`, `asked`
 */
export function readModule(bytes: Uint8Array): ModuleInfo {
  const { sections, customSections } = readSections(bytes)
  const parts = new SectionParser(bytes, sections)
  const types = parts.read(SECTION.type, readTypes, [])
  const imports = parts.read(SECTION.import, readImports, NO_IMPORTS)
  const ownFunctions = parts.read(SECTION.function, readFunctions, new Uint32Array(0))
  const tables = [...imports.tables, ...parts.read(SECTION.table, readTables, [])]
  const memories = [...imports.memories, ...parts.read(SECTION.memory, readMemories, [])]
  const tags = [...imports.tags, ...parts.read(SECTION.tag, readTags, [])]
  const globals = [...imports.globals, ...parts.read(SECTION.global, readGlobals, [])]
  const exports = parts.read(SECTION.export, readExports, [])
  const start = parts.read(SECTION.start, (reader) => reader.readU32('the start function'), null)
  const elements = parts.read(SECTION.element, readElements, [])
  const dataCount = parts.read(SECTION.dataCount, readDataCount, null)
  const code = parts.read(SECTION.code, readCode, NO_CODE)
  const data = parts.read(SECTION.data, readData, [])
  checkCounts(parts, ownFunctions.length, code.count, dataCount, data.length)
  const functions = new Uint32Array(imports.functions.length + ownFunctions.length)
  functions.set(imports.functions)
  functions.set(ownFunctions, imports.functions.length)
  const custom = (name: string) => customSections.find((section) => section.name === name)
  let names: Names | undefined
  let functionNames: Names['functions'] | undefined
  let features: ReadonlySet<Feature> | undefined
  const nameSection = (): Names => {
    names ??= readNames(bytes, custom('name'))
    return names
  }
  const info: ModuleInfo = {
    bytes,
    sections,
    types,
    imports: imports.entries,
    functions,
    importedFunctionCount: imports.functions.length,
    tables,
    memories,
    tags,
    globals,
    exports,
    start,
    elements,
    dataCount,
    code,
    data,
    customSections,
    producers: () => readProducers(bytes, custom('producers')),
    targetFeatures: () => readTargetFeatures(bytes, custom('target_features')),
    functionType: (index) => asFunctionType(types[functions[index] ?? -1]?.type),
    functionName: (index) => {
      functionNames ??= readFunctionNames(bytes, custom('name'))
      return functionNames.get(index) ?? null
    },
    localNames: (index) => nameSection().locals.get(index) ?? NO_NAMES,
    moduleName: () => nameSection().module,
    features: () => {
      features ??= findFeatures(info)
      return features
    },
  }
  return info
}

/**
 * Reads what a module exports, and nothing else of it.
 *
 * @throws CaxtonError as `readModule`, for the bounds of its sections and for its exports
 */
export function readModuleExports(bytes: Uint8Array): ExportEntry[] {
  return new SectionParser(bytes, readSections(bytes).sections).read(SECTION.export, readExports, [])
}

function asFunctionType(type: { readonly kind: string } | undefined): FunctionType | undefined {
  return type?.kind === 'func' ? (type as FunctionType) : undefined
}

function checkCounts(
  parts: SectionParser,
  functions: number,
  bodies: number,
  dataCount: number | null,
  data: number,
): void {
  if (functions !== bodies) {
    const offset = parts.offsetOf(bodies > 0 ? SECTION.code : SECTION.function)
    throw malformed(offset, `${functions} function bodies`, `${bodies}`)
  }
  if (dataCount !== null && dataCount !== data) {
    throw malformed(parts.offsetOf(SECTION.dataCount), `${dataCount} data segments`, `${data}`)
  }
}

class SectionParser {
  readonly #bytes: Uint8Array
  readonly #byId: ReadonlyMap<SectionId, Section>

  constructor(bytes: Uint8Array, sections: readonly Section[]) {
    this.#bytes = bytes
    this.#byId = new Map(sections.filter(({ id }) => id !== SECTION.custom).map((section) => [section.id, section]))
  }

  read<T, Absent>(id: SectionId, parse: (reader: ByteReader) => T, absent: Absent): T | Absent {
    const section = this.#byId.get(id)
    if (section === undefined) return absent
    const reader = new ByteReader(this.#bytes, section.offset, section.offset + section.size)
    const value = parse(reader)
    reader.finish(`section ${sectionName(id)}`)
    return value
  }

  offsetOf(id: SectionId): number {
    return this.#byId.get(id)?.offset ?? this.#bytes.length
  }
}
