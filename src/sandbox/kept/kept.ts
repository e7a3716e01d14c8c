/** What an agent keeps from message to message, beside its memory. It crosses threads. */
export interface Kept {
  readonly data: ReadonlyMap<string, Uint8Array>
  /** The number under which each timer was set, by its id. */
  readonly timers: ReadonlyMap<number, number>
  /** The highest of the numbers that were ever used: later ones are greater. */
  readonly lastSetting: number
  /** Patterns of topics that it has subscribed to. */
  readonly subscriptions: ReadonlySet<string>
}

export const NOTHING_KEPT: Kept = Object.freeze({
  data: new Map(),
  timers: new Map(),
  lastSetting: 0,
  subscriptions: new Set<string>(),
})

/** A timer that was set. The number tells it from one of the same id that was set before. */
export interface TimerSetting {
  readonly delayMs: number
  readonly setting: number
}

/**
 * What one call has changed of what its agent keeps. It crosses only with the outcome of a call that succeeded; what a call
 * that failed has changed is gone.
 */
export interface Effects {
  /** Null drops a key. */
  readonly data: ReadonlyMap<string, Uint8Array | null>
  /** Null drops a timer. */
  readonly timers: ReadonlyMap<number, TimerSetting | null>
  /** By pattern; false ends a subscription. */
  readonly subscriptions: ReadonlyMap<string, boolean>
}
