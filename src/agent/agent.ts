import type { Grants } from '../capability/index.ts'
import { HANDLED } from '../capability/index.ts'
import type { ErrorData, Limits, Message } from '../core/index.ts'
import {
  asCaxtonError,
  CaxtonError,
  DEFAULT_WARN_SHARE,
  describeRate,
  HOST_LIMITS,
  NO_RATE_LIMITS,
  SYSTEM_CLOCK,
} from '../core/index.ts'
import type { LocalCall, Outcome, Sandbox, SandboxEvents, Usage } from '../sandbox/index.ts'
import { NO_USAGE } from '../sandbox/index.ts'
import type { AgentOptions, AgentParts, DrainOptions } from './agent-parts.ts'
import { checkDeadlineMs } from './deadline.ts'
import type { AgentInfo } from './info.ts'
import type { Letter } from './mailbox.ts'
import { HandedOver, Mailbox } from './mailbox.ts'
import { Monitor } from './monitor.ts'
import type { AgentState } from './state.ts'
import { follow, isFinal, takesMessages } from './state.ts'
import type { Hold, Overdraft } from './throttle.ts'
import { Throttle } from './throttle.ts'

/*
 * Runs on the main thread, which owns every agent's state. The sandbox runs elsewhere and calls back.
 *
 * 1. The state changes before anybody is told; whoever is told may call any method of any agent.
 * 2. A delivered message ends in exactly one of `onHandled` and `onUndelivered`, and its credit is released before.
 * 3. Messages go to the sandbox in the order of their delivery, as soon as the agent runs, but none that a limit over time holds
 *    back; of an agent with such limits at most WINDOW are there at once.
 * 4. An outcome that arrives after its message was given back changes nothing.
 * 5. An agent without limits over time is open for what others hand over in its thread, from when it has all that came before
 *    until it drains. It has stopped draining only when it has heard of everything that was handed over.
 */

/** Messages of a throttled agent in the sandbox ahead of their turn, so that a thread does not wait between two of them. */
export const WINDOW = 16

/** One agent from its loading to its end. */
export class Agent {
  readonly name: string
  readonly limits: Limits
  readonly #grants: Grants
  readonly #parts: AgentParts
  readonly #mailbox = new Mailbox()
  readonly #inSandbox = new HandedOver()
  readonly #capabilities = new Set<string>()
  readonly #monitor: Monitor
  readonly #throttle: Throttle
  readonly #ended = Promise.withResolvers<void>()
  #state: AgentState = { phase: 'loaded' }
  #creation: Promise<Sandbox> | null = null
  #sandbox: Sandbox | null = null
  #drains = false
  #isShutting = false

  constructor(parts: AgentParts, options: AgentOptions) {
    const { limits, rates = NO_RATE_LIMITS, warn = DEFAULT_WARN_SHARE } = options
    const { events, predecessor, clock = SYSTEM_CLOCK } = parts
    this.#parts = parts
    this.name = options.name
    this.limits = limits
    this.#grants = options.grants
    const throttle = { clock, onHold: (hold: Hold) => events.onThrottle(this, hold), onRelease: () => this.#pump() }
    this.#monitor = predecessor === undefined ? new Monitor({ clock }, { limits, warn }) : predecessor.#monitor
    this.#monitor.onWarning = (warning) => events.onWarning(this, warning)
    this.#throttle =
      predecessor === undefined ? new Throttle(throttle, { limits, rates }) : predecessor.#throttle.succeed(throttle)
    if (predecessor !== undefined) this.#monitor.countRecovery()
  }

  get state(): AgentState {
    return this.#state
  }

  /** Whether a message that is delivered now will be kept: true while it is loaded or running and nobody asked it to drain. */
  get takesMessages(): boolean {
    return takesMessages(this.#state.phase) && !this.#drains
  }

  /** Capabilities it has registered; they are offered while it runs. */
  get capabilities(): ReadonlySet<string> {
    return this.#capabilities
  }

  /** Messages not yet handled, those handed to the sandbox included. */
  get waitingMessages(): number {
    return this.#mailbox.size + this.#inSandbox.size
  }

  /**
   * Makes the instance and runs its initialisation; the agent runs when the promise resolves.
   *
   * @throws CaxtonError the reason the agent failed for: ERR_GUEST_STATUS for a status other than 0, else what the sandbox
   * says; ERR_AGENT_STATE when it was started before or is stopped meanwhile
   */
  async start(): Promise<void> {
    if (this.#state.phase !== 'loaded' || this.#creation !== null) throw this.#stateError('be started')
    const failure = await this.#initialise()
    if (this.#state.phase !== 'loaded') throw this.#stateError('go on starting')
    if (failure !== null) {
      this.#fail(failure)
      throw failure
    }
    this.#enter({ phase: 'running' })
    this.#announce()
    if (this.#drains) this.#beginDraining()
    this.#pump()
    this.#openLocal()
  }

  /**
   * Takes a message for which `bytes` of credit are reserved. An agent that takes no messages gives it back at once
   * through `onUndelivered`.
   */
  deliver(message: Message, bytes: number): void {
    this.#monitor.countIn()
    if (!this.takesMessages) {
      this.#release({ message, bytes })
      this.#giveBack(message, new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: this.#facts() }))
      return
    }
    this.#mailbox.push({ message, bytes })
    this.#monitor.checkWaiting(this.#waiting())
    this.#pump()
  }

  /**
   * Takes no new messages, handles those it has, then stops. An agent that was never started stops at once.
   * Resolves when the agent has ended, however it did.
   *
   * @throws CaxtonError ERR_CONFIG_INVALID for a deadline out of range
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    const deadlineMs = options.deadlineMs ?? null
    const timer = deadlineMs === null ? undefined : setTimeout(() => void this.stop(), checkDeadlineMs(deadlineMs))
    this.#beginDraining()
    try {
      await this.#ended.promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Stops at once and gives back what waits. Resolves when the sandbox is closed. Idempotent. */
  stop(): Promise<void> {
    if (!isFinal(this.#state.phase)) {
      const reason = new CaxtonError('ERR_AGENT_NOT_RUNNING', { detail: 'the agent was stopped', data: this.#facts() })
      this.#end({ phase: 'stopped' }, reason)
    }
    return this.#ended.promise
  }

  /** Returns what is known of the agent now. */
  snapshot(): AgentInfo {
    const state = this.#state
    const counted = this.#monitor.read(this.#waiting())
    return Object.freeze({
      name: this.name,
      phase: state.phase,
      reason: state.phase === 'failed' ? Object.freeze(state.reason.toData()) : null,
      capabilities: Object.freeze([...this.#capabilities]),
      ...counted,
      memoryBytes: isFinal(state.phase) ? 0 : counted.memoryBytes,
      tableElements: isFinal(state.phase) ? 0 : counted.tableElements,
      throttled: this.#throttle.hold(),
      timesThrottled: this.#throttle.holds,
      throttledMs: this.#throttle.heldMs,
    })
  }

  async #initialise(): Promise<CaxtonError | null> {
    try {
      this.#creation = Promise.resolve(this.#parts.createSandbox(this.#listen()))
      this.#sandbox = await this.#creation
      if (this.#state.phase !== 'loaded') return null
      const outcome = await this.#sandbox.start()
      this.#monitor.addStart(outcome.usage)
      const overdraft = this.#throttle.charge(outcome.usage)
      if (outcome.error !== null) return outcome.error
      this.#warn(outcome.usage)
      if (outcome.status === HANDLED.OK) return overdraft === null ? null : this.#rateError(overdraft)
      const data = { agent: this.name, status: outcome.status }
      return new CaxtonError('ERR_GUEST_STATUS', { detail: `its start answered ${outcome.status}`, data })
    } catch (error) {
      return asCaxtonError(error)
    }
  }

  #listen(): SandboxEvents {
    const { events } = this.#parts
    return {
      onSend: (message, reserved, cause = null) => {
        this.#monitor.countOut()
        events.onSend(this, message, reserved, cause)
      },
      onLocalSend: (message, isTaken, cause) => {
        this.#monitor.countOut()
        if (!isTaken) events.onLocalLost(this, message, cause)
      },
      onLocal: (message, bytes, cause) => this.#takeLocal(message, bytes, cause),
      onLog: (line) => events.onLog(this, line),
      onRegister: (capability) => this.#register(capability),
      onRefuse: (refusal) => this.#refuse(refusal),
      onRestart: (cause) => {
        this.#monitor.countRestart()
        events.onRestart(this, cause)
      },
    }
  }

  /** Takes a message that the sandbox has already. */
  #takeLocal(message: Message, bytes: number, cause: Message | null): LocalCall {
    const letter: Letter = { message, bytes, isLocal: true }
    this.#monitor.countIn()
    this.#parts.events.onLocal(this, message, cause)
    if (isFinal(this.#state.phase)) {
      this.#giveBack(message, new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: this.#facts() }))
    } else {
      this.#inSandbox.add(letter)
      this.#monitor.checkWaiting(this.#waiting())
    }
    return {
      settle: (outcome) => this.#finish(letter, outcome),
      adopt: () => {
        letter.isLocal = false
      },
    }
  }

  #refuse(refusal: ErrorData): void {
    this.#monitor.refusals.add(refusal)
    this.#parts.events.onRefuse(this, refusal)
  }

  /** Keeps a capability; one registered during the start is announced when the agent runs. */
  #register(capability: string): void {
    if (!takesMessages(this.#state.phase) || this.#capabilities.has(capability)) return
    const data = { agent: this.name, capability }
    if (!this.#grants.register.includes(capability)) {
      this.#refuse({ code: 'ERR_GRANT_MISSING', detail: `register = ["${capability}"]`, data })
    } else if (this.#capabilities.size >= HOST_LIMITS.capabilitiesPerAgent) {
      this.#refuse({ code: 'ERR_LIMIT_CAPABILITIES', data: { ...data, limit: HOST_LIMITS.capabilitiesPerAgent } })
    } else {
      this.#capabilities.add(capability)
      if (this.#state.phase === 'running') this.#parts.events.onRegister(this, capability)
    }
  }

  #announce(): void {
    for (const capability of this.#capabilities) {
      if (this.#state.phase !== 'running') return
      this.#parts.events.onRegister(this, capability)
    }
  }

  #pump(): void {
    if (this.#sandbox === null) return
    while (this.#state.phase === 'running' || this.#state.phase === 'draining') {
      if (this.#mailbox.size === 0) return
      if (!this.#throttle.isEmpty && !this.#mayJoin()) return
      const letter = this.#mailbox.shift()
      if (letter === undefined) return
      this.#inSandbox.add(letter)
      this.#sandbox.handle(letter.message).then(
        (outcome) => this.#finish(letter, outcome),
        (error: unknown) => this.#finish(letter, lostOutcome(asCaxtonError(error))),
      )
    }
  }

  #mayJoin(): boolean {
    return this.#inSandbox.size < WINDOW && this.#throttle.admits(this.#inSandbox.size)
  }

  #finish(letter: Letter, outcome: Outcome): void {
    if (!this.#inSandbox.take(letter)) return
    this.#release(letter)
    this.#monitor.addOutcome(outcome)
    const overdraft = this.#throttle.charge(outcome.usage)
    if (outcome.error !== null) {
      this.#fail(outcome.error, () => this.#parts.events.onHandled(this, letter.message, outcome))
      return
    }
    this.#parts.events.onHandled(this, letter.message, outcome)
    this.#warn(outcome.usage)
    if (overdraft !== null && !isFinal(this.#state.phase)) this.#fail(this.#rateError(overdraft))
    this.#pump()
    this.#stopIfDrained()
  }

  #warn(usage: Usage): void {
    this.#monitor.checkUsage(usage)
    this.#monitor.checkWaiting(this.#waiting())
    this.#throttle.measure((limit, used, bound) => this.#monitor.checkRate(limit, used, bound))
  }

  #waiting(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.waitingMessages, bytes: this.#mailbox.bytes + this.#inSandbox.bytes }
  }

  #fail(error: CaxtonError, report?: () => void): void {
    const reason = new CaxtonError('ERR_AGENT_NOT_RUNNING', {
      detail: `the agent failed: ${error.message}`,
      data: { agent: this.name, phase: 'failed', reason: error.code },
    })
    this.#end({ phase: 'failed', reason: error }, reason, report)
  }

  #beginDraining(): void {
    if (this.#state.phase === 'loaded') {
      this.#drains = true
      if (this.#creation === null) void this.stop()
    } else if (this.#state.phase === 'running') {
      this.#drains = true
      this.#shutLocal()
      this.#enter({ phase: 'draining' })
      this.#stopIfDrained()
    }
  }

  #openLocal(): void {
    if (this.#state.phase === 'running' && this.#throttle.isEmpty) this.#sandbox?.openLocal?.()
  }

  #shutLocal(): void {
    const shut = this.#sandbox?.shutLocal?.() ?? null
    if (shut === null) return
    this.#isShutting = true
    void shut.then(() => {
      this.#isShutting = false
      this.#stopIfDrained()
    })
  }

  #stopIfDrained(): void {
    if (this.#state.phase !== 'draining' || this.waitingMessages > 0 || this.#isShutting) return
    this.#end({ phase: 'stopped' }, new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: this.#facts() }))
  }

  #enter(to: AgentState): void {
    const from = this.#state
    this.#state = follow(from, to)
    this.#parts.events.onState(this, from, to)
  }

  /** Ends the agent: gives back what waits, then frees the instance. `report` runs between the two changes of state and mail. */
  #end(state: AgentState, reason: CaxtonError, report?: () => void): void {
    const letters = [...this.#inSandbox.takeAll(), ...this.#mailbox.takeAll()]
    this.#throttle.close()
    for (const letter of letters) this.#release(letter)
    this.#enter(state)
    report?.()
    for (const { message } of letters) this.#giveBack(message, reason)
    void this.#close()
  }

  async #close(): Promise<void> {
    try {
      // One that exists is closed before anything else happens: it has nothing to report any more.
      const sandbox = this.#sandbox ?? (await this.#creation)
      await sandbox?.close()
    } catch {
      // A sandbox that could not be made has nothing to close, and `start()` has said why.
    }
    this.#ended.resolve()
  }

  #release({ message, bytes, isLocal }: Letter): void {
    if (isLocal !== true) this.#parts.credit.release(this.name, message.sender, bytes)
  }

  #giveBack(message: Message, reason: CaxtonError): void {
    this.#monitor.countUndelivered()
    this.#parts.events.onUndelivered(this, message, reason)
  }

  #rateError({ limit, rate }: Overdraft): CaxtonError {
    const data = { agent: this.name, limit, amount: rate.amount, periodMs: rate.periodMs }
    return new CaxtonError('ERR_LIMIT_RATE', { detail: describeRate(limit, rate), data })
  }

  #facts(): { readonly agent: string; readonly phase: string } {
    return { agent: this.name, phase: this.#state.phase }
  }

  #stateError(what: string): CaxtonError {
    const detail = `agent '${this.name}' is ${this.#state.phase} and cannot ${what}`
    return new CaxtonError('ERR_AGENT_STATE', { detail, data: this.#facts() })
  }
}

/** The outcome of a call whose sandbox broke its promise never to reject. */
function lostOutcome(error: CaxtonError): Outcome {
  return { status: -1, error, usage: NO_USAGE }
}
