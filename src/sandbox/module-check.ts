import type { Grants } from '../capability/index.ts'
import type { ModuleInfo } from '../compile/index.ts'
import type { DoorName, ErrorData } from '../core/index.ts'
import { DOORS, listHostModules } from './doors/doors.ts'
import { checkExports } from './exports.ts'
import { checkImports } from './imports.ts'

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
  return [...(missing === null ? [] : [missing]), ...checkImports(info, listHostModules(DOORS[door]), grants)]
}
