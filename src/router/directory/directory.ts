import { setImmediate } from 'node:timers/promises'
import type { Clock, ErrorCode, Message } from '../../core/index.ts'
import { DIRECTORY_LIMITS, HOST_LIMITS } from '../../core/index.ts'
import type { Deadline } from '../deadline-queue.ts'
import { DeadlineQueue } from '../deadline-queue.ts'
import type { Offer, OfferFilter, OfferTerms } from './offer.ts'
import { countChars, createMatcher, saysTheSame } from './offer.ts'
import type { OfferJournal } from './offer-journal.ts'

/*
 * Who offers what. Owned by the main thread.
 *
 * 1. An offer is seen while its agent runs and its lease lasts. What is not seen is not picked, found or told of.
 * 2. What an agent offers while it starts lasts until it ends: its next start says it again. What it offers later lasts until it is
 *    withdrawn, lapses, or the agent is stopped: over a failure and, in a data directory, over the end of the process.
 * 3. Every change of what is seen is told after it has happened, in order.
 */

export interface DirectoryParts {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly journal: Pick<OfferJournal, 'put' | 'drop' | 'offers'>
  onChange(change: OfferChange): void
}

/** A change of what is seen. `before` is null for an offer that is new, `after` for one that is gone. */
export interface OfferChange {
  readonly before: Offer | null
  readonly after: Offer | null
  readonly cause: 'offered' | 'withdrawn' | 'lapsed' | 'ended'
  /** The message during whose handling its agent did it; null where it was none. */
  readonly by: Message | null
}

export interface SearchResult {
  readonly offers: readonly Offer[]
  /** There are more than were asked for. */
  readonly hasMore: boolean
}

interface Entry {
  readonly offer: Offer
  /** Said while its agent started. */
  readonly isFromStart: boolean
  readonly lease: Deadline | null
}

/** What one agent offers. */
interface Household {
  isRunning: boolean
  chars: number
  readonly entries: Map<string, Entry>
}

/** The agents that are seen to offer one capability, in the order in which they came, and whose turn it is. */
interface Shelf {
  readonly agents: string[]
  next: number
}

const NOBODY: readonly string[] = []

export class Directory {
  readonly #parts: DirectoryParts
  readonly #households = new Map<string, Household>()
  readonly #shelves = new Map<string, Shelf>()
  readonly #leases: DeadlineQueue
  #size = 0
  #isClosed = false

  constructor(parts: DirectoryParts) {
    this.#parts = parts
    this.#leases = new DeadlineQueue({ nowMs: () => parts.clock.nowMs(), keepsAlive: false })
    for (const { isFromStart, isSeen: _, ...offer } of parts.journal.offers()) {
      if (isFromStart) parts.journal.drop(offer.agent, offer.capability)
      else this.#write(this.#put(offer, false), false)
    }
    this.#leases.run()
  }

  /** Offers that are kept, seen or not. */
  get size(): number {
    return this.#size
  }

  /**
   * Offers a capability in the name of an agent, in place of what it offered of it before.
   *
   * @param by the message that the agent handles meanwhile
   * @returns null, or why it cannot be: ERR_LIMIT_CAPABILITIES, ERR_LIMIT_DIRECTORY; then nothing has changed
   */
  offer(agent: string, terms: OfferTerms, by: Message | null = null): ErrorCode | null {
    const household = this.#households.get(agent)
    const before = household?.entries.get(terms.capability)
    const chars = (household?.chars ?? 0) + countChars(terms) - (before === undefined ? 0 : countChars(before.offer))
    if (before === undefined && (household?.entries.size ?? 0) >= HOST_LIMITS.capabilitiesPerAgent) {
      return 'ERR_LIMIT_CAPABILITIES'
    }
    if (chars > DIRECTORY_LIMITS.offerCharsPerAgent) return 'ERR_LIMIT_DIRECTORY'
    if (before === undefined && !this.#makeRoom(agent)) return 'ERR_LIMIT_DIRECTORY'
    const offer = { ...terms, agent }
    const saysNothingNew = before !== undefined && saysTheSame(before.offer, terms)
    const isFromStart = household?.isRunning !== true || (saysNothingNew && before.isFromStart)
    const isSeen = household?.isRunning === true
    this.#write(this.#put(offer, isFromStart), isSeen)
    if (isSeen && !saysNothingNew) this.#see(before?.offer ?? null, offer, by)
    return null
  }

  /** Offers a capability without anything said of it, and without end; one that is offered already stays as it is. */
  register(agent: string, capability: string, by: Message | null = null): ErrorCode | null {
    if (this.#households.get(agent)?.entries.has(capability) === true) return null
    return this.offer(agent, { capability, properties: {}, ontology: null, untilMs: null }, by)
  }

  /** Takes an offer back. False when there is none. */
  withdraw(agent: string, capability: string, by: Message | null = null): boolean {
    return this.#drop(agent, capability, 'withdrawn', by)
  }

  /**
   * The agent runs: what it offers is seen. Idempotent.
   *
   * @param mayOffer what is kept from before and no longer granted is dropped
   */
  enter(agent: string, mayOffer: (capability: string) => boolean): void {
    const household = this.#households.get(agent) ?? this.#begin(agent)
    if (household.isRunning) return
    household.isRunning = true
    for (const entry of [...household.entries.values()]) {
      const { offer } = entry
      if (mayOffer(offer.capability)) {
        this.#write(entry, true)
        this.#see(null, offer, null)
      } else this.#erase(agent, offer.capability)
    }
  }

  /** The agent does not run any more: nothing that it offers is seen. What it has offered since it ran is kept for when it does again. */
  leave(agent: string): void {
    const household = this.#households.get(agent)
    if (household === undefined) return
    const seen = household.isRunning ? [...household.entries.values()] : []
    household.isRunning = false
    for (const entry of [...household.entries.values()]) {
      if (entry.isFromStart) this.#erase(agent, entry.offer.capability)
      else this.#write(entry, false)
    }
    if (household.entries.size === 0) this.#households.delete(agent)
    for (const { offer } of seen) this.#hide(offer, 'ended', null)
  }

  /** The agent is gone for good, with all that it offers. */
  remove(agent: string): void {
    this.leave(agent)
    for (const { capability } of this.offersOf(agent)) this.#erase(agent, capability)
  }

  /** Lists what an agent offers, seen or not, in the order in which it came to offer it. */
  offersOf(agent: string): Offer[] {
    return [...(this.#households.get(agent)?.entries.values() ?? [])].map(({ offer }) => offer)
  }

  /** Lists the agents that are seen to offer a capability, in the order in which they came. */
  agentsFor(capability: string): readonly string[] {
    return this.#shelves.get(capability)?.agents ?? NOBODY
  }

  /**
   * Finds offers that are seen, in the order in which they came under each capability. An offer that changes meanwhile is found as
   * it is then.
   *
   * Cost: linear in the offers of the capability, of all capabilities where the filter names none. Others have their turns meanwhile.
   *
   * @param maySee capabilities of which offers are found. @default all
   */
  async search(filter: OfferFilter, limit: number, maySee?: (capability: string) => boolean): Promise<SearchResult> {
    const wanted = filter.capability === undefined ? [...this.#shelves.keys()] : [filter.capability]
    const isMeant = createMatcher(filter)
    const found: Offer[] = []
    let looked = 0
    let chars = 0
    for (const capability of wanted) {
      if (maySee?.(capability) === false) continue
      for (const agent of [...this.agentsFor(capability)]) {
        looked += 1
        if (looked % DIRECTORY_LIMITS.searchStride === 0) await setImmediate()
        const household = this.#households.get(agent)
        const offer = household?.isRunning === true ? household.entries.get(capability)?.offer : undefined
        if (offer === undefined || !isMeant(offer)) continue
        if (found.length >= limit || chars > DIRECTORY_LIMITS.searchChars) return { offers: found, hasMore: true }
        found.push(offer)
        chars += countChars(offer)
      }
    }
    return { offers: found, hasMore: false }
  }

  /** Tells whether an agent is seen to offer a capability. */
  isOffered(agent: string, capability: string): boolean {
    const household = this.#households.get(agent)
    return household?.isRunning === true && household.entries.has(capability)
  }

  /**
   * Picks the next agent in turn that is taken; the turn goes to the one after it.
   *
   * Cost: one `take` for each agent asked; with loads also n log n for all that offer the capability.
   *
   * @param loadOf those with the least come first, among equals the next in turn. @default all are equal
   * @returns the name; null when nobody offers the capability or `take` takes none
   */
  pick(capability: string, take: (agent: string) => boolean, loadOf?: (agent: string) => number): string | null {
    const shelf = this.#shelves.get(capability)
    if (shelf === undefined) return null
    for (const index of loadOf === undefined ? turns(shelf) : leastFirst(shelf, loadOf)) {
      const agent = shelf.agents[index]!
      if (!take(agent)) continue
      shelf.next = (index + 1) % shelf.agents.length
      return agent
    }
    return null
  }

  /** Lets every lease lapse whose time has come. A timer does it; tests with a clock of their own do it themselves. */
  runDeadlines(): void {
    this.#leases.run()
  }

  /** Lets no lease lapse any more, and leaves what is kept as it is: everything ends. */
  close(): void {
    this.#isClosed = true
    this.#leases.clear()
  }

  /** Makes room for an offer where there is none: what is kept for the agent that has not come back for longest goes. */
  #makeRoom(forAgent: string): boolean {
    if (this.#size < DIRECTORY_LIMITS.offers) return true
    for (const [agent, { isRunning, entries }] of this.#households) {
      if (agent === forAgent || isRunning || entries.values().some(({ isFromStart }) => isFromStart)) continue
      this.remove(agent)
      return true
    }
    return false
  }

  #begin(agent: string): Household {
    const household: Household = { isRunning: false, chars: 0, entries: new Map() }
    this.#households.set(agent, household)
    return household
  }

  #put(offer: Offer, isFromStart: boolean): Entry {
    const { agent, capability, untilMs } = offer
    const household = this.#households.get(agent) ?? this.#begin(agent)
    const before = household.entries.get(capability)
    if (before?.lease) this.#leases.remove(before.lease)
    const lease =
      untilMs === null ? null : this.#leases.add(untilMs, () => this.#drop(agent, capability, 'lapsed', null))
    const entry = { offer, isFromStart, lease }
    household.entries.set(capability, entry)
    household.chars += countChars(offer) - (before === undefined ? 0 : countChars(before.offer))
    if (before === undefined) this.#size += 1
    return entry
  }

  #write({ offer, isFromStart }: Entry, isSeen: boolean): void {
    if (!this.#isClosed) this.#parts.journal.put({ ...offer, isFromStart, isSeen })
  }

  #drop(agent: string, capability: string, cause: 'withdrawn' | 'lapsed', by: Message | null): boolean {
    const household = this.#households.get(agent)
    const entry = household?.entries.get(capability)
    if (household === undefined || entry === undefined) return false
    this.#erase(agent, capability)
    if (household.isRunning) this.#hide(entry.offer, cause, by)
    return true
  }

  #erase(agent: string, capability: string): void {
    this.#forget(agent, capability)
    if (!this.#isClosed) this.#parts.journal.drop(agent, capability)
  }

  #forget(agent: string, capability: string): void {
    const household = this.#households.get(agent)
    const entry = household?.entries.get(capability)
    if (household === undefined || entry === undefined) return
    if (entry.lease !== null) this.#leases.remove(entry.lease)
    household.entries.delete(capability)
    household.chars -= countChars(entry.offer)
    this.#size -= 1
    if (household.entries.size === 0 && !household.isRunning) this.#households.delete(agent)
  }

  #see(before: Offer | null, after: Offer, by: Message | null): void {
    if (before === null) {
      const shelf = this.#shelves.get(after.capability)
      if (shelf === undefined) this.#shelves.set(after.capability, { agents: [after.agent], next: 0 })
      else shelf.agents.push(after.agent)
    }
    this.#parts.onChange({ before, after, cause: 'offered', by })
  }

  /** Takes an offer off its shelf; turns of the others stay in order. */
  #hide(offer: Offer, cause: 'withdrawn' | 'lapsed' | 'ended', by: Message | null): void {
    const shelf = this.#shelves.get(offer.capability)
    const index = shelf?.agents.indexOf(offer.agent) ?? -1
    if (shelf === undefined || index < 0) return
    shelf.agents.splice(index, 1)
    if (index < shelf.next) shelf.next -= 1
    if (shelf.agents.length === 0) this.#shelves.delete(offer.capability)
    this.#parts.onChange({ before: offer, after: null, cause, by })
  }
}

/** Places on a shelf, from the one whose turn it is. */
function* turns({ agents, next }: Shelf): Generator<number> {
  for (let step = 0; step < agents.length; step += 1) yield (next + step) % agents.length
}

function leastFirst(shelf: Shelf, loadOf: (agent: string) => number): number[] {
  const places = [...turns(shelf)].map((index) => ({ index, load: loadOf(shelf.agents[index]!) }))
  return places.sort((one, other) => one.load - other.load).map(({ index }) => index)
}
