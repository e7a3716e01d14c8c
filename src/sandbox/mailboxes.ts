import { CaxtonError, HOST_LIMITS } from '../core/index.ts'
import type { Capacities, Slot, SlotUse } from './mailbox-table.ts'
import { JOURNAL_WORDS, MailboxTable } from './mailbox-table.ts'

/** Mailbox of one name, while it is open. */
export interface MailboxSlot extends Slot {
  readonly name: string
}

export interface MailboxesParts {
  /** Tells the other threads where a mailbox is; null that it is gone. */
  announce(name: string, slot: Slot | null): void
}

/**
 * Room in the mailboxes of all agents, by name. Owned by the main thread; guests reserve in their own threads.
 *
 * A message that a guest has sent holds a place among the outstanding messages of its sender and, when it was reported as
 * reserved, room in the mailbox of its receiver. Whoever ends the message gives back exactly what it holds. A name that is
 * not open holds nothing: giving back to it changes nothing.
 */
export class Mailboxes {
  readonly table: MailboxTable
  readonly #parts: MailboxesParts
  readonly #open = new Map<string, MailboxSlot>()
  readonly #watchers = new Map<string, () => void>()
  readonly #free: number[] = []
  readonly #journal = new Int32Array(JOURNAL_WORDS)
  readonly #slotCount: number
  #opened = 0

  constructor(parts: MailboxesParts, slotCount: number = HOST_LIMITS.agents) {
    this.#parts = parts
    this.#slotCount = slotCount
    this.table = MailboxTable.create(slotCount)
  }

  /** Names and slots of the open mailboxes, for a thread that starts. */
  entries(): [string, Slot][] {
    return [...this.#open].map(([name, { index, generation }]) => [name, { index, generation }])
  }

  /**
   * Opens the mailbox of a name with nothing in it.
   *
   * @throws CaxtonError ERR_AGENT_NAME_TAKEN, ERR_LIMIT_AGENTS
   */
  open(name: string, capacities: Capacities): MailboxSlot {
    if (this.#open.has(name)) throw new CaxtonError('ERR_AGENT_NAME_TAKEN', { detail: name, data: { agent: name } })
    const slot = { name, ...this.table.open(this.#takeIndex(), capacities) }
    this.#open.set(name, slot)
    this.#parts.announce(name, slot)
    return slot
  }

  /** Closes the mailbox of a name; what was reserved in it is forgotten. Idempotent. */
  close(name: string): void {
    const slot = this.#open.get(name)
    if (slot === undefined) return
    this.#open.delete(name)
    this.table.close(slot)
    this.#free.push(slot.index)
    this.#parts.announce(name, null)
  }

  /** Takes room at the receiver for a message of a guest whose place is held already: one reported as not reserved. */
  reserveRoom(receiver: string, bytes: number): boolean {
    const slot = this.#open.get(receiver)
    return slot !== undefined && this.#reserve(slot, null, bytes)
  }

  /** Takes a place of the sender for a message of a guest that could not take it itself. A name that is not open has no bound. */
  reserveSender(sender: string): boolean {
    const slot = this.#open.get(sender)
    return slot === undefined || this.#reserve(null, slot, 0)
  }

  /** Calls `onRelease` whenever a place of the sender was given back here. One watcher for a name; null ends it. */
  watchSender(sender: string, onRelease: (() => void) | null): void {
    if (onRelease === null) this.#watchers.delete(sender)
    else this.#watchers.set(sender, onRelease)
  }

  /** Gives back the room at the receiver and the place of the sender. */
  release(receiver: string, sender: string, bytes: number): void {
    this.table.release(this.#open.get(receiver) ?? null, this.#open.get(sender) ?? null, bytes)
    this.#watchers.get(sender)?.()
  }

  /** Gives back the place of the sender, for a message that never got room. */
  releaseSender(sender: string): void {
    this.table.release(null, this.#open.get(sender) ?? null, 0)
    this.#watchers.get(sender)?.()
  }

  /** Takes what a message holds that was handed over inside a thread which is gone: it is accepted and keeps its room. */
  adopt(receiver: string, sender: string, bytes: number): void {
    this.table.adopt(this.#open.get(receiver) ?? null, this.#open.get(sender) ?? null, bytes)
  }

  /** Forgets what the thread of an agent has noted for it, once that thread is gone. */
  forgetLocal(name: string): void {
    const slot = this.#open.get(name)
    if (slot === undefined) return
    this.table.noteLocalMail(slot, 0, 0)
    this.table.noteLocalOutstanding(slot, 0)
  }

  /** What is used now; null for a name that is not open. */
  read(name: string): SlotUse | null {
    const slot = this.#open.get(name)
    return slot === undefined ? null : this.table.read(slot)
  }

  #reserve(receiver: Slot | null, sender: Slot | null, bytes: number): boolean {
    const reserved = this.table.reserve(receiver, sender, bytes, this.#journal)
    this.#journal[0] = 0
    return reserved
  }

  /** Slots that were never used go first: the longer a slot rests, the less a straggler of its last owner matters. */
  #takeIndex(): number {
    const index = this.#opened < this.#slotCount ? this.#opened : this.#free.shift()
    if (index === undefined) {
      throw new CaxtonError('ERR_LIMIT_AGENTS', { data: { limit: this.#slotCount, asked: this.#slotCount + 1 } })
    }
    if (this.#opened < this.#slotCount) this.#opened += 1
    return index
  }
}
