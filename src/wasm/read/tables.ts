import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { Table } from '../module-info.ts'
import { readExpression } from './expressions.ts'
import { readLimits } from './limits.ts'
import { readReferenceType } from './value-types.ts'

const WITH_INITIALIZER = 0x40

/** Reads the table section; an entry that begins with 0x40 0x00 carries the expression of its initial elements. */
export function readTables(reader: ByteReader): Table[] {
  const count = reader.readCount('tables', MODULE_LIMITS.tables)
  return Array.from({ length: count }, () => {
    const offset = reader.offset
    if (reader.peekByte('a table') !== WITH_INITIALIZER) return readTable(reader, false)
    reader.offset += 1
    const reserved = reader.readByte('a zero byte')
    if (reserved !== 0) throw malformed(reader.offset - 1, 'a zero byte', `0x${reserved.toString(16)}`)
    const table = readTable(reader, false)
    const initializer = readExpression(reader)
    return { ...table, initializer, range: { offset, size: reader.offset - offset } }
  })
}

/** Reads one table type, of the table section or of an import. */
export function readTable(reader: ByteReader, imported: boolean): Table {
  const offset = reader.offset
  const element = readReferenceType(reader)
  const limitsOffset = reader.offset
  const limits = readLimits(reader, 'table')
  return {
    imported,
    element,
    limits,
    range: { offset, size: reader.offset - offset },
    limitsRange: { offset: limitsOffset, size: reader.offset - limitsOffset },
    initializer: null,
  }
}
