import type { Answer, Ask, ServiceName } from '../../capability/index.ts'
import type { ByteSink, ByteSource } from '../../wasi/index.ts'

/*
 * Standard streams of a command that go through the main thread while it runs.
 *
 * 1. Each stream has at most one ask open. What is answered is kept, whether the guest waits for it or not: it may have waited in a poll
 *    that ended otherwise.
 * 2. Ids of these asks are beyond those of host calls.
 */

const NO_BYTES = new Uint8Array()
const FIRST_ID = 2 ** 40
const STREAMS = 2
/** Bytes of output that are on their way before the guest waits for somebody to take them. */
const WINDOW_BYTES = 2 ** 20

type Emit = (ask: Ask) => void

/** The asks of one stream, one at a time. */
class StreamAsks {
  readonly #service: ServiceName
  readonly #emit: Emit
  #id: number
  #isOpen = false
  #wake: (() => void) | null = null

  /** @param index of the stream, so that no two streams share an id */
  constructor(service: ServiceName, index: number, emit: Emit) {
    this.#service = service
    this.#emit = emit
    this.#id = FIRST_ID + index
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  ask(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#id += STREAMS
    this.#emit({ id: this.#id, service: this.#service, text: '', bytes: NO_BYTES })
  }

  /** Calls `wake` at the next answer, unless the returned function is called. */
  wait(wake: () => void): () => void {
    this.#wake = wake
    return () => {
      this.#wake = null
    }
  }

  /** False for an answer to somebody else. `keep` is called before whoever waits is woken. */
  take(id: number, keep: () => void): boolean {
    if (!this.#isOpen || id !== this.#id) return false
    this.#isOpen = false
    keep()
    const wake = this.#wake
    this.#wake = null
    wake?.()
    return true
  }
}

/** Standard input that is asked for when the guest wants it, not before. */
export class AskedInput implements ByteSource {
  readonly #asks: StreamAsks
  #rest: Uint8Array = NO_BYTES
  #isEnded = false

  constructor(emit: Emit) {
    this.#asks = new StreamAsks('read_stdin', 0, emit)
  }

  get available(): number {
    return this.#rest.length
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  read(into: Uint8Array): number {
    const taken = this.#rest.subarray(0, into.length)
    into.set(taken)
    this.#rest = this.#rest.subarray(taken.length)
    return taken.length
  }

  readonly whenReady = (wake: () => void): (() => void) => {
    this.#asks.ask()
    return this.#asks.wait(wake)
  }

  /** No bytes are the end. */
  take(id: number, { status, bytes }: Answer): boolean {
    return this.#asks.take(id, () => {
      this.#rest = status < 0 ? NO_BYTES : bytes
      this.#isEnded = this.#rest.length === 0
    })
  }
}

/** Standard output and error of a command: a guest that writes faster than anybody reads waits. */
export class AskedOutput {
  readonly #asks: StreamAsks
  #written = 0

  constructor(emit: Emit) {
    this.#asks = new StreamAsks('flush_output', 1, emit)
  }

  /** Makes a stream that passes its bytes to `write`, which answers how many it took. */
  open(write: (bytes: Uint8Array) => number): ByteSink {
    return {
      isFull: () => this.#asks.isOpen,
      whenReady: (wake) => this.#asks.wait(wake),
      write: (bytes) => {
        const taken = write(bytes)
        this.#written += taken
        if (this.#written >= WINDOW_BYTES) this.#asks.ask()
        return taken
      },
    }
  }

  take(id: number): boolean {
    return this.#asks.take(id, () => {
      this.#written = 0
    })
  }
}
