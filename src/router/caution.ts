import type { Alarm, Message } from '../core/index.ts'
import { CaxtonError, isHumanAddress, USER_NAME } from '../core/index.ts'
import type { AcceptedMessage, Store } from '../store/index.ts'
import type { DurableMail } from './durable-mail.ts'
import { MAX_ATTEMPTS } from './durable-mail.ts'
import type { Rest } from './rest.ts'

/*
 * Finds the message that kills the whole process, among those that were pending when the system started.
 *
 * 1. The first of those for each receiver are suspects. The system has got over its start when none of them is pending any more.
 * 2. After PATIENT_STARTS starts in a row that it did not get over it is careful: suspects are handed over one at a time in the whole
 *    system, each after it is written that it will be, and after the end of the last one is. So one that is written as tried and is
 *    still there after a death was the only suspect in hand when that came.
 * 3. One that was tried MAX_ATTEMPTS times is given up.
 * 4. The next one has its turn also when the end of the last one takes too long: that may wait for another.
 */

export interface CautionParts {
  readonly store: Store
  readonly mail: DurableMail
  readonly rest: Rest
  readonly alarm: Alarm
  /** Hands over what waits for a receiver and may be. */
  deliverTo(receiver: string): void
}

interface Turn {
  readonly message: Message
  cancelAlarm(): void
}

/** Starts that the system may fail to get over before it is careful: it may also be killed at random, again and again. */
const PATIENT_STARTS = 4
/** Milliseconds after which a message that has not killed the process lets others have their turns. */
const PATIENCE_MS = 1_000

export class Caution {
  readonly #parts: CautionParts
  /** Those that have had no turn; none unless the system is careful. */
  readonly #suspects = new Set<Message>()
  /** Those that are still pending. */
  readonly #left = new Set<Message>()
  /** Those that are tried now: it is counted. */
  readonly #counted = new Set<Message>()
  /** Receivers that wait for a turn. */
  readonly #waiting = new Set<string>()
  #turn: Turn | null = null

  /** @param found what was pending when the system started, in its order */
  constructor(parts: CautionParts, found: readonly AcceptedMessage[]) {
    this.#parts = parts
    const receivers = new Set<string>()
    for (const { message, receiver } of found) {
      // What people get is handled by no agent, however long it waits for them.
      if (receivers.has(receiver) || receiver === USER_NAME || isHumanAddress(receiver)) continue
      receivers.add(receiver)
      this.#left.add(message)
    }
    if (parts.store.unfinishedStarts >= PATIENT_STARTS) for (const message of this.#left) this.#suspects.add(message)
    if (this.#left.size === 0) parts.store.getOverStart()
  }

  /** Returns why a message must not be handed over any more; null if it may, or may later. */
  findProblem(message: Message): CaxtonError | null {
    if (this.#suspects.size === 0 || !this.#suspects.has(message)) return null
    const attempts = this.#parts.mail.attemptsOf(message)
    return attempts < MAX_ATTEMPTS ? null : new CaxtonError('ERR_MESSAGE_FATAL', { data: { attempts } })
  }

  /** Tells whether a message may be handed over now. If not, what waits for its receiver is delivered again when it may. */
  admits(message: Message, receiver: string): boolean {
    if (this.#suspects.size === 0 || !this.#suspects.has(message)) return true
    if (this.#turn === null) this.#beginTurn(message, receiver)
    else if (this.#turn.message !== message) this.#waiting.add(receiver)
    return false
  }

  /** Its receiver was lost while it handled the message: counts that once. Tells whether it may be handled again. */
  countAttempt(message: Message): boolean {
    const { mail } = this.#parts
    return this.#counted.delete(message) ? mail.attemptsOf(message) < MAX_ATTEMPTS : mail.countAttempt(message)
  }

  /** A message that had been written is no longer pending. */
  end(message: Message): void {
    if (this.#left.size === 0 || !this.#left.delete(message)) return
    this.#suspects.delete(message)
    this.#counted.delete(message)
    if (this.#left.size === 0) this.#parts.store.getOverStart()
    if (this.#turn?.message !== message) return
    const turn = this.#turn
    const { rest } = this.#parts
    rest.begin()
    // Still in this turn of the event loop: the end of this one is written together with the beginning of the next one.
    queueMicrotask(() => {
      if (this.#turn === turn) this.#endTurn()
      rest.end()
    })
  }

  /** Nobody gets anything any more. */
  close(): void {
    this.#turn?.cancelAlarm()
  }

  #beginTurn(message: Message, receiver: string): void {
    const { store, mail, rest, alarm, deliverTo } = this.#parts
    this.#turn = { message, cancelAlarm: alarm.set(PATIENCE_MS, () => this.#endTurn()) }
    this.#counted.add(message)
    mail.countAttempt(message)
    rest.begin()
    store.whenCommitted(() => {
      this.#suspects.delete(message)
      deliverTo(receiver)
      rest.end()
    })
  }

  #endTurn(): void {
    this.#turn?.cancelAlarm()
    this.#turn = null
    for (const receiver of this.#waiting) {
      this.#waiting.delete(receiver)
      this.#parts.deliverTo(receiver)
      if (this.#turn !== null) return
    }
  }
}
