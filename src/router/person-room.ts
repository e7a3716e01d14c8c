import type { Message, Person } from '../core/index.ts'
import { CaxtonError, humanAddress } from '../core/index.ts'
import { mailboxFull } from './delivery-problems.ts'

/** Room for what waits for one person: messages, bytes, and what of it is of one sender. */
export class PersonRoom {
  readonly #person: Person
  readonly #bySender = new Map<string, number>()
  #messages = 0
  #bytes = 0

  constructor(person: Person) {
    this.#person = person
  }

  /** Returns why a message of that size has no room; null if it has. */
  findProblem({ sender }: Message, bytes: number): CaxtonError | null {
    const { name, limits } = this.#person
    const receiver = humanAddress(name)
    if (bytes > limits.messageBytes) {
      const data = { receiver, asked: bytes, limit: limits.messageBytes }
      return new CaxtonError('ERR_LIMIT_MESSAGE_BYTES', { data })
    }
    const isFull = this.#messages >= limits.mailboxMessages || this.#bytes + bytes > limits.mailboxBytes
    return isFull || (this.#bySender.get(sender) ?? 0) >= limits.senderMessages ? mailboxFull(receiver) : null
  }

  take({ sender }: Message, bytes: number): void {
    this.#messages += 1
    this.#bytes += bytes
    this.#bySender.set(sender, (this.#bySender.get(sender) ?? 0) + 1)
  }

  giveBack({ sender }: Message, bytes: number): void {
    this.#messages -= 1
    this.#bytes -= bytes
    const left = (this.#bySender.get(sender) ?? 0) - 1
    if (left > 0) this.#bySender.set(sender, left)
    else this.#bySender.delete(sender)
  }
}
