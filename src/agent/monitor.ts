import type { Clock, Limits } from '../core/index.ts'
import type { Outcome, Usage } from '../sandbox/index.ts'
import { NO_USAGE } from '../sandbox/index.ts'
import type { AgentInfo, MessageUse } from './info.ts'
import { RecentUse } from './recent-use.ts'
import { Refusals } from './refusals.ts'
import type { Warning } from './warnings.ts'
import { Warnings } from './warnings.ts'

export interface MonitorParts {
  readonly clock: Clock
}

export interface MonitorOptions {
  readonly limits: Limits
  /** Share of each limit from which is warned; 0 warns never. */
  readonly warn: number
}

/** The part of AgentInfo that is counted here. */
type Counted = Omit<
  AgentInfo,
  'name' | 'phase' | 'reason' | 'capabilities' | 'throttled' | 'timesThrottled' | 'throttledMs'
>

/** What waits in the mailbox of an agent. */
interface Waiting {
  readonly messages: number
  readonly bytes: number
}

/** Counts what one agent does and uses, and warns when it comes near to its limits. Cost: constant for each message. */
export class Monitor {
  readonly refusals = new Refusals()
  /** Hears of each warning. */
  onWarning: (warning: Warning) => void = () => {}
  readonly #limits: Limits
  readonly #recent: RecentUse
  readonly #warnings: Warnings
  readonly #counts = {
    messagesIn: 0,
    messagesOut: 0,
    handled: 0,
    notUnderstood: 0,
    failed: 0,
    undelivered: 0,
    restarts: 0,
    recoveries: 0,
    fuel: 0,
    cpuMs: 0,
    wallMs: 0,
    wallMsMax: 0,
    memoryBytes: 0,
    peakMemoryBytes: 0,
    logBytes: 0,
    hostCalls: 0,
    tableElements: 0,
    peakTableElements: 0,
    peakStackBytes: 0,
    storeBytes: 0,
    peakWaitingMessages: 0,
    peakWaitingBytes: 0,
  }
  readonly #most: { -readonly [Name in keyof MessageUse]: number } = { ...pickUse(NO_USAGE) }
  /** Null until there was a host call: most agents that do nothing else are many. */
  #callsByName: Record<string, number> | null = null
  #last: Usage | null = null
  #lastWarning: Warning | null = null

  constructor(parts: MonitorParts, { limits, warn }: MonitorOptions) {
    this.#limits = limits
    this.#recent = new RecentUse(parts.clock)
    this.#warnings = new Warnings(warn, (warning) => {
      this.#lastWarning = warning
      this.onWarning(warning)
    })
  }

  /** Counts a message that came in. */
  countIn(): void {
    this.#counts.messagesIn += 1
  }

  /** Counts a message that the agent sent. */
  countOut(): void {
    this.#counts.messagesOut += 1
  }

  countUndelivered(): void {
    this.#counts.undelivered += 1
  }

  countRestart(): void {
    this.#counts.restarts += 1
  }

  /** Counts that the agent goes on after it had failed. */
  countRecovery(): void {
    this.#counts.recoveries += 1
  }

  /** Notes what the agent keeps in the store. */
  noteStore(bytes: number): void {
    this.#counts.storeBytes = bytes
  }

  /** Counts what a call used that handles no message: the start, a timer. */
  addCall(usage: Usage): void {
    this.#recent.sample(this.#counts)
    this.#addUsage(usage)
  }

  /** Counts a message whose handling ended. */
  addOutcome({ status, error, usage }: Outcome): void {
    const counts = this.#counts
    this.#recent.sample(counts)
    counts.handled += 1
    if (error !== null || status > 1 || status < 0) counts.failed += 1
    else if (status === 1) counts.notUnderstood += 1
    this.#addUsage(usage)
    this.#last = usage
    raise(this.#most, usage)
  }

  /** Warns of what one message used. */
  checkUsage(usage: Usage): void {
    const { fuel, wallMs, messagesSent, hostCalls, logBytes, memoryBytes, tableElements, stackBytes } = usage
    const limits = this.#limits
    const warnings = this.#warnings
    warnings.check('message', 'fuel', fuel, limits.fuel)
    warnings.check('message', 'wallMs', wallMs, limits.wallMs)
    warnings.check('message', 'messages', messagesSent, limits.messages)
    warnings.check('message', 'hostCalls', hostCalls, limits.hostCalls)
    warnings.check('message', 'logBytes', logBytes, limits.logBytes)
    warnings.check('message', 'stackBytes', stackBytes, limits.stackBytes)
    warnings.check('agent', 'memoryBytes', memoryBytes, limits.memoryBytes)
    warnings.check('agent', 'tableElements', tableElements, limits.tableElements)
  }

  /** Warns of what is used of a limit over time. */
  checkRate(limit: keyof Limits, used: number, bound: number): void {
    this.#warnings.check('rate', limit, used, bound)
  }

  /** Notes what waits, and warns of it. */
  checkWaiting({ messages, bytes }: Waiting): void {
    const counts = this.#counts
    if (messages > counts.peakWaitingMessages) counts.peakWaitingMessages = messages
    if (bytes > counts.peakWaitingBytes) counts.peakWaitingBytes = bytes
    this.#warnings.check('agent', 'mailboxMessages', messages, this.#limits.mailboxMessages)
    this.#warnings.check('agent', 'mailboxBytes', bytes, this.#limits.mailboxBytes)
  }

  /** Returns everything that is counted. */
  read({ messages, bytes }: Waiting): Counted {
    return {
      waitingMessages: messages,
      waitingBytes: bytes,
      refusals: this.refusals.total,
      refusalsByCode: this.refusals.byCode(),
      lastRefusal: this.refusals.last,
      ...this.#counts,
      callsByName: Object.freeze({ ...this.#callsByName }),
      last: this.#last === null ? null : pickUse(this.#last),
      most: pickUse(this.#most),
      perSecond: this.#recent.average(this.#counts),
      warnings: this.#warnings.count,
      lastWarning: this.#lastWarning,
    }
  }

  #addUsage(usage: Usage): void {
    const counts = this.#counts
    counts.fuel += usage.fuel
    counts.cpuMs += usage.cpuMs
    counts.wallMs += usage.wallMs
    counts.wallMsMax = Math.max(counts.wallMsMax, usage.wallMs)
    counts.memoryBytes = usage.memoryBytes
    counts.peakMemoryBytes = Math.max(counts.peakMemoryBytes, usage.memoryBytes)
    counts.logBytes += usage.logBytes
    counts.hostCalls += usage.hostCalls
    counts.tableElements = usage.tableElements
    counts.peakTableElements = Math.max(counts.peakTableElements, usage.tableElements)
    counts.peakStackBytes = Math.max(counts.peakStackBytes, usage.stackBytes)
    for (const name in usage.callsByName) {
      this.#callsByName ??= Object.create(null) as Record<string, number>
      this.#callsByName[name] = (this.#callsByName[name] ?? 0) + (usage.callsByName[name] ?? 0)
    }
  }
}

function pickUse(use: MessageUse): MessageUse {
  const { fuel, cpuMs, wallMs, memoryBytes, tableElements, stackBytes, hostCalls, messagesSent, logBytes } = use
  return Object.freeze({
    fuel,
    cpuMs,
    wallMs,
    memoryBytes,
    tableElements,
    stackBytes,
    hostCalls,
    messagesSent,
    logBytes,
  })
}

/** Puts the larger of each kind into `most`. */
function raise(most: { -readonly [Name in keyof MessageUse]: number }, use: MessageUse): void {
  if (use.fuel > most.fuel) most.fuel = use.fuel
  if (use.cpuMs > most.cpuMs) most.cpuMs = use.cpuMs
  if (use.wallMs > most.wallMs) most.wallMs = use.wallMs
  if (use.memoryBytes > most.memoryBytes) most.memoryBytes = use.memoryBytes
  if (use.tableElements > most.tableElements) most.tableElements = use.tableElements
  if (use.stackBytes > most.stackBytes) most.stackBytes = use.stackBytes
  if (use.hostCalls > most.hostCalls) most.hostCalls = use.hostCalls
  if (use.messagesSent > most.messagesSent) most.messagesSent = use.messagesSent
  if (use.logBytes > most.logBytes) most.logBytes = use.logBytes
}
