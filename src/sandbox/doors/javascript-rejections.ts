import type { JavaScriptEngine, Value } from './javascript-engine.ts'

/** Rejections that are remembered; one is enough to end a script. */
const REMEMBERED = 64

interface Rejection {
  readonly promise: Value
  readonly reason: Value
}

/** Promises of the guest that were rejected and that nobody has handled yet. It owns the boxes that it is given. */
export class RejectionTable {
  readonly #engine: Pick<JavaScriptEngine, 'call'>
  /** By the address of the promise, which cannot be used again while its box is kept. */
  readonly #rejections = new Map<number, Rejection>()

  constructor(engine: Pick<JavaScriptEngine, 'call'>) {
    this.#engine = engine
  }

  track(promise: Value, reason: Value, isHandled: boolean): void {
    const address = this.#engine.call('qjs_get_value_ptr', promise)
    const known = this.#rejections.get(address)
    if (!isHandled && known === undefined && this.#rejections.size < REMEMBERED) {
      this.#rejections.set(address, { promise, reason })
      return
    }
    this.#free({ promise, reason })
    if (isHandled && known !== undefined) {
      this.#rejections.delete(address)
      this.#free(known)
    }
  }

  /** Returns the reason of the first promise that nobody handles, null if there is none. */
  takeReason(): Value | null {
    for (const { reason } of this.#rejections.values()) return reason
    return null
  }

  #free({ promise, reason }: Rejection): void {
    this.#engine.call('qjs_free_value', promise)
    this.#engine.call('qjs_free_value', reason)
  }
}
