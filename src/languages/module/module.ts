import { basename } from 'node:path'
import type { DoorName, Guest } from '../../core/index.ts'
import { CaxtonError, MODULE_LIMITS } from '../../core/index.ts'
import type { ExportEntry } from '../../wasm/index.ts'
import { readModuleExports } from '../../wasm/index.ts'
import { readSource } from '../source-tree.ts'

export const MODULE_EXTENSION = '.wasm'
export const MODULE_LANGUAGE = 'wasm'

/** Reads a ready module. @throws CaxtonError ERR_CONFIG_FILE_MISSING, and what `toGuest` throws */
export async function readGuest(path: string): Promise<Guest> {
  return { ...toGuest(await readSource(path, MODULE_LIMITS.moduleBytes), path), origin: basename(path) }
}

/**
 * Makes a guest of the bytes of a module: finds the door it fits.
 *
 * @param origin what errors and people call it
 * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_LIMIT, ERR_MODULE_DOOR_UNKNOWN
 */
export function toGuest(bytes: Uint8Array, origin: string): Guest {
  return { bytes, door: findDoor(readModuleExports(bytes), origin), script: null, origin }
}

/** Finds the door that a module with these exports fits. @throws CaxtonError ERR_MODULE_DOOR_UNKNOWN */
export function findDoor(exports: readonly Pick<ExportEntry, 'kind' | 'name'>[], origin: string): DoorName {
  const functions = exports.filter(({ kind }) => kind === 'function')
  if (functions.some(({ name }) => name === 'handle_message')) return 'caxton'
  if (functions.some(({ name }) => name === '_start')) return 'stdio'
  throw new CaxtonError('ERR_MODULE_DOOR_UNKNOWN', {
    detail: `${origin} exports neither the function handle_message (an agent) nor _start (a WASI command)`,
    data: { file: origin, missing: ['handle_message', '_start'] },
  })
}
