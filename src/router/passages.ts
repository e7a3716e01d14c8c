import type { Message } from '../core/index.ts'
import { Given } from '../core/index.ts'
import type { Passage } from './undertaking.ts'

/**
 * The passage of each message, kept with the message in a field that nobody else can see.
 *
 * A `WeakMap` does the same, but each of its entries is looked at by every collection of garbage, and there is one for every
 * message.
 */
export class Passages extends Given {
  #passage: Passage

  private constructor(message: Message, passage: Passage) {
    super(message)
    this.#passage = passage
  }

  static get(message: Message): Passage | undefined {
    return #passage in message ? (message as Passages).#passage : undefined
  }

  /** Whether the sender of a message is told nothing of it. */
  static isSilent(message: Message): boolean {
    return Passages.get(message)?.isSilent === true
  }

  static set(message: Message, passage: Passage): void {
    if (#passage in message) (message as Passages).#passage = passage
    else new Passages(message, passage)
  }
}
