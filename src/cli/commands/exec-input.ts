import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { CaxtonError } from '../../core/index.ts'

/** Bytes that are read at a time. */
const CHUNK_BYTES = 65_536

/**
 * Opens the standard input of a command: a file, or `-` for that of this process. Nothing is read before it is asked for. Whoever opens
 * it destroys it: a read that is under way keeps the process alive.
 *
 * @throws CaxtonError ERR_CONFIG_FILE_MISSING, when it is opened or read
 */
export async function openInput(file: string | undefined): Promise<Readable | null> {
  if (file === undefined) return null
  if (file === '-') return process.stdin
  try {
    const handle = await open(file)
    if ((await handle.stat()).isFile()) return handle.createReadStream({ highWaterMark: CHUNK_BYTES })
    await handle.close()
  } catch (cause) {
    throw new CaxtonError('ERR_CONFIG_FILE_MISSING', { detail: file, data: { file }, cause })
  }
  throw new CaxtonError('ERR_CONFIG_FILE_MISSING', { detail: `${file} is no file`, data: { file } })
}
