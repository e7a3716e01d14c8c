import type { HostModule } from '../../capability/index.ts'
import { CAXTON_ABI } from '../../capability/index.ts'
import type { DoorName } from '../../core/index.ts'
import { WASI_PREVIEW1 } from '../../wasi/index.ts'
import { CAXTON_DOOR } from './caxton.ts'
import { COMMAND_DOOR } from './command.ts'
import type { Door } from './door.ts'
import { JAVASCRIPT_DOOR } from './javascript.ts'
import { STDIO_DOOR } from './stdio.ts'

/** Every door by its name. */
export const DOORS: Readonly<Record<DoorName, Door>> = Object.freeze({
  caxton: CAXTON_DOOR,
  command: COMMAND_DOOR,
  javascript: JAVASCRIPT_DOOR,
  stdio: STDIO_DOOR,
})

/** Lists the host functions that a guest behind a door can import, as descriptors. */
export function listHostModules(door: Pick<Door, 'modules'>): readonly HostModule<unknown>[] {
  return [CAXTON_ABI, WASI_PREVIEW1, ...door.modules]
}
