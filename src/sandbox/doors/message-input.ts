import type { ByteSource } from '../../wasi/index.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const NO_BYTES = new Uint8Array()

/** Standard input of a command that reads messages: one line for each. */
export class MessageInput implements ByteSource {
  readonly whenReady = 'rest'
  #rest: Uint8Array = NO_BYTES
  #isEnded = false

  get available(): number {
    return this.#rest.length
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Gives the command a message to read, JSON text in UTF-8, after it has read all of the last one. */
  push(message: Uint8Array): void {
    const line = new Uint8Array(message.length + 1)
    line.set(message)
    // The ends of lines in JSON text stand between its words: inside of strings they are escaped.
    for (let at = 0; at < message.length; at += 1) if (line[at] === NEWLINE || line[at] === RETURN) line[at] = SPACE
    line[message.length] = NEWLINE
    this.#rest = line
  }

  /** Nothing comes any more. */
  end(): void {
    this.#isEnded = true
  }

  read(into: Uint8Array): number {
    const taken = this.#rest.subarray(0, into.length)
    into.set(taken)
    this.#rest = this.#rest.subarray(taken.length)
    return taken.length
  }
}
