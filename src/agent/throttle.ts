import type { Clock, Limits, RateLimit, RateLimits, RateName } from '../core/index.ts'
import { DEFAULT_LIMITS, NO_RATE_LIMITS } from '../core/index.ts'
import type { Usage } from '../sandbox/index.ts'
import { TokenBucket } from './token-bucket.ts'

/*
 * Holds the messages of one agent back while a limit over time is used up. Owned by the main thread.
 *
 * 1. While nothing is under way, a message is admitted if every bucket has room. What it uses is taken when it has ended, so
 *    one message may overdraw; its debt is paid before the next.
 * 2. Others join it only while there is room beyond the most that those under way may use.
 * 3. A timer runs exactly while a message that waits is held back.
 */

/** Why messages are held back, and for how long from now on. */
export interface Hold {
  readonly limit: RateName
  readonly rate: RateLimit
  readonly waitMs: number
}

export interface ThrottleParts {
  readonly clock: Clock
  /** Messages are held back from now on. */
  onHold(hold: Hold): void
  /** There is room again. */
  onRelease(): void
}

export interface ThrottleOptions {
  readonly limits: Limits
  readonly rates: RateLimits
}

/** A limit over time that was overdrawn by so much in all. */
export interface Overdraft {
  readonly limit: RateName
  readonly rate: RateLimit
}

interface Gauge {
  readonly limit: RateName
  readonly rate: RateLimit
  readonly bucket: TokenBucket
  /** The most that one message may use. */
  readonly reserve: number
}

/** What a message uses of each limit over time. */
const USED: Readonly<Record<RateName, (usage: Usage) => number>> = {
  fuel: ({ fuel }) => fuel,
  messages: ({ messagesSent }) => messagesSent,
  hostCalls: ({ hostCalls }) => hostCalls,
  logBytes: ({ logBytes }) => logBytes,
}

const NOTHING_LIMITED: ThrottleOptions = { limits: DEFAULT_LIMITS, rates: NO_RATE_LIMITS }

/** Longest time a timer of the host can wait, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The limits over time of one agent. */
export class Throttle {
  readonly #parts: ThrottleParts
  #gauges: readonly Gauge[]
  #held: {
    readonly limit: RateName
    readonly rate: RateLimit
    readonly sinceMs: number
    readonly untilMs: number
  } | null = null
  #timer: NodeJS.Timeout | undefined
  #holds = 0
  #heldMs = 0

  constructor(parts: ThrottleParts, { limits, rates }: ThrottleOptions) {
    this.#parts = parts
    const nowMs = parts.clock.monotonicMs()
    this.#gauges = (Object.entries(rates) as [RateName, RateLimit][]).map(([limit, rate]) => ({
      limit,
      rate,
      bucket: new TokenBucket(rate, nowMs),
      reserve: limits[limit],
    }))
  }

  /** Returns the throttle of the next agent of that name: what is owed is owed by that one. Close this one before. */
  succeed(parts: ThrottleParts): Throttle {
    const next = new Throttle(parts, NOTHING_LIMITED)
    next.#gauges = this.#gauges
    next.#holds = this.#holds
    next.#heldMs = this.#heldMs
    return next
  }

  /** Whether anything can ever be held back. */
  get isEmpty(): boolean {
    return this.#gauges.length === 0
  }

  /** Times that messages were held back. */
  get holds(): number {
    return this.#holds
  }

  /** Milliseconds that messages were held back in all, until now. */
  get heldMs(): number {
    if (this.#held === null) return this.#heldMs
    return this.#heldMs + this.#parts.clock.monotonicMs() - this.#held.sinceMs
  }

  /** Why messages are held back now; null while they are not. */
  hold(): Hold | null {
    if (this.#held === null) return null
    const { limit, rate, untilMs } = this.#held
    return Object.freeze({ limit, rate, waitMs: Math.max(0, untilMs - this.#parts.clock.monotonicMs()) })
  }

  /**
   * Tells whether a message that waits may begin while so many are under way. If none is and it may not, `onRelease` is
   * called as soon as it may.
   */
  admits(underWayCount: number): boolean {
    if (this.#gauges.length === 0) return true
    if (this.#held !== null) return false
    const nowMs = this.#parts.clock.monotonicMs()
    let slowest: Gauge | null = null
    let waitMs = 0
    for (const gauge of this.#gauges) {
      const gaugeMs = gauge.bucket.waitMs(nowMs, underWayCount * gauge.reserve)
      if (gaugeMs <= waitMs) continue
      slowest = gauge
      waitMs = gaugeMs
    }
    if (slowest === null) return true
    if (underWayCount === 0) this.#begin(slowest, nowMs, waitMs)
    return false
  }

  /** Takes what a message used. Returns the limit that is overdrawn and must not be, if any. */
  charge(usage: Usage): Overdraft | null {
    if (this.#gauges.length === 0) return null
    const nowMs = this.#parts.clock.monotonicMs()
    let overdraft: Overdraft | null = null
    for (const { limit, rate, bucket } of this.#gauges) {
      bucket.take(USED[limit](usage), nowMs)
      if (rate.over === 'fail' && bucket.level(nowMs) < 0) overdraft ??= { limit, rate }
    }
    return overdraft
  }

  /** Takes messages that were sent beside those in the usage of a call; what that overdraws is found when the call is charged. */
  countMessages(count: number): void {
    const nowMs = this.#parts.clock.monotonicMs()
    for (const { limit, bucket } of this.#gauges) if (limit === 'messages') bucket.take(count, nowMs)
  }

  /** Calls `look` with what is used of each limit over time now. */
  measure(look: (limit: RateName, used: number, bound: number) => void): void {
    if (this.#gauges.length === 0) return
    const nowMs = this.#parts.clock.monotonicMs()
    for (const { limit, rate, bucket } of this.#gauges) look(limit, rate.amount - bucket.level(nowMs), rate.amount)
  }

  /** Holds nothing back any more and stops its timer. */
  close(): void {
    this.#end()
  }

  #begin({ limit, rate }: Gauge, nowMs: number, waitMs: number): void {
    this.#held = { limit, rate, sinceMs: nowMs, untilMs: nowMs + waitMs }
    this.#holds += 1
    this.#setTimer(waitMs)
    this.#parts.onHold(Object.freeze({ limit, rate, waitMs }))
  }

  #setTimer(waitMs: number): void {
    this.#timer = setTimeout(() => this.#wake(), Math.min(MAX_TIMER_MS, Math.ceil(waitMs)))
  }

  /** A timer may be early, and cannot wait as long as a debt may last. */
  #wake(): void {
    if (this.#held === null) return
    const restMs = this.#held.untilMs - this.#parts.clock.monotonicMs()
    if (restMs > 0) {
      this.#setTimer(restMs)
      return
    }
    this.#end()
    this.#parts.onRelease()
  }

  #end(): void {
    clearTimeout(this.#timer)
    if (this.#held === null) return
    this.#heldMs += this.#parts.clock.monotonicMs() - this.#held.sinceMs
    this.#held = null
  }
}
