import type { ErrorData } from '../core/index.ts'
import type { Outcome, Usage } from '../sandbox/index.ts'
import type { RefusalCounts } from './refusals.ts'
import { Refusals } from './refusals.ts'
import type { AgentPhase, AgentState } from './state.ts'

/** What is known of one agent at one moment: plain data, frozen. Sums begin with the agent. */
export interface AgentInfo {
  readonly name: string
  readonly phase: AgentPhase
  /** Why it failed; null in every other phase. */
  readonly reason: ErrorData | null
  /** Capabilities it has registered. */
  readonly capabilities: readonly string[]
  /** Messages not yet handled, those handed to the sandbox included. */
  readonly waitingMessages: number
  readonly waitingBytes: number
  readonly messagesIn: number
  readonly messagesOut: number
  /** What the host refused to it: forged senders, missing grants, full mailboxes. */
  readonly refusals: number
  readonly refusalsByCode: RefusalCounts
  /** Null when it was refused nothing. */
  readonly lastRefusal: ErrorData | null
  /** Messages whose handling ended, well or not. */
  readonly handled: number
  readonly notUnderstood: number
  /** Messages whose handling ended with an error or a status of failure. */
  readonly failed: number
  /** Messages that were given back unhandled when it stopped or failed. */
  readonly undelivered: number
  /** Times it began again because its thread was lost. */
  readonly restarts: number
  readonly fuel: number
  readonly cpuMs: number
  /** Longest wall time of one message, milliseconds. */
  readonly wallMsMax: number
  readonly peakMemoryBytes: number
  readonly logBytes: number
  readonly hostCalls: number
}

type Counts = { -readonly [Name in keyof AgentInfo as AgentInfo[Name] extends number ? Name : never]: AgentInfo[Name] }

/** Counts what one agent does and uses. */
export class Tally {
  readonly refusals = new Refusals()
  readonly counts: Omit<Counts, 'waitingMessages' | 'waitingBytes' | 'refusals'> = {
    messagesIn: 0,
    messagesOut: 0,
    handled: 0,
    notUnderstood: 0,
    failed: 0,
    undelivered: 0,
    restarts: 0,
    fuel: 0,
    cpuMs: 0,
    wallMsMax: 0,
    peakMemoryBytes: 0,
    logBytes: 0,
    hostCalls: 0,
  }

  addUsage(usage: Usage): void {
    const counts = this.counts
    counts.fuel += usage.fuel
    counts.cpuMs += usage.cpuMs
    counts.wallMsMax = Math.max(counts.wallMsMax, usage.wallMs)
    counts.peakMemoryBytes = Math.max(counts.peakMemoryBytes, usage.memoryBytes)
    counts.logBytes += usage.logBytes
    counts.hostCalls += usage.hostCalls
  }

  /** Counts a message whose handling ended. */
  addOutcome(outcome: Outcome): void {
    this.addUsage(outcome.usage)
    this.counts.handled += 1
    if (outcome.error !== null || outcome.status > 1 || outcome.status < 0) this.counts.failed += 1
    else if (outcome.status === 1) this.counts.notUnderstood += 1
  }

  /** Returns the counts with the rest as one frozen piece of data. */
  snapshot(
    name: string,
    state: AgentState,
    capabilities: Iterable<string>,
    waiting: { readonly messages: number; readonly bytes: number },
  ): AgentInfo {
    return Object.freeze({
      name,
      phase: state.phase,
      reason: state.phase === 'failed' ? Object.freeze(state.reason.toData()) : null,
      capabilities: Object.freeze([...capabilities]),
      waitingMessages: waiting.messages,
      waitingBytes: waiting.bytes,
      refusals: this.refusals.total,
      refusalsByCode: this.refusals.byCode(),
      lastRefusal: this.refusals.last,
      ...this.counts,
    })
  }
}
