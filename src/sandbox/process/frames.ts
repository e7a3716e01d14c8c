/*
 * Messages on a byte stream: a length of four bytes, then so many bytes.
 */

const LENGTH_BYTES = 4

/** Puts the length in front of a message. */
export function writeFrame(...parts: readonly Uint8Array[]): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(parts.reduce((sum, part) => sum + part.length, 0))
  return Buffer.concat([length, ...parts])
}

/**
 * Cuts a stream into messages.
 *
 * Nothing is kept of a message longer than the bound, and never more than one message and one chunk. Cost: each byte is
 * copied at most once.
 */
export class FrameReader {
  #chunks: Buffer[] = []
  #bytes = 0

  #peekLength(): number {
    if (this.#chunks[0]!.length < LENGTH_BYTES) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!.readUInt32LE()
  }

  #take(length: number): Buffer {
    const end = LENGTH_BYTES + length
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes)
    const rest = all.subarray(end)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
    return all.subarray(LENGTH_BYTES, end)
  }

  /** Messages that are complete with this chunk, in order; null for one that is longer than `maxBytes`: the last. */
  *push(chunk: Buffer, maxBytes: number): Generator<Buffer | null> {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes >= LENGTH_BYTES) {
      const length = this.#peekLength()
      if (length > maxBytes) {
        this.#chunks = []
        this.#bytes = 0
        yield null
        return
      }
      if (this.#bytes < LENGTH_BYTES + length) return
      yield this.#take(length)
    }
  }
}
