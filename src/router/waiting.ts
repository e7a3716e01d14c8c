import type { Message, Performative } from '../core/index.ts'
import { expiryOf, readTerms } from '../core/index.ts'
import { isAnswerable } from './notice.ts'
import { Passages } from './passages.ts'
import { turnOf } from './turn.ts'
import { isQuestion } from './undertaking.ts'

/** How a message stands that waits for a person. Plain data: it is published in the journal, for commands. */
export interface Standing {
  /** What the person may say to it; null is anything. */
  readonly acts: readonly Performative[] | null
  /** Whether somebody waits for an answer. What wants none can be dismissed. */
  readonly wantsAnswer: boolean
  /** Whether the person has agreed and owes the rest. */
  readonly isPromised: boolean
  /** Whether its sender waits for the answer in the middle of a call, and no longer than that. */
  readonly isAwaited: boolean
  /** When it is taken out of the list, milliseconds since 1970; null for never. */
  readonly expiresMs: number | null
}

/** A message that waits for a person. */
export interface WaitingMessage extends Standing {
  /** Of the message. */
  readonly id: string
  /** The name behind `human:`. */
  readonly person: string
  readonly message: Message
  /** When it was accepted, milliseconds since 1970. */
  readonly sinceMs: number
}

/** Why a message waits for a person no more. `over`: its dialogue has ended or gone on, or its sender is gone. */
export type WaitingEnd = 'answered' | 'expired' | 'cancelled' | 'dismissed' | 'over'

/** Where the standing of each message that waits is published: by its id. */
export const WAITING_AREA = 'people'

/** What is known of a message beside its conversation. */
export type StandingNotes = Pick<Standing, 'isPromised' | 'isAwaited'>

export const NO_NOTES: StandingNotes = Object.freeze({ isPromised: false, isAwaited: false })

/** Returns how a message stands that has just come, or in whose conversation something has happened. */
export function standingOf(message: Message, receiver: string, sinceMs: number, notes: StandingNotes): Standing {
  if (!isAnswerable(message)) return { acts: [], wantsAnswer: false, ...NO_NOTES, expiresMs: null }
  const turn = turnOf(message, receiver)
  const acts = turn.kind === 'free' ? null : turn.kind === 'bound' ? turn.acts : []
  const wantsAnswer = acts === null ? isQuestion(message) : acts.length > 0
  const ownMs = ownExpiry(message, sinceMs, wantsAnswer)
  const expiresMs = turn.kind === 'bound' ? earlier(ownMs, turn.dueMs) : ownMs
  return { acts, wantsAnswer, ...notes, expiresMs }
}

/** The last time that is a date, milliseconds since 1970: a time to live can be longer. */
const LAST_DATE_MS = 8.64e15

/** When a message expires by its own terms; deadlines of a protocol are kept where the protocol is. */
export function termsExpiry(message: Message, sinceMs: number): number | null {
  const replyBy = message.protocol === undefined ? message.reply_by : undefined
  const expiresMs = expiryOf(replyBy, readTerms(message).ttlMs, sinceMs)
  return expiresMs === null ? null : Math.min(expiresMs, LAST_DATE_MS)
}

/** When a message expires: by its own terms, and a question at the latest with the time of its undertaking. */
export function ownExpiry(message: Message, sinceMs: number, wantsAnswer: boolean): number | null {
  const own = termsExpiry(message, sinceMs)
  const undertaking = Passages.get(message)?.undertaking
  if (undertaking === undefined || !wantsAnswer) return own
  return earlier(own, Math.min(undertaking.startedMs, sinceMs) + undertaking.limits.wallMs)
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}
