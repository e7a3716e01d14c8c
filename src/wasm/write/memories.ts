import type { ByteWriter } from '../byte-writer.ts'
import type { Memory } from '../module-info.ts'
import { writeLimits } from './limits.ts'

/** Writes the contents of a memory section: the memories that are not imported. */
export function writeMemories(writer: ByteWriter, memories: readonly Memory[]): void {
  const own = memories.filter(({ imported }) => !imported)
  writer.writeU32(own.length)
  for (const { limits } of own) writeLimits(writer, limits)
}
