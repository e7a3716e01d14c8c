import type { Limits } from '../../src/core/index.ts'
import type { MailboxCredit } from '../../src/router/index.ts'
import { Mailboxes } from '../../src/sandbox/index.ts'

/** Credit as tests see it: guests take it too, and tests ask what is held. */
export interface TestCredit extends MailboxCredit {
  readonly mistakes: readonly string[]
  /** What a thread does when its guest sends: null is refused, else whether room is reserved. */
  accept(sender: string, receiver: string, bytes: number): boolean | null
  /** What is held of the open mailboxes. */
  held(): { readonly messages: number; readonly bytes: number; readonly outstanding: number }
}

/** The real shared table, used from one thread. */
export class SharedCredit extends Mailboxes implements TestCredit {
  readonly mistakes = []

  constructor() {
    super({ announce: () => {} }, 16)
  }

  accept(sender: string, receiver: string, bytes: number): boolean | null {
    const slots = new Map(this.entries())
    const to = slots.get(receiver) ?? null
    const journal = new Int32Array(6)
    return this.table.reserve(to, slots.get(sender) ?? null, bytes, journal) ? to !== null : null
  }

  held(): { readonly messages: number; readonly bytes: number; readonly outstanding: number } {
    const held = { messages: 0, bytes: 0, outstanding: 0 }
    for (const [name] of this.entries()) {
      const use = this.read(name)
      held.messages += use?.messages ?? 0
      held.bytes += use?.bytes ?? 0
      held.outstanding += use?.outstanding ?? 0
    }
    return held
  }
}

interface Slot {
  readonly limits: Limits
  messages: number
  bytes: number
  outstanding: number
}

/** Room in mailboxes, counted in one thread; notes everything that is given back and was not held. */
export class FakeCredit implements TestCredit {
  readonly mistakes: string[] = []
  readonly #slots = new Map<string, Slot>()

  open(name: string, limits: Limits): void {
    if (this.#slots.has(name)) this.mistakes.push(`opened twice: ${name}`)
    this.#slots.set(name, { limits, messages: 0, bytes: 0, outstanding: 0 })
  }

  close(name: string): void {
    this.#slots.delete(name)
  }

  accept(sender: string, receiver: string, bytes: number): boolean | null {
    const from = this.#slots.get(sender)
    if (from !== undefined && from.outstanding >= from.limits.outstandingMessages) return null
    if (this.#slots.has(receiver) && !this.reserveRoom(receiver, bytes)) return null
    if (from !== undefined) from.outstanding += 1
    return this.#slots.has(receiver)
  }

  reserveRoom(receiver: string, bytes: number): boolean {
    const slot = this.#slots.get(receiver)
    if (slot === undefined || slot.messages >= slot.limits.mailboxMessages) return false
    if (slot.bytes + bytes > slot.limits.mailboxBytes) return false
    slot.messages += 1
    slot.bytes += bytes
    return true
  }

  release(receiver: string, sender: string, bytes: number): void {
    const slot = this.#slots.get(receiver)
    if (slot !== undefined) {
      slot.messages -= 1
      slot.bytes -= bytes
      if (slot.messages < 0 || slot.bytes < 0) this.mistakes.push(`released too much room of ${receiver}`)
    }
    this.releaseSender(sender)
  }

  releaseSender(sender: string): void {
    const slot = this.#slots.get(sender)
    if (slot === undefined) return
    slot.outstanding -= 1
    if (slot.outstanding < 0) this.mistakes.push(`released too many places of ${sender}`)
  }

  held(): { readonly messages: number; readonly bytes: number; readonly outstanding: number } {
    const held = { messages: 0, bytes: 0, outstanding: 0 }
    for (const slot of this.#slots.values()) {
      held.messages += slot.messages
      held.bytes += slot.bytes
      held.outstanding += slot.outstanding
    }
    return held
  }
}
