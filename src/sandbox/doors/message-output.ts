import type { CaxtonHost } from '../../capability/index.ts'
import type { ByteSink } from '../../wasi/index.ts'

const NEWLINE = 0x0a
/** Space, tab and the end of a line on Windows: JSON has them between its words. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d])
const NO_BYTES = new Uint8Array()

/** What a line costs beside its bytes, fuel: what a call of `send_message` costs. */
const LINE_FUEL = 1_000

/**
 * Standard output of a command that writes messages: each line is sent as `send_message` would, and refused alike; the command is not
 * told. Lines of nothing but blanks are no messages.
 *
 * Holds at most one line, and of one that is too long no more than shows that it is.
 */
export class MessageOutput implements ByteSink {
  readonly #host: Pick<CaxtonHost, 'send' | 'chargeFuel'>
  readonly #messageBytes: number
  #line: Uint8Array = NO_BYTES
  #length = 0

  constructor(host: Pick<CaxtonHost, 'send' | 'chargeFuel'>, messageBytes: number) {
    this.#host = host
    this.#messageBytes = messageBytes
  }

  write(bytes: Uint8Array): number {
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#finish(bytes.subarray(start, end))
      start = end + 1
    }
    this.#keep(bytes.subarray(start))
    return bytes.length
  }

  /** Sends what has no line end yet. */
  end(): void {
    this.#finish(NO_BYTES)
  }

  /** Takes the last part of a line. What is all of it is sent from where it lies. */
  #finish(part: Uint8Array): void {
    let line = part
    if (this.#length > 0) {
      this.#keep(part)
      line = this.#line.subarray(0, this.#length)
      this.#length = 0
      this.#line = NO_BYTES
    }
    if (line.every((byte) => BLANKS.has(byte))) return
    this.#host.chargeFuel(LINE_FUEL + line.length)
    this.#host.send(line)
  }

  #keep(part: Uint8Array): void {
    const taken = part.subarray(0, this.#messageBytes + 1 - this.#length)
    const length = this.#length + taken.length
    if (length > this.#line.length) {
      const grown = new Uint8Array(Math.min(this.#messageBytes + 1, Math.max(1_024, length, this.#line.length * 2)))
      grown.set(this.#line.subarray(0, this.#length))
      this.#line = grown
    }
    this.#line.set(taken, this.#length)
    this.#length = length
  }
}
