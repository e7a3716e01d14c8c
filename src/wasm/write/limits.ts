import type { ByteWriter } from '../byte-writer.ts'
import type { SizeLimits } from '../module-info.ts'

/** Writes the limits of a memory or a table. */
export function writeLimits(writer: ByteWriter, limits: SizeLimits): void {
  const { initial, maximum, shared, index } = limits
  writer.writeByte((maximum === null ? 0 : 1) | (shared ? 2 : 0) | (index === 'i64' ? 4 : 0))
  writer.writeU32(initial)
  if (maximum !== null) writer.writeU32(maximum)
}
