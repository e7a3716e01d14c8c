import type { CaxtonError, Clock, Message } from '../core/index.ts'
import type { HandlingEnd, Store, StoredMessage } from '../store/index.ts'

/*
 * Messages that must not be lost: from when they are accepted until they are handled or given up. Owned by the main thread.
 *
 * 1. A message is pending in the store from `accept` to `settle` or `bury`; all three change it in the turn in which what
 *    causes them happens, so that they survive together with it.
 * 2. What waits for its receiver waits in the order of its numbers, which is the order of acceptance.
 */

/** What is known of a message that is pending. */
interface Entry {
  readonly sequence: number
  readonly receiver: string
  readonly acceptedMs: number
  attempts: number
}

/** A message that waits for its receiver. */
export interface Parked {
  readonly message: Message
  readonly bytes: number
  /** Its place in the order of acceptance. */
  readonly order: number
  /** Room in the mailbox of the receiver is held for it. */
  hasRoom: boolean
  /** A place among the outstanding messages of its sender is held for it. */
  readonly hasPlace: boolean
}

export interface DurableMailParts {
  readonly store: Store
  readonly clock: Clock
  /** A message that had been written is no longer pending. */
  onUnwritten(message: Message): void
}

/** Times that the handling of a message may lose its receiver before the message is given up. */
export const MAX_ATTEMPTS = 3

/** Longest detail in the history, UTF-16 code units. */
const NOTED_DETAIL = 256

export class DurableMail {
  readonly #parts: DurableMailParts
  readonly #store: Store
  readonly #clock: Clock
  #restored: readonly StoredMessage[] = []
  readonly #entries = new Map<Message, Entry>()
  readonly #parked = new Map<string, Parked[]>()
  /** Agents that failed and will be started anew. */
  readonly #expected = new Set<string>()

  /** Takes over what the store has pending: all of it waits for its receivers. */
  constructor(parts: DurableMailParts, sizeOf: (message: Message) => number) {
    const { store, clock } = parts
    this.#parts = parts
    this.#store = store
    this.#clock = clock
    this.#restored = store.takePending()
    for (const { message, passage: _, ...entry } of this.#restored) {
      this.#entries.set(message, entry)
      const parked = { message, bytes: sizeOf(message), order: entry.sequence, hasRoom: false, hasPlace: false }
      this.park(entry.receiver, parked)
    }
  }

  /** Messages that are pending. */
  get size(): number {
    return this.#entries.size
  }

  /** What was pending when the system ended, in its order, until it is taken. */
  get restored(): readonly StoredMessage[] {
    return this.#restored
  }

  /** Takes what was pending when the system ended; there is nothing the second time. */
  takeRestored(): readonly StoredMessage[] {
    const restored = this.#restored
    this.#restored = []
    return restored
  }

  /** From now on the message is pending; nothing happens if it is already. */
  accept(message: Message, receiver: string): void {
    if (this.#entries.has(message)) return
    const sequence = this.#store.nextSequence()
    const entry: Entry = { sequence, receiver, acceptedMs: this.#clock.nowMs(), attempts: 0 }
    this.#entries.set(message, entry)
    this.#store.accept({ ...entry, message })
  }

  /** A message that is pending is for another receiver from now on. */
  assign(message: Message, receiver: string): void {
    this.settle(message)
    this.accept(message, receiver)
  }

  isPending(message: Message): boolean {
    return this.#entries.has(message)
  }

  /** The number of a message that is pending; null for any other. */
  sequenceOf(message: Message): number | null {
    return this.#entries.get(message)?.sequence ?? null
  }

  /** Times that it was tried to handle a message. */
  attemptsOf(message: Message): number {
    return this.#entries.get(message)?.attempts ?? 0
  }

  /** When a message was accepted; now for one that is not pending. */
  acceptedMsOf(message: Message): number {
    return this.#entries.get(message)?.acceptedMs ?? this.#clock.nowMs()
  }

  /** The message was handled. */
  settle(message: Message): void {
    const entry = this.#entries.get(message)
    if (entry === undefined) return
    this.#entries.delete(message)
    if (this.#store.settle(entry.sequence)) this.#parts.onUnwritten(message)
  }

  /** Its receiver, or the whole system, was lost while it handled the message, or may be. Tells whether it may be handled again. */
  countAttempt(message: Message): boolean {
    const entry = this.#entries.get(message)
    if (entry === undefined) return false
    entry.attempts += 1
    this.#store.retry(entry.sequence, entry.attempts)
    return entry.attempts < MAX_ATTEMPTS
  }

  /** The message is given up, and kept with the reason. */
  bury(message: Message, error: CaxtonError): void {
    const entry = this.#entries.get(message)
    if (entry === undefined) return
    this.settle(message)
    this.#store.dead.bury({ ...entry, message }, error, this.#clock.nowMs())
  }

  /** Notes in the history that a message was sent; `cause` is the message during whose handling it was. */
  noteSent(message: Message, cause: Message | null): void {
    if (this.#store.isDurable) this.#store.noteSent(message, this.sequenceOf(message), cause?.message_id ?? null)
  }

  /** Notes in the history that a copy of a message is on its way to an agent. */
  noteCopy(copy: Message, original: Message, agent: string): void {
    if (this.#store.isDurable) this.#store.noteCopy(copy, original.message_id, agent, this.sequenceOf(copy))
  }

  noteHandled(message: Message, agent: string, end: HandlingEnd): void {
    if (this.#store.isDurable) this.#store.noteHandled(message, agent, end)
  }

  /** Notes in the history why a message goes nowhere. */
  noteUndelivered({ message_id: id }: Message, { code, detail }: CaxtonError): void {
    if (!this.#store.isDurable) return
    const why = detail === undefined ? {} : { detail: detail.slice(0, NOTED_DETAIL) }
    this.#store.note(JSON.stringify({ type: 'undelivered', at: this.#clock.nowMs(), id, error: code, ...why }))
  }

  /** Whether messages wait for an agent: later ones must not overtake them. */
  hasParked(receiver: string): boolean {
    return this.#parked.size > 0 && this.#parked.has(receiver)
  }

  /** What waits for an agent, in order. */
  parkedOf(receiver: string): readonly Parked[] {
    return this.#parked.get(receiver) ?? []
  }

  /** Lets a message wait for its receiver, behind those that were accepted before it. */
  park(receiver: string, parked: Omit<Parked, 'order'> & { readonly order?: number }): void {
    const order = parked.order ?? this.sequenceOf(parked.message) ?? this.#store.nextSequence()
    const waiting = this.#parked.get(receiver)
    const entry: Parked = { ...parked, order }
    if (waiting === undefined) {
      this.#parked.set(receiver, [entry])
      return
    }
    let at = waiting.length
    while (at > 0 && waiting[at - 1]!.order > order) at -= 1
    waiting.splice(at, 0, entry)
  }

  /** Takes those that wait out as long as `take` takes the first of them. */
  unpark(receiver: string, take: (parked: Parked) => boolean): void {
    const waiting = this.#parked.get(receiver)
    if (waiting === undefined) return
    let taken = 0
    while (taken < waiting.length && take(waiting[taken]!)) taken += 1
    if (taken === waiting.length) this.#parked.delete(receiver)
    else waiting.splice(0, taken)
  }

  /** Whether an agent that is gone will be started anew. */
  isExpected(agent: string): boolean {
    return this.#expected.has(agent)
  }

  expect(agent: string, isExpected: boolean): void {
    if (isExpected) this.#expected.add(agent)
    else this.#expected.delete(agent)
  }
}
