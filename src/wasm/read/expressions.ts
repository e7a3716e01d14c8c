import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { InstructionCursor } from '../instruction-cursor.ts'
import { beyondLimit, malformed } from '../malformed.ts'
import type { ByteRange } from '../module-info.ts'

const END = 0x0b

/** Reads a constant expression up to its `end`; instructions with blocks have no place in it. */
export function readExpression(reader: ByteReader): ByteRange {
  const offset = reader.offset
  const cursor = new InstructionCursor(reader.bytes, offset, reader.end)
  while (cursor.next()) {
    if (cursor.row === END) {
      reader.offset = cursor.offset
      const size = reader.offset - offset
      if (size > MODULE_LIMITS.functionBytes)
        throw beyondLimit(offset, 'bytes in an expression', MODULE_LIMITS.functionBytes, size)
      return { offset, size }
    }
    if (isControl(cursor.row))
      throw malformed(cursor.start, 'a constant instruction', `opcode 0x${cursor.row.toString(16)}`)
  }
  throw malformed(reader.end, 'the end of an expression', 'the end of its section')
}

function isControl(row: number): boolean {
  return row <= 0x1f
}
