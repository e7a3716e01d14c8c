import type { Wait } from '../../capability/index.ts'
import type { CallCount, Meter } from './meter.ts'
import { WAITS } from './wait-gate.ts'

/*
 * The waiting host calls of one guest.
 *
 * 1. At most one wait is open. Between `open` and the call of `onReady` the guest does not run.
 * 2. `wake` counts once, and not after `giveUp`: what comes late finds another wait, or none.
 * 3. All waits of a call together take at most `waitMs`: then the guest is woken to be ended.
 */

/** A host function bound to the guest. */
export interface WaitingCall {
  readonly call: (...args: unknown[]) => number | Wait
  readonly cost: bigint
  readonly count: CallCount
  /** What it answers for a bad pointer. */
  readonly fault: number
}

interface OpenWait {
  readonly wait: Wait
  readonly fault: number
  startedMs: number
  isAwake: boolean
  isLate: boolean
  giveUp: (() => void) | null
  timer: NodeJS.Timeout | null
}

/** Node takes longer timers for one millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export class WaitCalls {
  readonly #meter: Pick<Meter, 'enter' | 'escape' | 'end' | 'isNested'>
  readonly #waitMs: number
  readonly #isSliced: () => boolean
  readonly #calls: WaitingCall[] = []
  #asked: { readonly wait: Wait; readonly fault: number } | null = null
  #open: OpenWait | null = null
  #waitedMs = 0

  /** @param isSliced whether the guest runs on a stack of its own */
  constructor(meter: Pick<Meter, 'enter' | 'escape' | 'end' | 'isNested'>, waitMs: number, isSliced: () => boolean) {
    this.#meter = meter
    this.#waitMs = waitMs
    this.#isSliced = isSliced
  }

  bind(index: number, call: WaitingCall): void {
    this.#calls[index] = call
  }

  /** A call of the guest begins: it has all of its time to wait. */
  begin(): void {
    this.#waitedMs = 0
  }

  /** Makes a host call; WAITS if it has to wait: then `open` comes next. */
  attempt(index: number, args: readonly unknown[]): number {
    const { call, cost, count, fault } = this.#calls[index]!
    try {
      this.#meter.enter(cost, count)
      const answer = call(...args)
      if (typeof answer === 'number') return answer
      if (!this.#isSliced() || this.#meter.isNested) return answer.refused
      this.#asked = { wait: answer, fault }
      return WAITS
    } catch (thrown) {
      return this.#meter.escape(thrown, fault) as number
    }
  }

  /** Waits for what no host call of the guest has asked for: `suspend` calls `open`. */
  expect(wait: Wait, suspend: () => Promise<number> | number): Promise<number> {
    this.#asked = { wait, fault: wait.refused }
    return Promise.resolve(suspend())
  }

  /** Whether the guest may not go on: it has a wait that is not over. */
  get isWaiting(): boolean {
    return this.#open !== null && !this.#open.isAwake
  }

  /** Whether the guest is to go on by `finish`. */
  get isOpen(): boolean {
    return this.#open !== null
  }

  /** Whether what was asked for is to rest until the next message: then `rest` comes next, and not `open`. */
  get asksRest(): boolean {
    return this.#asked?.wait.rests === true
  }

  /** Rests: `finish` comes with the next message. */
  rest(): void {
    this.#open = { ...this.#asked!, startedMs: 0, isAwake: true, isLate: false, giveUp: null, timer: null }
    this.#asked = null
  }

  /** Begins the wait that was asked for. `onReady` is called once, at once or later, outside of turns. */
  open(onReady: () => void): void {
    const { wait, fault } = this.#asked!
    this.#asked = null
    const roomMs = Math.max(0, this.#waitMs - this.#waitedMs)
    const open: OpenWait = {
      wait,
      fault,
      startedMs: performance.now(),
      isAwake: false,
      isLate: false,
      giveUp: null,
      timer: null,
    }
    this.#open = open
    const wake = (isLate: boolean) => {
      if (this.#open !== open || open.isAwake) return
      open.isAwake = true
      open.isLate = isLate
      this.#waitedMs += performance.now() - open.startedMs
      if (open.timer !== null) clearTimeout(open.timer)
      if (isLate) open.giveUp?.()
      onReady()
    }
    open.giveUp = wait.begin(() => wake(false))
    if (open.isAwake) return
    // A timer of no length takes a millisecond, in which a short wait could end.
    if (roomMs === 0) wake(true)
    else open.timer = setTimeout(() => wake(true), Math.min(roomMs, LONGEST_TIMER_MS))
  }

  /** In the next turn: the answer, or WAITS if there is more to wait for: then `open` comes next. Throws TRAP to end the guest. */
  finish(): number {
    const { wait, fault, isLate } = this.#open!
    this.#open = null
    try {
      if (isLate) this.#endLate()
      const answer = wait.finish()
      if (typeof answer === 'number') return answer
      this.#asked = { wait: answer, fault }
      return WAITS
    } catch (thrown) {
      return this.#meter.escape(thrown, fault) as number
    }
  }

  /** Gives up the wait that is open. */
  giveUp(): void {
    const open = this.#open
    this.#open = null
    this.#asked = null
    if (open === null || open.isAwake) return
    if (open.timer !== null) clearTimeout(open.timer)
    open.giveUp?.()
  }

  #endLate(): never {
    const limit = this.#waitMs
    return this.#meter.end({ code: 'ERR_LIMIT_WAIT', detail: `${limit} ms`, data: { limit } })
  }
}
