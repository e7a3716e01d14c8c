import type { SandboxEvents } from '../../src/agent/index.ts'
import type { Draft, Message } from '../../src/core/index.ts'
import { completeDraft, createIdSource } from '../../src/core/index.ts'
import type { Effects } from '../../src/sandbox/index.ts'
import { messageBytes } from '../../src/sandbox/index.ts'
import type { World } from './world.ts'

/** Above what timers of an earlier run were set under. */
const FIRST_SETTING = 1_000_000

/** What a pretended guest can ask of its host. */
export interface Guest {
  readonly name: string
  /** Tells whether the message was accepted. */
  send(draft: Draft): boolean
  /** Id of the message that it tried to send last. */
  readonly lastId: string
  register(capability: string): void
  /** Subscribes to a pattern of topics when the call has succeeded; false ends that. */
  subscribe(pattern: string, isWanted?: boolean): void
  /** What it has stored. */
  load(key: string): string | null
  store(key: string, value: string): void
  setTimer(timer: number, delayMs: number): void
  /** Sends a message and waits for its reply; null if it was not accepted, when the agent ends or the signal is aborted. */
  request(draft: Draft & { readonly reply_with: string }, signal: AbortSignal): Promise<Message | null>
}

type TimerChange = NonNullable<ReturnType<Effects['timers']['get']>>

interface WorldGuestParts {
  readonly world: World
  readonly events: SandboxEvents
  /** The message that is handled; null for none. */
  cause(): Message | null
  isClosed(): boolean
}

/** A pretended guest of a `World`. */
export class WorldGuest implements Guest {
  readonly name: string
  lastId = ''
  readonly #parts: WorldGuestParts
  readonly #createMessageId: () => string
  readonly #data = new Map<string, Uint8Array>()
  readonly #timers = new Map<number, TimerChange>()
  readonly #subscriptions = new Map<string, boolean>()
  #lastSetting = 0
  #call: AbortController | null = null

  constructor(parts: WorldGuestParts, name: string, ids: string) {
    this.name = name
    this.#parts = parts
    this.#createMessageId = createIdSource('m', ids)
  }

  send(draft: Draft): boolean {
    const { world, events, cause } = this.#parts
    if (this.#parts.isClosed()) return false
    this.lastId = this.#createMessageId()
    const message = completeDraft(draft, this.name, this.lastId)
    const reserved = world.credit.accept(this.name, draft.receiver, messageBytes(message))
    if (reserved !== null) events.onSend(message, reserved, cause())
    return reserved !== null
  }

  register(capability: string): void {
    this.#parts.events.onRegister(capability, this.#parts.cause())
  }

  subscribe(pattern: string, isWanted = true): void {
    this.#subscriptions.set(pattern, isWanted)
  }

  load(key: string): string | null {
    const value = this.#data.get(key) ?? this.#parts.world.store.dataOf(this.name).get(key)
    return value === undefined ? null : new TextDecoder().decode(value)
  }

  store(key: string, value: string): void {
    this.#data.set(key, new TextEncoder().encode(value))
  }

  setTimer(timer: number, delayMs: number): void {
    this.#lastSetting += 1
    this.#timers.set(timer, { delayMs, setting: FIRST_SETTING + this.#lastSetting })
  }

  async request(draft: Draft & { readonly reply_with: string }, signal: AbortSignal): Promise<Message | null> {
    const { events, cause } = this.#parts
    this.#call ??= new AbortController()
    const text = JSON.stringify({ reply_with: draft.reply_with, deadline_ms: 0 })
    const ask = { id: 0, service: 'request', text, bytes: new Uint8Array() } as const
    const answer = events.onAsk?.(ask, AbortSignal.any([this.#call.signal, signal]), cause())
    if (!this.send(draft)) this.endCall()
    const reply = await answer
    return reply === undefined || reply.status < 0 ? null : (JSON.parse(Buffer.from(reply.bytes).toString()) as Message)
  }

  /** Nobody waits for a reply any more. */
  endCall(): void {
    this.#call?.abort()
    this.#call = null
  }

  /** Returns what the call that ends has changed; null for nothing. */
  takeEffects(): Effects | null {
    this.endCall()
    if (this.#data.size + this.#timers.size + this.#subscriptions.size === 0) return null
    const effects = {
      data: new Map(this.#data),
      timers: new Map(this.#timers),
      subscriptions: new Map(this.#subscriptions),
    }
    for (const changes of [this.#data, this.#timers, this.#subscriptions]) changes.clear()
    return effects
  }
}
