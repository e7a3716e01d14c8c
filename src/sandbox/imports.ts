import type { Grants, HostFunction, HostModule } from '../capability/index.ts'
import { GRANTS, hasGrant } from '../capability/index.ts'
import type { ModuleInfo } from '../compile/index.ts'
import type { ErrorData } from '../core/index.ts'

/** A function that a module imports. It crosses threads. */
export interface FunctionImport {
  readonly module: string
  readonly name: string
  readonly params: readonly string[]
  readonly results: readonly string[]
}

/** The part of `ModuleInfo` that tells what a module imports. */
export type ImportingModule = Pick<ModuleInfo, 'imports' | 'functionType'>

/** Names that are listed in an error, so that a hostile module cannot make it long. */
const LISTED = 20
const NAME_LENGTH = 80

/** What has been read of modules that live: agents of one module share it. */
const READ = new WeakMap<ImportingModule, readonly FunctionImport[]>()

/** Lists the functions a module imports, in order. Anything else that it imports is left to `checkImports`. */
export function readFunctionImports(info: ImportingModule): readonly FunctionImport[] {
  const known = READ.get(info)
  if (known !== undefined) return known
  const read = info.imports.flatMap(({ module, name, kind, index }) => {
    const type = kind === 'function' ? info.functionType(index) : undefined
    return type === undefined ? [] : [{ module, name, params: type.params, results: type.results }]
  })
  READ.set(info, read)
  return read
}

/**
 * Compares what a module imports with what is offered and granted.
 *
 * Returns every problem: ERR_MODULE_IMPORT_UNKNOWN (`data.module`, `data.name`), ERR_MODULE_IMPORT_TYPE (also `data.expected`,
 * `data.found`), ERR_GRANT_MISSING (also `data.grant`). Nothing is returned for a module that can be linked.
 */
export function checkImports(
  info: ImportingModule,
  modules: readonly HostModule<unknown>[],
  grants: Grants,
): ErrorData[] {
  return info.imports.flatMap(({ module, name, kind, index }) => {
    const type = kind === 'function' ? info.functionType(index) : undefined
    if (type === undefined) return [unknownKind(module, name, kind)]
    return checkImport({ module, name, params: type.params, results: type.results }, modules, grants) ?? []
  })
}

/** Compares one import; returns null for one that can be linked. */
export function checkImport(
  wanted: FunctionImport,
  modules: readonly HostModule<unknown>[],
  grants: Grants,
): ErrorData | null {
  const problem = checkOffered(wanted, modules)
  if (problem !== null) return problem
  return checkGranted(wanted, findFunction(wanted, modules)!, grants)
}

/** Compares one import with what is offered to anybody; returns null for what somebody could have. */
export function checkOffered(wanted: FunctionImport, modules: readonly HostModule<unknown>[]): ErrorData | null {
  const offered = findFunction(wanted, modules)
  if (offered === undefined) return unknownImport(wanted, modules)
  if (hasType(wanted, offered)) return null
  const expected = describeFunction(offered)
  const found = formatSignature(wanted.params, wanted.results)
  const names = { module: shorten(wanted.module), name: shorten(wanted.name) }
  const detail = `${names.module}.${names.name} has the type ${expected}, the module imports it as ${shorten(found)}`
  return { code: 'ERR_MODULE_IMPORT_TYPE', detail, data: { ...names, expected, found: shorten(found) } }
}

function hasType({ params, results }: FunctionImport, offered: HostFunction<unknown>): boolean {
  const { result } = offered
  return (
    params.length === offered.params.length &&
    params.every((type, index) => type === offered.params[index]!.type) &&
    (result === null ? results.length === 0 : results.length === 1 && results[0] === result)
  )
}

/** Whether two lists of types are the same. */
export function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((type, index) => type === others[index])
}

/** Tells whether an agent may have a host function; returns null if it may. */
export function checkGranted(wanted: FunctionImport, offered: HostFunction<unknown>, grants: Grants): ErrorData | null {
  if (offered.grant === null || hasGrant(grants, offered.grant)) return null
  const names = { module: shorten(wanted.module), name: shorten(wanted.name) }
  const detail = `the import ${names.module}.${names.name} needs the grant '${offered.grant}', such as: ${GRANTS[offered.grant].example}`
  return { code: 'ERR_GRANT_MISSING', detail, data: { ...names, grant: offered.grant } }
}

/** Finds the host function behind an import. Several host modules may share one name. */
export function findFunction<Host>(
  wanted: Pick<FunctionImport, 'module' | 'name'>,
  modules: readonly HostModule<Host>[],
): HostFunction<Host> | undefined {
  for (const { name, functions } of modules) {
    const found = name === wanted.module ? functions.find((offered) => offered.name === wanted.name) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** Writes the type of a function: `(i32, i32) -> (i32)`. */
export function formatSignature(params: readonly string[], results: readonly string[]): string {
  return `(${params.join(', ')}) -> (${results.join(', ')})`
}

function describeFunction({ params, result }: HostFunction<unknown>): string {
  return formatSignature(
    params.map(({ type }) => type),
    result === null ? [] : [result],
  )
}

function unknownImport(wanted: FunctionImport, modules: readonly HostModule<unknown>[]): ErrorData {
  const names = { module: shorten(wanted.module), name: shorten(wanted.name) }
  const inModule = modules.filter(({ name }) => name === wanted.module)
  const existing = inModule.flatMap(({ functions }) => functions.map(({ name }) => name))
  const offers =
    inModule.length > 0
      ? `module '${names.module}' offers: ${existing.slice(0, LISTED).join(', ')}${existing.length > LISTED ? ', …' : ''}`
      : `modules that exist: ${[...new Set(modules.map(({ name }) => name))].join(', ')}`
  const detail = `${names.module}.${names.name} (${offers})`
  return { code: 'ERR_MODULE_IMPORT_UNKNOWN', detail, data: names }
}

function unknownKind(module: string, name: string, kind: string): ErrorData {
  const names = { module: shorten(module), name: shorten(name) }
  const detail = `${names.module}.${names.name} is a ${kind}, and only functions can be imported`
  return { code: 'ERR_MODULE_IMPORT_UNKNOWN', detail, data: { ...names, kind } }
}

function shorten(text: string): string {
  return text.length <= NAME_LENGTH ? text : `${text.slice(0, NAME_LENGTH)}…`
}
