import { MODULE_LIMITS } from '../core/index.ts'
import { beyondLimit, malformed } from './malformed.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A window on a module's bytes with a position. Offsets always count from the start of the file,
 * so an error in a window of a window still names the right byte.
 */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly end: number
  offset: number

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
  }

  get left(): number {
    return this.end - this.offset
  }

  readByte(expected: string): number {
    if (this.offset >= this.end) throw malformed(this.offset, expected, 'the end of its section')
    return this.bytes[this.offset++] as number
  }

  peekByte(expected: string): number {
    if (this.offset >= this.end) throw malformed(this.offset, expected, 'the end of its section')
    return this.bytes[this.offset] as number
  }

  /** Reads an unsigned LEB128 of at most 32 bits. */
  readU32(expected: string): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.readByte(expected)
      if (shift === 28 && byte > 0x0f) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed(start, `${expected} as LEB128 of 32 bits`, 'a longer number')
  }

  /** Reads an unsigned LEB128 of at most 64 bits; above 2^53 the value is rounded to a double. */
  readU64(expected: string): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.readByte(expected)
      if (shift === 63 && byte > 0x01) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw malformed(start, `${expected} as LEB128 of 64 bits`, 'a longer number')
  }

  /** Reads a signed LEB128 of at most 33 bits: a type index, or a negative code for an abstract type. */
  readS33(expected: string): number {
    const start = this.offset
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.readByte(expected)
      value += (byte & 0x7f) * 2 ** shift
      if (byte >= 0x80) continue
      if (shift === 28 && byte > 0x0f && byte < 0x70) break
      return byte & 0x40 ? value - 2 ** (shift + 7) : value
    }
    throw malformed(start, `${expected} as LEB128 of 33 bits`, 'a longer number')
  }

  /** Reads a count of entries of at least one byte each, before anything is allocated for them. */
  readCount(what: string, limit: number): number {
    const start = this.offset
    const count = this.readU32(`the number of ${what}`)
    if (count > limit) throw beyondLimit(start, what, limit, count)
    if (count > this.left) throw malformed(start, `${count} ${what}`, `${this.left} bytes left`)
    return count
  }

  readName(what: string): string {
    const size = this.readCount(`bytes in ${what}`, MODULE_LIMITS.nameBytes)
    const start = this.offset
    this.offset += size
    try {
      return UTF8.decode(this.bytes.subarray(start, this.offset))
    } catch {
      throw malformed(start, `${what} in UTF-8`, 'other bytes')
    }
  }

  skip(size: number, expected: string): void {
    if (size > this.left) throw malformed(this.offset, `${size} bytes of ${expected}`, `${this.left} bytes left`)
    this.offset += size
  }

  /** Fails unless everything in the window was read. */
  finish(what: string): void {
    if (this.offset !== this.end) throw malformed(this.offset, `the end of ${what}`, `${this.left} more bytes`)
  }
}
