import { JOURNAL_WORDS } from './mailbox-table.ts'
import { Uptake } from './uptake.ts'

/*
 * What a worker thread is doing, in memory that it shares with the main thread.
 *
 * The state word is 0 when no guest runs, twice the number of the call while one runs, and one more from the moment at which
 * the main thread has decided to kill that call.
 *
 * 1. Worker: 0 → running; running → 0 by compare-and-swap when the guest has returned.
 * 2. Main: running → killing by compare-and-swap, and only then asks V8 to terminate; killing → 0 after V8 has done so.
 * 3. A worker that cannot swap to 0 knows that a termination is under way and runs nothing until it has landed:
 *    a kill can never hit another call than the one it was meant for.
 * 4. Worker: between `enterGuard` and `leaveGuard` no termination lands, unless it takes too long: what is opened in between is
 *    noted before anything can unwind. A call that is condemned already does not get in.
 */

const STATE = 0
const AGENT = 1
/** Float64 index; bytes 8 to 15. */
const DEADLINE = 1
const JOURNAL = 4
const LEDGER = JOURNAL + JOURNAL_WORDS
/** Messages in a ledger. */
export const LEDGER_MESSAGES = 64
const ARRIVED = LEDGER + 1 + LEDGER_MESSAGES * JOURNAL_WORDS
const GUARD = ARRIVED + 1
const REPORTS = GUARD + 1
const BATCHES = REPORTS + 1
const SLATES = BATCHES + 1
/** On a boundary of eight bytes. */
const SLATE = SLATES + 1 + ((SLATES + 1) % 2)
const SLATE_NUMBERS = 1_024
const BYTES = SLATE * 4 + SLATE_NUMBERS * 8
const LAST_CALL = 2 ** 29

/** A call that is running, or a slice of one. */
export interface RunningCall {
  readonly agent: number
  readonly call: number
  /** Time of `processMs()` at which its wall time is used up. */
  readonly deadlineMs: number
  readonly killing: boolean
}

/** Milliseconds on a clock that all threads of the process share. */
export function processMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export class Heartbeat {
  readonly buffer: SharedArrayBuffer
  /** The worker's journal of reservations. */
  readonly journal: Int32Array
  /** Reservations of the messages that the worker has accepted and not posted yet: their count, then a journal of each. */
  readonly ledger: Int32Array
  /** How much of what was handed over inside the thread has arrived on the main thread; wraps around. See `LocalMail`. */
  readonly arrived: Int32Array
  /** What the worker posts. */
  readonly reports: Uptake
  /** Where the worker leaves the numbers of a report, when the main thread has read those that were there. */
  readonly slate: Float64Array
  /** Reports whose numbers were left there, taken when they have been read. */
  readonly slates: Uptake
  /** What the main thread posts. */
  readonly batches: Uptake
  readonly #words: Int32Array
  readonly #times: Float64Array
  #call = 0

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
    this.#times = new Float64Array(buffer, 0, DEADLINE + 1)
    this.journal = new Int32Array(buffer, JOURNAL * 4, JOURNAL_WORDS)
    this.ledger = new Int32Array(buffer, LEDGER * 4, ARRIVED - LEDGER)
    this.arrived = new Int32Array(buffer, ARRIVED * 4, 1)
    this.reports = new Uptake(new Int32Array(buffer, REPORTS * 4, 1))
    this.slate = new Float64Array(buffer, SLATE * 4, SLATE_NUMBERS)
    this.slates = new Uptake(new Int32Array(buffer, SLATES * 4, 1))
    this.batches = new Uptake(new Int32Array(buffer, BATCHES * 4, 1))
  }

  /** Worker: marks the begin of a call. */
  begin(agent: number, deadlineMs: number): void {
    this.#call = (this.#call % LAST_CALL) + 1
    this.#words[AGENT] = agent
    this.#times[DEADLINE] = deadlineMs
    Atomics.store(this.#words, STATE, this.#call * 2)
  }

  /**
   * Worker: marks the end of the call. If the call is being killed the termination unwinds whoever waits here; one that landed a
   * moment before, between two microtasks, unwinds nothing, and the call has ended by itself.
   */
  end(): void {
    const running = this.#call * 2
    if (Atomics.compareExchange(this.#words, STATE, running, 0) === running) return
    do Atomics.wait(this.#words, STATE, running + 1, 1)
    while (Atomics.load(this.#words, STATE) === running + 1)
  }

  /** Worker: begins what must not be torn apart. Does not return if the call is being killed: the termination ends it. */
  enterGuard(): void {
    Atomics.store(this.#words, GUARD, 1)
    const state = Atomics.load(this.#words, STATE)
    if ((state & 1) === 0) return
    Atomics.store(this.#words, GUARD, 0)
    for (;;) Atomics.wait(this.#words, STATE, state, 1)
  }

  leaveGuard(): void {
    Atomics.store(this.#words, GUARD, 0)
  }

  /** Main: whether a call that was condemned has to be left alone for a moment. */
  get isGuarded(): boolean {
    return Atomics.load(this.#words, GUARD) === 1
  }

  /** Main: returns the call that is running or being killed. */
  running(): RunningCall | null {
    const state = Atomics.load(this.#words, STATE)
    if (state === 0) return null
    return {
      agent: this.#words[AGENT]!,
      call: state >> 1,
      deadlineMs: this.#times[DEADLINE]!,
      killing: (state & 1) === 1,
    }
  }

  /** Main: decides to kill a call. False if it is not running any more. */
  condemn(call: number): boolean {
    return Atomics.compareExchange(this.#words, STATE, call * 2, call * 2 + 1) === call * 2
  }

  /** Main: the reservations that the worker held when it was lost, to be undone: of what was not posted, and the last one. */
  *held(): Generator<Int32Array> {
    for (let message = 0; message < this.ledger[0]!; message += 1) {
      yield this.ledger.slice(1 + message * JOURNAL_WORDS, 1 + (message + 1) * JOURNAL_WORDS)
    }
    yield this.journal
  }

  /** Main: the termination has landed, nothing runs. */
  clear(): void {
    Atomics.store(this.#words, STATE, 0)
  }
}
