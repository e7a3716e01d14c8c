import type { Person } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import type { Deadline } from './deadline-queue.ts'
import { Passages } from './passages.ts'
import { PersonRoom } from './person-room.ts'
import type { WaitingEnd, WaitingMessage } from './waiting.ts'

/** What is kept of a message that waits. */
export interface WaitingEntry {
  readonly waiting: WaitingMessage
  readonly bytes: number
  readonly deadline: Deadline | null
  /** It counts as under way. */
  readonly holdsRest: boolean
  /** The standing as the journal has it. */
  readonly published: string
}

export interface EndedMessage {
  readonly end: WaitingEnd
  readonly atMs: number
}

const NONE: readonly WaitingEntry[] = Object.freeze([])

/** What waits for whom, by id and by conversation, with the room that it takes; and how the last of what waits no more has ended. */
export class WaitingBook {
  readonly #rooms: ReadonlyMap<string, PersonRoom>
  /** In the order of acceptance. */
  readonly #entries = new Map<string, WaitingEntry>()
  readonly #byConversation = new Map<Conversation, Set<string>>()
  readonly #ended = new Map<string, EndedMessage>()

  constructor(persons: readonly Person[]) {
    this.#rooms = new Map(persons.map((person) => [person.name, new PersonRoom(person)]))
  }

  /** Names of those that are declared. */
  get persons(): Iterable<string> {
    return this.#rooms.keys()
  }

  roomOf(person: string): PersonRoom | undefined {
    return this.#rooms.get(person)
  }

  /** Everything that waits, in the order of acceptance. */
  all(): WaitingEntry[] {
    return [...this.#entries.values()]
  }

  get(id: string): WaitingEntry | undefined {
    return this.#entries.get(id)
  }

  /** What waits in a conversation. Cost: nothing to speak of where nothing does: it is asked of every step of every conversation. */
  of(conversation: Conversation): readonly WaitingEntry[] {
    if (this.#byConversation.size === 0) return NONE
    const ids = this.#byConversation.get(conversation)
    return ids === undefined ? NONE : [...ids].map((id) => this.#entries.get(id)!)
  }

  add(entry: WaitingEntry): void {
    const { id, person, message } = entry.waiting
    this.#entries.set(id, entry)
    this.#rooms.get(person)?.take(message, entry.bytes)
    const conversation = Passages.get(message)?.conversation ?? null
    if (conversation === null) return
    const ids = this.#byConversation.get(conversation)
    if (ids === undefined) this.#byConversation.set(conversation, new Set([id]))
    else ids.add(id)
  }

  /** Notes how something stands now that waits. */
  update(entry: WaitingEntry): void {
    this.#entries.set(entry.waiting.id, entry)
  }

  /** Takes something out, and remembers how it has ended. False: it did not wait any more. */
  remove({ waiting: { id, person, message }, bytes }: WaitingEntry, ended: EndedMessage): boolean {
    if (!this.#entries.delete(id)) return false
    this.#rooms.get(person)?.giveBack(message, bytes)
    const conversation = Passages.get(message)?.conversation ?? null
    const ids = conversation === null ? undefined : this.#byConversation.get(conversation)
    ids?.delete(id)
    if (conversation !== null && ids?.size === 0) this.#byConversation.delete(conversation)
    this.#ended.set(id, ended)
    if (this.#ended.size > HOST_LIMITS.endedHumanMessages) this.#ended.delete(this.#ended.keys().next().value!)
    return true
  }

  /** How a message has ended that waits no more, for the last HOST_LIMITS.endedHumanMessages of them. */
  endOf(id: string): EndedMessage | undefined {
    return this.#ended.get(id)
  }
}
