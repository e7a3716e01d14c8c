import type { Wait } from '../../capability/index.ts'
import type { CallCount } from './meter.ts'
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

export interface WaitCallsParts {
  /** Charges for a host call. Throws TRAP if that is too much. */
  enter(cost: bigint, count: CallCount): void
  /** Answers what a host call that threw means to the guest, or throws TRAP. */
  escape(thrown: unknown, fault: number): number
  /** Whether nothing but the guest's own frames is on its stack. */
  canSuspend(): boolean
  /** Ends the guest: throws TRAP. */
  endLate(): never
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
  readonly #parts: WaitCallsParts
  readonly #waitMs: number
  readonly #calls: WaitingCall[] = []
  #asked: { readonly wait: Wait; readonly fault: number } | null = null
  #open: OpenWait | null = null
  #waitedMs = 0

  constructor(parts: WaitCallsParts, waitMs: number) {
    this.#parts = parts
    this.#waitMs = waitMs
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
      this.#parts.enter(cost, count)
      const answer = call(...args)
      if (typeof answer === 'number') return answer
      if (!this.#parts.canSuspend()) return answer.refused
      this.#asked = { wait: answer, fault }
      return WAITS
    } catch (thrown) {
      return this.#parts.escape(thrown, fault)
    }
  }

  /** Whether the guest may not go on: it has a wait that is not over. */
  get isWaiting(): boolean {
    return this.#open !== null && !this.#open.isAwake
  }

  /** Whether the guest is to go on by `finish`. */
  get isOpen(): boolean {
    return this.#open !== null
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
    if (!open.isAwake) open.timer = setTimeout(() => wake(true), Math.min(roomMs, LONGEST_TIMER_MS))
  }

  /** In the next turn: the answer, or WAITS if there is more to wait for: then `open` comes next. Throws TRAP to end the guest. */
  finish(): number {
    const { wait, fault, isLate } = this.#open!
    this.#open = null
    try {
      if (isLate) this.#parts.endLate()
      const answer = wait.finish()
      if (typeof answer === 'number') return answer
      this.#asked = { wait: answer, fault }
      return WAITS
    } catch (thrown) {
      return this.#parts.escape(thrown, fault)
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
}
