import type { Answer, Ask } from './capability/index.ts'
import { STATUS } from './capability/index.ts'

/** Bytes that cross to the thread of the command at a time. */
const CHUNK_BYTES = 65_536
const NO_BYTES = new Uint8Array()
const DONE: Answer = { status: STATUS.OK, bytes: NO_BYTES }

/** Standard input of a command and the way out for what it writes: answers what its streams ask for. */
export class ExecStreams {
  readonly #input: AsyncIterator<Uint8Array> | null
  readonly #flush: () => Promise<void>
  #rest: Uint8Array = NO_BYTES

  /** @param flush resolves when what was written has been taken */
  constructor(input: AsyncIterable<Uint8Array> | null, flush: () => Promise<void>) {
    this.#input = input === null ? null : input[Symbol.asyncIterator]()
    this.#flush = flush
  }

  async answer({ service }: Pick<Ask, 'service'>): Promise<Answer> {
    if (service === 'read_stdin') return { status: STATUS.OK, bytes: await this.#read() }
    if (service !== 'flush_output') return { status: STATUS.DENIED, bytes: NO_BYTES }
    await this.#flush()
    return DONE
  }

  /** Returns what comes next; nothing at the end. */
  async #read(): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = (await this.#input?.next()) ?? { done: true, value: undefined }
      if (next.done === true) return NO_BYTES
      this.#rest = next.value
    }
    const chunk = this.#rest.slice(0, CHUNK_BYTES)
    this.#rest = this.#rest.subarray(chunk.length)
    return chunk
  }
}
