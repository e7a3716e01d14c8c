import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { DataSegment } from '../module-info.ts'
import { readExpression } from './expressions.ts'

/** Reads the data section: form 0 is active in memory 0, 1 passive, 2 active in a named memory. */
export function readData(reader: ByteReader): DataSegment[] {
  const count = reader.readCount('data segments', MODULE_LIMITS.dataSegments)
  return Array.from({ length: count }, () => {
    const offset = reader.offset
    const flags = reader.readU32('the form of a data segment')
    if (flags > 2) throw malformed(offset, 'a data segment of form 0 to 2', String(flags))
    const memory = flags === 2 ? reader.readU32('a memory index') : 0
    const start = flags === 1 ? null : readExpression(reader)
    const size = reader.readU32('the size of a data segment')
    const contents = { offset: reader.offset, size }
    reader.skip(size, 'a data segment')
    const range = { offset, size: reader.offset - offset }
    return { mode: flags === 1 ? 'passive' : 'active', memory, start, contents, range }
  })
}

/** Reads the data count section. */
export function readDataCount(reader: ByteReader): number {
  return reader.readU32('the number of data segments')
}
