import type { Message } from '../../core/index.ts'
import { DIRECTORY_LIMITS } from '../../core/index.ts'
import type { Store } from '../../store/index.ts'
import type { Conversation } from '../conversation.ts'

const AREA = 'bonds'

/**
 * Which agent each conversation stays with, by capability. They survive the end of the process like the messages that make them.
 *
 * Guarantees: bounded in number. When there are too many, whoever began the conversations of the most loses the one that was longest of
 * no use: nobody can push out those of others. An agent cannot make or use a bond in the name of another.
 * Cost: constant; linear in the agents with bonds when there are too many.
 */
export class Bonds {
  readonly #store: Pick<Store, 'recordsOf' | 'putRecord'>
  readonly #limit: number
  /** By who began the conversation; the most recently used last. */
  readonly #bonds = new Map<string, Map<string, string>>()
  #size = 0

  constructor(store: Pick<Store, 'recordsOf' | 'putRecord'>, limit: number = DIRECTORY_LIMITS.bonds) {
    this.#store = store
    this.#limit = limit
    for (const [record, agent] of store.recordsOf(AREA)) {
      const space = record.indexOf(' ')
      this.#put(record.slice(0, space), record.slice(space + 1), agent)
    }
  }

  get size(): number {
    return this.#size
  }

  /** Returns the agent that a conversation stays with; null if it is new to the capability. */
  find(capability: string, message: Message, conversation: Conversation | null): string | null {
    const [initiator, key] = nameBond(capability, message, conversation)
    const own = this.#bonds.get(initiator)
    const agent = own?.get(key)
    if (own === undefined || agent === undefined) return null
    own.delete(key)
    own.set(key, agent)
    return agent
  }

  /** Lets a conversation stay with an agent from now on. */
  tie(capability: string, message: Message, conversation: Conversation | null, agent: string): void {
    const [initiator, key] = nameBond(capability, message, conversation)
    this.#put(initiator, key, agent)
    this.#store.putRecord(AREA, `${initiator} ${key}`, agent)
    if (this.#size > this.#limit) this.#dropOne()
  }

  #put(initiator: string, key: string, agent: string): void {
    const own = this.#bonds.get(initiator)
    if (own?.has(key) !== true) this.#size += 1
    if (own === undefined) this.#bonds.set(initiator, new Map([[key, agent]]))
    else own.set(key, agent)
  }

  #dropOne(): void {
    let most = ''
    for (const [initiator, { size }] of this.#bonds) if (size > (this.#bonds.get(most)?.size ?? 0)) most = initiator
    const own = this.#bonds.get(most)
    const [key] = own?.keys() ?? []
    if (own === undefined || key === undefined) return
    own.delete(key)
    if (own.size === 0) this.#bonds.delete(most)
    this.#size -= 1
    this.#store.putRecord(AREA, `${most} ${key}`, null)
  }
}

/** Names have no spaces; the id of a conversation, which may, is last. */
function nameBond(capability: string, message: Message, conversation: Conversation | null): [string, string] {
  return [conversation?.initiator ?? message.sender, `${capability} ${message.conversation_id}`]
}
