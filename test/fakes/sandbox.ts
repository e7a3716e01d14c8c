import type { Outcome, Sandbox, SandboxEvents, Usage } from '../../src/agent/index.ts'
import type { Message } from '../../src/core/index.ts'
import { CaxtonError } from '../../src/core/index.ts'

export const SOME_USAGE: Usage = {
  fuel: 10,
  cpuMs: 0.5,
  wallMs: 2,
  memoryBytes: 65_536,
  tableElements: 4,
  stackBytes: 512,
  hostCalls: 3,
  callsByName: { log: 2, send_message: 1 },
  messagesSent: 1,
  logBytes: 7,
  cost: 0,
}

export function outcomeOf(result: number | CaxtonError): Outcome {
  return typeof result === 'number'
    ? { status: result, error: null, usage: SOME_USAGE, effects: null }
    : { status: 0, error: result, usage: SOME_USAGE, effects: null }
}

/** What a pretended guest does with a message: answers a status, or ends with an error. */
export type Behaviour = (message: Message) => number | CaxtonError | Promise<number | CaxtonError>

/** What else a pretended guest does. */
export interface Doings {
  /** Is called by a timer. @default it does nothing */
  fire?(timer: number): number | CaxtonError | Promise<number | CaxtonError>
  /** Takes what a call that succeeded has changed of what the agent keeps. @default nothing */
  takeEffects?(): Outcome['effects']
}

/** A sandbox whose guest is a function. Runs one call at a time, in order, as the contract says. */
export class FakeSandbox implements Sandbox {
  readonly events: SandboxEvents
  /** Messages whose handling began. */
  readonly begun: Message[] = []
  /** Messages handed over, begun or not. */
  readonly handedOver: Message[] = []
  closeCount = 0
  /** Set by a test whose guest is a program that ends by itself. */
  finish: FakeSandbox['start'] | null = null
  readonly #behave: Behaviour
  readonly #startWith: () => number | CaxtonError | Promise<number | CaxtonError>
  readonly #doings: Doings
  /** Ends the call that runs. A race against one promise for all calls would keep something of each of them. */
  #endCall: (error: CaxtonError) => void = () => {}
  #gone: CaxtonError | null = null
  #tail: Promise<unknown> = Promise.resolve()

  constructor(
    events: SandboxEvents,
    behave: Behaviour,
    startWith: FakeSandbox['start'] | (() => unknown) = () => 0,
    doings: Doings = {},
  ) {
    this.events = events
    this.#behave = behave
    this.#doings = doings
    this.#startWith = startWith as () => number
  }

  start(): Promise<Outcome> {
    return this.#call(() => this.#startWith())
  }

  handle(message: Message): Promise<Outcome> {
    this.handedOver.push(message)
    return this.#call(() => {
      this.begun.push(message)
      return this.#behave(message)
    })
  }

  fire(timer: number): Promise<Outcome> {
    return this.#call(() => this.#doings.fire?.(timer) ?? 0)
  }

  async close(): Promise<void> {
    this.closeCount += 1
    this.#gone ??= new CaxtonError('ERR_SANDBOX_CLOSED')
    this.#endCall(this.#gone)
  }

  #call(run: () => number | CaxtonError | Promise<number | CaxtonError>): Promise<Outcome> {
    const outcome = this.#tail.then(async () => {
      if (this.#gone !== null) return outcomeOf(this.#gone)
      const closed = Promise.withResolvers<CaxtonError>()
      this.#endCall = closed.resolve
      const result = await Promise.race([run(), closed.promise])
      if (result instanceof CaxtonError) this.#gone = result
      const effects = this.#doings.takeEffects?.() ?? null
      return result === 0 ? { ...outcomeOf(result), effects } : outcomeOf(result)
    })
    this.#tail = outcome
    return outcome
  }
}

/** A gate that a test opens: guests that wait at it finish then. */
export function createGate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: () => resolve() }
}

/** Lets everything that is ready run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
