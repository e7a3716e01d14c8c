import { LIMITS } from './limits.ts'
import type { Rate } from './units.ts'
import { formatBytes, formatCount, formatRate } from './units.ts'

/**
 * Limits over time. A limit of `Limits` ends the message that goes beyond it; a rate holds back the messages that come after.
 */

/** What can be limited over time. */
export type RateName = 'fuel' | 'messages' | 'hostCalls' | 'logBytes'

/** A rate and what happens beyond it. */
export interface RateLimit extends Rate {
  /** `throttle`: the next message waits until there is room. `fail`: the agent fails. @default throttle */
  readonly over: 'throttle' | 'fail'
}

/** Absent means that only the limit for one message holds. */
export type RateLimits = Readonly<Partial<Record<RateName, RateLimit>>>

export const NO_RATE_LIMITS: RateLimits = Object.freeze({})

interface RateRow {
  /** Smallest and largest amount that is taken. */
  readonly min: number
  readonly max: number
  readonly example: string
  readonly sentence: string
}

/** Range and sentence of each limit over time; it is written under the key of the limit of the same name. */
export const RATE_LIMITS: Readonly<Record<RateName, RateRow>> = {
  fuel: { min: 1_000, max: 1e15, example: '500M/s', sentence: 'Fuel of all messages together.' },
  messages: { min: 1, max: 1e12, example: '100/s', sentence: 'Messages sent.' },
  hostCalls: { min: 1, max: 1e12, example: '1M/10s', sentence: 'Host calls of all messages together.' },
  logBytes: { min: 1, max: 2 ** 40, example: '1MiB/m', sentence: 'Bytes logged, standard output and error included.' },
}

/** Periods that are taken, milliseconds. */
export const RATE_PERIOD_MS = Object.freeze({ min: 100, max: 86_400_000 })

/** Share of a limit from which an agent is warned of. */
export const DEFAULT_WARN_SHARE = 0.8

/** Writes a limit over time for people: `fuel 500M/s`. */
export function describeRate(name: RateName, rate: Rate): string {
  const { key, unit } = LIMITS[name]
  return `${key} ${formatRate(rate, unit === 'bytes' ? formatBytes : formatCount)}`
}
