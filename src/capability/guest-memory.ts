import { CaxtonError } from '../core/index.ts'

/**
 * Thrown where a pointer and length do not lie inside the memory of a guest. One object, made once: a guest that forges
 * pointers in a loop costs the host no stack traces. Whoever calls a host function catches it by identity and answers with
 * the fault code of the ABI.
 */
export const GUEST_FAULT = new CaxtonError('ERR_GUEST_ABI', { detail: 'a pointer lies outside the linear memory' })

/** The part of `WebAssembly.Memory` that is used. */
export interface MemoryBuffer {
  readonly buffer: ArrayBufferLike
}

const UTF8 = new TextDecoder()
const UTF8_ENCODER = new TextEncoder()

/**
 * The linear memory of a guest, with every access checked.
 *
 * Pointers and lengths are taken as the guest passes them: signed 32-bit numbers that mean unsigned ones.
 * Views are made anew when the memory has grown. A view returned from here is valid until the guest runs again.
 */
export class GuestMemory {
  readonly #memory: MemoryBuffer
  #bytes: Uint8Array
  #view: DataView

  constructor(memory: MemoryBuffer) {
    this.#memory = memory
    this.#bytes = new Uint8Array(memory.buffer)
    this.#view = new DataView(memory.buffer)
  }

  /** All of it, until the guest runs again. */
  get buffer(): ArrayBufferLike {
    this.#refresh()
    return this.#bytes.buffer
  }

  get byteLength(): number {
    this.#refresh()
    return this.#bytes.length
  }

  /** Returns a view of a range, no copy. @throws GUEST_FAULT */
  range(pointer: number, length: number): Uint8Array {
    const start = this.#check(pointer, length >>> 0)
    return this.#bytes.subarray(start, start + (length >>> 0))
  }

  /** Returns a copy of a range. @throws GUEST_FAULT */
  read(pointer: number, length: number): Uint8Array {
    return this.range(pointer, length).slice()
  }

  /** Returns a range as text; bytes that are not UTF-8 become U+FFFD. @throws GUEST_FAULT */
  readText(pointer: number, length: number): string {
    return UTF8.decode(this.range(pointer, length))
  }

  /** Copies bytes into the memory. @throws GUEST_FAULT, with nothing written */
  write(pointer: number, bytes: Uint8Array): void {
    const start = this.#check(pointer, bytes.length)
    this.#bytes.set(bytes, start)
  }

  readU8(pointer: number): number {
    const start = this.#check(pointer, 1)
    return this.#view.getUint8(start)
  }

  readU16(pointer: number): number {
    const start = this.#check(pointer, 2)
    return this.#view.getUint16(start, true)
  }

  readU32(pointer: number): number {
    const start = this.#check(pointer, 4)
    return this.#view.getUint32(start, true)
  }

  readU64(pointer: number): bigint {
    const start = this.#check(pointer, 8)
    return this.#view.getBigUint64(start, true)
  }

  writeU8(pointer: number, value: number): void {
    const start = this.#check(pointer, 1)
    this.#view.setUint8(start, value)
  }

  writeU16(pointer: number, value: number): void {
    const start = this.#check(pointer, 2)
    this.#view.setUint16(start, value, true)
  }

  writeU32(pointer: number, value: number): void {
    const start = this.#check(pointer, 4)
    this.#view.setUint32(start, value, true)
  }

  writeU64(pointer: number, value: bigint): void {
    const start = this.#check(pointer, 8)
    this.#view.setBigUint64(start, value, true)
  }

  /** Returns the unsigned start of a range after making sure that all of it lies inside. */
  #check(pointer: number, length: number): number {
    this.#refresh()
    const start = pointer >>> 0
    if (start + length > this.#bytes.length) throw GUEST_FAULT
    return start
  }

  /** Growth detaches the buffer, whose views are empty from then on. To ask the memory for its buffer costs more than an access. */
  #refresh(): void {
    if (this.#bytes.length > 0) return
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#view = new DataView(this.#memory.buffer)
  }
}

/** Returns text as UTF-8 bytes. */
export function encodeText(text: string): Uint8Array {
  return UTF8_ENCODER.encode(text)
}
