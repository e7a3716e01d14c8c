import type { Message, MessagePriority } from '../core/index.ts'
import { expiryOf, MESSAGE_PRIORITIES, readTerms } from '../core/index.ts'

/** Messages of a throttled agent in the sandbox ahead of their turn, so that a thread does not wait between two of them. */
export const WINDOW = 16

/** A message with the bytes of credit that were reserved for it. */
export interface Letter {
  readonly message: Message
  readonly bytes: number
  /** Its credit is held and given back by the thread in which it was handed over. */
  isLocal?: boolean
  /** Who holds a place for it among its messages. @default its sender */
  readonly payer?: string
  /** @default normal */
  readonly priority?: MessagePriority
  /** When it is worth nothing any more, milliseconds since 1970. @default never */
  readonly expiresMs?: number
  /** Whether it matters in which order, or until when, it is handed over. */
  readonly isChosen?: boolean
}

/** Makes the letter of a message that was accepted then. */
export function createLetter(message: Message, bytes: number, acceptedMs: number, payer = message.sender): Letter {
  // Deadlines of a protocol are kept where the protocol is.
  const replyBy = message.protocol === undefined ? message.reply_by : undefined
  if (message.extras === undefined && replyBy === undefined) return { message, bytes, payer }
  const { priority, ttlMs } = readTerms(message)
  const expiresMs = expiryOf(replyBy, ttlMs, acceptedMs)
  if (expiresMs !== null) return { message, bytes, payer, priority, expiresMs, isChosen: true }
  return { message, bytes, payer, priority, isChosen: priority !== 'normal' }
}

/** Letters shifted off before the room in front of the first one is given back. */
const COMPACT_AT = 1_024

/** Letters that wait, first in first out. Its size is bounded by the credit that is reserved before a letter comes here. */
class Lane {
  #letters: Letter[] = []
  #first = 0
  #bytes = 0

  get size(): number {
    return this.#letters.length - this.#first
  }

  get bytes(): number {
    return this.#bytes
  }

  push(letter: Letter): void {
    this.#letters.push(letter)
    this.#bytes += letter.bytes
  }

  /** Takes the oldest letter; undefined if there is none. Cost: constant, amortised. */
  shift(): Letter | undefined {
    const letter = this.#letters[this.#first]
    if (letter === undefined) return undefined
    this.#first += 1
    this.#bytes -= letter.bytes
    if (this.#first === this.#letters.length) {
      // Mostly the only one: the room for it is used again.
      if (this.#first === 1) this.#letters.pop()
      else this.#letters = []
      this.#first = 0
    } else if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#letters.length) {
      this.#letters = this.#letters.slice(this.#first)
      this.#first = 0
    }
    return letter
  }

  /** Takes all letters, oldest first. */
  takeAll(): Letter[] {
    const letters = this.#letters.slice(this.#first)
    this.#letters = []
    this.#first = 0
    this.#bytes = 0
    return letters
  }
}

/** Messages that wait: those of a higher priority go first, within one the oldest. */
export class Mailbox {
  readonly #lanes = { high: new Lane(), normal: new Lane(), low: new Lane() }

  get size(): number {
    const { high, normal, low } = this.#lanes
    return high.size + normal.size + low.size
  }

  get bytes(): number {
    const { high, normal, low } = this.#lanes
    return high.bytes + normal.bytes + low.bytes
  }

  push(letter: Letter): void {
    this.#lanes[letter.priority ?? 'normal'].push(letter)
  }

  /** Takes the next letter; undefined if there is none. Cost: constant, amortised. */
  shift(): Letter | undefined {
    const { high, normal, low } = this.#lanes
    return high.shift() ?? normal.shift() ?? low.shift()
  }

  /** Takes all letters, in their order. */
  takeAll(): Letter[] {
    return MESSAGE_PRIORITIES.flatMap((priority) => this.#lanes[priority].takeAll())
  }
}

/** Letters that the sandbox has and has not ended, in the order in which it got them. */
export class HandedOver {
  readonly #letters = new Set<Letter>()
  #bytes = 0

  get size(): number {
    return this.#letters.size
  }

  get bytes(): number {
    return this.#bytes
  }

  add(letter: Letter): void {
    this.#letters.add(letter)
    this.#bytes += letter.bytes
  }

  /** Tells whether the letter was there. */
  take(letter: Letter): boolean {
    if (!this.#letters.delete(letter)) return false
    this.#bytes -= letter.bytes
    return true
  }

  takeAll(): Letter[] {
    const letters = [...this.#letters]
    this.#letters.clear()
    this.#bytes = 0
    return letters
  }
}
