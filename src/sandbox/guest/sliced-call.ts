import type { GuestStep, GuestSteps } from '../doors/door.ts'
import { TRAP } from './trap.ts'

/*
 * One call of a guest on stacks of its own, which can be suspended.
 *
 * 1. `onEnd` is called once, in a microtask, unless the call is abandoned or its thread was terminated while it ran.
 * 2. A call that is suspended, by a slice that has ended or by a host call that waits, goes on by `resume` or is unwound by `unwind`
 *    or `abandon`, one of them: V8 never frees a stack whose promise is not settled.
 * 3. Nothing but the guest's own frames is on a stack that is suspended.
 */

export interface SlicedCallParts {
  readonly steps: GuestSteps
  /** Runs a function of the guest on a stack of its own. */
  call(step: GuestStep): Promise<number | bigint | undefined>
  onEnd(end: CallEnd): void
}

/** What a call answered, or what it threw. */
export type CallEnd = { readonly status: number } | { readonly thrown: unknown }

/** What a call waits for that is suspended. */
export class Suspension {
  #suspended: PromiseWithResolvers<bigint | number> | null = null
  #isAbandoned = false

  get isSuspended(): boolean {
    return this.#suspended !== null
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  /** Answers what the guest, in its slice hook or in a host call, waits for. */
  suspend<Answer extends bigint | number>(): Promise<Answer> {
    this.#suspended = Promise.withResolvers<bigint | number>()
    return this.#suspended.promise as Promise<Answer>
  }

  /** Lets the guest go on, in a microtask, with that answer: the counter for its slice hook, or that of the host call. */
  resume(answer: bigint | number): void {
    const suspended = this.#suspended
    this.#suspended = null
    suspended?.resolve(answer)
  }

  /** Ends the call, in a microtask, with what its host call threw: TRAP, so that none of the guest's code runs. */
  unwind(thrown: unknown): void {
    const suspended = this.#suspended
    this.#suspended = null
    suspended?.reject(thrown)
  }

  /** Unwinds a suspended guest, in a microtask; none of its code runs. */
  abandon(): void {
    this.#isAbandoned = true
    this.#suspended?.reject(TRAP)
    this.#suspended = null
  }
}

export class SlicedCall extends Suspension {
  readonly #parts: SlicedCallParts

  constructor(parts: SlicedCallParts) {
    super()
    this.#parts = parts
  }

  /** Runs until the guest is suspended or has ended; how it ended is told later. */
  start(): void {
    this.#advance(() => this.#parts.steps.next())
  }

  #advance(next: () => IteratorResult<GuestStep, number>): void {
    if (this.isAbandoned) return
    let result: ReturnType<typeof next>
    try {
      result = next()
    } catch (thrown) {
      this.#end({ thrown })
      return
    }
    if (result.done === true) {
      this.#end({ status: result.value })
      return
    }
    const { steps } = this.#parts
    this.#parts.call(result.value).then(
      (answer) => this.#advance(() => steps.next(answer)),
      (thrown: unknown) => this.#advance(() => steps.throw(thrown)),
    )
  }

  #end(end: CallEnd): void {
    this.#parts.onEnd(end)
  }
}
