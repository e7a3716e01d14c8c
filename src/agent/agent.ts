import type { Grants } from '../capability/index.ts'
import { HANDLED } from '../capability/index.ts'
import type { CaxtonError, Clock, ErrorData, Guarantee, Limits, Message } from '../core/index.ts'
import { asCaxtonError, DEFAULT_WARN_SHARE, NO_RATE_LIMITS, SYSTEM_CLOCK } from '../core/index.ts'
import type { Effects, LocalCall, Outcome, Sandbox, SandboxEvents, Usage } from '../sandbox/index.ts'
import { Admission } from './admission.ts'
import { badStart, endSafely, hasFailed, notRunning, rateError, stateError } from './agent-errors.ts'
import type { AgentOptions, AgentParts, DrainOptions } from './agent-parts.ts'
import { Closing } from './closing.ts'
import { createDeadline } from './deadline.ts'
import type { AgentInfo } from './info.ts'
import { describeAgent } from './info.ts'
import type { DueTimer } from './kept.ts'
import { AgentKept } from './kept.ts'
import type { Letter } from './mailbox.ts'
import { createLetter, HandedOver, Mailbox } from './mailbox.ts'
import { Monitor } from './monitor.ts'
import { Outbox } from './outbox.ts'
import { register } from './registrations.ts'
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

/** One agent from its loading to its end. */
export class Agent {
  readonly name: string
  readonly limits: Limits
  readonly grants: Grants
  /** Whether it is a program that comes to its end by itself when no message comes any more. */
  isProgram = false
  /** Of `at-least-once`: what it sends is sent when its call has succeeded. */
  readonly guarantee: Guarantee
  readonly #parts: AgentParts
  readonly #mailbox = new Mailbox()
  readonly #inSandbox = new HandedOver()
  readonly #kept: AgentKept
  readonly #outbox: Outbox
  readonly #clock: Clock
  readonly #admission: Admission
  readonly #monitor: Monitor
  readonly #throttle: Throttle
  readonly #ended = Promise.withResolvers<void>()
  #state: AgentState = { phase: 'loaded' }
  #creation: Promise<Sandbox> | null = null
  #sandbox: Sandbox | null = null
  readonly #closing = new Closing(() => this.#stopIfDrained())
  #drains = false
  #hasEnded = false

  constructor(parts: AgentParts, options: AgentOptions) {
    const { limits, rates = NO_RATE_LIMITS, warn = DEFAULT_WARN_SHARE } = options
    const { events, predecessor, clock = SYSTEM_CLOCK } = parts
    this.#parts = parts
    this.#clock = clock
    this.name = options.name
    this.limits = limits
    this.grants = options.grants
    this.guarantee = options.guarantee ?? 'at-most-once'
    const throttle = { clock, onHold: (hold: Hold) => events.onThrottle(this, hold), onRelease: () => this.#pump() }
    this.#monitor = predecessor ? predecessor.#monitor : new Monitor({ clock }, { limits, warn })
    this.#monitor.onWarning = (warning) => events.onWarning(this, warning)
    this.#throttle = predecessor ? predecessor.#throttle.succeed(throttle) : new Throttle(throttle, { limits, rates })
    if (predecessor !== undefined) this.#monitor.countRecovery()
    const kept = {
      ...parts,
      clock,
      onStored: (bytes: number) => this.#monitor.noteStore(bytes),
      onDue: () => this.#pump(),
      onPending: (arePending: boolean) => events.onTimers(this, arePending),
      onSubscribe: (changes: Effects['subscriptions'], by: Message | null) => events.onSubscribe(this, changes, by),
    }
    this.#kept = new AgentKept(kept, this)
    this.#outbox = new Outbox(events, this)
    this.#admission = new Admission({ ...parts, throttle: this.#throttle, retry: () => this.#pump() }, this.guarantee)
  }

  get state(): AgentState {
    return this.#state
  }

  /** Whether a message that is delivered now will be kept: true while it is loaded or running and nobody asked it to drain. */
  get takesMessages(): boolean {
    return takesMessages(this.#state.phase) && !this.#drains
  }

  /** Capabilities that it offers while it runs. */
  get capabilities(): readonly string[] {
    return this.#parts.events.capabilitiesOf?.(this) ?? []
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
    if (this.#state.phase !== 'loaded' || this.#creation !== null) throw stateError(this, 'be started')
    const failure = await this.#initialise()
    if (this.#state.phase !== 'loaded') throw stateError(this, 'go on starting')
    if (failure !== null) {
      this.#fail(failure)
      throw failure
    }
    this.#enter({ phase: 'running' })
    if (this.#hasEnded) this.#endWell()
    if (this.#drains) this.#beginDraining()
    else this.#kept.start()
    this.#pump()
    this.#openLocal()
  }

  /** Takes a message for which `bytes` of credit and a place of `payer` are held; gives back at once, by `onUndelivered`, what it does not take. */
  deliver(message: Message, bytes: number, acceptedMs = this.#clock.nowMs(), payer = message.sender): void {
    this.#monitor.countIn()
    if (!this.takesMessages) {
      this.#release({ message, bytes, payer })
      this.#giveBack(message, notRunning(this))
      return
    }
    const letter = createLetter(message, bytes, acceptedMs, payer)
    if (letter.isChosen) this.#admission.want(() => this.#closing.shutLocal(this.#sandbox))
    this.#mailbox.push(letter)
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
    const stopLate = createDeadline(options.deadlineMs ?? null, () => void this.stop())
    this.#beginDraining()
    await this.#ended.promise
    stopLate.cancel()
  }

  /** Lets no timer fire any more: they stay where they are kept. */
  silenceTimers(): void {
    this.#kept.stop()
  }

  /** Stops at once and gives back what waits. Resolves when the sandbox is closed. Idempotent. */
  stop(): Promise<void> {
    if (!isFinal(this.#state.phase)) this.#end({ phase: 'stopped' }, notRunning(this, 'the agent was stopped'))
    return this.#ended.promise
  }

  /** Counts what a message of it became for several receivers as messages that it has sent. */
  countCopies(count: number): void {
    this.#throttle.countMessages(count)
  }

  snapshot(): AgentInfo {
    return describeAgent(this, this.#monitor.read(this.#waiting()), this.#throttle)
  }

  async #initialise(): Promise<CaxtonError | null> {
    try {
      this.#creation = Promise.resolve(this.#parts.createSandbox(this.#listen(), () => this.#kept.kept()))
      this.#sandbox = await this.#creation
      this.isProgram = this.#sandbox.finish !== null
      if (this.#state.phase !== 'loaded') return null
      const outcome = await this.#sandbox.start()
      this.#monitor.addCall(outcome.usage)
      const overdraft = this.#throttle.charge(outcome.usage)
      this.#outbox.end(outcome.error === null && outcome.status === HANDLED.OK)
      if (outcome.error !== null) return outcome.error
      this.#hasEnded = outcome.hasEnded === true
      this.#kept.apply(outcome.effects)
      this.#warn(outcome.usage)
      if (outcome.status === HANDLED.OK) return overdraft === null ? null : rateError(this, overdraft)
      return badStart(this, outcome.status)
    } catch (error) {
      return asCaxtonError(error)
    }
  }

  #listen(): SandboxEvents {
    const { events } = this.#parts
    return {
      onSend: (message, reserved, cause = null) => {
        this.#monitor.countOut()
        this.#outbox.add(message, reserved, cause)
      },
      onLocalSend: (message, isTaken, cause) => {
        this.#monitor.countOut()
        if (!isTaken) events.onLocalLost(this, message, cause)
      },
      onLocal: (message, bytes, cause) => this.#takeLocal(message, bytes, cause),
      onLog: (line) => events.onLog(this, line),
      onRegister: (capability, cause) => this.#refuse(register(this, capability, cause, events)),
      onRefuse: (refusal) => this.#refuse(refusal),
      ...this.#outbox.letRequestsPass(this.#parts.onAsk),
      onRestart: (cause) => {
        this.#outbox.end(false)
        this.#monitor.countRestart()
        events.onRestart(this, cause)
      },
    }
  }

  #takeLocal(message: Message, bytes: number, cause: Message | null): LocalCall {
    const letter: Letter = { message, bytes, isLocal: true }
    this.#monitor.countIn()
    this.#parts.events.onLocal(this, message, cause)
    if (isFinal(this.#state.phase)) this.#giveBack(message, notRunning(this))
    else {
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

  #refuse(refusal: ErrorData | null): void {
    if (refusal === null) return
    this.#monitor.refusals.add(refusal)
    this.#parts.events.onRefuse(this, refusal)
  }

  #pump(): void {
    if (this.#sandbox === null) return
    while (this.#state.phase === 'running' || this.#state.phase === 'draining') {
      if (this.#mailbox.size + this.#kept.dueCount === 0) return
      if (!this.#admission.admits(this.#inSandbox.size + this.#kept.firingCount)) return
      const due = this.#kept.takeDue()
      if (due === undefined) this.#handNext(this.#sandbox, this.#mailbox.shift()!)
      else endSafely(this.#sandbox.fire(due.id, due.setting), (outcome) => this.#finishTimer(due, outcome))
    }
  }

  #handNext(sandbox: Sandbox, letter: Letter): void {
    const refusal = this.#admission.refuses(this, letter)
    if (refusal === null) {
      this.#hand(sandbox, letter)
      return
    }
    this.#release(letter)
    this.#giveBack(letter.message, refusal)
    this.#stopIfDrained()
  }

  #hand(sandbox: Sandbox, letter: Letter): void {
    this.#inSandbox.add(letter)
    endSafely(sandbox.handle(letter.message), (outcome) => this.#finish(letter, outcome))
  }

  #finish(letter: Letter, outcome: Outcome): void {
    if (!this.#inSandbox.take(letter)) return
    this.#release(letter)
    this.#monitor.addOutcome(outcome)
    const overdraft = this.#throttle.charge(outcome.usage)
    const { message } = letter
    this.#conclude(outcome, overdraft, () => this.#parts.events.onHandled(this, message, outcome), message)
  }

  #finishTimer(due: DueTimer, outcome: Outcome): void {
    if (!this.#kept.endDue(due)) return
    this.#monitor.addCall(outcome.usage)
    const overdraft = this.#throttle.charge(outcome.usage)
    this.#conclude(outcome, overdraft, () => {
      this.#kept.settle(due)
      this.#parts.events.onFired(this, due.id, outcome)
    })
  }

  /** What follows from every call: `report` tells of it. */
  #conclude(outcome: Outcome, overdraft: Overdraft | null, report: () => void, cause: Message | null = null): void {
    const succeeded = outcome.error === null && outcome.status === HANDLED.OK
    this.#outbox.end(succeeded)
    if (outcome.error !== null) {
      this.#fail(outcome.error, report)
      return
    }
    this.#kept.apply(outcome.effects, cause)
    report()
    this.#warn(outcome.usage)
    if (outcome.hasEnded === true && !isFinal(this.#state.phase)) this.#endWell()
    if (overdraft !== null && !isFinal(this.#state.phase)) this.#fail(rateError(this, overdraft))
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
    this.#end({ phase: 'failed', reason: error }, hasFailed(this, error), report)
  }

  #beginDraining(): void {
    if (this.#state.phase === 'loaded') {
      this.#drains = true
      if (this.#creation === null) void this.stop()
    } else if (this.#state.phase === 'running') {
      this.#drains = true
      this.#kept.stop()
      void this.#closing.shutLocal(this.#sandbox)
      this.#enter({ phase: 'draining' })
      this.#stopIfDrained()
    }
  }

  /** Lets nothing be handed over to it inside its thread for a while: what others send it goes through the router. */
  detour(forMs: number): void {
    if (this.#state.phase === 'running') this.#closing.detour(this.#sandbox, forMs, () => this.#openLocal())
  }

  #openLocal(): void {
    if (this.state.phase === 'running' && this.#admission.isFree) this.#sandbox?.openLocal?.()
  }

  #stopIfDrained(): void {
    if (this.#state.phase !== 'draining' || this.#closing.isUnderWay) return
    if (this.waitingMessages + this.#kept.firingCount > 0) return
    const isFinishing = this.#closing.finish(this.#sandbox, (outcome) => {
      this.#monitor.addCall(outcome.usage)
      if (!isFinal(this.#state.phase)) this.#conclude(outcome, null, () => {})
      void this.stop()
    })
    if (!isFinishing) this.#end({ phase: 'stopped' }, notRunning(this))
  }

  #endWell(): void {
    this.#end({ phase: 'stopped' }, notRunning(this, 'its program has ended'))
  }

  #enter(to: AgentState): void {
    const from = this.#state
    this.#state = follow(from, to)
    this.#parts.events.onState(this, from, to)
  }

  /** Ends the agent: gives back what waits, then frees the instance. `report` runs between the two changes of state and mail. */
  #end(state: AgentState, reason: CaxtonError, report?: () => void): void {
    const letters = [...this.#inSandbox.takeAll(), ...this.#mailbox.takeAll()]
    this.#kept.close()
    this.#outbox.end(false)
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

  #release({ message, bytes, isLocal, payer = message.sender }: Letter): void {
    if (isLocal !== true) this.#parts.credit.release(this.name, payer, bytes)
  }

  #giveBack(message: Message, reason: CaxtonError): void {
    this.#monitor.countUndelivered()
    this.#parts.events.onUndelivered(this, message, reason)
  }
}
