import type { Clock } from '../core/index.ts'

/** What an agent does and uses in a second, on average over the last RECENT_MS. */
export interface PerSecond {
  readonly handled: number
  readonly messagesIn: number
  readonly messagesOut: number
  readonly fuel: number
  /** Milliseconds of CPU time in a second: 1000 is one processor. */
  readonly cpuMs: number
  readonly hostCalls: number
  readonly logBytes: number
}

const SLOT_MS = 1_000
const SLOTS = 10
/** What counts as recent, milliseconds. */
export const RECENT_MS = SLOT_MS * SLOTS

/** Sums since the beginning, as they were before anything ended in a second. */
interface Sample {
  readonly second: number
  readonly sums: PerSecond
}

/**
 * Averages over the last ten seconds, of sums that are counted elsewhere: it remembers what they were at each of them.
 *
 * Cost: one look at the clock for each message; ten small objects for an agent that is busy, none for one that is not.
 */
export class RecentUse {
  readonly #clock: Clock
  readonly #startMs: number
  /** Oldest first, at most SLOTS. */
  #samples: Sample[] = []
  #second = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
  }

  /** Looks at the sums; call it before what has ended is added to them. */
  sample(sums: PerSecond): void {
    const second = Math.floor(this.#clock.monotonicMs() / SLOT_MS)
    if (second === this.#second) return
    this.#second = second
    if (this.#samples.length === SLOTS) this.#samples.shift()
    this.#samples.push({ second, sums: pick(sums) })
  }

  /** Averages the growth of the sums until now. What came in counts from the second in which something ended. */
  average(sums: PerSecond): PerSecond {
    const nowMs = this.#clock.monotonicMs()
    const first = Math.floor(nowMs / SLOT_MS) - SLOTS + 1
    const before = this.#samples.find(({ second }) => second >= first)?.sums ?? sums
    const spanMs = Math.max(SLOT_MS, nowMs - Math.max(this.#startMs, first * SLOT_MS))
    const perSecond = (name: keyof PerSecond) => ((sums[name] - before[name]) * 1_000) / spanMs
    return Object.freeze({
      handled: perSecond('handled'),
      messagesIn: perSecond('messagesIn'),
      messagesOut: perSecond('messagesOut'),
      fuel: perSecond('fuel'),
      cpuMs: perSecond('cpuMs'),
      hostCalls: perSecond('hostCalls'),
      logBytes: perSecond('logBytes'),
    })
  }
}

function pick({ handled, messagesIn, messagesOut, fuel, cpuMs, hostCalls, logBytes }: PerSecond): PerSecond {
  return { handled, messagesIn, messagesOut, fuel, cpuMs, hostCalls, logBytes }
}
