import { TokenBucket } from '../../agent/index.ts'
import type { ToolServerOptions } from '../../capability/index.ts'
import type { Clock } from '../../core/index.ts'
import { CaxtonError, isCaxtonError } from '../../core/index.ts'
import { raceAbort } from '../abort.ts'
import { scrubText } from '../secrets/scrubber.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { Connection, patternsOf } from './connection.ts'

/*
 * One MCP server of a system. Owned by the main thread.
 *
 * 1. There is at most one connection. It is opened by the first call, and anew by the first call after it was lost.
 * 2. A server that cannot be reached is not tried again at once: pauses double from one failure to the next.
 * 3. A call that waits when the connection is lost fails; it is not repeated, because the tool may have run.
 */

export interface ToolServerParts {
  readonly secrets: Secrets
  readonly clock: Clock
}

/** How a call ended that reached the server. `null`: it has no such tool. */
export type ToolResult = { readonly text: string } | { readonly problem: string } | null

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000
/** Agents whose calls are counted; one that was forgotten begins anew. */
const MAX_BUCKETS = 10_000

export class ToolServer {
  readonly name: string
  readonly options: ToolServerOptions
  readonly #parts: ToolServerParts
  readonly #patterns: readonly Buffer[]
  readonly #buckets = new Map<string, TokenBucket>()
  #connection: Promise<Connection> | null = null
  #openCount = 0
  #failures = 0
  #retryAtMs = 0
  #isClosed = false

  /** @throws CaxtonError ERR_SECRET_INVALID for a secret that nobody has declared */
  constructor(parts: ToolServerParts, name: string, options: ToolServerOptions) {
    this.#parts = parts
    this.name = name
    this.options = options
    this.#patterns = patternsOf(parts.secrets, options.transport)
  }

  /**
   * Calls a tool.
   *
   * @returns the result as JSON text, or what is wrong with the arguments
   * @throws CaxtonError ERR_TOOL_LIMIT, ERR_TOOL_FAILED, ERR_TOOL_REFUSED for a schema that cannot be checked
   */
  async call(agent: string, tool: string, input: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const { timeoutMs, resultBytes, concurrency } = this.options
    if (this.#openCount >= concurrency) {
      throw new CaxtonError('ERR_TOOL_LIMIT', {
        detail: `${this.#openCount} calls of '${this.name}' at once`,
        data: { limit: 'concurrency', most: concurrency },
      })
    }
    this.#takeRate(agent)
    this.#openCount += 1
    const over = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      const connection = await raceAbort(this.#connect(), over)
      const known = await connection.find(tool, over, timeoutMs)
      if (known === null) return null
      const checked = known.checkArguments(input)
      if (!checked.valid) return { problem: checked.errorMessage.slice(0, 500) }
      const text = scrubText(await connection.call(tool, input, over, timeoutMs), this.#patterns)
      if (Buffer.byteLength(text) <= resultBytes) return { text }
      throw new CaxtonError('ERR_TOOL_LIMIT', {
        detail: `a result of more than ${resultBytes} bytes`,
        data: { limit: 'response_bytes', most: resultBytes },
      })
    } catch (error) {
      throw this.#explain(error, over, signal)
    } finally {
      this.#openCount -= 1
    }
  }

  /** Ends the connection, and with it what waits. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    const connection = this.#connection
    this.#connection = null
    await connection?.then(
      (open) => open.close(),
      () => {},
    )
  }

  #connect(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection
    const { clock, secrets } = this.#parts
    const waitMs = this.#retryAtMs - clock.monotonicMs()
    if (this.#isClosed || waitMs > 0) {
      const why = this.#isClosed
        ? 'the runtime is closed'
        : `it could not be reached and is tried again in ${Math.ceil(waitMs)} ms`
      return Promise.reject(new CaxtonError('ERR_TOOL_FAILED', { detail: `server '${this.name}': ${why}` }))
    }
    const forget = () => {
      if (this.#connection === opening) this.#connection = null
    }
    const opening = Connection.open(
      { secrets, onClose: forget },
      this.options,
      AbortSignal.timeout(this.options.timeoutMs),
    )
    this.#connection = opening
    opening.then(
      (open) => {
        this.#failures = 0
        if (this.#isClosed) void open.close().catch(() => {})
      },
      () => {
        forget()
        this.#failures += 1
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS)
        this.#retryAtMs = clock.monotonicMs() + pauseMs
      },
    )
    return opening
  }

  #takeRate(agent: string): void {
    const nowMs = this.#parts.clock.monotonicMs()
    let bucket = this.#buckets.get(agent)
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value!)
      bucket = new TokenBucket(this.options.rate, nowMs)
      this.#buckets.set(agent, bucket)
    }
    const waitMs = bucket.waitMs(nowMs)
    if (waitMs > 0) {
      const detail = `too many calls of '${this.name}', the next one in ${Math.ceil(waitMs)} ms`
      throw new CaxtonError('ERR_TOOL_LIMIT', { detail, data: { limit: 'rate', waitMs: Math.ceil(waitMs) } })
    }
    bucket.take(1, nowMs)
  }

  /** Names what went wrong in words of ours, with the code of the library: what a server says could hold anything. */
  #explain(error: unknown, over: AbortSignal, signal: AbortSignal): CaxtonError {
    if (isCaxtonError(error)) return error
    const code = error instanceof Error && 'code' in error ? String(error.code).slice(0, 64) : 'unknown'
    const isLate = !signal.aborted && (over.aborted || code === 'REQUEST_TIMEOUT')
    if (isLate) {
      const { timeoutMs } = this.options
      const detail = `server '${this.name}' did not answer within ${timeoutMs} ms`
      return new CaxtonError('ERR_TOOL_LIMIT', { detail, data: { limit: 'timeout', most: timeoutMs } })
    }
    const cause = error instanceof Error ? error.cause : undefined
    if (isCaxtonError(cause)) return cause
    return new CaxtonError('ERR_TOOL_FAILED', { detail: `server '${this.name}' (${code})`, data: { code } })
  }
}
