/** The agents that offer one capability, and whose turn it is. */
interface Offer {
  readonly agents: string[]
  next: number
}

/** Who offers which capability. Its size is bounded by the agents there are and the capabilities each may register. */
export class Directory {
  readonly #offers = new Map<string, Offer>()

  /** Adds an agent to a capability. Tells whether it was not there before. */
  register(capability: string, agent: string): boolean {
    const offer = this.#offers.get(capability)
    if (offer === undefined) {
      this.#offers.set(capability, { agents: [agent], next: 0 })
      return true
    }
    if (offer.agents.includes(agent)) return false
    offer.agents.push(agent)
    return true
  }

  /** Takes an agent out of capabilities; turns of the others stay in order. */
  unregister(capabilities: Iterable<string>, agent: string): void {
    for (const capability of capabilities) {
      const offer = this.#offers.get(capability)
      const index = offer === undefined ? -1 : offer.agents.indexOf(agent)
      if (offer === undefined || index < 0) continue
      offer.agents.splice(index, 1)
      if (index < offer.next) offer.next -= 1
      if (offer.agents.length === 0) this.#offers.delete(capability)
    }
  }

  /** Lists the agents that offer a capability, in the order in which they registered. */
  agentsFor(capability: string): readonly string[] {
    return this.#offers.get(capability)?.agents ?? []
  }

  /**
   * Picks the next agent in turn that is taken; the turn goes to the one after it.
   *
   * Cost: one `take` for each agent asked.
   *
   * @returns the name; null when nobody offers the capability or `take` takes none
   */
  pick(capability: string, take: (agent: string) => boolean): string | null {
    const offer = this.#offers.get(capability)
    if (offer === undefined) return null
    const count = offer.agents.length
    for (let step = 0; step < count; step += 1) {
      const index = (offer.next + step) % count
      const agent = offer.agents[index]
      if (agent === undefined || !take(agent)) continue
      offer.next = (index + 1) % count
      return agent
    }
    return null
  }
}
