import type { ModuleInfo } from '../compile/index.ts'
import type { ErrorData } from '../core/index.ts'
import type { Door, DoorExport } from './doors/door.ts'
import { formatSignature } from './imports.ts'

/** The part of `ModuleInfo` that tells what a module exports. */
export type ExportingModule = Pick<ModuleInfo, 'exports' | 'functionType'>

/**
 * Compares what a module exports with what a door needs.
 *
 * Returns null, or one ERR_MODULE_EXPORT_MISSING with all problems: `data.missing` names the exports.
 */
export function checkExports(info: ExportingModule, door: Pick<Door, 'name' | 'exports'>): ErrorData | null {
  const problems = door.exports.flatMap((wanted) => {
    const found = describeExport(info, wanted.name)
    const expected = wanted.kind === 'memory' ? 'memory' : formatSignature(wanted.params, wanted.results)
    if (found === expected || (found === null && !wanted.required)) return []
    return [{ name: wanted.name, text: describeProblem(wanted, expected, found) }]
  })
  if (problems.length === 0) return null
  const detail = `door '${door.name}' needs ${problems.map(({ text }) => text).join('; ')}`
  const missing = problems.map(({ name }) => name)
  return { code: 'ERR_MODULE_EXPORT_MISSING', detail, data: { door: door.name, missing } }
}

function describeExport(info: ExportingModule, name: string): string | null {
  const found = info.exports.find((entry) => entry.name === name)
  if (found === undefined) return null
  if (found.kind !== 'function') return found.kind
  const type = info.functionType(found.index)
  return type === undefined ? null : formatSignature(type.params, type.results)
}

function describeProblem(wanted: DoorExport, expected: string, found: string | null): string {
  const text = wanted.kind === 'memory' ? `a memory '${wanted.name}'` : `a function '${wanted.name}' ${expected}`
  return found === null ? text : `${text}, the module has ${found}`
}
