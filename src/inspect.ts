import type { GrantName } from './capability/index.ts'
import { GRANTS, NO_GRANTS } from './capability/index.ts'
import { digestBytes } from './compile/index.ts'
import type { DoorName, ErrorData } from './core/index.ts'
import { asCaxtonError, LIMITS } from './core/index.ts'
import { instrumentModule } from './instrument/index.ts'
import { checkExports, checkImports, DOORS, findFunction, listHostModules } from './sandbox/index.ts'
import type { ImportEntry, ModuleInfo } from './wasm/index.ts'
import { formatFunctionType, readModule } from './wasm/index.ts'

/** What a module says about itself, and what the runtime says about it. Nothing of it has run. */
export interface Inspection {
  readonly bytes: number
  /** SHA-256, hexadecimal. */
  readonly digest: string
  readonly imports: readonly InspectedImport[]
  readonly exports: readonly { readonly name: string; readonly kind: string; readonly type: string }[]
  /** Pages of 64 KiB. */
  readonly memories: readonly InspectedSize[]
  /** Elements. */
  readonly tables: readonly (InspectedSize & { readonly element: string })[]
  readonly features: readonly string[]
  readonly producers: readonly { readonly field: string; readonly name: string; readonly version: string }[]
  /** Doors that a module can fit; a problem of null says that it fits. */
  readonly doors: readonly { readonly name: string; readonly problem: string | null }[]
  /** Grants that the imports ask for, in the order of docs/CAPABILITIES.md. */
  readonly grants: readonly InspectedGrant[]
  /** What the module would be refused for, whatever it is granted. Limits are at the most that can be given. */
  readonly refusals: readonly ErrorData[]
}

export interface InspectedImport {
  readonly module: string
  readonly name: string
  readonly kind: string
  readonly type: string
  /** Host module that offers it with this type; null if nobody does. */
  readonly offeredBy: string | null
  /** Grant it needs, null if none. */
  readonly grant: GrantName | null
  /** Grant that decides what it answers, null if none. */
  readonly uses: GrantName | null
}

/** A grant that a module would need, or that would let it do more, and why. */
export interface InspectedGrant {
  readonly name: GrantName
  /** How a system file writes it. */
  readonly example: string
  /** What it allows. */
  readonly sentence: string
  /** Whether the module is refused without it. Otherwise its imports are linked, and answer less. */
  readonly isRequired: boolean
  /** The imports that ask for it. */
  readonly imports: readonly string[]
}

export interface InspectedSize {
  readonly initial: number
  readonly maximum: number | null
}

/** Doors that a module can fit by itself; behind `javascript` there is always the same one. */
const MODULE_DOORS: readonly DoorName[] = ['caxton', 'stdio']

/**
 * Looks into a module: what it imports and exports, which door it fits, which grants it needs, what it would be refused for.
 *
 * Cost: reads and rewrites the module once, and has V8 validate it. Nothing of it runs.
 *
 * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_LIMIT for bytes that cannot be read at all
 */
export function inspectModule(bytes: Uint8Array): Inspection {
  const info = readModule(bytes)
  const doors = MODULE_DOORS.map((name) => ({ name, problem: checkExports(info, DOORS[name])?.detail ?? null }))
  const door = doors.find(({ problem }) => problem === null)?.name ?? 'caxton'
  const checked = info.imports.map((entry) => inspectImport(info, entry, door))
  return {
    bytes: bytes.length,
    digest: digestBytes(bytes),
    imports: checked.map(({ seen }) => seen),
    exports: info.exports.map(({ name, kind, index }) => ({ name, kind, type: describe(info, kind, index) })),
    memories: info.memories.map(({ limits: { initial, maximum } }) => ({ initial, maximum })),
    tables: info.tables.map(({ element, limits: { initial, maximum } }) => ({ element, initial, maximum })),
    features: [...info.features()],
    producers: info.producers(),
    doors,
    grants: explainGrants(checked.map(({ seen }) => seen)),
    refusals: [...findModuleRefusals(bytes), ...checked.flatMap(({ refusal }) => refusal ?? [])],
  }
}

function inspectImport(info: ModuleInfo, entry: ImportEntry, door: DoorName) {
  const { module, name, kind, index } = entry
  const alone = { imports: [entry], functionType: info.functionType }
  const offered = listHostModules(DOORS[door])
  const [problem] = checkImports(alone, offered, NO_GRANTS)
  const lacksGrant = problem?.code === 'ERR_GRANT_MISSING'
  const isOffered = problem === undefined || lacksGrant
  const seen: InspectedImport = {
    module,
    name,
    kind,
    type: describe(info, kind, index),
    offeredBy: isOffered ? module : null,
    grant: lacksGrant ? (findFunction(entry, offered)?.grant ?? null) : null,
    uses: isOffered ? (findFunction(entry, offered)?.uses ?? null) : null,
  }
  return { seen, refusal: isOffered ? null : problem }
}

function explainGrants(imports: readonly InspectedImport[]): InspectedGrant[] {
  return (Object.keys(GRANTS) as GrantName[]).flatMap((name) => {
    const asking = imports.filter(({ grant, uses }) => grant === name || uses === name)
    if (asking.length === 0) return []
    const isRequired = asking.some(({ grant }) => grant === name)
    return [{ name, ...GRANTS[name], isRequired, imports: asking.map((entry) => `${entry.module}.${entry.name}`) }]
  })
}

function describe(info: ModuleInfo, kind: string, index: number): string {
  const type = kind === 'function' ? info.functionType(index) : undefined
  return type === undefined ? kind : formatFunctionType(type)
}

/** Finds why a module would be refused at the largest limits there are. */
function findModuleRefusals(bytes: Uint8Array): ErrorData[] {
  const rules = { memoryMaxBytes: LIMITS.memoryBytes.max, tableMaxElements: LIMITS.tableElements.max }
  const invalid: ErrorData[] = WebAssembly.validate(bytes) ? [] : [{ code: 'ERR_WASM_INVALID' }]
  try {
    instrumentModule(bytes, rules)
    return invalid
  } catch (error) {
    return [...invalid, asCaxtonError(error).toData()]
  }
}
