import type { Message, Performative } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'

/** What is remembered of one conversation: plain data. */
export interface ConversationInfo {
  readonly id: string
  /** Senders and receivers as the messages name them, at most HOST_LIMITS.participantsPerConversation. */
  readonly participants: readonly string[]
  readonly messages: number
  readonly lastAct: Performative
  readonly protocol: string | null
  /** `reply_with` of messages that nobody has answered, oldest first, at most HOST_LIMITS.openRepliesPerConversation. */
  readonly openReplies: readonly string[]
}

interface Conversation {
  readonly participants: Set<string>
  readonly openReplies: Set<string>
  messages: number
  lastAct: Performative
  protocol: string | null
}

export interface ConversationOptions {
  /** Conversations remembered. @default HOST_LIMITS.conversations */
  readonly limit?: number
}

/**
 * Remembers conversations by their id, a bounded number of them.
 *
 * Guarantees: the one forgotten first is the one idle longest among those that wait for no reply, and only when all wait
 * for replies the one idle longest of all. Cost: constant for each message.
 */
export class ConversationBook {
  readonly #limit: number
  /** In the order of their last message, the most recent last. */
  readonly #open = new Shelf()
  readonly #settled = new Shelf()

  constructor(options: ConversationOptions = {}) {
    this.#limit = options.limit ?? HOST_LIMITS.conversations
  }

  get size(): number {
    return this.#open.size + this.#settled.size
  }

  /** Notes a message that was sent. */
  note(message: Message): void {
    const id = message.conversation_id
    const conversation = this.#take(id) ?? this.#begin(message)
    conversation.messages += 1
    conversation.lastAct = message.performative
    conversation.protocol = message.protocol ?? conversation.protocol
    addBounded(conversation.participants, message.sender, HOST_LIMITS.participantsPerConversation)
    addBounded(conversation.participants, message.receiver, HOST_LIMITS.participantsPerConversation)
    if (message.in_reply_to !== undefined && message.performative !== 'agree') {
      conversation.openReplies.delete(message.in_reply_to)
    }
    if (message.reply_with !== undefined) {
      addBounded(conversation.openReplies, message.reply_with, HOST_LIMITS.openRepliesPerConversation)
    }
    const shelf = conversation.openReplies.size > 0 ? this.#open : this.#settled
    shelf.set(id, conversation)
  }

  /** Lists what is remembered, those that wait for a reply last. */
  list(): ConversationInfo[] {
    return [...this.#settled, ...this.#open].map(([id, conversation]) => describe(id, conversation))
  }

  get(id: string): ConversationInfo | null {
    const conversation = this.#open.get(id) ?? this.#settled.get(id)
    return conversation === undefined ? null : describe(id, conversation)
  }

  #take(id: string): Conversation | undefined {
    const shelf = this.#open.has(id) ? this.#open : this.#settled
    const conversation = shelf.get(id)
    shelf.delete(id)
    return conversation
  }

  #begin(message: Message): Conversation {
    if (this.size >= this.#limit) this.#forgetOne()
    return {
      participants: new Set(),
      openReplies: new Set(),
      messages: 0,
      lastAct: message.performative,
      protocol: null,
    }
  }

  #forgetOne(): void {
    const shelf = this.#settled.size > 0 ? this.#settled : this.#open
    const id = shelf.oldest()
    if (id !== undefined) shelf.delete(id)
  }
}

/**
 * Conversations in the order in which they were put here. A map remembers where deleted entries were until it is made anew, so
 * whoever looks for its first entry each time walks past all of them: one walk that never turns back finds the same.
 */
class Shelf extends Map<string, Conversation> {
  #walk = this.keys()

  /** Returns the id that has been here longest. It must be deleted next. */
  oldest(): string | undefined {
    const next = this.#walk.next()
    if (next.done !== true) return next.value
    this.#walk = this.keys()
    return this.#walk.next().value
  }
}

function addBounded(set: Set<string>, value: string, limit: number): void {
  if (set.size < limit) set.add(value)
}

function describe(id: string, conversation: Conversation): ConversationInfo {
  return Object.freeze({
    id,
    participants: Object.freeze([...conversation.participants]),
    messages: conversation.messages,
    lastAct: conversation.lastAct,
    protocol: conversation.protocol,
    openReplies: Object.freeze([...conversation.openReplies]),
  })
}
