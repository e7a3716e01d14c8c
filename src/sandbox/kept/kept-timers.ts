import type { TimerSetting } from './kept.ts'

/**
 * The timers of an agent as its guest sees them, and what the call that runs has changed of them.
 *
 * The main thread decides when one is due. Between that and the call, the guest may have cancelled it or set it anew: the
 * number of the setting tells.
 */
export class KeptTimers {
  readonly limit: number
  readonly #kept: Map<number, number>
  #changes = new Map<number, TimerSetting | null>()
  #count = 0
  #lastSetting: number
  /** The one whose call runs: used up even if that fails. */
  #begun: number | null = null

  constructor(limit: number, kept: ReadonlyMap<number, number>, lastSetting: number) {
    this.limit = limit
    this.#kept = new Map(kept)
    this.#lastSetting = lastSetting
    this.drop()
  }

  /** Sets a timer, in the place of one with the same id. False when there are too many. */
  set(id: number, delayMs: number): boolean {
    const count = this.#count + (this.#has(id) ? 0 : 1)
    if (count > this.limit) return false
    this.#lastSetting += 1
    this.#changes.set(id, { delayMs, setting: this.#lastSetting })
    this.#count = count
    return true
  }

  /** False when there is none of that id. */
  cancel(id: number): boolean {
    if (!this.#has(id)) return false
    this.#remove(id)
    return true
  }

  /** Begins the call of a timer that is due: it is used up. False when it is no longer set. */
  begin(id: number, setting: number): boolean {
    if (this.#kept.get(id) !== setting) return false
    this.#remove(id)
    this.#begun = id
    return true
  }

  /** Keeps the changes and returns them. */
  take(): ReadonlyMap<number, TimerSetting | null> {
    const changes = this.#changes
    for (const [id, change] of changes) {
      if (change === null) this.#kept.delete(id)
      else this.#kept.set(id, change.setting)
    }
    this.#changes = new Map()
    this.#begun = null
    return changes
  }

  /** Undoes the changes. */
  drop(): void {
    if (this.#begun !== null) this.#kept.delete(this.#begun)
    this.#begun = null
    if (this.#changes.size > 0) this.#changes = new Map()
    this.#count = this.#kept.size
  }

  #has(id: number): boolean {
    const change = this.#changes.get(id)
    return change === undefined ? this.#kept.has(id) : change !== null
  }

  #remove(id: number): void {
    if (this.#kept.has(id)) this.#changes.set(id, null)
    else this.#changes.delete(id)
    this.#count -= 1
  }
}
