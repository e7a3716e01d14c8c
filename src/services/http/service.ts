import { TokenBucket } from '../../agent/index.ts'
import type { Answer, Ask, Grants, HttpRule } from '../../capability/index.ts'
import { formatHttpUrl, STATUS } from '../../capability/index.ts'
import type { Clock } from '../../core/index.ts'
import { CaxtonError, HOST_LIMITS, SYSTEM_CLOCK } from '../../core/index.ts'
import { raceAbort } from '../abort.ts'
import { failAsk, NO_BYTES } from '../answers.ts'
import type { Audit } from '../audit.ts'
import { scrubText } from '../secrets/scrubber.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { BodyStream } from './body-stream.ts'
import type { ExchangeOptions } from './exchange.ts'
import type { FetchParts, FetchResult } from './fetch.ts'
import { fetchByRules, findRule } from './fetch.ts'
import { showHeaders } from './headers.ts'
import { parseHttpRequest, parseReadRequest } from './request.ts'
import type { Resolver } from './resolve.ts'
import { resolveHost } from './resolve.ts'

/*
 * Requests of agents to the network. Runs on the main thread and owns every connection it opens.
 *
 * 1. A stream belongs to the agent that opened it and to the call in which it did; when that call ends it is closed.
 * 2. An exchange ends when its body has been read, when it is given up, when its time is over: then it is audited, once.
 * 3. What is bounded is bounded before the connection: rules, sizes, rates, exchanges of an agent and of all.
 */

export interface HttpServiceParts {
  readonly secrets: Secrets
  readonly audit: Audit
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock
  /** @default the resolver of the system */
  readonly resolver?: Resolver
  readonly exchangeOptions?: ExchangeOptions
}

/** An agent as this service knows it. */
export interface HttpClient {
  readonly agent: string
  readonly grants: Pick<Grants, 'http'>
}

interface RuleUse {
  readonly bucket: TokenBucket
  openCount: number
}

interface OpenStream {
  readonly agent: string
  readonly body: BodyStream
  release(): void
  /** Forgets it. Idempotent. */
  drop(): void
}

/** Bytes of a body that cross to a guest at once. */
const MAX_CHUNK_BYTES = 256 * 2 ** 10

export class HttpService {
  readonly #parts: HttpServiceParts
  readonly #clock: Clock
  /** A rule belongs to one deployment of one agent, so that what it has used is forgotten with it. */
  readonly #uses = new WeakMap<HttpRule, RuleUse>()
  readonly #streams = new Map<number, OpenStream>()
  #lastStream = 0
  #openCount = 0

  constructor(parts: HttpServiceParts) {
    this.#parts = parts
    this.#clock = parts.clock ?? SYSTEM_CLOCK
  }

  /** Exchanges that are open now, of all agents. */
  get openCount(): number {
    return this.#openCount
  }

  /** Answers what an agent asks of this service. Never rejects. */
  async answer(client: HttpClient, ask: Ask, call: AbortSignal): Promise<Answer> {
    if (ask.service === 'http_fetch') return this.#answerFetch(client, ask, call)
    if (ask.service === 'http_read') return this.#answerRead(client, ask)
    return this.#answerClose(client, ask)
  }

  /** Answers `http_fetch`: the head of the response as JSON text, with the number of the stream of its body. */
  async #answerFetch(client: HttpClient, ask: Ask, call: AbortSignal): Promise<Answer> {
    const startMs = this.#clock.monotonicMs()
    let target = 'a request'
    try {
      const request = parseHttpRequest(ask.text)
      if (request === null) return { status: STATUS.INVALID, bytes: NO_BYTES }
      target = `${request.method} ${formatHttpUrl({ ...request.url, query: '' })}`
      return await this.#fetch(client, { ...request, body: ask.bytes }, call, { target, startMs })
    } catch (error) {
      const { answer, error: reason } = failAsk(error)
      this.#audit(client.agent, { target, startMs }, reason, ask.bytes.length, 0)
      return answer
    }
  }

  /** Answers `http_read`: bytes of a body, none at its end. */
  async #answerRead({ agent }: HttpClient, ask: Ask): Promise<Answer> {
    const wanted = parseReadRequest(ask.text)
    if (wanted === null) return { status: STATUS.INVALID, bytes: NO_BYTES }
    const stream = this.#find(agent, wanted.stream)
    if (stream === null) return { status: STATUS.NOT_FOUND, bytes: NO_BYTES }
    try {
      const bytes = await stream.body.read(Math.min(wanted.max, MAX_CHUNK_BYTES))
      if (bytes.length === 0 && wanted.max > 0) stream.drop()
      return { status: bytes.length, bytes: new Uint8Array(bytes) }
    } catch (error) {
      stream.drop()
      return failAsk(error).answer
    }
  }

  /** Answers `http_close`. */
  #answerClose({ agent }: HttpClient, ask: Ask): Answer {
    const wanted = parseReadRequest(ask.text)
    const stream = wanted === null ? null : this.#find(agent, wanted.stream)
    if (stream === null) return { status: STATUS.NOT_FOUND, bytes: NO_BYTES }
    stream.drop()
    return { status: STATUS.OK, bytes: NO_BYTES }
  }

  async #fetch(
    { agent, grants }: HttpClient,
    request: Parameters<typeof fetchByRules>[2],
    call: AbortSignal,
    { target, startMs }: { readonly target: string; readonly startMs: number },
  ): Promise<Answer> {
    const rule = findRule(grants.http, request.method, request.url)
    const release = this.#admit(rule)
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(timedOut(rule)), rule.timeoutMs).unref()
    const signal = AbortSignal.any([over.signal, call])
    try {
      const result = await raceAbort(fetchByRules(this.#fetchParts(), grants.http, request, signal), signal)
      const body = new BodyStream(result.response, {
        hasBody: result.hasBody,
        maxBytes: result.rule.responseBytes,
        patterns: result.patterns,
        signal,
        onEnd: (error, receivedBytes) => {
          clearTimeout(timer)
          this.#audit(agent, { target, startMs }, error, request.body.length, receivedBytes)
        },
      })
      return answerHead(result, this.#keep({ agent, body, release }, call))
    } catch (error) {
      clearTimeout(timer)
      over.abort(error)
      release()
      throw error
    }
  }

  #fetchParts(): FetchParts {
    return {
      secrets: this.#parts.secrets,
      resolver: this.#parts.resolver ?? resolveHost,
      exchangeOptions: this.#parts.exchangeOptions ?? {},
      takeRate: (rule) => this.#takeRate(rule),
    }
  }

  /** Keeps a stream until it was read or given up, at the latest until the call has ended in which it was opened. */
  #keep(opened: Omit<OpenStream, 'drop'>, call: AbortSignal): number {
    this.#lastStream += 1
    const stream = this.#lastStream
    const drop = () => {
      if (!this.#streams.delete(stream)) return
      call.removeEventListener('abort', drop)
      opened.body.close()
      opened.release()
    }
    this.#streams.set(stream, { ...opened, drop })
    if (call.aborted) drop()
    else call.addEventListener('abort', drop)
    return stream
  }

  #find(agent: string, stream: number): OpenStream | null {
    const found = this.#streams.get(stream)
    return found?.agent === agent ? found : null
  }

  #useOf(rule: HttpRule): RuleUse {
    let use = this.#uses.get(rule)
    if (use === undefined) {
      use = { bucket: new TokenBucket(rule.rate, this.#clock.monotonicMs()), openCount: 0 }
      this.#uses.set(rule, use)
    }
    return use
  }

  /** Takes room for one more exchange and returns what gives it back. @throws CaxtonError ERR_HTTP_LIMIT */
  #admit(rule: HttpRule): () => void {
    const use = this.#useOf(rule)
    if (use.openCount >= rule.concurrency || this.#openCount >= HOST_LIMITS.httpExchanges) {
      throw new CaxtonError('ERR_HTTP_LIMIT', {
        detail: `${use.openCount} exchanges for ${rule.url}, ${this.#openCount} in all`,
        data: { limit: 'concurrency', most: rule.concurrency },
      })
    }
    const release = rule.within === undefined ? this.#count() : this.#admit(rule.within)
    use.openCount += 1
    return () => {
      use.openCount -= 1
      release()
    }
  }

  #count(): () => void {
    this.#openCount += 1
    return () => {
      this.#openCount -= 1
    }
  }

  #takeRate(rule: HttpRule): void {
    const nowMs = this.#clock.monotonicMs()
    const buckets: TokenBucket[] = []
    for (let at: HttpRule | undefined = rule; at !== undefined; at = at.within) buckets.push(this.#useOf(at).bucket)
    const waitMs = Math.max(...buckets.map((bucket) => bucket.waitMs(nowMs)))
    if (waitMs > 0) {
      const detail = `too many requests for ${rule.url}, the next one in ${Math.ceil(waitMs)} ms`
      throw new CaxtonError('ERR_HTTP_LIMIT', { detail, data: { limit: 'rate', waitMs: Math.ceil(waitMs) } })
    }
    for (const bucket of buckets) bucket.take(1, nowMs)
  }

  #audit(
    agent: string,
    { target, startMs }: { readonly target: string; readonly startMs: number },
    error: CaxtonError | null,
    sentBytes: number,
    receivedBytes: number,
  ): void {
    const durationMs = this.#clock.monotonicMs() - startMs
    const outcome = error === null ? 'ok' : error.code
    const detail = error?.detail === undefined ? {} : { detail: error.detail }
    this.#parts.audit({ agent, service: 'http', target, outcome, ...detail, durationMs, sentBytes, receivedBytes })
  }
}

function answerHead({ response, url, rule, patterns }: FetchResult, stream: number): Answer {
  const headers = Object.fromEntries(
    Object.entries(showHeaders(response.rawHeaders, rule.responseHeaders)).map(([name, value]) => [
      name,
      scrubText(value, patterns),
    ]),
  )
  const head = { status: response.statusCode ?? 0, url: scrubText(formatHttpUrl(url), patterns), headers, stream }
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(head)))
  return { status: bytes.length, bytes }
}

function timedOut({ url, timeoutMs }: HttpRule): CaxtonError {
  return new CaxtonError('ERR_HTTP_LIMIT', {
    detail: `${timeoutMs} ms for ${url}`,
    data: { limit: 'timeout', most: timeoutMs },
  })
}
