import type { Store } from '../store/index.ts'
import type { Conversation } from './conversation.ts'
import type { ConversationSnapshot } from './conversation-snapshot.ts'
import { takeSnapshot } from './conversation-snapshot.ts'
import type { Conversations } from './conversations.ts'
import type { DurableMail } from './durable-mail.ts'

const AREA = 'conversations'

/**
 * Keeps conversations that follow a protocol, so that they go on after a restart: each change in the turn in which it happens, and
 * so together with the messages that are its cause. Free conversations have no state that anybody is held to.
 */
export class ConversationJournal {
  readonly #store: Store
  readonly #keys = new WeakMap<Conversation, string>()

  constructor(store: Store) {
    this.#store = store
  }

  readonly onSettled = (conversation: Conversation): void => {
    if (!this.#store.isDurable || conversation.protocol === null) return
    let key = this.#keys.get(conversation)
    if (key === undefined) {
      key = `${conversation.id} ${this.#store.nextSequence()}`
      this.#keys.set(conversation, key)
    }
    this.#store.putRecord(AREA, key, JSON.stringify(takeSnapshot([conversation])))
  }

  readonly onDropped = (conversation: Conversation): void => {
    const key = this.#keys.get(conversation)
    if (key !== undefined) this.#store.putRecord(AREA, key, null)
  }

  /** Continues the conversations that are kept, with the messages that are under way in them. */
  restore(conversations: Conversations, mail: DurableMail): void {
    const kept = [...this.#store.recordsOf(AREA)]
    const snapshots = kept.map(([, text]) => JSON.parse(text) as ConversationSnapshot)
    for (const [key] of kept) this.#store.putRecord(AREA, key, null)
    const undertakings = new Map(snapshots.flatMap((one) => one.undertakings).map((one) => [one.id, one]))
    conversations.restore({
      undertakings: [...undertakings.values()],
      conversations: snapshots.flatMap((one) => one.conversations),
    })
    for (const { message, receiver } of mail.pending())
      conversations.resume(message, receiver, { hops: 0, initiator: null })
  }
}
