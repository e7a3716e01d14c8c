import type { CaxtonError, Clock, Guarantee } from '../core/index.ts'
import { SYSTEM_CLOCK } from '../core/index.ts'
import type { Agent } from './agent.ts'
import { hasExpired } from './agent-errors.ts'
import type { AgentEvents } from './agent-parts.ts'
import type { AgentStore } from './kept.ts'
import type { Letter } from './mailbox.ts'
import { WINDOW } from './mailbox.ts'
import type { Throttle } from './throttle.ts'

/** Of one whose messages must not be lost: what is under way must be bounded while writing is behind. */
const HELD_WINDOW = 512

export interface AdmissionParts {
  readonly throttle: Pick<Throttle, 'isEmpty' | 'admits'>
  readonly store?: Pick<AgentStore, 'isBehind' | 'onCaughtUp'>
  readonly events: Pick<AgentEvents, 'onAdmit'>
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock
  /** Asks again. */
  retry(): void
}

/** Decides whether one more call is handed to the sandbox of an agent now, and whether it still is at all. */
export class Admission {
  readonly #parts: AdmissionParts
  readonly #holds: boolean
  #isWanted = false
  #isChosen = false

  /** @param guarantee what is promised of messages to the agent */
  constructor(parts: AdmissionParts, guarantee: Guarantee) {
    this.#parts = parts
    this.#holds = guarantee === 'at-least-once'
  }

  /** Returns why a message that has waited must not be handled any more; null if it may. */
  refuses(agent: Agent, { message, expiresMs = Number.POSITIVE_INFINITY }: Letter): CaxtonError | null {
    const { clock = SYSTEM_CLOCK, events } = this.#parts
    if (expiresMs <= clock.nowMs()) return hasExpired(agent, expiresMs)
    return events.onAdmit?.(agent, message) ?? null
  }

  /** Whether whatever comes is always handed over at once: only then may others hand over in the thread. */
  get isFree(): boolean {
    return this.#parts.throttle.isEmpty && !this.#holds && !this.#isWanted
  }

  /**
   * Somebody cares in which order or until when messages are handed over: not all of them at once from now on.
   *
   * @param shut ends what others hand over in the thread: until all of that is known, what comes here is handed over at once, so
   * that nothing overtakes it
   */
  want(shut: () => Promise<void> | null): void {
    if (this.#isWanted) return
    this.#isWanted = true
    const isShut = shut()
    if (isShut === null) this.#isChosen = true
    else void isShut.then(() => (this.#isChosen = true))
  }

  /** @param count calls that the sandbox has. False: `retry` is called, or a call ends, when that may change */
  admits(count: number): boolean {
    const { throttle, store, retry } = this.#parts
    if (this.#holds && store?.isBehind) {
      store.onCaughtUp(retry)
      return false
    }
    if (!throttle.isEmpty || this.#isChosen) return count < WINDOW && throttle.admits(count)
    return !this.#holds || count < HELD_WINDOW
  }
}
