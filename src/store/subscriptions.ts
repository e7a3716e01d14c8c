/** Area of the records that subscriptions are kept in, by agent: an array of patterns. */
export const SUBSCRIPTIONS_AREA = 'subscriptions'

const NONE: ReadonlySet<string> = new Set()

/** Patterns of topics that agents have subscribed to: in memory, and in the journal where there is one. */
export class Subscriptions {
  readonly #patterns = new Map<string, Set<string>>()
  readonly #keep: (agent: string, text: string | null) => void

  /** @param keep keeps what an agent has subscribed to; null when that is nothing any more */
  constructor(keep: (agent: string, text: string | null) => void) {
    this.#keep = keep
  }

  /** Takes what was kept. */
  load(kept: ReadonlyMap<string, string>): void {
    for (const [agent, text] of kept) this.#patterns.set(agent, new Set(JSON.parse(text) as readonly string[]))
  }

  of(agent: string): ReadonlySet<string> {
    return this.#patterns.get(agent) ?? NONE
  }

  all(): Iterable<readonly [agent: string, patterns: ReadonlySet<string>]> {
    return this.#patterns
  }

  /** Changes what an agent has subscribed to: false takes a pattern out. */
  put(agent: string, changes: ReadonlyMap<string, boolean>): void {
    if (changes.size === 0) return
    const patterns = this.#patterns.get(agent) ?? new Set<string>()
    for (const [pattern, isKept] of changes) {
      if (isKept) patterns.add(pattern)
      else patterns.delete(pattern)
    }
    if (patterns.size === 0) this.#patterns.delete(agent)
    else this.#patterns.set(agent, patterns)
    this.#keep(agent, patterns.size === 0 ? null : JSON.stringify([...patterns]))
  }
}
