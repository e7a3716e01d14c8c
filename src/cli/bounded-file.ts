import { readFile, stat } from 'node:fs/promises'
import { CaxtonError, MODULE_LIMITS } from '../core/index.ts'

/** Reads a module file. @throws what `readBoundedFile` throws */
export function readModuleFile(path: string): Promise<Uint8Array> {
  return readBoundedFile(path, MODULE_LIMITS.moduleBytes)
}

/**
 * Reads a file of at most so many bytes; its size is looked at first.
 *
 * @throws CaxtonError ERR_CONFIG_FILE_MISSING, ERR_WASM_LIMIT (`data.limit` and `data.asked`, bytes)
 */
export async function readBoundedFile(path: string, limit: number): Promise<Uint8Array> {
  const found = await stat(path).catch(() => null)
  if (found === null || !found.isFile()) {
    const detail = `${JSON.stringify(path)} ${found === null ? 'does not exist' : 'is not a file'}`
    throw new CaxtonError('ERR_CONFIG_FILE_MISSING', { detail, data: { file: path } })
  }
  if (found.size > limit) {
    const detail = `${JSON.stringify(path)} has ${found.size} bytes, at most ${limit} are taken`
    throw new CaxtonError('ERR_WASM_LIMIT', { detail, data: { file: path, limit, asked: found.size } })
  }
  try {
    return await readFile(path)
  } catch (cause) {
    throw new CaxtonError('ERR_CONFIG_FILE_MISSING', { detail: `${JSON.stringify(path)} cannot be read`, cause })
  }
}
