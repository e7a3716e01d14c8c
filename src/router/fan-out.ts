import type { Agent } from '../agent/index.ts'
import type { Message } from '../core/index.ts'
import { CaxtonError, RUNTIME_NAME, TOPIC_LIMITS } from '../core/index.ts'
import type { Refused } from './conversations-parts.ts'
import type { DeliveryParts } from './delivery-parts.ts'
import { mailboxFull } from './delivery-problems.ts'
import { Passages } from './passages.ts'
import type { Step } from './protocols/index.ts'
import { TurnCount } from './turn-count.ts'

/*
 * Copies of one message for several agents. Owned by the main thread.
 *
 * 1. The sender holds one place for the message, until it is routed; its copies hold room with their receivers and nothing of the
 *    sender's. So a receiver that takes its time keeps neither the sender nor the other receivers waiting.
 * 2. Instead no more copies of one sender wait with one receiver than messages of the sender may wait at all.
 * 3. An agent makes no more copies in one call than it may send messages: a fan-out is a short way to write, no lever. Nor do many calls,
 *    whose messages arrive together, make so many in one turn of the event loop that everybody else waits for them.
 * 4. Copies are messages of the conversation of what they are copies of, in the undertaking of its cause: they count in its budgets.
 */

/** What a message holds while it waits with its receiver. */
export interface Held {
  readonly bytes: number
  /** Room in the mailbox is held for it already. */
  readonly reserved: boolean
  /** Who holds a place for it. */
  readonly payer: string
}

export interface FanOutParts extends DeliveryParts {
  /** Puts a message that is admitted to an agent into its mailbox, or lets it wait for that; returns why it can do neither. */
  put(agent: Agent, message: Message, step: Step | null, held: Held): CaxtonError | null
  /** A copy cannot reach its receiver. */
  lose(copy: Message, agent: Agent, problem: CaxtonError): void
}

/** What the sender is told of: what becomes of each copy, or nothing. */
export type Telling = 'each' | 'none'

export interface Bringing {
  readonly tells: Telling
  /** Whether only the mailbox bounds it, since its receiver has asked for it. */
  readonly mayCrowd: boolean
}

export class FanOut {
  readonly #parts: FanOutParts
  /** Copies that wait, by sender and receiver. */
  readonly #waiting = new Map<string, number>()
  /** The key above of each of them. */
  readonly #pairs = new Map<Message, string>()
  /** Copies that each agent has made in the call that runs. */
  readonly #made = new Map<string, number>()
  readonly #madeInTurn = new TurnCount()

  constructor(parts: FanOutParts) {
    this.#parts = parts
  }

  /**
   * Brings a copy of a message to each of several agents, with an id of its own. What cannot reach one of them is lost to that one alone.
   *
   * Cost: linear in the receivers, of which an agent has at most `limits.messages` in one call.
   *
   * @param cause the message during whose handling it was sent
   * @returns how many copies are on their way, or why there are none, or no more
   */
  spread(
    message: Message,
    cause: Message | null,
    receivers: readonly Agent[],
    tells: Telling,
  ): number | CaxtonError | Refused {
    const excess = this.#count(message.sender, receivers.length)
    if (excess !== null) return excess
    let delivered = 0
    for (const agent of receivers) {
      const copy = this.#parts.tracing.begin({ ...message, message_id: this.#parts.createMessageId() }, message)
      const refused = this.bring(copy, cause, agent, { tells, mayCrowd: false })
      if (refused === null) {
        delivered += 1
        this.#parts.mail.noteCopy(copy, message, agent.name)
      } else if (refused instanceof CaxtonError) this.#parts.lose(copy, agent, refused)
      else {
        this.#parts.tracing.givenUp(copy, refused.error.toData())
        return refused
      }
    }
    return delivered
  }

  /**
   * Brings one copy to one agent.
   *
   * @returns why it cannot get there, or why nothing may be sent any more
   */
  bring(
    copy: Message,
    cause: Message | null,
    agent: Agent,
    { tells, mayCrowd }: Bringing,
  ): CaxtonError | Refused | null {
    const { conversations, sizeOf } = this.#parts
    const passage = conversations.enter(copy, agent.name, cause)
    Passages.get(copy)!.isSilent = tells === 'none'
    if ('error' in passage) return passage
    const step = conversations.judge(passage, copy, agent.name)
    if (step !== null && 'error' in step) return step.error
    if (!mayCrowd && !this.#hasRoom(copy, agent)) return mailboxFull(agent.name)
    const problem = this.#parts.put(agent, copy, step, { bytes: sizeOf(copy), reserved: false, payer: RUNTIME_NAME })
    if (problem !== null) this.end(copy)
    return problem
  }

  /** Counts a copy among those of its sender that wait with an agent. False: they are as many as may wait. */
  #hasRoom(copy: Message, agent: Agent): boolean {
    const pair = `${copy.sender} ${agent.name}`
    const waiting = this.#waiting.get(pair) ?? 0
    const most = this.#parts.agents.get(copy.sender)?.limits.outstandingMessages ?? agent.limits.mailboxMessages
    if (waiting >= most) return false
    this.#waiting.set(pair, waiting + 1)
    this.#pairs.set(copy, pair)
    return true
  }

  /** A copy does not wait any more. Nothing happens for any other message. */
  end(copy: Message): void {
    const pair = this.#pairs.get(copy)
    if (pair === undefined) return
    this.#pairs.delete(copy)
    const waiting = this.#waiting.get(pair)! - 1
    if (waiting === 0) this.#waiting.delete(pair)
    else this.#waiting.set(pair, waiting)
  }

  /** A call of an agent has ended: what it makes from now on it makes in the next one. */
  endCall(agent: string): void {
    if (this.#made.size > 0) this.#made.delete(agent)
  }

  /** Counts copies. Returns why they are too many. */
  #count(sender: string, copies: number): CaxtonError | null {
    const agent = this.#parts.agents.get(sender)
    if (agent === undefined || copies === 0) return null
    const limit = agent.limits.messages
    const turnLimit = Math.max(limit, TOPIC_LIMITS.copiesPerTurn)
    const asked = (this.#made.get(sender) ?? 0) + copies
    const askedInTurn = this.#madeInTurn.of(sender) + copies
    if (asked > limit) return tooMany(sender, limit, asked)
    if (askedInTurn > turnLimit) return tooMany(sender, turnLimit, askedInTurn)
    this.#madeInTurn.add(sender, copies)
    this.#made.set(sender, asked)
    agent.countCopies(copies)
    return null
  }
}

function tooMany(agent: string, limit: number, asked: number): CaxtonError {
  return new CaxtonError('ERR_LIMIT_FAN_OUT', { data: { agent, limit, asked } })
}
