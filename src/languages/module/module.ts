import { basename } from 'node:path'
import type { DoorName, Guest } from '../../core/index.ts'
import { CaxtonError, MODULE_LIMITS } from '../../core/index.ts'
import { readSource } from '../source-tree.ts'

export const MODULE_EXTENSION = '.wasm'

/** Reads a ready module and finds the door it fits. @throws CaxtonError ERR_CONFIG_FILE_MISSING, ERR_MODULE_DOOR_UNKNOWN */
export async function readModule(path: string): Promise<Guest> {
  const bytes = await readSource(path, MODULE_LIMITS.moduleBytes)
  return { bytes, door: findDoor(bytes, path), script: null, origin: basename(path) }
}

function findDoor(bytes: Uint8Array, file: string): DoorName {
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>))
  if (exports.some(({ name, kind }) => kind === 'function' && name === 'handle_message')) return 'caxton'
  if (exports.some(({ name, kind }) => kind === 'function' && name === '_start')) return 'command'
  throw new CaxtonError('ERR_MODULE_DOOR_UNKNOWN', {
    detail: `${file} exports neither handle_message (an agent) nor _start (a WASI command)`,
    data: { file },
  })
}
