import type { AskHandler, Grants } from '../capability/index.ts'
import type { Alarm, CaxtonError, Clock, ErrorData, Guarantee, Limits, Message, RateLimits } from '../core/index.ts'
import type { Kept, LogLine, Outcome, Sandbox, SandboxEvents } from '../sandbox/index.ts'
import type { Agent } from './agent.ts'
import type { AgentStore } from './kept.ts'
import type { AgentState } from './state.ts'
import type { Hold } from './throttle.ts'
import type { Warning } from './warnings.ts'

/** What is used of the credit that all threads share for the room in mailboxes. */
export interface CreditRelease {
  release(receiver: string, sender: string, bytes: number): void
}

/** What an agent does, for whoever routes messages and keeps the books. Called on the main thread, in order. */
export interface AgentEvents {
  onState(agent: Agent, from: AgentState, to: AgentState): void
  /**
   * The agent sent a message while it handled `cause`, null for its start; `reserved` tells whether a place in the mailbox of its
   * receiver is held for it.
   */
  onSend(agent: Agent, message: Message, reserved: boolean, cause: Message | null): void
  /**
   * The agent was handed a message by another one in its thread, which sent it while it handled `cause`: it waits with the agent
   * already, with credit held there.
   */
  onLocal(agent: Agent, message: Message, cause: Message | null): void
  /** The agent sent a message inside its thread, while it handled `cause`, to one that is gone meanwhile. */
  onLocalLost(agent: Agent, message: Message, cause: Message | null): void
  onLog(agent: Agent, line: LogLine): void
  /** The agent sent a message while it handled one in vain: it was not sent. `reserved` as for `onSend`. */
  onDropped(agent: Agent, message: Message, reserved: boolean): void
  /** The agent, granted this and handling `cause`, offers a capability while it runs. Returns why it cannot, null if it does. */
  onRegister(agent: Agent, capability: string, cause: Message | null): ErrorData | null
  /** Lists what an agent offers while it runs. @default nothing */
  capabilitiesOf?(agent: Agent): readonly string[]
  /** The agent has subscribed to topics, while it handled `cause`, or ended that: by pattern. */
  onSubscribe(agent: Agent, changes: ReadonlyMap<string, boolean>, cause: Message | null): void
  onRefuse(agent: Agent, refusal: ErrorData): void
  /** The thread of the agent was lost and the agent began again in another one: what its guest remembered is gone. */
  onRestart(agent: Agent, cause: CaxtonError): void
  /** It came near to a limit. */
  onWarning(agent: Agent, warning: Warning): void
  /** A limit over time is used up: its messages wait from now on. */
  onThrottle(agent: Agent, hold: Hold): void
  /** Whether timers of the agent are set, and will fire, has changed. */
  onTimers(agent: Agent, arePending: boolean): void
  /** The call of a timer ended. Status 0: handled; else or with an error: failed. */
  onFired(agent: Agent, timer: number, outcome: Outcome): void
  /** A message is about to be handled: returns why it must not be any more, null if it may. @default it may */
  onAdmit?(agent: Agent, message: Message): CaxtonError | null
  /** The handling of a message ended. Status 0: handled; 1: not understood; else or with an error: failed. */
  onHandled(agent: Agent, message: Message, outcome: Outcome): void
  /** A message that was delivered will not be handled. */
  onUndelivered(agent: Agent, message: Message, reason: CaxtonError): void
}

export interface AgentParts {
  /** Makes the instance; called once, by `start()`. */
  createSandbox(events: SandboxEvents, kept: () => Kept): Sandbox | Promise<Sandbox>
  readonly credit: CreditRelease
  readonly events: AgentEvents
  /** Answers what the agent asks of services. @default it is told DENIED */
  readonly onAsk?: AskHandler
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock
  /** @default SYSTEM_ALARM */
  readonly alarm?: Alarm
  /** Where its data and timers are kept. @default nowhere: they end with the agent */
  readonly store?: AgentStore
  /** The failed agent of the same name in whose place this one is: its sums go on, and what it owes to its limits over time. */
  readonly predecessor?: Agent
}

export interface AgentOptions {
  readonly name: string
  readonly limits: Limits
  /** Limits over time. @default none */
  readonly rates?: RateLimits
  /** Share of each limit from which is warned, 0 to 1; 0 warns never. @default DEFAULT_WARN_SHARE */
  readonly warn?: number
  /** What is promised of messages to the agent. @default at-most-once */
  readonly guarantee?: Guarantee
  /** Only `register` is looked at here, once more after the sandbox did; others ask the agent for the rest. */
  readonly grants: Grants
}

export interface DrainOptions {
  /** Milliseconds after which what still waits is given back; null waits for ever. @default null */
  readonly deadlineMs?: number | null
}
