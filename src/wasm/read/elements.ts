import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { beyondLimit, malformed } from '../malformed.ts'
import type { ByteRange, ElementSegment, ValueType } from '../module-info.ts'
import { readExpression } from './expressions.ts'
import { readReferenceType } from './value-types.ts'

const PASSIVE = 1
const EXPLICIT = 2
const EXPRESSIONS = 4

/** Reads the element section: eight forms, told apart by three flag bits. */
export function readElements(reader: ByteReader): ElementSegment[] {
  const segments = reader.readCount('element segments', MODULE_LIMITS.elementSegments)
  let total = 0
  return Array.from({ length: segments }, () => {
    const segment = readElement(reader)
    total += segment.count
    if (total > MODULE_LIMITS.elementEntries) {
      throw beyondLimit(segment.range.offset, 'entries in element segments', MODULE_LIMITS.elementEntries, total)
    }
    return segment
  })
}

function readElement(reader: ByteReader): ElementSegment {
  const offset = reader.offset
  const flags = reader.readU32('the form of an element segment')
  if (flags > 7) throw malformed(offset, 'an element segment of form 0 to 7', String(flags))
  const active = (flags & PASSIVE) === 0
  const mode = active ? 'active' : flags & EXPLICIT ? 'declarative' : 'passive'
  const table = active && flags & EXPLICIT ? reader.readU32('a table index') : 0
  const start = active ? readExpression(reader) : null
  const form = flags & EXPRESSIONS ? 'expressions' : 'functions'
  const type = readElementType(reader, flags)
  const count = reader.readCount('entries of an element segment', MODULE_LIMITS.elementEntries)
  const entries = skipEntries(reader, form, count)
  return { mode, table, type, count, form, entries, start, range: { offset, size: reader.offset - offset } }
}

/** Forms 1 to 3 name a kind (0 is functions), forms 5 to 7 a reference type, forms 0 and 4 nothing. */
function readElementType(reader: ByteReader, flags: number): ValueType {
  if ((flags & (PASSIVE | EXPLICIT)) === 0) return 'funcref'
  if (flags & EXPRESSIONS) return readReferenceType(reader)
  const start = reader.offset
  const kind = reader.readByte('the kind of an element segment')
  if (kind !== 0) throw malformed(start, 'the element kind 0', String(kind))
  return 'funcref'
}

function skipEntries(reader: ByteReader, form: ElementSegment['form'], count: number): ByteRange {
  const offset = reader.offset
  for (let i = 0; i < count; i++) {
    if (form === 'expressions') readExpression(reader)
    else reader.readU32('a function index')
  }
  return { offset, size: reader.offset - offset }
}
