import type { GuestMemory } from '../../capability/index.ts'
import { joinMessage } from '../../core/index.ts'
import type { HandleCall } from '../protocol.ts'

type MessageText = Pick<HandleCall, 'header' | 'content'>

/** What stands between a header and the content in it. */
const CONTENT = Buffer.from(',"content":')
const END = 0x7d
const NO_BYTES = Buffer.alloc(0)

/** Returns the JSON text of a message in UTF-8. */
export function encodeMessage({ header, content }: MessageText): Uint8Array {
  return Buffer.from(joinMessage(header, content))
}

/** Bytes of the JSON text that `joinMessage` makes, in UTF-8. */
export function messageLength({ header, content }: MessageText): number {
  const length = Buffer.byteLength(header)
  return content === undefined ? length : length + CONTENT.length + Buffer.byteLength(content)
}

/**
 * Writes messages into the memory of one guest as `joinMessage` joins them, in UTF-8. To join the texts first would cost more than
 * everything else that is done with them.
 */
export class MessageWriter {
  readonly #memory: GuestMemory
  #bytes: Buffer = NO_BYTES

  constructor(memory: GuestMemory) {
    this.#memory = memory
  }

  /** Writes to where there is room for all of it. */
  write(pointer: number, { header, content }: MessageText): void {
    const bytes = this.#view()
    let at = pointer + bytes.write(header, pointer)
    if (content === undefined) return
    at -= 1
    bytes.set(CONTENT, at)
    at += CONTENT.length
    at += bytes.write(content, at)
    bytes[at] = END
  }

  /** The buffer of memory that has grown is another one. */
  #view(): Buffer {
    if (this.#bytes.length !== this.#memory.byteLength) this.#bytes = Buffer.from(this.#memory.buffer)
    return this.#bytes
  }
}
