import type { Message } from '../core/index.ts'
import { CaxtonError, HOST_LIMITS, RUNTIME_NAME } from '../core/index.ts'
import { noticeReason } from './notice.ts'

interface PendingRequest {
  readonly request: Message
  readonly timer: NodeJS.Timeout
  /** The agent that got the request; only it and the runtime may answer. Null until it is delivered. */
  responder: string | null
  resolve(reply: Message): void
  reject(error: CaxtonError): void
}

const REFUSALS: ReadonlySet<string> = new Set(['failure', 'refuse', 'not-understood'])

export interface PendingOptions {
  /** Requests that may wait at once. @default HOST_LIMITS.pendingRequests */
  readonly limit?: number
  /** Hears of a request that is waited for no more. @default nobody */
  readonly onExpired?: (request: Message) => void
}

/** Requests of the user that wait for their reply, by `reply_with`. */
export class PendingRequests {
  readonly #pending = new Map<string, PendingRequest>()
  readonly #limit: number
  readonly #onExpired: (request: Message) => void

  constructor(options: PendingOptions = {}) {
    this.#limit = options.limit ?? HOST_LIMITS.pendingRequests
    this.#onExpired = options.onExpired ?? (() => {})
  }

  get size(): number {
    return this.#pending.size
  }

  /**
   * Waits for the reply to a request that is about to be sent.
   *
   * @throws CaxtonError ERR_LIMIT_REQUESTS, ERR_MESSAGE_INVALID when its `reply_with` waits already
   */
  open(request: Message, replyWith: string, deadlineMs: number): Promise<Message> {
    if (this.#pending.size >= this.#limit) {
      throw new CaxtonError('ERR_LIMIT_REQUESTS', { data: { limit: this.#limit } })
    }
    if (this.#pending.has(replyWith)) {
      throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: `reply_with ${JSON.stringify(replyWith)} waits already` })
    }
    const { promise, resolve, reject } = Promise.withResolvers<Message>()
    const timer = setTimeout(() => this.#expire(replyWith, deadlineMs), deadlineMs)
    this.#pending.set(replyWith, { request, timer, responder: null, resolve, reject })
    return promise
  }

  /** Notes who got a message of the user; tells whether its reply is waited for. */
  assign(message: Message, responder: string): boolean {
    if (message.reply_with === undefined) return false
    const pending = this.#pending.get(message.reply_with)
    if (pending?.request.message_id !== message.message_id) return false
    pending.responder = responder
    return true
  }

  /** Tells whether a message to the user is the reply somebody waits for, and settles that request. */
  claim(message: Message): boolean {
    if (message.in_reply_to === undefined || message.performative === 'agree') return false
    const pending = this.#pending.get(message.in_reply_to)
    if (pending === undefined) return false
    if (message.sender !== RUNTIME_NAME && message.sender !== pending.responder) return false
    this.#remove(message.in_reply_to, pending)
    if (REFUSALS.has(message.performative)) pending.reject(failureOf(message))
    else pending.resolve(message)
    return true
  }

  /** Rejects all that wait. */
  rejectAll(error: CaxtonError): void {
    for (const [replyWith, pending] of this.#pending) {
      this.#remove(replyWith, pending)
      pending.reject(error)
    }
  }

  #expire(replyWith: string, deadlineMs: number): void {
    const pending = this.#pending.get(replyWith)
    if (pending === undefined) return
    this.#remove(replyWith, pending)
    const { receiver, message_id } = pending.request
    const detail = `'${receiver}' did not reply within ${deadlineMs} ms`
    pending.reject(new CaxtonError('ERR_REQUEST_DEADLINE', { detail, data: { receiver, message_id, deadlineMs } }))
    this.#onExpired(pending.request)
  }

  #remove(replyWith: string, pending: PendingRequest): void {
    clearTimeout(pending.timer)
    this.#pending.delete(replyWith)
  }
}

/** The error of a request that was refused; `reason` is an error code when the runtime answered, else the content of the answer. */
function failureOf(message: Message): CaxtonError {
  const { performative, sender, conversation_id } = message
  const reason = sender === RUNTIME_NAME ? noticeReason(message) : (message.content ?? null)
  return new CaxtonError('ERR_REQUEST_FAILED', {
    detail: `'${sender}' answered ${performative}${message.content === undefined ? '' : ` ${message.content.slice(0, 500)}`}`,
    data: { performative, sender, conversation_id, reason },
  })
}
