import type { Conversation } from './conversation.ts'

/** Where a conversation is on the shelves: fields that belong to them. */
export interface Shelved {
  shelf: Shelf | null
  before: Conversation | null
  after: Conversation | null
}

/** Conversations in the order in which they were put here; each is on one shelf at most. Cost of each method: constant. */
export class Shelf implements Iterable<Conversation> {
  #first: Conversation | null = null
  #last: Conversation | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one that has been here longest. */
  get first(): Conversation | null {
    return this.#first
  }

  /** Puts a conversation at the end, from wherever it is. */
  put(conversation: Conversation): void {
    if (this.#last === conversation) return
    conversation.shelf?.take(conversation)
    conversation.shelf = this
    conversation.before = this.#last
    if (this.#last === null) this.#first = conversation
    else this.#last.after = conversation
    this.#last = conversation
    this.#size += 1
  }

  /** Takes a conversation away that is here. */
  take(conversation: Conversation): void {
    const { before, after } = conversation
    if (before === null) this.#first = after
    else before.after = after
    if (after === null) this.#last = before
    else after.before = before
    conversation.shelf = null
    conversation.before = null
    conversation.after = null
    this.#size -= 1
  }

  *[Symbol.iterator](): Generator<Conversation> {
    for (let at = this.#first; at !== null; at = at.after) yield at
  }
}
