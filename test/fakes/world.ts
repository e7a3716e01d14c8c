import type { AgentEvents } from '../../src/agent/index.ts'
import { Agent } from '../../src/agent/index.ts'
import { NO_GRANTS } from '../../src/capability/index.ts'
import type { Draft, Guarantee, Limits, Message, RateLimits } from '../../src/core/index.ts'
import { CaxtonError, completeDraft, createIdSource, DEFAULT_LIMITS } from '../../src/core/index.ts'
import type { ConversationsOptions, RouterEvent } from '../../src/router/index.ts'
import { Router } from '../../src/router/index.ts'
import { messageBytes } from '../../src/sandbox/index.ts'
import { Store } from '../../src/store/index.ts'
import type { TestCredit } from './credit.ts'
import { FakeCredit } from './credit.ts'
import { FakeSandbox } from './sandbox.ts'

/** What a pretended guest can ask of its host. */
export interface Guest {
  readonly name: string
  /** Tells whether the message was accepted. */
  send(draft: Draft): boolean
  register(capability: string): void
  /** Subscribes to a pattern of topics when the call has succeeded; false ends that. */
  subscribe(pattern: string, isWanted?: boolean): void
}

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
  /** Capabilities it may register. @default those it offers */
  readonly mayOffer?: readonly string[]
  readonly init?: (guest: Guest) => number | CaxtonError | Promise<number | CaxtonError>
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
  #nowMs = 0

  constructor(credit: TestCredit = new FakeCredit(), conversations: ConversationsOptions = {}, store?: Store) {
    this.credit = credit
    const clock = { nowMs: () => 1_000_000 + this.#nowMs, monotonicMs: () => this.#tick() }
    this.store = store ?? Store.inMemory(clock)
    this.router = new Router(
      {
        credit: this.credit,
        clock,
        store: this.store,
        sizeOf: messageBytes,
        onUserMessage: (message) => this.onUserMessage(message),
      },
      { run: 't', conversations },
    )
    this.router.subscribe((event) => this.events.push(event))
  }

  /** Time of day, milliseconds. */
  get nowMs(): number {
    return 1_000_000 + this.#nowMs
  }

  /** Lets time pass, and what is due happen. */
  pass(ms: number): void {
    this.#nowMs += ms
    this.router.book.runDeadlines()
  }

  #tick(): number {
    this.#nowMs += 1
    return this.#nowMs
  }

  /** Adds an agent without starting it. */
  add(name: string, behave: GuestBehaviour, spawn: Spawn = {}): Agent {
    const { router, credit, sandboxes, store } = this
    const limits = { ...DEFAULT_LIMITS, ...spawn.limits }
    const createMessageId = createIdSource('m', name)
    const agent = new Agent(
      {
        createSandbox: (events) => {
          let cause: Message | null = null
          const subscriptions = new Map<string, boolean>()
          const guest: Guest = {
            name,
            send: (draft) => {
              const message = completeDraft(draft, name, createMessageId())
              const reserved = credit.accept(name, draft.receiver, messageBytes(message))
              if (reserved !== null) events.onSend(message, reserved, cause)
              return reserved !== null
            },
            subscribe: (pattern, isWanted = true) => void subscriptions.set(pattern, isWanted),
            register: (capability) => events.onRegister(capability),
          }
          const sandbox = new FakeSandbox(
            events,
            (message) => {
              cause = message
              return behave(message, guest)
            },
            () => {
              for (const capability of spawn.offers ?? []) guest.register(capability)
              return spawn.init?.(guest) ?? 0
            },
          )
          sandbox.takeSubscriptions = () => {
            const taken = new Map(subscriptions)
            subscriptions.clear()
            return taken
          }
          sandboxes.set(name, sandbox)
          return sandbox
        },
        credit,
        events: spawn.watch?.(router.agentEvents) ?? router.agentEvents,
        store,
        ...(spawn.predecessor === undefined ? {} : { predecessor: spawn.predecessor }),
      },
      {
        name,
        limits,
        ...(spawn.rates === undefined ? {} : { rates: spawn.rates }),
        ...(spawn.warn === undefined ? {} : { warn: spawn.warn }),
        ...(spawn.guarantee === undefined ? {} : { guarantee: spawn.guarantee }),
        grants: { ...NO_GRANTS, send: ['*'], register: spawn.mayOffer ?? spawn.offers ?? [], subscribe: ['>'] },
      },
    )
    router.add(agent)
    return agent
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
