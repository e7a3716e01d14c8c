import type { Grants } from '../capability/index.ts'
import { CAXTON_ABI } from '../capability/index.ts'
import type { ModuleInfo } from '../compile/index.ts'
import type { DoorName, ErrorData } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import { DOORS, listHostModules } from './doors/doors.ts'
import { checkExports } from './exports.ts'
import { checkImports } from './imports.ts'
import type { SandboxSpec } from './sandbox.ts'

/**
 * Tells why a module cannot be an agent behind a door with these grants: everything that can be known without running it.
 * Returns every problem as data; none for a module that can be deployed.
 */
export function checkModule(
  info: Pick<ModuleInfo, 'imports' | 'exports' | 'functionType'>,
  door: DoorName,
  grants: Grants,
): ErrorData[] {
  const missing = checkExports(info, DOORS[door])
  const deaf = checkTimers(info, door)
  return [
    ...(missing === null ? [] : [missing]),
    ...(deaf === null ? [] : [deaf]),
    ...checkImports(info, listHostModules(DOORS[door]), grants),
  ]
}

/** A module that sets timers has something that they call. */
function checkTimers(info: Pick<ModuleInfo, 'imports' | 'exports'>, door: DoorName): ErrorData | null {
  const sets = info.imports.some(({ module, name }) => module === CAXTON_ABI.name && name === 'set_timer')
  if (door !== 'caxton' || !sets || info.exports.some(({ name }) => name === 'handle_timer')) return null
  const detail = 'the module imports set_timer and exports no handle_timer'
  return { code: 'ERR_MODULE_EXPORT_MISSING', detail, data: { door, missing: ['handle_timer'] } }
}

/**
 * Refuses a module that cannot be an agent as it is deployed.
 *
 * @throws CaxtonError the first problem that `checkModule` finds; `data.problems` has them all
 */
export function assertModuleFits({
  name,
  compiled,
  door,
  grants,
}: Pick<SandboxSpec, 'name' | 'compiled' | 'door' | 'grants'>): void {
  const problems = checkModule(compiled.instrumented.info, door, grants)
  const [first] = problems
  if (first === undefined) return
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  const texts = problems.slice(0, 20).map(({ code, detail }) => `${code}: ${detail}`)
  throw new CaxtonError(first.code, {
    detail: `${first.detail}${more}`,
    data: { agent: name, ...first.data, problems: texts },
  })
}
