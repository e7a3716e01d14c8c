import type { ByteSink } from '../../wasi/index.ts'

export interface LineSinkParts {
  /** Takes up to `bytes` of the room for log bytes and answers how many were left to take. */
  takeRoom(bytes: number): number
  /** Takes one line without its end. */
  writeLine(text: string): void
}

const NEWLINE = 0x0a
/** A line longer than this is cut into several, bytes. */
const LINE_BYTES = 8_192
const UTF8 = new TextDecoder()

/** Standard output or error of a guest: bytes in, lines of the agent's log out. */
export class LineSink implements ByteSink {
  readonly #parts: LineSinkParts
  #rest = new Uint8Array(0)

  constructor(parts: LineSinkParts) {
    this.#parts = parts
  }

  write(bytes: Uint8Array): number {
    const taken = this.#parts.takeRoom(bytes.length)
    let rest = concat(this.#rest, bytes.subarray(0, taken))
    for (;;) {
      const newline = rest.subarray(0, LINE_BYTES).indexOf(NEWLINE)
      if (newline < 0 && rest.length < LINE_BYTES) break
      const end = newline < 0 ? LINE_BYTES : newline
      this.#parts.writeLine(UTF8.decode(rest.subarray(0, end)))
      rest = rest.subarray(newline < 0 ? end : end + 1)
    }
    this.#rest = rest
    return taken
  }

  /** Writes what has no line end yet. */
  flush(): void {
    if (this.#rest.length > 0) this.#parts.writeLine(UTF8.decode(this.#rest))
    this.#rest = new Uint8Array(0)
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
