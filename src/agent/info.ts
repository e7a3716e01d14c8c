import type { ErrorData } from '../core/index.ts'
import type { Usage } from '../sandbox/index.ts'
import type { Agent } from './agent.ts'
import type { PerSecond } from './recent-use.ts'
import type { RefusalCounts } from './refusals.ts'
import type { AgentPhase } from './state.ts'
import { isFinal } from './state.ts'
import type { Hold, Throttle } from './throttle.ts'
import type { Warning } from './warnings.ts'

/** What one message used, kind by kind. */
export type MessageUse = Pick<
  Usage,
  | 'fuel'
  | 'cpuMs'
  | 'wallMs'
  | 'memoryBytes'
  | 'tableElements'
  | 'stackBytes'
  | 'hostCalls'
  | 'messagesSent'
  | 'logBytes'
>

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
  /** Most messages, and most bytes of them, that waited at once. */
  readonly peakWaitingMessages: number
  readonly peakWaitingBytes: number
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
  /** Times it was started anew after it had failed. */
  readonly recoveries: number
  readonly fuel: number
  readonly cpuMs: number
  readonly wallMs: number
  /** Longest wall time of one message, milliseconds. */
  readonly wallMsMax: number
  /** Linear memory now: after its last message, 0 when it has ended. */
  readonly memoryBytes: number
  readonly peakMemoryBytes: number
  readonly logBytes: number
  readonly hostCalls: number
  /** Host calls by the name of the function. */
  readonly callsByName: Readonly<Record<string, number>>
  /** Elements of its tables now: after its last message, 0 when it has ended. */
  readonly tableElements: number
  readonly peakTableElements: number
  /** The deepest that its stack was, bytes. */
  readonly peakStackBytes: number
  /** What it keeps in the store, bytes. */
  readonly storeBytes: number
  /** What its last message used; null before the first has ended. */
  readonly last: MessageUse | null
  /** The most that one message used, kind by kind. */
  readonly most: MessageUse
  /** Averages over the last ten seconds. */
  readonly perSecond: PerSecond
  /** Times it came near to a limit, and the last of them. */
  readonly warnings: number
  readonly lastWarning: Warning | null
  /** Why its messages are held back now; null while they are not. */
  readonly throttled: Hold | null
  /** Times that its messages were held back by a limit over time, and for how many milliseconds in all. */
  readonly timesThrottled: number
  readonly throttledMs: number
}

/** Puts together what is known of an agent: nothing is left of the memory of one that has ended. */
export function describeAgent(
  { name, state, capabilities }: Pick<Agent, 'name' | 'state' | 'capabilities'>,
  counted: Omit<
    AgentInfo,
    'name' | 'phase' | 'reason' | 'capabilities' | 'throttled' | 'timesThrottled' | 'throttledMs'
  >,
  throttle: Pick<Throttle, 'hold' | 'holds' | 'heldMs'>,
): AgentInfo {
  return Object.freeze({
    name,
    phase: state.phase,
    reason: state.phase === 'failed' ? Object.freeze(state.reason.toData()) : null,
    capabilities: Object.freeze([...capabilities]),
    ...counted,
    memoryBytes: isFinal(state.phase) ? 0 : counted.memoryBytes,
    tableElements: isFinal(state.phase) ? 0 : counted.tableElements,
    throttled: throttle.hold(),
    timesThrottled: throttle.holds,
    throttledMs: throttle.heldMs,
  })
}
