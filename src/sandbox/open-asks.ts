import type { Answer, Ask, AskHandler } from '../capability/index.ts'
import { STATUS } from '../capability/index.ts'
import type { Message } from '../core/index.ts'

/*
 * What one guest has asked for and was not answered yet. Owned by the main thread.
 *
 * 1. Every ask is answered at most once, and not after the call in which it was asked has ended.
 * 2. When that call ends, whoever works on its asks, or holds something open for it, is told by the signal.
 */

const REFUSED: Answer = { status: STATUS.DENIED, bytes: new Uint8Array() }
const FAILED: Answer = { status: STATUS.FAILED, bytes: new Uint8Array() }

export class OpenAsks {
  readonly #handler: AskHandler | undefined
  /** Of the call that runs, if it has asked for anything. */
  #call: AbortController | null = null

  constructor(handler: AskHandler | undefined) {
    this.#handler = handler
  }

  /** @param cause the message that is handled; null while the guest does something else */
  take(ask: Ask, cause: Message | null, answer: (answer: Answer) => void): void {
    if (this.#handler === undefined) {
      answer(REFUSED)
      return
    }
    this.#call ??= new AbortController()
    const { signal } = this.#call
    const settle = (answered: Answer) => {
      if (!signal.aborted) answer(answered)
    }
    this.#handler(ask, signal, cause).then(settle, () => settle(FAILED))
  }

  /** The call that ran has ended, however it did. */
  endCall(): void {
    this.#call?.abort()
    this.#call = null
  }
}
