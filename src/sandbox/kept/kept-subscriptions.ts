import { TOPIC_LIMITS } from '../../core/index.ts'

/**
 * The topics that an agent has subscribed to as its guest sees them, and what the call that runs has changed of them.
 *
 * An instance that subscribes to what one before it has subscribed to changes something, too: it knows nothing of what that one was
 * told, and is brought what is retained.
 */
export class KeptSubscriptions {
  /** By pattern, whether this instance has subscribed to it itself. */
  readonly #kept: Map<string, boolean>
  #changes = new Map<string, boolean>()
  #count: number

  constructor(kept: ReadonlySet<string>) {
    this.#kept = new Map([...kept].map((pattern) => [pattern, false]))
    this.#count = kept.size
  }

  /** False when there are too many. */
  subscribe(pattern: string): boolean {
    if (this.#changes.get(pattern) ?? this.#kept.get(pattern)) return true
    const count = this.#count + (this.#has(pattern) ? 0 : 1)
    if (count > TOPIC_LIMITS.subscriptionsPerAgent) return false
    this.#changes.set(pattern, true)
    this.#count = count
    return true
  }

  /** False when there is no such subscription. */
  unsubscribe(pattern: string): boolean {
    if (!this.#has(pattern)) return false
    if (this.#kept.has(pattern)) this.#changes.set(pattern, false)
    else this.#changes.delete(pattern)
    this.#count -= 1
    return true
  }

  /** Keeps the changes and returns them. */
  take(): ReadonlyMap<string, boolean> {
    const changes = this.#changes
    if (changes.size === 0) return changes
    for (const [pattern, isSubscribed] of changes) {
      if (isSubscribed) this.#kept.set(pattern, true)
      else this.#kept.delete(pattern)
    }
    this.#changes = new Map()
    return changes
  }

  /** Undoes the changes. */
  drop(): void {
    if (this.#changes.size > 0) this.#changes = new Map()
    this.#count = this.#kept.size
  }

  #has(pattern: string): boolean {
    return this.#changes.get(pattern) ?? this.#kept.has(pattern)
  }
}
