import type { Grants } from '../../capability/index.ts'
import type { Clock } from '../../core/index.ts'

/** The clocks a guest can name. CPU time of one agent is not offered as a clock. */
export type ClockName = 'realtime' | 'monotonic'

/** The time of one agent. Neither clock ever goes back. */
export interface ClockSource {
  /** Step of a clock in nanoseconds, at least 1. */
  resolutionNanos(name: ClockName): bigint
  /** `realtime`: nanoseconds since 1970-01-01T00:00Z. `monotonic`: nanoseconds since the source was made. */
  nowNanos(name: ClockName): bigint
  /** Microseconds since 1970-01-01T00:00Z. */
  nowMicros(): bigint
  /**
   * Lets that much time pass at once and returns true, or returns false because the time is real and cannot be moved:
   * then only waiting passes it.
   */
  skip(nanos: bigint): boolean
  /**
   * Milliseconds of real time in which so much time passes for certain: whole steps, so that a wait tells no finer time than the clock.
   * Null where no waiting passes it.
   */
  waitMs(nanos: bigint): number | null
}

/** Where the clock of an agent without the grant starts: 2000-01-01T00:00:00Z. */
export const FIXED_CLOCK_START_NANOS = 946_684_800_000_000_000n
/** How far the clock of an agent without the grant advances at each reading. */
export const FIXED_CLOCK_TICK_NANOS = 1_000n

const MAX_NANOS = 2n ** 64n - 1n
/** `Clock.nowMs` has whole milliseconds. */
const REALTIME_STEP_MICROS = 1_000

/**
 * Makes the clock of one agent.
 *
 * With the grant both clocks are real, in steps of the granted resolution. Without it nothing real can be seen: `realtime`
 * starts at 2000-01-01T00:00:00Z, `monotonic` at 0, every reading of either advances both by one microsecond, and a wait
 * advances them by its length and ends at once. So a program that measures, or sleeps, sees time pass, the same at every run.
 */
export function createClockSource(grant: Grants['clock'], clock: Clock): ClockSource {
  return grant === null ? new FixedClock() : new SteppedClock(grant.resolutionMicros, clock)
}

/** Real time in steps. */
class SteppedClock implements ClockSource {
  readonly #clock: Clock
  readonly #stepMicros: number
  readonly #startMicros: number
  #realtimeMicros = 0
  #monotonicMicros = 0

  constructor(resolutionMicros: number, clock: Clock) {
    this.#clock = clock
    this.#stepMicros = Math.max(1, Math.floor(resolutionMicros))
    this.#startMicros = this.#floor(clock.monotonicMs() * 1_000)
  }

  resolutionNanos(name: ClockName): bigint {
    const micros = name === 'realtime' ? Math.max(this.#stepMicros, REALTIME_STEP_MICROS) : this.#stepMicros
    return BigInt(micros) * 1_000n
  }

  nowNanos(name: ClockName): bigint {
    return (name === 'realtime' ? this.nowMicros() : this.#monotonic()) * 1_000n
  }

  nowMicros(): bigint {
    this.#realtimeMicros = Math.max(this.#realtimeMicros, this.#floor(this.#clock.nowMs() * 1_000))
    return BigInt(this.#realtimeMicros)
  }

  skip(nanos: bigint): boolean {
    return nanos === 0n
  }

  waitMs(nanos: bigint): number {
    return (Math.ceil(Number(nanos) / 1_000 / this.#stepMicros) * this.#stepMicros) / 1_000
  }

  #monotonic(): bigint {
    const micros = this.#floor(this.#clock.monotonicMs() * 1_000) - this.#startMicros
    this.#monotonicMicros = Math.max(this.#monotonicMicros, micros)
    return BigInt(this.#monotonicMicros)
  }

  #floor(micros: number): number {
    return Math.floor(micros / this.#stepMicros) * this.#stepMicros
  }
}

/** Time that only readings and waits move; it stands still at the largest time that 64 bits can tell. */
class FixedClock implements ClockSource {
  #elapsedNanos = 0n

  resolutionNanos(): bigint {
    return FIXED_CLOCK_TICK_NANOS
  }

  nowNanos(name: ClockName): bigint {
    const elapsed = this.#elapsedNanos
    this.skip(FIXED_CLOCK_TICK_NANOS)
    return name === 'realtime' ? FIXED_CLOCK_START_NANOS + elapsed : elapsed
  }

  nowMicros(): bigint {
    return this.nowNanos('realtime') / 1_000n
  }

  waitMs(): null {
    return null
  }

  skip(nanos: bigint): boolean {
    const furthest = MAX_NANOS - FIXED_CLOCK_START_NANOS
    const elapsed = this.#elapsedNanos + nanos
    this.#elapsedNanos = elapsed > furthest ? furthest : elapsed
    return true
  }
}
