// Imported: the global of that name is an accessor, which every use calls.
import { Buffer } from 'node:buffer'
import type { GuestMemory } from '../../capability/index.ts'
import { joinMessage } from '../../core/index.ts'
import type { HandleCall } from '../protocol.ts'

type MessageText = Pick<HandleCall, 'header' | 'content'>

/** What stands between a header and the content in it. */
const CONTENT = Buffer.from(',"content":')
const END = 0x7d
const NO_BYTES = Buffer.alloc(0)
const NO_MESSAGE: MessageText = { header: '', content: undefined }

/** Returns the JSON text of a message in UTF-8. */
export function encodeMessage({ header, content }: MessageText): Uint8Array {
  return Buffer.from(joinMessage(header, content))
}

/**
 * Writes messages into the memory of one guest as `joinMessage` joins them, in UTF-8, one after the other. To join the texts first
 * would cost more than everything else that is done with them.
 */
export class MessageWriter {
  readonly #memory: GuestMemory
  #bytes: Buffer = NO_BYTES
  #message: MessageText = NO_MESSAGE
  #length = 0

  constructor(memory: GuestMemory) {
    this.#memory = memory
  }

  /** Takes the next message and returns its length, bytes. */
  begin(message: MessageText): number {
    const { header, content } = message
    this.#message = message
    this.#length = Buffer.byteLength(header)
    if (content !== undefined) this.#length += CONTENT.length + Buffer.byteLength(content)
    return this.#length
  }

  get length(): number {
    return this.#length
  }

  /** Writes the message to where there is room for all of it, and forgets it. */
  write(pointer: number): void {
    const { header, content } = this.#message
    this.#message = NO_MESSAGE
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
