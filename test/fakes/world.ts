import type { AgentEvents, SandboxEvents } from '../../src/agent/index.ts'
import { Agent } from '../../src/agent/index.ts'
import { NO_GRANTS } from '../../src/capability/index.ts'
import type {
  Alarm,
  Clock,
  Draft,
  Guarantee,
  Limits,
  Message,
  Person,
  RateLimits,
  Strategy,
} from '../../src/core/index.ts'
import { CaxtonError, DEFAULT_LIMITS } from '../../src/core/index.ts'
import type { ConversationsOptions, RouterEvent } from '../../src/router/index.ts'
import { Router } from '../../src/router/index.ts'
import { messageBytes } from '../../src/sandbox/index.ts'
import { MessagingService } from '../../src/services/messaging/service.ts'
import { Store } from '../../src/store/index.ts'
import type { TestCredit } from './credit.ts'
import { FakeCredit } from './credit.ts'
import type { Guest } from './guest.ts'
import { WorldGuest } from './guest.ts'
import { FakeSandbox } from './sandbox.ts'

export type { Guest } from './guest.ts'

export type GuestBehaviour = (message: Message, guest: Guest) => number | CaxtonError | Promise<number | CaxtonError>

export interface Spawn {
  readonly limits?: Partial<Limits>
  readonly rates?: RateLimits
  readonly warn?: number
  readonly guarantee?: Guarantee
  readonly predecessor?: Agent
  /** Who else hears what the agent does, such as a supervisor. */
  readonly watch?: (events: AgentEvents) => AgentEvents
  /** Capabilities it registers while it starts. */
  readonly offers?: readonly string[]
  /** Capabilities that it may find. @default none */
  readonly mayFind?: readonly string[]
  /** Capabilities it may register. @default those it offers */
  readonly mayOffer?: readonly string[]
  readonly onTimer?: (timer: number, guest: Guest) => number
  readonly init?: (guest: Guest) => number | CaxtonError | Promise<number | CaxtonError>
}

export interface WorldOptions {
  /** Distinguishes the ids of this run. */
  readonly run?: string
  /** @default one that goes on when it is told to, and a little each time it is looked at */
  readonly time?: Clock & Alarm
  /** What is promised of messages of the user. */
  readonly guarantee?: Guarantee
  /** Of capabilities that have another one than the default. */
  readonly strategies?: ReadonlyMap<string, Strategy>
  /** @default nobody */
  readonly people?: readonly Person[]
}

/** A router with agents whose guests are functions, and everything that happened. */
export class World {
  readonly credit: TestCredit
  readonly events: RouterEvent[] = []
  readonly toUser: Message[] = []
  readonly sandboxes = new Map<string, FakeSandbox>()
  readonly router: Router
  readonly store: Store
  onUserMessage: (message: Message) => void = (message) => void this.toUser.push(message)
  readonly #run: string
  readonly #time: (Clock & Alarm) | null
  #nowMs = 0
  #instances = 0

  constructor(
    credit: TestCredit = new FakeCredit(),
    conversations: ConversationsOptions = {},
    store?: Store,
    { run = 't', time, ...options }: WorldOptions = {},
  ) {
    this.credit = credit
    this.#run = run
    this.#time = time ?? null
    const clock = time ?? { nowMs: () => 1_000_000 + this.#nowMs, monotonicMs: () => this.#tick() }
    this.store = store ?? Store.inMemory(clock)
    this.router = new Router(
      {
        credit: this.credit,
        clock,
        ...(time === undefined ? {} : { alarm: time }),
        store: this.store,
        sizeOf: messageBytes,
        onUserMessage: (message) => this.onUserMessage(message),
      },
      { run, conversations, ...options },
    )
    this.router.subscribe((event) => this.events.push(event))
  }

  /** Time of day, milliseconds. */
  get nowMs(): number {
    return 1_000_000 + this.#nowMs
  }

  /** Lets time pass without anything happening, as while a system is down. */
  advance(ms: number): void {
    this.#nowMs += ms
  }

  /** Lets time pass, and what is due happen. */
  pass(ms: number): void {
    this.advance(ms)
    this.router.runDeadlines()
  }

  #tick(): number {
    this.#nowMs += 1
    return this.#nowMs
  }

  /** Adds an agent without starting it. */
  add(name: string, behave: GuestBehaviour, spawn: Spawn = {}): Agent {
    const { router, credit } = this
    const limits = { ...DEFAULT_LIMITS, ...spawn.limits }
    const agent = new Agent(
      {
        createSandbox: (events) => this.#createSandbox(name, events, behave, spawn),
        credit,
        events: spawn.watch?.(router.agentEvents) ?? router.agentEvents,
        onAsk: (ask, signal) => new MessagingService(router).answer(name, ask, signal),
        ...(this.#time === null ? {} : { clock: this.#time, alarm: this.#time }),
        store: this.store,
        ...(spawn.predecessor === undefined ? {} : { predecessor: spawn.predecessor }),
      },
      {
        name,
        limits,
        ...(spawn.rates === undefined ? {} : { rates: spawn.rates }),
        ...(spawn.warn === undefined ? {} : { warn: spawn.warn }),
        ...(spawn.guarantee === undefined ? {} : { guarantee: spawn.guarantee }),
        grants: {
          ...NO_GRANTS,
          send: ['*'],
          register: spawn.mayOffer ?? spawn.offers ?? [],
          directory: spawn.mayFind ?? [],
          subscribe: ['>'],
        },
      },
    )
    router.add(agent)
    return agent
  }

  #createSandbox(name: string, events: SandboxEvents, behave: GuestBehaviour, spawn: Spawn): FakeSandbox {
    let cause: Message | null = null
    const guest: WorldGuest = new WorldGuest(
      { world: this, events, cause: () => cause, isClosed: () => sandbox.closeCount > 0 },
      name,
      this.#nextIds(name),
    )
    const sandbox: FakeSandbox = new FakeSandbox(
      events,
      (message) => {
        cause = message
        return behave(message, guest)
      },
      () => {
        for (const capability of spawn.offers ?? []) guest.register(capability)
        return spawn.init?.(guest) ?? 0
      },
      {
        fire: (timer) => {
          cause = null
          return spawn.onTimer?.(timer, guest) ?? 0
        },
        takeEffects: () => guest.takeEffects(),
      },
    )
    this.sandboxes.set(name, sandbox)
    return sandbox
  }

  /** The first instance of an agent has ids of its name, a successor other ones. */
  #nextIds(name: string): string {
    this.#instances += 1
    return this.sandboxes.has(name) ? `${this.#run}-${name}-${this.#instances}` : `${this.#run}-${name}`
  }

  async spawn(name: string, behave: GuestBehaviour, spawn: Spawn = {}): Promise<Agent> {
    const agent = this.add(name, behave, spawn)
    await agent.start()
    return agent
  }

  of<Type extends RouterEvent['type']>(type: Type): Extract<RouterEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<RouterEvent, { type: Type }> => event.type === type)
  }

  /** Messages that an agent began to handle. */
  begun(name: string): readonly Message[] {
    return this.sandboxes.get(name)?.begun ?? []
  }
}

/** Answers every message that wants an answer with an `inform` of the same content. */
export const echo: GuestBehaviour = (message, guest) => {
  if (message.sender !== 'caxton') guest.send({ ...replyOf(message), performative: 'inform' })
  return 0
}

export function replyOf(message: Message): Omit<Draft, 'performative'> {
  return {
    receiver: message.sender,
    conversation_id: message.conversation_id,
    ...(message.reply_with === undefined ? {} : { in_reply_to: message.reply_with }),
    ...(message.content === undefined ? {} : { content: message.content }),
  }
}

export const trap = (): CaxtonError => new CaxtonError('ERR_GUEST_TRAP', { detail: 'unreachable at 0x2a' })
