import type { CircuitLimits, Clock, COMMON_ENDS, Message } from '../core/index.ts'
import { CaxtonError, RUNTIME_NAME, USER_NAME } from '../core/index.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import type { Conversation } from './conversation.ts'
import type { Tidings } from './conversations-parts.ts'
import type { EventHub } from './event.ts'
import type { PromiseBook } from './promise-book.ts'
import type { Ask, DialogueState } from './protocols/index.ts'
import { end, isEnded } from './protocols/index.ts'
import type { Undertaking } from './undertaking.ts'
import { findOverdraft, overdraft } from './undertaking.ts'

/** How the runtime ends a dialogue: ends that every protocol has. */
export type DialogueEnd = (typeof COMMON_ENDS)[number]

export interface GuardsParts {
  readonly clock: Clock
  readonly hub: Pick<EventHub, 'emit'>
  readonly promises: PromiseBook
  tell(tidings: Tidings): void
  /** Something has happened in a conversation. */
  settle(conversation: Conversation): void
  /** Something has become of an undertaking of which messages are written. @default nothing */
  onSpent?(undertaking: Undertaking): void
}

/** Stops undertakings that use more than they may, and lets pairs rest of which one keeps failing the other. */
export class Guards {
  readonly #parts: GuardsParts
  readonly breaker: CircuitBreaker

  constructor(parts: GuardsParts, circuit: CircuitLimits) {
    this.#parts = parts
    this.breaker = new CircuitBreaker(parts, circuit)
  }

  /** Returns why an undertaking may not go on with a message that so many others have led to; null if it may. */
  findExcess(undertaking: Undertaking, hops: number): CaxtonError | null {
    const { limits, startedMs } = undertaking
    if (hops > limits.hops) {
      const data = { guard: 'hops', used: hops, limit: limits.hops }
      return new CaxtonError('ERR_GUARD_HOPS', { detail: `at most ${limits.hops}`, data })
    }
    const ranMs = this.#parts.clock.nowMs() - startedMs
    if (ranMs > limits.wallMs) return overdraft('wallMs', ranMs, limits.wallMs)
    return findOverdraft(undertaking)
  }

  /** Notes how well the receiver of a message does with its sender. */
  noteHealth({ sender }: Message, agent: string, isHandled: boolean): void {
    if (sender === USER_NAME || sender === RUNTIME_NAME || !this.breaker.note(sender, agent, isHandled)) return
    const error = this.breaker.check(sender, agent)
    if (error !== null)
      this.#parts.hub.emit({ type: 'guard', agent: sender, conversation: null, error: error.toData() })
  }

  /** Something has become of an undertaking. */
  noteChange(undertaking: Undertaking): void {
    if (undertaking.written > 0) this.#parts.onSpent?.(undertaking)
  }

  stopIfOverdrawn(undertaking: Undertaking, conversation: Conversation | null): void {
    const error = undertaking.stopped === null ? findOverdraft(undertaking) : null
    if (error !== null) this.stop(undertaking, error, conversation, null)
  }

  /** Stops an undertaking whose time is up, if somebody waits in it. */
  stopLate(undertaking: Undertaking): void {
    const { limits, conversations, stopped } = undertaking
    if (stopped !== null) return
    for (const conversation of conversations) {
      if (!hasOpenDialogue(conversation)) continue
      this.stop(undertaking, overdraft('wallMs', limits.wallMs, limits.wallMs), conversation, null)
      return
    }
  }

  /**
   * Ends an undertaking: all its dialogues, and everybody who takes part is told.
   *
   * @param sender whose message was one too many: it is told as the sender of that
   */
  stop(undertaking: Undertaking, error: CaxtonError, where: Conversation | null, sender: string | null): void {
    if (undertaking.stopped !== null) return
    undertaking.stopped = error
    this.#parts.promises.forget(undertaking)
    const id = where?.id ?? null
    this.#parts.hub.emit({ type: 'guard', agent: sender, conversation: id, error: error.toData() })
    const conversations = [...undertaking.conversations]
    for (const conversation of conversations) {
      for (const dialogue of conversation.dialogues.values()) this.end(conversation, dialogue, 'stopped')
    }
    this.#tellAll(undertaking, error, sender)
    for (const conversation of conversations) this.#parts.settle(conversation)
  }

  /** Tells whether the sender of a message is to be told of its end: once for an undertaking that was stopped. */
  mayTell(undertaking: Undertaking, message: Message): boolean {
    if (undertaking.stopped === null || message.sender === USER_NAME) return true
    if (undertaking.told.has(message.sender)) return false
    undertaking.told.add(message.sender)
    this.noteChange(undertaking)
    return true
  }

  /** Ends a dialogue for a reason that is not in its table. False when it has ended already. */
  end(conversation: Conversation, dialogue: DialogueState, how: DialogueEnd): boolean {
    const protocol = conversation.protocol
    if (protocol === null || isEnded(protocol.dialogues[dialogue.kind]!, dialogue)) return false
    end(protocol, dialogue, how)
    this.#parts.promises.follow(conversation, dialogue)
    return true
  }

  /** Tells everybody once, in a conversation in which it waits for an answer if there is one. */
  #tellAll(undertaking: Undertaking, error: CaxtonError, sender: string | null): void {
    const places = new Map<string, { readonly conversation: Conversation; readonly ask: Ask | null }>()
    for (const conversation of undertaking.conversations) {
      for (const receiver of conversation.participants) {
        const isAgent = receiver !== RUNTIME_NAME && !receiver.includes(':')
        if (!isAgent || receiver === sender || undertaking.told.has(receiver)) continue
        const ask = conversation.asks.get(receiver) ?? null
        if (ask !== null || !places.has(receiver)) places.set(receiver, { conversation, ask })
      }
    }
    for (const [receiver, { conversation, ask }] of places) {
      undertaking.told.add(receiver)
      this.#parts.tell({ receiver, act: 'failure', conversation, ask, about: sender ?? conversation.initiator, error })
    }
  }
}

function hasOpenDialogue({ protocol, dialogues }: Conversation): boolean {
  for (const dialogue of dialogues.values()) if (!isEnded(protocol!.dialogues[dialogue.kind]!, dialogue)) return true
  return false
}
