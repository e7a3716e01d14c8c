import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import type { Global } from '../module-info.ts'
import { readExpression } from './expressions.ts'
import { readMutability, readValueType } from './value-types.ts'

/** Reads the global section. */
export function readGlobals(reader: ByteReader): Global[] {
  const count = reader.readCount('globals', MODULE_LIMITS.globals)
  return Array.from({ length: count }, () => {
    const global = readGlobal(reader, false)
    const initializer = readExpression(reader)
    return { ...global, initializer, range: { offset: global.range.offset, size: reader.offset - global.range.offset } }
  })
}

/** Reads one global type, of the global section or of an import. */
export function readGlobal(reader: ByteReader, imported: boolean): Global {
  const offset = reader.offset
  const type = readValueType(reader)
  const mutable = readMutability(reader)
  return { imported, type, mutable, initializer: null, range: { offset, size: reader.offset - offset } }
}
