import { malformed, unknownOpcode } from './malformed.ts'
import { FIRST_PREFIX, IMMEDIATE, IMMEDIATE_BY_ROW, LAST_PREFIX, PREFIX_BASE, PREFIX_SIZE } from './opcode-index.ts'

/**
 * Walks instructions in place: no object per instruction, no tree.
 *
 * After `next()` the current instruction is `bytes[start, offset)`, its opcode is `row`, and its first two immediates
 * that are unsigned numbers are `first` and `second` (indices, labels, memory of a memarg). Where an immediate is a
 * vector (`br_table`, `select`, `try_table`) `immediateOffset` is where it begins.
 *
 * Cost: constant per instruction, linear in the length of a vector. An instruction that reaches beyond the window,
 * an over-long number and an opcode outside the table are refused with their offset.
 */
export class InstructionCursor {
  readonly bytes: Uint8Array
  offset = 0
  end = 0
  start = 0
  row = 0
  first = 0
  second = 0
  immediateOffset = 0

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  /** Points the cursor at another stretch of code. */
  enter(offset: number, end: number): void {
    this.offset = offset
    this.end = end
  }

  /**
   * Decodes one instruction and moves behind it; false at the end of the window.
   *
   * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_OPCODE_UNKNOWN with `data.offset`
   */
  next(): boolean {
    if (this.offset >= this.end) return false
    this.start = this.offset
    const byte = this.bytes[this.offset++] as number
    this.row = byte < FIRST_PREFIX || byte > LAST_PREFIX ? byte : this.readPrefixed(byte)
    const kind = IMMEDIATE_BY_ROW[this.row] as number
    if (kind === IMMEDIATE.none) return true
    this.immediateOffset = this.offset
    if (kind === IMMEDIATE.index) this.first = this.readU32()
    else this.readImmediates(kind)
    if (this.offset > this.end) throw malformed(this.start, 'a whole instruction', 'the end of the code')
    return true
  }

  private readPrefixed(prefix: number): number {
    const code = this.readU32()
    if (this.offset > this.end) throw malformed(this.start, 'a whole instruction', 'the end of the code')
    if (code >= (PREFIX_SIZE[prefix - FIRST_PREFIX] as number)) throw unknownOpcode(this.start, prefix, code)
    const row = (PREFIX_BASE[prefix - FIRST_PREFIX] as number) + code
    if (IMMEDIATE_BY_ROW[row] === 0) throw unknownOpcode(this.start, prefix, code)
    return row
  }

  private readImmediates(kind: number): void {
    switch (kind) {
      case IMMEDIATE.memarg:
        this.readMemarg()
        return
      case IMMEDIATE.i32:
      case IMMEDIATE.heap_type:
        this.skipLeb(5)
        return
      case IMMEDIATE.block:
        this.skipBlockType()
        return
      case IMMEDIATE.index2:
        this.first = this.readU32()
        this.second = this.readU32()
        return
      case IMMEDIATE.i64:
        this.skipLeb(10)
        return
      case IMMEDIATE.f64:
        this.offset += 8
        return
      case IMMEDIATE.f32:
        this.offset += 4
        return
      case IMMEDIATE.br_table:
        this.skipLabels()
        return
      case IMMEDIATE.lane:
        this.offset += 1
        return
      case IMMEDIATE.bytes16:
        this.offset += 16
        return
      default:
        this.readRareImmediates(kind)
        return
    }
  }

  private readRareImmediates(kind: number): void {
    switch (kind) {
      case IMMEDIATE.memarg_lane:
        this.readMemarg()
        this.offset += 1
        return
      case IMMEDIATE.types:
        for (let count = this.readCount(); count > 0; count--) this.skipValueType()
        return
      case IMMEDIATE.try_table:
        this.skipBlockType()
        this.immediateOffset = this.offset
        for (let count = this.readCount(); count > 0; count--) this.skipCatch()
        return
      case IMMEDIATE.cast:
        this.offset += 1
        this.first = this.readU32()
        this.skipLeb(5)
        this.skipLeb(5)
        return
      default:
        throw unknownOpcode(this.start, 0, this.row)
    }
  }

  /** Reads an unsigned number of 32 bits at the cursor; for vectors of the current instruction, too. */
  readU32(): number {
    const bytes = this.bytes
    let byte = bytes[this.offset++] as number
    if (byte < 0x80) return byte
    const start = this.offset - 1
    let value = byte & 0x7f
    for (let shift = 7; shift < 35 && this.offset < this.end; shift += 7) {
      byte = bytes[this.offset++] as number
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed(start, 'LEB128 of 32 bits', this.offset < this.end ? 'a longer number' : 'the end of the code')
  }

  private readCount(): number {
    const start = this.offset
    const count = this.readU32()
    if (count > this.end - this.offset) {
      throw malformed(start, `${count} entries`, `${Math.max(0, this.end - this.offset)} bytes left`)
    }
    return count
  }

  private skipLeb(most: number): void {
    const bytes = this.bytes
    const start = this.offset
    while ((bytes[this.offset++] as number) >= 0x80) {
      if (this.offset - start >= most) throw malformed(start, `LEB128 of ${most} bytes`, 'a longer number')
    }
  }

  private readMemarg(): void {
    const align = this.readU32()
    this.first = align & 0x40 ? this.readU32() : 0
    this.skipLeb(10)
  }

  private skipLabels(): void {
    for (let count = this.readCount(); count >= 0; count--) this.skipLeb(5)
  }

  private skipBlockType(): void {
    const byte = this.bytes[this.offset] as number
    if (byte === 0x63 || byte === 0x64) this.skipValueType()
    else this.skipLeb(5)
  }

  private skipValueType(): void {
    const byte = this.bytes[this.offset++] as number
    if (byte === 0x63 || byte === 0x64) this.skipLeb(5)
    else if (byte < 0x40 || byte > 0x7f) throw malformed(this.offset - 1, 'a value type', `0x${byte.toString(16)}`)
  }

  private skipCatch(): void {
    const kind = this.bytes[this.offset++] as number
    if (kind > 3) throw malformed(this.offset - 1, 'a catch clause 0 to 3', String(kind))
    if (kind < 2) this.skipLeb(5)
    this.skipLeb(5)
  }
}
