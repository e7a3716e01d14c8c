import type { Agent, AgentEvents } from '../../../src/agent/index.ts'
import { isFinal } from '../../../src/agent/index.ts'
import type { Draft, Message } from '../../../src/core/index.ts'
import { CaxtonError, DEFAULT_CONVERSATION_LIMITS } from '../../../src/core/index.ts'
import { Store } from '../../../src/store/index.ts'
import { SharedCredit } from '../../fakes/credit.ts'
import type { VirtualTime } from '../../fakes/virtual-time.ts'
import type { Guest, Spawn } from '../../fakes/world.ts'
import { trap, World } from '../../fakes/world.ts'
import type { SteeredWriter } from '../../fakes/writer.ts'
import type { Ledger, Planned } from './ledger.ts'
import type { Script } from './script.ts'
import { DURABLE_AGENTS, VOLATILE_AGENT } from './script.ts'

export interface LifeParts {
  readonly directory: string
  readonly time: VirtualTime
  readonly writer: SteeredWriter
  readonly ledger: Ledger
  /** The process dies now. */
  kill(): void
}

/** What an agent stores of a message that it handled: under its id. */
export interface Handled {
  readonly token: number
  /** Its place in what the agent has handled. */
  readonly order: number
  readonly sender: string
  /** Messages that were sent in the call, in order: id by token. */
  readonly sent: readonly (readonly [number, string])[]
}

const SPAWNS: Readonly<Record<string, Spawn>> = {
  a: { guarantee: 'at-least-once', offers: ['x'] },
  b: { guarantee: 'at-least-once' },
  c: { guarantee: 'at-least-once', offers: ['x'], limits: { mailboxMessages: 3, outstandingMessages: 4 } },
  [VOLATILE_AGENT]: { guarantee: 'at-most-once' },
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

export async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await turn()
}

/** One life of the system, from its start to its end. */
export class Life {
  readonly world: World
  readonly #parts: LifeParts
  /** What was under way with agents that have failed. */
  readonly #waiting = new Map<string, () => void>()
  #isOver = false

  private constructor(parts: LifeParts, world: World) {
    this.#parts = parts
    this.world = world
    world.onUserMessage = (message) => {
      if (!this.#isOver) parts.ledger.told.set(message.message_id, message)
    }
    world.router.subscribe((event) => {
      if (!this.#isOver) parts.ledger.note(event)
    })
  }

  static async begin(parts: LifeParts, { messages, hops }: Script): Promise<Life> {
    const { directory, time, writer, ledger } = parts
    const store = await Store.open({ clock: time, startWriter: writer.start }, { directory })
    const limits = { ...DEFAULT_CONVERSATION_LIMITS, messages, hops }
    const options = { run: `l${ledger.restarts}`, time, guarantee: 'at-least-once' } as const
    const life = new Life(parts, new World(new SharedCredit(), { limits }, store, options))
    await life.revive()
    return life
  }

  get isOver(): boolean {
    return this.#isOver
  }

  send(planned: Planned): void {
    const { world } = this
    const draft = draftOf(planned, null, this.#parts.time)
    const { ledger } = this.#parts
    try {
      world.store.assertKeeps()
      const { message_id: id } = world.router.send(draft)
      ledger.sent.set(id, planned.token)
      world.store.whenCommitted(() => {
        if (!this.#isOver) ledger.accepted.add(id)
      })
    } catch (error) {
      if (!(error instanceof CaxtonError) || error.code !== 'ERR_LIMIT_JOURNAL') throw error
    }
  }

  pass(ms: number): void {
    this.#parts.time.advance(ms)
    this.world.router.book.runDeadlines()
  }

  /** Starts every agent anew that is gone. */
  async revive(): Promise<void> {
    const { world } = this
    const gone = [...DURABLE_AGENTS, VOLATILE_AGENT].filter((name) => {
      const agent = world.router.agent(name)
      return agent === undefined || isFinal(agent.state.phase)
    })
    const settled = gone.map((name) => this.#waiting.get(name))
    for (const name of gone) this.#waiting.delete(name)
    const agents = gone.map((name) => this.#add(name))
    for (const agent of agents) await agent.start().catch(() => {})
    for (const settle of settled) settle?.()
    world.router.deliverParkedToUser()
  }

  /** Ends it well: everything is committed. */
  async close(): Promise<void> {
    this.#parts.writer.stall(false)
    this.#parts.writer.limitPages(null)
    this.#parts.time.advance(1_000)
    await this.world.router.close()
    await this.world.store.close()
    this.#isOver = true
  }

  /** The process is gone: nothing that happens from now on counts. */
  async die(): Promise<void> {
    this.#isOver = true
    this.#parts.writer.crash()
    await this.world.router.close()
  }

  #add(name: string): Agent {
    const watch = (events: AgentEvents): AgentEvents => ({
      ...events,
      onState: (agent, from, to) => {
        const settle = this.world.router.expect()
        events.onState(agent, from, to)
        if (to.phase !== 'failed' || from.phase === 'draining' || this.#isOver) {
          settle()
          return
        }
        this.#waiting.set(name, settle)
        this.world.router.announceRestart(agent, { attempt: 1, max: 9, waitMs: 1, reason: to.reason })
      },
    })
    const onTimer = (timer: number, guest: Guest) => {
      guest.store(`t${timer}`, `${Number(guest.load(`t${timer}`) ?? 0) + 1}`)
      return 0
    }
    return this.world.add(name, (message, guest) => this.#handle(message, guest), { ...SPAWNS[name], watch, onTimer })
  }

  async #handle(message: Message, guest: Guest): Promise<number | CaxtonError> {
    const { ledger } = this.#parts
    const key = `m${message.message_id}`
    if (guest.load(key) !== null) ledger.violations.push(`${guest.name} handled ${message.message_id} twice`)
    if (message.sender === 'caxton') {
      guest.store(`n${message.message_id}`, String(Object(JSON.parse(message.content!))['message_id']))
      return 0
    }
    const planned = ledger.plans.get(Number(message.content))!
    await turns(planned.turns)
    if (this.#isOver) return new Promise<number>(() => {})
    const sent: [number, string][] = []
    for (const child of planned.children) {
      const id = await this.#sendOf(child, message, guest)
      if (id !== null) sent.push([child.token, id])
    }
    if (ledger.fails(planned)) {
      if (planned.handling.kind === 'trap') return trap()
      this.#parts.kill()
      return new Promise<number>(() => {})
    }
    if (planned.timerMs !== null) guest.setTimer(planned.token, planned.timerMs)
    const order = Number(guest.load('count') ?? 0) + 1
    guest.store('count', `${order}`)
    guest.store(key, JSON.stringify({ token: planned.token, order, sender: message.sender, sent } satisfies Handled))
    return planned.handling.kind === 'status' ? planned.handling.status : 0
  }

  /** Returns the id of what was accepted and is sent when the call ends; null for what was refused or is sent at once. */
  async #sendOf(child: Planned, cause: Message, guest: Guest): Promise<string | null> {
    const { time } = this.#parts
    const draft = draftOf(child, cause, time)
    if (!child.isAwaited) return guest.send(draft) ? guest.lastId : null
    const late = new AbortController()
    const cancel = time.set(1_000, () => late.abort())
    await guest.request(draft, late.signal)
    cancel()
    return null
  }
}

function draftOf(planned: Planned, cause: Message | null, time: VirtualTime): Draft & { readonly reply_with: string } {
  const { to, act, protocol, conversation, terms, replyByMs, token } = planned
  const isSame = conversation === 'same' && cause !== null
  const named = protocol === 'same' ? cause?.protocol : protocol === 'none' ? undefined : protocol
  const isAnswer = to === 'sender' && cause !== null
  return {
    performative: act,
    receiver: to !== 'sender' ? to : (cause?.sender ?? 'a'),
    conversation_id: isSame ? cause.conversation_id : `k${token}`,
    content: String(token),
    reply_with: `r${token}`,
    ...(named === undefined ? {} : { protocol: named }),
    ...(isAnswer && cause.reply_with !== undefined ? { in_reply_to: cause.reply_with } : {}),
    ...(terms === null ? {} : { extras: terms }),
    ...(replyByMs === null ? {} : { reply_by: new Date(time.nowMs() + replyByMs).toISOString() }),
  }
}
