import type { Message } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'
import type { Conversation, ConversationInfo } from './conversation.ts'
import { describeConversation, findDialogue, isOpen } from './conversation.ts'
import { Shelf } from './shelf.ts'

export interface ConversationBookParts {
  /** Takes a conversation that is forgotten. */
  onForgotten(conversation: Conversation): void
  /** Something has happened in a conversation. */
  onSettled?(conversation: Conversation): void
}

export interface ConversationBookOptions {
  /** Conversations remembered beside those with a message under way. @default HOST_LIMITS.conversations */
  readonly limit?: number
}

/**
 * Remembers conversations by their id, a bounded number of them.
 *
 * Guarantees: one with a message under way is never forgotten, there are no more of those than messages in mailboxes; among
 * the others the one forgotten first is the one idle longest in which nobody waits for anything, and only when somebody waits
 * in all of them the one idle longest of all. Cost: constant for each message.
 */
export class ConversationBook {
  readonly #parts: ConversationBookParts
  readonly #limit: number
  /** The last one of each id, which leads to the others. */
  readonly #byId = new Map<string, Conversation>()
  /** The id that was looked up last, and what there is under it: V8 makes a string of its own for each that it has not seen. */
  #lastId = ''
  #lastFirst: Conversation | null = null
  /** In the order of their last message, the most recent last. */
  readonly #open = new Shelf()
  readonly #settled = new Shelf()
  readonly #busy = new Shelf()

  constructor(parts: ConversationBookParts, options: ConversationBookOptions = {}) {
    this.#parts = parts
    this.#limit = options.limit ?? HOST_LIMITS.conversations
  }

  get size(): number {
    return this.#open.size + this.#settled.size + this.#busy.size
  }

  /**
   * Finds the conversation that a message of its sender is part of: one in which it has a dialogue with the receiver, else one
   * in which both take part, else one in which it takes part alone and that it may bring the receiver into.
   *
   * @param receiver null when it is not known yet
   * @param near a conversation that it is probably part of
   */
  find(message: Message, receiver: string | null, near: Conversation | null = null): Conversation | null {
    let found: Conversation | null = null
    let rank = 0
    const { sender, protocol, conversation_id: id } = message
    for (let at = findFirst(near, id) ?? this.#first(id); at !== null; at = at.next) {
      if (!at.participants.has(sender) || (protocol !== undefined && protocol !== at.protocol?.name)) continue
      const fit = rankOf(at, sender, receiver)
      if (fit > rank) {
        found = at
        rank = fit
      }
    }
    return found
  }

  /** Tells whether somebody else than the sender talks with the receiver under that id by a protocol. */
  isForeign({ conversation_id: id, sender }: Message, receiver: string): boolean {
    for (let at = this.#first(id); at !== null; at = at.next) {
      if (at.protocol !== null && at.participants.has(receiver) && !at.participants.has(sender)) return true
    }
    return false
  }

  /** Adds a conversation that was begun. False when there are too many under its id. */
  add(conversation: Conversation): boolean {
    const first = this.#first(conversation.id)
    let count = 0
    for (let at = first; at !== null; at = at.next) count += 1
    if (count >= HOST_LIMITS.conversationsPerId) return false
    conversation.next = first
    if (first !== null) first.previous = conversation
    this.#setFirst(conversation.id, conversation)
    this.settle(conversation)
    return true
  }

  /** Puts a conversation where it belongs after something has happened in it. */
  settle(conversation: Conversation): void {
    if (conversation.inFlight > 0) this.#busy.put(conversation)
    else if (isOpen(conversation)) this.#open.put(conversation)
    else this.#settled.put(conversation)
    this.#parts.onSettled?.(conversation)
    while (this.#open.size + this.#settled.size > this.#limit) this.#forgetOne()
  }

  /** Lists what is remembered: those in which nobody waits, those in which somebody does, those with messages under way. */
  list(): ConversationInfo[] {
    return [...this.all()].map(describeConversation)
  }

  *all(): Generator<Conversation> {
    yield* this.#settled
    yield* this.#open
    yield* this.#busy
  }

  get(id: string): ConversationInfo | null {
    const found = this.#first(id)
    return found === null ? null : describeConversation(found)
  }

  #forgetOne(): void {
    const shelf = this.#settled.size > 0 ? this.#settled : this.#open
    const conversation = shelf.first
    if (conversation === null) return
    shelf.take(conversation)
    this.#unlink(conversation)
    this.#parts.onForgotten(conversation)
  }

  #unlink({ id, next, previous }: Conversation): void {
    if (next !== null) next.previous = previous
    if (previous === null) this.#setFirst(id, next)
    else previous.next = next
  }

  #first(id: string): Conversation | null {
    if (id !== this.#lastId) {
      this.#lastId = id
      this.#lastFirst = this.#byId.get(id) ?? null
    }
    return this.#lastFirst
  }

  #setFirst(id: string, first: Conversation | null): void {
    if (first === null) this.#byId.delete(id)
    else this.#byId.set(id, first)
    if (id === this.#lastId) this.#lastFirst = first
  }
}

/** Returns what `byId` has of an id, if a conversation under it is known that is remembered; null if that is not known. */
function findFirst(near: Conversation | null, id: string): Conversation | null {
  if (near === null || near.shelf === null || near.id !== id) return null
  let first = near
  while (first.previous !== null) first = first.previous
  return first
}

function rankOf(conversation: Conversation, sender: string, receiver: string | null): number {
  if (receiver === null) return conversation.initiator === sender ? 2 : 1
  if (conversation.protocol !== null && findDialogue(conversation, sender, receiver) !== null) return 4
  if (conversation.participants.has(receiver)) return 3
  return conversation.initiator === sender ? 2 : 1
}
