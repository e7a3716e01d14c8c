import type { Outcome, Sandbox } from '../sandbox/index.ts'
import { lostOutcome } from './agent-errors.ts'

/** What has to end in the sandbox of an agent that drains before it can be closed. */
export class Closing {
  readonly #onShut: () => void
  #shutting = 0
  #isFinishing = false
  #isOnDetour = false

  constructor(onShut: () => void) {
    this.#onShut = onShut
  }

  /** Whether messages of its thread may still be told of, or its program has not come to its end. */
  get isUnderWay(): boolean {
    return this.#shutting > 0 || this.#isFinishing
  }

  /** Lets agents of its thread hand over nothing any more. Resolves when all that was is known; null if nothing can have been. */
  shutLocal(sandbox: Sandbox | null): Promise<void> | null {
    const shut = sandbox?.shutLocal?.() ?? null
    if (shut === null) return null
    this.#shutting += 1
    void shut.then(() => {
      this.#shutting -= 1
      this.#onShut()
    })
    return shut
  }

  /** Lets agents of its thread hand over nothing for a while. `onEnd` is called when that is over. */
  detour(sandbox: Sandbox | null, forMs: number, onEnd: () => void): void {
    if (this.#isOnDetour) return
    this.#isOnDetour = true
    const timer = setTimeout(() => {
      this.#isOnDetour = false
      onEnd()
    }, forMs)
    timer.unref()
    void this.shutLocal(sandbox)
  }

  /** Lets a program that reads messages come to its end. False if there is none. */
  finish(sandbox: Sandbox | null, onFinished: (outcome: Outcome) => void): boolean {
    const finish = sandbox?.finish ?? null
    if (finish === null) return false
    this.#isFinishing = true
    void finish().catch(lostOutcome).then(onFinished)
    return true
  }
}
