import type { Message } from '../core/index.ts'
import { RUNTIME_NAME } from '../core/index.ts'

interface AwaitedReply {
  readonly replyWith: string
  /** The agent that got the request; only it and the runtime may answer. Null until it is delivered. */
  responder: string | null
  settle(reply: Message): void
}

/** Node takes longer timers for one millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Replies that agents wait for in the middle of handling a message, so that they are not put into the mailbox behind it.
 *
 * An agent waits for one at a time, because it does nothing else meanwhile.
 */
export class AwaitedReplies {
  readonly #awaited = new Map<string, AwaitedReply>()
  readonly #onGivenUp: (agent: string, replyWith: string) => void

  /** @param onGivenUp hears when an agent waits no more for a reply that has not come */
  constructor(onGivenUp: (agent: string, replyWith: string) => void = () => {}) {
    this.#onGivenUp = onGivenUp
  }

  /**
   * Waits for the reply to what an agent is about to send.
   *
   * @param deadlineMs 0 waits until the signal is aborted
   * @returns null when the deadline has passed, or nobody waits any more
   */
  wait(agent: string, replyWith: string, deadlineMs: number, signal: AbortSignal): Promise<Message | null> {
    const { promise, resolve } = Promise.withResolvers<Message | null>()
    let timer: NodeJS.Timeout | undefined
    const end = (reply: Message | null) => {
      if (this.#awaited.get(agent) === awaited) this.#awaited.delete(agent)
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      resolve(reply)
      if (reply === null) this.#onGivenUp(agent, replyWith)
    }
    const giveUp = () => end(null)
    const awaited: AwaitedReply = { replyWith, responder: null, settle: end }
    if (signal.aborted) return Promise.resolve(null)
    this.#awaited.set(agent, awaited)
    signal.addEventListener('abort', giveUp, { once: true })
    if (deadlineMs > 0) timer = setTimeout(giveUp, Math.min(deadlineMs, LONGEST_TIMER_MS)).unref()
    return promise
  }

  /** Notes who got a message of an agent; tells whether its reply is waited for. */
  assign(message: Message, responder: string): boolean {
    if (this.#awaited.size === 0) return false
    const awaited = this.#awaited.get(message.sender)
    if (awaited === undefined || awaited.replyWith !== message.reply_with) return false
    awaited.responder ??= responder
    return awaited.responder === responder
  }

  /** Tells whether its sender waits for the reply to a message. */
  isAwaited({ sender, reply_with }: Message): boolean {
    return reply_with !== undefined && this.#awaited.get(sender)?.replyWith === reply_with
  }

  /** Tells whether a message is the reply that its receiver waits for, and hands it over. */
  claim(receiver: string, message: Message): boolean {
    if (this.#awaited.size === 0 || message.performative === 'agree') return false
    const awaited = this.#awaited.get(receiver)
    if (awaited === undefined || awaited.replyWith !== message.in_reply_to) return false
    if (message.sender !== RUNTIME_NAME && message.sender !== awaited.responder) return false
    awaited.settle(message)
    return true
  }
}
