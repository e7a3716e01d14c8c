import type { LimitRow } from './limits.ts'

/**
 * Bounds of one undertaking: a conversation and all that are begun while its messages are handled. An agent that goes on under
 * a new conversation id gains nothing.
 */
export interface ConversationLimits {
  /** Messages sent, those that were refused included. */
  readonly messages: number
  /** Bytes of those messages. */
  readonly bytes: number
  /** Fuel for handling them. What one message uses is known when it has ended: the one that goes beyond is the last. */
  readonly fuel: number
  /** Time since its first message, milliseconds. */
  readonly wallMs: number
  readonly toolCalls: number
  /** What agents charge by `charge_cost`, in a unit of their own. */
  readonly cost: number
  /** Messages that caused each other, one after the other. */
  readonly hops: number
  /** Questions that are asked in order to answer another, within each other. */
  readonly delegations: number
  /** Times that one agent is asked among those. The same question is asked once. */
  readonly revisits: number
}

export const DEFAULT_CONVERSATION_LIMITS: ConversationLimits = Object.freeze({
  messages: 100_000,
  bytes: 2 ** 30,
  fuel: 1e12,
  wallMs: 86_400_000,
  toolCalls: 10_000,
  cost: 1_000_000,
  hops: 10_000,
  delegations: 64,
  revisits: 16,
})

/** How each of them is called in a system file, its range, and the sentence for docs/LIMITS.md. */
export const CONVERSATION_LIMITS: Readonly<Record<keyof ConversationLimits, LimitRow>> = {
  messages: { key: 'messages', unit: 'count', min: 1, max: 1e12, sentence: 'Messages sent, refused ones included.' },
  bytes: { key: 'bytes', unit: 'bytes', min: 1_024, max: 2 ** 50, sentence: 'Bytes of those messages.' },
  fuel: {
    key: 'fuel',
    unit: 'count',
    min: 1_000,
    max: 9e15,
    sentence: 'Fuel for handling them; the message that goes beyond is the last.',
  },
  wallMs: {
    key: 'wall',
    unit: 'ms',
    min: 1,
    max: 366 * 86_400_000,
    sentence: 'Time since the first message.',
  },
  toolCalls: { key: 'tool_calls', unit: 'count', min: 0, max: 1e12, sentence: 'Calls of tools.' },
  cost: {
    key: 'cost',
    unit: 'count',
    min: 0,
    max: 9e15,
    sentence: 'What agents charge by `charge_cost`, in a unit of their own.',
  },
  hops: {
    key: 'hops',
    unit: 'count',
    min: 1,
    max: 1e12,
    sentence: 'Messages that caused each other, one after the other.',
  },
  delegations: {
    key: 'delegations',
    unit: 'count',
    min: 1,
    max: 1_000,
    sentence: 'Questions asked in order to answer another, within each other.',
  },
  revisits: {
    key: 'revisits',
    unit: 'count',
    min: 1,
    max: 1_000,
    sentence: 'Times one agent is asked among those; the same question may be asked once.',
  },
}

/** When messages of one agent to another rest because that one keeps failing. */
export interface CircuitLimits {
  /** Messages in a row that it did not handle. */
  readonly failures: number
  /** Time in which they count, milliseconds. */
  readonly withinMs: number
  /** Time for which further ones are refused; then one is let through and decides, milliseconds. */
  readonly restMs: number
}

export const DEFAULT_CIRCUIT: CircuitLimits = Object.freeze({ failures: 20, withinMs: 60_000, restMs: 10_000 })
