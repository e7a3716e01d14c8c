import type { Rate } from '../core/index.ts'

/**
 * Room for a rate: it holds one amount at most, fills up evenly, one amount in each period, and may be overdrawn.
 *
 * Guarantees: over any time `t`, what is taken is at most `amount + amount × t / period` and what was overdrawn by the last
 * taking; a debt is paid before there is room again. Keeps one number, when it is full, so that nothing adds up to an
 * error however long it runs. Time is given to it and must not go back.
 */
export class TokenBucket {
  readonly #amount: number
  readonly #periodMs: number
  #fullAtMs: number

  /** Full at first. */
  constructor({ amount, periodMs }: Rate, nowMs: number) {
    this.#amount = amount
    this.#periodMs = periodMs
    this.#fullAtMs = nowMs
  }

  /** Returns what is in it now; below 0 is a debt. */
  level(nowMs: number): number {
    return this.#amount - (Math.max(0, this.#fullAtMs - nowMs) * this.#amount) / this.#periodMs
  }

  take(amount: number, nowMs: number): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + this.#toMs(amount)
  }

  /** Returns the milliseconds until at least one is in it beyond what is `reserved`; 0 when that is so now. */
  waitMs(nowMs: number, reserved = 0): number {
    const readyMs = Math.max(this.#fullAtMs, nowMs) - this.#toMs(this.#amount - 1 - reserved)
    return Math.max(0, readyMs - nowMs)
  }

  #toMs(amount: number): number {
    return (amount * this.#periodMs) / this.#amount
  }
}
