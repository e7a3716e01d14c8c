import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import type { Memory } from '../module-info.ts'
import { readLimits } from './limits.ts'

/** Reads the memory section. */
export function readMemories(reader: ByteReader): Memory[] {
  const count = reader.readCount('memories', MODULE_LIMITS.memories)
  return Array.from({ length: count }, () => readMemory(reader, false))
}

/** Reads one memory type, of the memory section or of an import. */
export function readMemory(reader: ByteReader, imported: boolean): Memory {
  const offset = reader.offset
  const limits = readLimits(reader, 'memory')
  return { imported, limits, range: { offset, size: reader.offset - offset } }
}
