import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { SizeLimits } from '../module-info.ts'

/** Reads the limits of a memory or a table: flags (1 maximum, 2 shared, 4 64-bit), initial size, maximum. */
export function readLimits(reader: ByteReader, what: string): SizeLimits {
  const start = reader.offset
  const flags = reader.readByte(`the limits of a ${what}`)
  const shared = (flags & 2) !== 0
  if (flags > 7 || (shared && what === 'table'))
    throw malformed(start, `limits of a ${what}`, `flags 0x${flags.toString(16)}`)
  const wide = (flags & 4) !== 0
  const read = (name: string): number => (wide ? reader.readU64(name) : reader.readU32(name))
  const initial = read(`the initial size of a ${what}`)
  const maximum = flags & 1 ? read(`the maximum of a ${what}`) : null
  return { initial, maximum, shared, index: wide ? 'i64' : 'i32' }
}
