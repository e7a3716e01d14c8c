/** Bytes that are allocated at once. */
export const CHUNK_BYTES = 65_536
/** A file that is smaller than a chunk takes about what it needs. */
const LEAST_BYTES = 256

/**
 * The bytes of a file in memory, in chunks. A hole takes no memory: a chunk is made when something is written to it.
 *
 * Whoever calls has made sure that there may be that many bytes.
 */
export class Content {
  readonly #onAllocate: (bytes: number) => void
  #chunks: (Uint8Array | undefined)[] = []
  #size = 0

  /** @param onAllocate is told of memory before it is taken */
  constructor(onAllocate: (bytes: number) => void = () => {}) {
    this.#onAllocate = onAllocate
  }

  get size(): number {
    return this.#size
  }

  /** Returns how many bytes there were. */
  read(into: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(into.length, this.#size - offset))
    for (let done = 0; done < count; ) {
      const index = Math.floor((offset + done) / CHUNK_BYTES)
      const from = offset + done - index * CHUNK_BYTES
      const length = Math.min(count - done, CHUNK_BYTES - from)
      const chunk = this.#chunks[index]
      const stored = chunk === undefined ? 0 : Math.max(0, Math.min(length, chunk.length - from))
      if (stored > 0) into.set(chunk!.subarray(from, from + stored), done)
      if (stored < length) into.fill(0, done + stored, done + length)
      done += length
    }
    return count
  }

  /** Writes all of `bytes`, after which the file reaches at least as far. */
  write(bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length; ) {
      const index = Math.floor((offset + done) / CHUNK_BYTES)
      const from = offset + done - index * CHUNK_BYTES
      const length = Math.min(bytes.length - done, CHUNK_BYTES - from)
      this.#chunk(index, from + length).set(bytes.subarray(done, done + length), from)
      done += length
    }
    if (bytes.length > 0) this.#size = Math.max(this.#size, offset + bytes.length)
  }

  resize(size: number): void {
    if (size < this.#size) {
      const kept = Math.ceil(size / CHUNK_BYTES)
      this.#chunks.length = Math.min(this.#chunks.length, kept)
      // What lies behind the end is zero: the file may grow again.
      if (kept > 0) this.#chunks[kept - 1]?.fill(0, size - (kept - 1) * CHUNK_BYTES)
    }
    this.#size = size
  }

  /** Returns a chunk that has at least so many bytes. Only the first one may be shorter than others. */
  #chunk(index: number, bytes: number): Uint8Array {
    const found = this.#chunks[index]
    if (found !== undefined && found.length >= bytes) return found
    const isSmall = index === 0 && bytes < CHUNK_BYTES
    const size = isSmall ? Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes))) : CHUNK_BYTES
    this.#onAllocate(size)
    const made = new Uint8Array(size)
    if (found !== undefined) made.set(found)
    this.#chunks[index] = made
    return made
  }
}
