import type { Limits } from '../core/index.ts'

/** Something of an agent came near to its limit. */
export interface Warning {
  readonly limit: keyof Limits
  /** What the limit is for: one message, an amount over time, or the agent as long as it lives. */
  readonly scope: 'message' | 'rate' | 'agent'
  readonly used: number
  readonly bound: number
}

/** A limit that was warned of is warned of again once its use was below this share of where the warning began. */
const REARM_SHARE = 0.75

/** Tells when use of a limit reaches a share of it: once, until it has clearly come down again. */
export class Warnings {
  readonly #share: number
  readonly #emit: (warning: Warning) => void
  /** Limits that were warned of and have not come down, with their scopes; null for none. */
  #above: Set<string> | null = null
  #count = 0

  /** @param share of each limit, 0 to 1; 0 warns never */
  constructor(share: number, emit: (warning: Warning) => void) {
    this.#share = share
    this.#emit = emit
  }

  get count(): number {
    return this.#count
  }

  /** Takes what is used of a limit now. A bound of 0 cannot be come near to. */
  check(scope: Warning['scope'], limit: keyof Limits, used: number, bound: number): void {
    const threshold = this.#share * bound
    if (used < threshold) {
      if (this.#above !== null && used < threshold * REARM_SHARE) this.#rearm(scope, limit)
    } else if (threshold > 0 && !this.#above?.has(`${scope} ${limit}`)) {
      this.#above ??= new Set()
      this.#above.add(`${scope} ${limit}`)
      this.#count += 1
      this.#emit(Object.freeze({ limit, scope, used, bound }))
    }
  }

  #rearm(scope: Warning['scope'], limit: keyof Limits): void {
    this.#above?.delete(`${scope} ${limit}`)
    if (this.#above?.size === 0) this.#above = null
  }
}
