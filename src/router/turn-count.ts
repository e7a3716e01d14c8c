/** Counts what each agent has caused in this turn of the event loop: work that is done at once, and that everybody else waits for. */
export class TurnCount {
  readonly #counts = new Map<string, number>()

  of(agent: string): number {
    return this.#counts.get(agent) ?? 0
  }

  add(agent: string, count: number): void {
    if (this.#counts.size === 0) setImmediate(() => this.#counts.clear())
    this.#counts.set(agent, this.of(agent) + count)
  }
}
