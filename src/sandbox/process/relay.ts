import type { ErrorData } from '../../core/index.ts'
import type { Mailboxes } from '../mailboxes.ts'
import { messageBytes } from '../message-size.ts'
import type { GuestMessage, Thread } from '../thread.ts'
import type { ChildGuestSpec, FromChild, ToChild } from './protocol.ts'

/*
 * Child side of the border. Runs on the main thread of the child and owns its mailboxes.
 *
 * 1. The mailboxes here are no mailboxes: room in them is held only until a message has been passed on, and a place among
 *    the outstanding messages of an agent until the host has said that one is free again.
 * 2. After `closed` and after an ending nothing is said for an agent any more.
 */

interface Guest {
  readonly agent: number
  readonly name: string
  readonly wallMs: number
  callsWaiting: number
}

export type ToRelay = Exclude<ToChild, { readonly type: 'begin' | 'ping' }>

export interface RelayParts {
  readonly thread: Thread
  readonly mailboxes: Mailboxes
  send(message: FromChild): void
}

/** Milliseconds between two looks at the wall time of the running call. */
const WATCH_MS = 10

export class Relay {
  readonly #parts: RelayParts
  readonly #guests = new Map<number, Guest>()
  readonly #modules = new Map<number, WebAssembly.Module>()
  #waitingCount = 0
  #watch: NodeJS.Timeout | null = null
  #reported = 0

  constructor(parts: RelayParts) {
    this.#parts = parts
  }

  /** Takes a message of the host. */
  receive(message: ToRelay): void {
    switch (message.type) {
      case 'module':
        this.#modules.set(message.module, new WebAssembly.Module(message.bytes.slice()))
        break
      case 'forget-module':
        this.#modules.delete(message.module)
        break
      case 'call':
        this.#call(message)
        break
      case 'close':
        void this.#close(message.agent)
        break
      case 'release':
        this.#release(message)
        break
      case 'answer':
        this.#parts.thread.post(message)
        break
    }
  }

  /** Takes a message of the worker thread. */
  pass(message: GuestMessage): void {
    const guest = this.#guests.get(message.agent)
    if (message.type === 'outcome') {
      if (guest === undefined) return
      guest.callsWaiting -= 1
      this.#parts.thread.addWaiting(-1)
      if (message.ending !== null) this.#forget(guest)
    } else if (message.type === 'event' && message.event.type === 'send') {
      const { message: sent, reserved } = message.event
      if (reserved) this.#parts.mailboxes.release(sent.receiver, '', messageBytes(sent))
    }
    if (guest !== undefined) this.#parts.send(message)
  }

  /** Looks at wall times while calls wait or run, and at no other time. */
  countWaiting(count: number): void {
    this.#waitingCount += count
    if (this.#waitingCount > 0) this.#watch ??= setInterval(() => this.#look(), WATCH_MS)
    else if (this.#watch !== null) {
      clearInterval(this.#watch)
      this.#watch = null
    }
  }

  #call({ agent, id, call }: ToChild & { readonly type: 'call' }): void {
    const { thread } = this.#parts
    if (call.kind === 'create') this.#open(call.spec)
    const guest = this.#guests.get(agent)
    if (guest === undefined) return
    guest.callsWaiting += 1
    thread.addWaiting(1)
    if (call.kind !== 'create') thread.post({ type: 'call', agent, id, call })
    else {
      const module = this.#modules.get(call.spec.module)!
      thread.post({ type: 'call', agent, id, call: { kind: 'create', spec: { ...call.spec, module } } })
    }
  }

  #open({ agent, name, limits, outstanding }: ChildGuestSpec): void {
    const { mailboxes } = this.#parts
    mailboxes.open(name, limits)
    for (let count = 0; count < outstanding; count += 1) mailboxes.reserveSender(name)
    this.#parts.thread.addAgent()
    this.#guests.set(agent, { agent, name, wallMs: limits.wallMs, callsWaiting: 0 })
  }

  #forget(guest: Guest): void {
    this.#guests.delete(guest.agent)
    this.#parts.thread.removeAgent(guest.agent)
    this.#parts.mailboxes.close(guest.name)
    this.#parts.thread.addWaiting(-guest.callsWaiting)
  }

  async #close(agent: number): Promise<void> {
    const guest = this.#guests.get(agent)
    if (guest !== undefined) this.#forget(guest)
    await this.#parts.thread.end(agent)
    this.#parts.send({ type: 'closed', agent })
  }

  #release({ agent, count }: ToChild & { readonly type: 'release' }): void {
    const guest = this.#guests.get(agent)
    if (guest === undefined) return
    for (let released = 0; released < count; released += 1) this.#parts.mailboxes.releaseSender(guest.name)
  }

  /** Tells the host who runs, so that it knows whom to blame when this process is gone the next moment. */
  #look(): void {
    const { thread, send } = this.#parts
    const running = thread.running()
    if (running !== null && running.call !== this.#reported && this.#guests.has(running.agent)) {
      this.#reported = running.call
      send({ type: 'running', agent: running.agent })
    }
    thread.watch((agent) => this.#describe(agent))
  }

  #describe(agent: number): ErrorData | null {
    const guest = this.#guests.get(agent)
    if (guest === undefined) return null
    return { code: 'ERR_LIMIT_WALL', detail: `${guest.wallMs} ms`, data: { limit: guest.wallMs } }
  }
}
