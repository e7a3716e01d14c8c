import type { Feature } from './opcodes.ts'

/** A stretch of the original file, bytes. */
export interface ByteRange {
  readonly offset: number
  readonly size: number
}

/** A value type as the text format writes it: `i32`, `funcref`, `(ref null 3)`. Packed fields: `i8`, `i16`. */
export type ValueType = string

/** Numbers in the file; see `SECTION`. */
export type SectionId = number

export const SECTION = Object.freeze({
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
})

/** One section; `offset` and `size` are its contents, `start` is the byte of its id. */
export interface Section extends ByteRange {
  readonly id: SectionId
  readonly start: number
}

/** A custom section; its contents begin behind its name. */
export interface CustomSection extends Section {
  readonly name: string
}

export interface FunctionType {
  readonly kind: 'func'
  readonly params: readonly ValueType[]
  readonly results: readonly ValueType[]
  /** The vector of result types as it stands in the file, with its count. */
  readonly resultsRange: ByteRange
}

export interface FieldType {
  readonly type: ValueType
  readonly mutable: boolean
}

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly FieldType[]
}

export interface ArrayType {
  readonly kind: 'array'
  readonly element: FieldType
}

/** One entry of the type index space. Entries of one recursion group share `group`. */
export interface TypeEntry {
  readonly type: FunctionType | StructType | ArrayType
  readonly group: number
  readonly final: boolean
  readonly supertypes: readonly number[]
  readonly range: ByteRange
}

/** Pages of a memory (64 KiB) or elements of a table. Numbers above 2^53 are rounded to a double. */
export interface SizeLimits {
  readonly initial: number
  readonly maximum: number | null
  readonly shared: boolean
  /** Index type: `i64` for a 64-bit memory or table. */
  readonly index: 'i32' | 'i64'
}

export interface Memory {
  readonly imported: boolean
  readonly limits: SizeLimits
  readonly range: ByteRange
}

export interface Table {
  readonly imported: boolean
  readonly element: ValueType
  readonly limits: SizeLimits
  /** The entry in the file; `limitsRange` is the part that holds the limits. */
  readonly range: ByteRange
  readonly limitsRange: ByteRange
  /** Constant expression of the initial elements, where the table has one. */
  readonly initializer: ByteRange | null
}

export interface Global {
  readonly imported: boolean
  readonly type: ValueType
  readonly mutable: boolean
  readonly range: ByteRange
  /** Constant expression of the initial value; null for an import. */
  readonly initializer: ByteRange | null
}

export interface Tag {
  readonly imported: boolean
  readonly typeIndex: number
  readonly range: ByteRange
}

export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag'

export interface ImportEntry {
  readonly module: string
  readonly name: string
  readonly kind: ExternalKind
  /** Index in the index space of its kind. */
  readonly index: number
  readonly range: ByteRange
}

export interface ExportEntry {
  readonly name: string
  readonly kind: ExternalKind
  readonly index: number
  readonly range: ByteRange
}

export interface ElementSegment {
  readonly mode: 'active' | 'passive' | 'declarative'
  readonly table: number
  readonly type: ValueType
  readonly count: number
  /** Function indices (`functions`) or constant expressions (`expressions`), behind their count. */
  readonly form: 'functions' | 'expressions'
  readonly entries: ByteRange
  readonly start: ByteRange | null
  readonly range: ByteRange
}

export interface DataSegment {
  readonly mode: 'active' | 'passive'
  readonly memory: number
  readonly start: ByteRange | null
  readonly contents: ByteRange
  readonly range: ByteRange
}

/** Bodies of the module's own functions, in order: `offsets[i]` is the byte behind the size of body i. */
export interface CodeBodies {
  readonly count: number
  readonly offsets: Uint32Array
  readonly sizes: Uint32Array
}

export interface Producer {
  readonly field: string
  readonly name: string
  readonly version: string
}

export interface TargetFeature {
  readonly prefix: string
  readonly name: string
}

/** What a module says about itself. It refers to the original bytes and does not copy code or data. */
export interface ModuleInfo {
  readonly bytes: Uint8Array
  readonly sections: readonly Section[]
  readonly types: readonly TypeEntry[]
  readonly imports: readonly ImportEntry[]
  /** Type index of every function, imports first. */
  readonly functions: Uint32Array
  readonly importedFunctionCount: number
  readonly tables: readonly Table[]
  readonly memories: readonly Memory[]
  readonly tags: readonly Tag[]
  readonly globals: readonly Global[]
  readonly exports: readonly ExportEntry[]
  readonly start: number | null
  readonly elements: readonly ElementSegment[]
  readonly dataCount: number | null
  readonly code: CodeBodies
  readonly data: readonly DataSegment[]
  readonly customSections: readonly CustomSection[]
  /** Who made the module; empty without a readable `producers` section. */
  producers(): readonly Producer[]
  targetFeatures(): readonly TargetFeature[]
  /** Type of a function; undefined if there is no such function. */
  functionType(index: number): FunctionType | undefined
  /** Name of a function in the name section, read at the first call; null without one. */
  functionName(index: number): string | null
  /** Names of a function's parameters and locals in the name section, by index. */
  localNames(index: number): ReadonlyMap<number, string>
  /** Name of the module itself in the name section. */
  moduleName(): string | null
  /**
   * Features the module uses. Cost: one pass over all code at the first call.
   *
   * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_OPCODE_UNKNOWN
   */
  features(): ReadonlySet<Feature>
}
