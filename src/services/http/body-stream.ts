import type { IncomingMessage } from 'node:http'
import { CaxtonError } from '../../core/index.ts'
import { Scrubber } from '../secrets/scrubber.ts'
import { toHttpError } from './exchange.ts'

export interface BodyStreamOptions {
  /** Whether the response has a body: to HEAD it has none, whatever its headers say. */
  readonly hasBody: boolean
  /** Bytes after which the body is given up. */
  readonly maxBytes: number
  /** What must not be in it. */
  readonly patterns: readonly Buffer[]
  /** Aborted when the exchange is over, for whatever reason. */
  readonly signal: AbortSignal
  /** Told once, when the last byte was read or the body was given up; then with the reason. */
  onEnd(error: CaxtonError | null, receivedBytes: number): void
}

/**
 * The body of a response, read as fast as a guest takes it.
 *
 * Keeps what the socket buffers and one chunk; the server waits for the guest. Reads must not overlap.
 */
export class BodyStream {
  readonly #response: IncomingMessage
  readonly #options: BodyStreamOptions
  readonly #chunks: AsyncIterator<Buffer>
  readonly #scrubber: Scrubber | null
  #ready: Buffer = Buffer.alloc(0)
  #hasEnded = false
  #isOver = false
  #isReading = false
  #error: CaxtonError | null = null
  /** Bytes that have come, before they were looked into. */
  receivedBytes = 0

  constructor(response: IncomingMessage, options: BodyStreamOptions) {
    this.#response = response
    this.#options = options
    this.#scrubber = options.patterns.length === 0 ? null : new Scrubber(options.patterns)
    response.on('error', () => {})
    this.#chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    options.signal.addEventListener('abort', this.#onAbort)
    const declared = Number(response.headers['content-length'] ?? 0)
    if (options.hasBody && declared > options.maxBytes) this.#fail(tooLong(options.maxBytes))
    else if (options.signal.aborted) this.#onAbort()
  }

  /**
   * Waits for bytes and returns at most so many; none at the end.
   *
   * @throws CaxtonError ERR_HTTP_LIMIT for a body that is too long or too slow, ERR_HTTP_FAILED
   */
  async read(maxBytes: number): Promise<Buffer> {
    if (this.#isReading) throw new CaxtonError('ERR_HTTP_FAILED', { detail: 'the body is being read' })
    this.#isReading = true
    try {
      while (this.#ready.length === 0 && !this.#hasEnded) await this.#fill()
    } finally {
      this.#isReading = false
    }
    const taken = this.#ready.subarray(0, maxBytes)
    this.#ready = this.#ready.subarray(taken.length)
    return taken
  }

  /** Gives up what is left. Idempotent. */
  close(): void {
    this.#ready = Buffer.alloc(0)
    if (this.#hasEnded) return
    this.#error ??= new CaxtonError('ERR_HTTP_FAILED', { detail: 'the body was given up' })
    this.#finish(null)
  }

  readonly #onAbort = () => this.#fail(toHttpError(this.#options.signal.reason, this.#options.signal))

  #fail(error: CaxtonError): void {
    this.#error ??= error
    this.#finish(this.#error)
  }

  async #fill(): Promise<void> {
    if (this.#error !== null) throw this.#error
    try {
      const { value, done } = await this.#chunks.next()
      if (this.#error !== null) throw this.#error
      if (done === true) {
        this.#ready = this.#scrubber?.end() ?? this.#ready
        this.#finish(null)
        this.#hasEnded = true
        return
      }
      this.#count(value.length)
      this.#ready = this.#scrubber?.push(value) ?? value
    } catch (cause) {
      this.#fail(toHttpError(cause, this.#options.signal))
      throw this.#error ?? cause
    }
  }

  #count(bytes: number): void {
    this.receivedBytes += bytes
    const { maxBytes } = this.#options
    if (this.receivedBytes > maxBytes) throw tooLong(maxBytes)
  }

  #finish(error: CaxtonError | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#response.destroy()
    this.#options.onEnd(error, this.receivedBytes)
  }
}

function tooLong(maxBytes: number): CaxtonError {
  return new CaxtonError('ERR_HTTP_LIMIT', {
    detail: `a body of more than ${maxBytes} bytes`,
    data: { limit: 'response_bytes', most: maxBytes },
  })
}
