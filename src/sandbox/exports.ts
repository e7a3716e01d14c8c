import type { ModuleInfo } from '../compile/index.ts'
import type { ErrorData } from '../core/index.ts'
import type { Door, DoorExport } from './doors/door.ts'
import { areSame, formatSignature } from './imports.ts'

/** The part of `ModuleInfo` that tells what a module exports. */
export type ExportingModule = Pick<ModuleInfo, 'exports' | 'functionType'>

type ExportEntry = ExportingModule['exports'][number]

/**
 * Compares what a module exports with what a door needs.
 *
 * Returns null, or one ERR_MODULE_EXPORT_MISSING with all problems: `data.missing` names the exports.
 */
export function checkExports(info: ExportingModule, door: Pick<Door, 'name' | 'exports'>): ErrorData | null {
  const problems = door.exports.flatMap((wanted) => {
    const entry = info.exports.find(({ name }) => name === wanted.name)
    return fits(info, wanted, entry) ? [] : [{ name: wanted.name, text: describeProblem(info, wanted, entry) }]
  })
  if (problems.length === 0) return null
  const detail = `door '${door.name}' needs ${problems.map(({ text }) => text).join('; ')}`
  const missing = problems.map(({ name }) => name)
  return { code: 'ERR_MODULE_EXPORT_MISSING', detail, data: { door: door.name, missing } }
}

function fits(info: ExportingModule, wanted: DoorExport, entry: ExportEntry | undefined): boolean {
  if (entry === undefined) return !wanted.required
  if (entry.kind !== wanted.kind) return false
  if (wanted.kind === 'memory') return true
  const type = info.functionType(entry.index)
  return type !== undefined && areSame(type.params, wanted.params) && areSame(type.results, wanted.results)
}

function describeProblem(info: ExportingModule, wanted: DoorExport, entry: ExportEntry | undefined): string {
  const text =
    wanted.kind === 'memory'
      ? `a memory '${wanted.name}'`
      : `a function '${wanted.name}' ${formatSignature(wanted.params, wanted.results)}`
  if (entry === undefined) return text
  const type = entry.kind === 'function' ? info.functionType(entry.index) : undefined
  return `${text}, the module has ${type === undefined ? entry.kind : formatSignature(type.params, type.results)}`
}
