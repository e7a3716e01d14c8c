/** Where time comes from, so that tests can own it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. */
  nowMs(): number
  /** Milliseconds since an unspecified start, never going back, with fractions. */
  monotonicMs(): number
}

export const SYSTEM_CLOCK: Clock = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})
