/** Where time comes from, so that tests can own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. */
  nowMs(): number
  /** Milliseconds since an unspecified start, never going back, with fractions. */
  monotonicMs(): number
}

/** What wakes somebody later, so that tests can own it together with a clock. */
export interface Alarm {
  /** Calls back once, so many milliseconds later; it may be early for delays of weeks. Returns what prevents it. */
  set(delayMs: number, run: () => void): () => void
}

/** Longest time a timer of the host can wait, milliseconds (about 24 days). */
const MAX_DELAY_MS = 2 ** 31 - 1

export const SYSTEM_ALARM: Alarm = Object.freeze({
  set: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, Math.min(Math.ceil(delayMs), MAX_DELAY_MS))
    return () => clearTimeout(timer)
  },
})

export const SYSTEM_CLOCK: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})
