import type { Answer, Ask, Wait } from '../../capability/index.ts'
import { STATUS } from '../../capability/index.ts'

/*
 * What one guest asks of the main thread, and what it was answered.
 *
 * 1. At most one ask is open, because a guest that waits does nothing else; an answer to another one is dropped.
 * 2. A wait is given up only when the guest ends. The main thread learns of that end, so that nothing is said of the ask.
 * 3. The bytes of an answer are kept until they are taken, until the next answer, or until the call has ended.
 */

interface OpenAsk {
  readonly id: number
  readonly wake: () => void
  answer: Answer | null
}

export type Question = Omit<Ask, 'id'>

export class Asks {
  readonly #emit: (ask: Ask) => void
  #lastId = 0
  #open: OpenAsk | null = null
  #result: Uint8Array | null = null

  /** @param emit passes an ask on to the main thread */
  constructor(emit: (ask: Ask) => void) {
    this.#emit = emit
  }

  /** What `take_result` takes. */
  get result(): Uint8Array | null {
    return this.#result
  }

  dropResult(): void {
    this.#result = null
  }

  /**
   * Waits for the answer to a question.
   *
   * @param ask makes the question when the wait begins, and may do what comes with it; a number is answered instead
   * @param finish turns the answer into what the guest gets. @default keeps the bytes and answers their length
   */
  wait(ask: (emit: (question: Question) => void) => number, finish?: (answer: Answer) => number): Wait {
    let refusal = 0
    if (finish === undefined) this.#result = null
    return {
      refused: STATUS.DENIED,
      begin: (wake) => {
        const open: OpenAsk = { id: this.#lastId + 1, wake, answer: null }
        refusal = ask((question) => {
          this.#lastId += 1
          this.#open = open
          this.#emit({ id: open.id, ...question })
        })
        if (refusal !== 0) wake()
        return () => {
          if (this.#open === open) this.#open = null
        }
      },
      finish: () => {
        const answer = this.#open?.answer ?? null
        this.#open = null
        if (refusal !== 0 || answer === null) return refusal === 0 ? STATUS.FAILED : refusal
        return finish === undefined ? this.keep(answer) : finish(answer)
      },
    }
  }

  /** Takes an answer of the main thread. One that nobody waits for is dropped. */
  take(id: number, answer: Answer): void {
    const open = this.#open
    if (open === null || open.id !== id || open.answer !== null) return
    open.answer = answer
    open.wake()
  }

  /** Keeps the bytes of an answer and returns their length, or the status of a failure. */
  keep({ status, bytes }: Answer): number {
    if (status < 0) return status
    this.#result = bytes
    return bytes.length
  }
}
