import type { CaxtonError, Clock } from '../core/index.ts'
import type { Agent } from './agent.ts'
import type { AgentEvents } from './agent-parts.ts'
import type { AgentState } from './state.ts'

/*
 * Starts an agent anew after it has failed. Runs on the main thread.
 *
 * 1. Only an agent that has run is started anew, and only if it failed while it ran or while it was started anew.
 * 2. From a failure to the end of the start that follows, one thing is counted as under way (`expect`).
 * 3. At most `max` starts are made in any `withinMs`; after that the agent stays failed.
 */

/** How often an agent is started anew. */
export interface RestartLimit {
  readonly max: number
  readonly withinMs: number
}

/** That an agent will be started anew. */
export interface Restarting {
  /** Which start of those within the time of the limit it is, from 1 on. */
  readonly attempt: number
  readonly max: number
  readonly waitMs: number
  /** Why it failed. */
  readonly reason: CaxtonError
}

export interface SupervisorParts {
  readonly clock: Clock
  /** A number from 0 up to 1. */
  random(): number
  /** Counts something as under way until the returned function is called. */
  expect(): () => void
  /** Makes the successor of an agent that has failed, and starts it. */
  replace(failed: Agent): Promise<void>
  onRestarting(agent: Agent, restarting: Restarting): void
}

/** Milliseconds before the first start; each further one waits twice as long, up to the most. */
const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 10_000

/** Watches one agent and its successors. */
export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #limit: RestartLimit
  /** When the last starts were decided on; at most `max`. */
  #startsMs: number[] = []
  #hasRun = false
  #isClosed = false
  #pending: { readonly timer: NodeJS.Timeout; readonly settle: () => void } | null = null

  constructor(parts: SupervisorParts, limit: RestartLimit) {
    this.#parts = parts
    this.#limit = limit
  }

  /** Returns the events for the agent and each successor: those that are given, and what the supervisor learns from them. */
  watch(events: AgentEvents): AgentEvents {
    return { ...events, onState: (agent, from, to) => this.#follow(events, agent, from, to) }
  }

  /** Whether an agent that has failed is going to be started anew. */
  get isPending(): boolean {
    return this.#pending !== null
  }

  /** Starts nothing anew from now on. Idempotent. */
  close(): void {
    this.#isClosed = true
    if (this.#pending === null) return
    clearTimeout(this.#pending.timer)
    this.#pending.settle()
    this.#pending = null
  }

  #follow(events: AgentEvents, agent: Agent, from: AgentState, to: AgentState): void {
    const settle = this.#parts.expect()
    events.onState(agent, from, to)
    if (to.phase === 'running') this.#hasRun = true
    const mayStart = to.phase === 'failed' && from.phase !== 'draining' && this.#hasRun && !this.#isClosed
    if (!mayStart || !this.#schedule(agent, to.reason, settle)) settle()
  }

  /** Decides on a start; false when there were too many. */
  #schedule(agent: Agent, reason: CaxtonError, settle: () => void): boolean {
    const { max, withinMs } = this.#limit
    const nowMs = this.#parts.clock.monotonicMs()
    this.#startsMs = this.#startsMs.filter((startMs) => nowMs - startMs < withinMs)
    if (this.#startsMs.length >= max) return false
    const longestMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#startsMs.length)
    // Agents that failed for one reason do not all come back at one time.
    const waitMs = Math.ceil((longestMs * (1 + this.#parts.random())) / 2)
    this.#startsMs.push(nowMs)
    const timer = setTimeout(() => void this.#start(agent, settle), waitMs)
    this.#pending = { timer, settle }
    this.#parts.onRestarting(agent, { attempt: this.#startsMs.length, max, waitMs, reason })
    return true
  }

  async #start(agent: Agent, settle: () => void): Promise<void> {
    this.#pending = null
    try {
      await this.#parts.replace(agent)
    } catch {
      // A start that fails is followed like every failure; one that could not begin leaves the agent failed.
    } finally {
      settle()
    }
  }
}
