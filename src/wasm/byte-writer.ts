import { writeU32 } from './leb128.ts'

const UTF8 = new TextEncoder()
/** Giving back less than this costs more than it is worth, bytes. */
const SMALL_RESERVE = 1_024

/** Bytes that grow. Cost: amortised constant per byte; at most half as much again is held in reserve. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>
  length = 0

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Makes room for `size` more bytes, so that they can be written to `bytes` directly. */
  reserve(size: number): void {
    const needed = this.length + size
    if (needed <= this.bytes.length) return
    const capacity = Math.max(needed, Math.ceil(this.bytes.length * 1.5))
    this.bytes = new Uint8Array(this.bytes.buffer.transfer(capacity))
  }

  writeByte(byte: number): void {
    this.reserve(1)
    this.bytes[this.length++] = byte
  }

  writeU32(value: number): void {
    this.reserve(10)
    this.length = writeU32(this.bytes, this.length, value)
  }

  writeBytes(bytes: Uint8Array | readonly number[]): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  writeName(name: string): void {
    const bytes = UTF8.encode(name)
    this.writeU32(bytes.length)
    this.writeBytes(bytes)
  }

  /** Returns what was written. A reserve of more than an eighth and 1 KiB is given back. The writer is empty afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.bytes
    const keeps = buffer.byteLength - this.length <= Math.max(SMALL_RESERVE, this.length / 8)
    const bytes = keeps ? this.bytes.subarray(0, this.length) : new Uint8Array(buffer.transfer(this.length))
    this.bytes = new Uint8Array(0)
    this.length = 0
    return bytes
  }
}
