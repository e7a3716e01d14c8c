import type { Message } from '../core/index.ts'
import type { Beside, Store } from '../store/index.ts'
import type { Conversation } from './conversation.ts'
import type { ConversationSnapshot, UndertakingSnapshot } from './conversation-snapshot.ts'
import { describeUndertaking, mergeUndertakings, takeSnapshot } from './conversation-snapshot.ts'
import type { Conversations } from './conversations.ts'
import type { UnderWay } from './conversations-parts.ts'
import type { DurableMail } from './durable-mail.ts'
import type { PassageSnapshot } from './passage-snapshot.ts'
import { takePassage } from './passage-snapshot.ts'
import { Passages } from './passages.ts'
import type { Undertaking } from './undertaking.ts'

/*
 * Keeps what conversations need to go on after a restart, as it is when a batch is made: what is over by then is never written.
 *
 * 1. A conversation that follows a protocol is kept as long as it is remembered. A free one has no state that anybody is held to.
 * 2. Beside each message that is written stands its way, with what its undertaking has used until then.
 * 3. What an undertaking uses after that is kept in a record, as long as one of its written messages is pending.
 */

const CONVERSATIONS = 'conversations'
const UNDERTAKINGS = 'undertakings'

export class ConversationJournal implements Beside {
  readonly #store: Store
  readonly #keys = new WeakMap<Conversation, string>()
  readonly #changed = new Set<Conversation>()
  readonly #spent = new Set<Undertaking>()
  /** Undertakings that have a record. */
  readonly #recorded = new Set<Undertaking>()

  constructor(store: Store) {
    this.#store = store
    store.beside = this
  }

  readonly onSettled = (conversation: Conversation): void => {
    if (!this.#store.isDurable || conversation.protocol === null) return
    this.#changed.add(conversation)
    this.#store.expectChange()
  }

  readonly onDropped = (conversation: Conversation): void => {
    this.#changed.delete(conversation)
    const key = this.#keys.get(conversation)
    if (key !== undefined) this.#store.putRecord(CONVERSATIONS, key, null)
  }

  readonly onSpent = (undertaking: Undertaking): void => {
    this.#spent.add(undertaking)
    this.#store.expectChange()
  }

  /** A message that had been written is no longer pending. */
  readonly onUnwritten = (message: Message): void => {
    const undertaking = Passages.get(message)?.undertaking
    if (undertaking === undefined) return
    undertaking.written -= 1
    if (undertaking.written > 0) return
    this.#spent.delete(undertaking)
    if (this.#recorded.delete(undertaking)) this.#store.putRecord(UNDERTAKINGS, String(undertaking.id), null)
  }

  describe(message: Message): string | null {
    const passage = Passages.get(message)
    if (passage === undefined) return null
    passage.undertaking.written += 1
    return JSON.stringify(takePassage(passage))
  }

  beforeBatch(): void {
    for (const conversation of this.#changed) {
      this.#store.putRecord(CONVERSATIONS, this.#keyOf(conversation), JSON.stringify(takeSnapshot([conversation])))
    }
    this.#changed.clear()
    for (const undertaking of this.#spent) {
      const { id } = undertaking
      this.#store.putRecord(UNDERTAKINGS, String(id), JSON.stringify(describeUndertaking(undertaking)))
      this.#recorded.add(undertaking)
    }
    this.#spent.clear()
  }

  /**
   * Continues the conversations that are kept, with the messages that are under way in them.
   *
   * @param awaitAgents is told who has to do with them, before any of them is told anything
   */
  restore(conversations: Conversations, mail: DurableMail, awaitAgents: (names: Iterable<string>) => void): void {
    const kept = [...this.#store.recordsOf(CONVERSATIONS)]
    for (const [key] of kept) this.#store.putRecord(CONVERSATIONS, key, null)
    const snapshots = kept.map(([, text]) => JSON.parse(text) as ConversationSnapshot)
    const underWay = mail.takeRestored().map(({ message, receiver, passage }): UnderWay => {
      return { message, receiver, passage: passage === null ? null : (JSON.parse(passage) as PassageSnapshot) }
    })
    const records = [...this.#store.recordsOf(UNDERTAKINGS).values()]
    const recorded = records.map((text) => JSON.parse(text) as UndertakingSnapshot)
    const undertakings = mergeUndertakings([
      ...snapshots.flatMap((snapshot) => snapshot.undertakings),
      ...underWay.flatMap(({ passage }) => passage?.undertaking ?? []),
      ...recorded,
    ])
    const all = snapshots.flatMap((snapshot) => snapshot.conversations)
    awaitAgents(all.flatMap(({ participants }) => participants))
    awaitAgents(underWay.flatMap(({ message, receiver }) => [message.sender, receiver]))
    conversations.restore({ undertakings, conversations: all }, underWay)
    this.#takeOver(
      underWay.map(({ message }) => message),
      recorded,
    )
  }

  /** Written messages are still written, and records of undertakings that none of them is of are for nothing. */
  #takeOver(written: readonly Message[], recorded: readonly UndertakingSnapshot[]): void {
    const alive = new Map<number, Undertaking>()
    for (const message of written) {
      const undertaking = Passages.get(message)?.undertaking
      if (undertaking === undefined) continue
      undertaking.written += 1
      alive.set(undertaking.id, undertaking)
    }
    for (const { id } of recorded) {
      const undertaking = alive.get(id)
      if (undertaking === undefined) this.#store.putRecord(UNDERTAKINGS, String(id), null)
      else this.#recorded.add(undertaking)
    }
  }

  #keyOf(conversation: Conversation): string {
    const known = this.#keys.get(conversation)
    if (known !== undefined) return known
    const key = `${conversation.id} ${this.#store.nextSequence()}`
    this.#keys.set(conversation, key)
    return key
  }
}
