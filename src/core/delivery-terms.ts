import { CaxtonError, isCaxtonError } from './errors.ts'
import type { Draft } from './message.ts'
import { deadlineOf } from './message.ts'
import { parseDurationMs } from './units.ts'

/**
 * What is promised of a message that was accepted. `at-most-once`: it lives in memory. `at-least-once`: it is in the journal until
 * it is handled, and handling it has its effect once: what it sent, stored and set is kept together with that it was handled.
 */
export const GUARANTEES = ['at-most-once', 'at-least-once'] as const
export type Guarantee = (typeof GUARANTEES)[number]

/** From the first to the last to be handled. */
export const MESSAGE_PRIORITIES = ['high', 'normal', 'low'] as const
export type MessagePriority = (typeof MESSAGE_PRIORITIES)[number]

/** How a message wants to be delivered: fields of its own that the runtime understands. */
export interface DeliveryTerms {
  /** `x-delivery`. Null: as its receiver has it. */
  readonly guarantee: Guarantee | null
  /** `x-priority`. @default normal */
  readonly priority: MessagePriority
  /** `x-ttl`: milliseconds from its acceptance on, in which its handling must begin. */
  readonly ttlMs: number | null
  /** `x-retain`: a publication becomes the last value of its topic. @default false */
  readonly isRetained: boolean
}

const PLAIN_TERMS: DeliveryTerms = Object.freeze({
  guarantee: null,
  priority: 'normal',
  ttlMs: null,
  isRetained: false,
})

/** @throws CaxtonError ERR_MESSAGE_INVALID */
export function readTerms({ extras }: Pick<Draft, 'extras'>): DeliveryTerms {
  if (extras === undefined) return PLAIN_TERMS
  const { 'x-delivery': delivery, 'x-priority': priority, 'x-ttl': ttl, 'x-retain': retain } = extras
  return {
    guarantee: delivery === undefined ? null : readWord('x-delivery', delivery, GUARANTEES),
    priority: priority === undefined ? 'normal' : readWord('x-priority', priority, MESSAGE_PRIORITIES),
    ttlMs: ttl === undefined ? null : readTtl(ttl),
    isRetained: retain !== undefined && readWord('x-retain', retain, ['true']) === 'true',
  }
}

/** When a message that was accepted then is worth nothing any more, milliseconds since 1970; null for one that does not expire. */
export function expiryOf(replyBy: string | undefined, ttlMs: number | null, acceptedMs: number): number | null {
  const deadline = replyBy === undefined ? null : deadlineOf({ reply_by: replyBy })
  const end = ttlMs === null ? null : acceptedMs + ttlMs
  return deadline === null || end === null ? (deadline ?? end) : Math.min(deadline, end)
}

function readWord<Word extends string>(field: string, found: string, words: readonly Word[]): Word {
  const word = words.find((candidate) => candidate === found)
  if (word !== undefined) return word
  throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: `${field}: expected one of ${words.join(', ')}` })
}

function readTtl(text: string): number {
  try {
    return parseDurationMs(text)
  } catch (error) {
    const detail = isCaxtonError(error) ? error.detail : String(error)
    throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: `x-ttl: ${detail}` })
  }
}
