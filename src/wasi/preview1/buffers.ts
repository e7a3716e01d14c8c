import { WASI_LIMITS } from '../../core/index.ts'
import type { WasiHost } from '../host.ts'
import { SIZE } from './types.ts'

/** The memory that an array of iovecs names. */
export interface Buffers {
  /** Views of guest memory, in order, without the empty ones. */
  readonly views: readonly Uint8Array[]
  /** Bytes in all views together, below 2^32. */
  readonly byteCount: number
}

/**
 * Reads an array of iovecs (or ciovecs) and checks every range before anything is moved.
 *
 * Charges for the array; whoever moves bytes charges for them.
 *
 * @returns undefined if there are too many, or too many bytes for the 32 bits that tell how many were moved
 * @throws GUEST_FAULT
 */
export function readBuffers(host: WasiHost, iovs: number, iovsLength: number): Buffers | undefined {
  const count = iovsLength >>> 0
  if (count > WASI_LIMITS.iovecs) return undefined
  host.chargeFuel(count * 2 * SIZE.IOVEC)
  host.memory.range(iovs, count * SIZE.IOVEC)
  const views: Uint8Array[] = []
  let byteCount = 0
  for (let index = 0; index < count; index += 1) {
    const at = iovs + index * SIZE.IOVEC
    const view = host.memory.range(host.memory.readU32(at), host.memory.readU32(at + 4))
    byteCount += view.length
    if (view.length > 0) views.push(view)
  }
  return byteCount < 2 ** 32 ? { views, byteCount } : undefined
}
