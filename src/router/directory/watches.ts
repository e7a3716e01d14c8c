import type { ErrorCode, Message } from '../../core/index.ts'
import { DIRECTORY_LIMITS } from '../../core/index.ts'
import type { OfferChange } from './directory.ts'
import type { Offer, OfferFilter, OfferTerms } from './offer.ts'
import { countChars, createMatcher } from './offer.ts'
import type { WatchJournal } from './watch-journal.ts'

/*
 * Who is told of changes in the directory. Owned by the main thread.
 *
 * 1. At most one notice of a watch is under way. What changes until it has been handled is told by the next one: of each offer how it
 *    is then.
 * 2. What waits to be told is bounded. Beyond that, and where a notice was lost, the next one says that something was missed.
 * 3. A watch lasts like an offer: one that begins while its agent starts lasts until that ends, any other until it is taken back or the
 *    agent is stopped. While the agent does not run nothing is told, and its first notice then says that something was missed.
 */

/** What a notice tells of one offer. */
export type NoticedChange =
  | ({ readonly offered: true } & Pick<Offer, 'agent' | 'capability' | 'properties'> & { readonly ontology?: string })
  | {
      readonly offered: false
      readonly agent: string
      readonly capability: string
      /** `changed`: it is still offered, and no longer what is looked for. */
      readonly cause: 'withdrawn' | 'lapsed' | 'ended' | 'changed'
    }

export interface WatchNotice {
  /** Number that the agent has given the watch. */
  readonly watch: number
  readonly changes: readonly NoticedChange[]
  /** There were other changes, too: only a search tells how things are. */
  readonly missed: boolean
}

export interface WatchesParts {
  readonly journal: Pick<WatchJournal, 'put' | 'drop' | 'watches'>
  /** Capabilities that an agent may know of. */
  maySee(agent: string, capability: string): boolean
  createMessageId(): string
  /** Sends a notice in the message of that id; `onNoticeEnded` follows, perhaps at once. `by` is the last message that led to it. */
  tell(agent: string, messageId: string, notice: WatchNotice, by: Message | null): void
}

interface WaitingChange {
  readonly change: NoticedChange
  readonly by: Message | null
}

interface Watch {
  readonly agent: string
  readonly id: number
  readonly filter: OfferFilter
  readonly isMeant: (offer: OfferTerms) => boolean
  readonly isFromStart: boolean
  /** By agent and capability. */
  readonly waiting: Map<string, WaitingChange>
  isMissing: boolean
  /** Id of the notice that is under way. */
  notice: string | null
}

export class Watches {
  readonly #parts: WatchesParts
  readonly #byAgent = new Map<string, Map<number, Watch>>()
  /** Of agents that run, by the capability that they name; '' for those that name none. */
  readonly #awake = new Map<string, Set<Watch>>()
  readonly #running = new Set<string>()
  readonly #notices = new Map<string, Watch>()
  #size = 0

  constructor(parts: WatchesParts) {
    this.#parts = parts
    for (const { agent, id, filter } of parts.journal.watches()) this.#put(agent, id, filter, false)
  }

  get size(): number {
    return this.#size
  }

  /** Begins a watch in the place of one of that number. Returns null, or why it cannot be: ERR_LIMIT_DIRECTORY. */
  watch(agent: string, id: number, filter: OfferFilter): ErrorCode | null {
    const own = this.#byAgent.get(agent)
    const isNew = own?.has(id) !== true
    if (isNew && (own?.size ?? 0) >= DIRECTORY_LIMITS.watchesPerAgent) return 'ERR_LIMIT_DIRECTORY'
    if (isNew && !this.#makeRoom(agent)) return 'ERR_LIMIT_DIRECTORY'
    this.unwatch(agent, id)
    const isFromStart = !this.#running.has(agent)
    const watch = this.#put(agent, id, filter, isFromStart)
    if (isFromStart) return null
    this.#parts.journal.put(watch)
    this.#wake(watch)
    return null
  }

  /** Ends a watch. False when there is none of that number. */
  unwatch(agent: string, id: number): boolean {
    const watch = this.#byAgent.get(agent)?.get(id)
    if (watch === undefined) return false
    this.#forget(watch)
    this.#parts.journal.drop(agent, id)
    return true
  }

  /** The agent runs. Idempotent. */
  enter(agent: string): void {
    if (this.#running.has(agent)) return
    this.#running.add(agent)
    for (const watch of this.#byAgent.get(agent)?.values() ?? []) {
      this.#wake(watch)
      if (watch.isFromStart) continue
      watch.isMissing = true
      this.#tell(watch)
    }
  }

  /** The agent does not run any more. */
  leave(agent: string): void {
    this.#running.delete(agent)
    for (const watch of [...(this.#byAgent.get(agent)?.values() ?? [])]) {
      if (watch.isFromStart) this.#forget(watch)
      else this.#rest(watch)
    }
  }

  /** The agent is gone for good. */
  remove(agent: string): void {
    this.leave(agent)
    for (const id of [...(this.#byAgent.get(agent)?.keys() ?? [])]) this.unwatch(agent, id)
  }

  /** Tells those who watch of a change. Cost: linear in the watches that name the capability, or none. */
  note(change: OfferChange): void {
    const offer = change.after ?? change.before
    if (offer === null) return
    for (const name of [offer.capability, '']) {
      for (const watch of this.#awake.get(name) ?? []) this.#note(watch, offer, change)
    }
  }

  /** A message has come to its end. What waits is told once a notice has been handled; one that was lost is made up for later. */
  onNoticeEnded(messageId: string, isHandled: boolean): void {
    const watch = this.#notices.get(messageId)
    if (watch === undefined) return
    this.#notices.delete(messageId)
    watch.notice = null
    if (!isHandled) watch.isMissing = true
    else if (watch.isMissing || watch.waiting.size > 0) this.#tell(watch)
  }

  /** Makes room for a watch where there is none: what is kept for the agent that has not come back for longest goes. */
  #makeRoom(forAgent: string): boolean {
    if (this.#size < DIRECTORY_LIMITS.watches) return true
    for (const [agent, own] of this.#byAgent) {
      if (agent === forAgent || this.#running.has(agent) || own.values().some(({ isFromStart }) => isFromStart))
        continue
      this.remove(agent)
      return true
    }
    return false
  }

  #put(agent: string, id: number, filter: OfferFilter, isFromStart: boolean): Watch {
    const watch: Watch = {
      agent,
      id,
      filter,
      isMeant: createMatcher(filter),
      isFromStart,
      waiting: new Map(),
      isMissing: false,
      notice: null,
    }
    const own = this.#byAgent.get(agent)
    if (own === undefined) this.#byAgent.set(agent, new Map([[id, watch]]))
    else own.set(id, watch)
    this.#size += 1
    return watch
  }

  #wake(watch: Watch): void {
    const name = watch.filter.capability ?? ''
    const awake = this.#awake.get(name)
    if (awake === undefined) this.#awake.set(name, new Set([watch]))
    else awake.add(watch)
  }

  #rest(watch: Watch): void {
    const name = watch.filter.capability ?? ''
    const awake = this.#awake.get(name)
    awake?.delete(watch)
    if (awake?.size === 0) this.#awake.delete(name)
    if (watch.notice !== null) this.#notices.delete(watch.notice)
    watch.notice = null
    watch.waiting.clear()
  }

  #forget(watch: Watch): void {
    this.#rest(watch)
    const own = this.#byAgent.get(watch.agent)
    own?.delete(watch.id)
    if (own?.size === 0) this.#byAgent.delete(watch.agent)
    this.#size -= 1
  }

  #note(watch: Watch, offer: Offer, { before, after, cause, by }: OfferChange): void {
    // An agent knows what it offers and takes back itself; that an offer of its own has lapsed is news to it.
    if (offer.agent === watch.agent && cause !== 'lapsed') return
    const isMeantNow = after !== null && watch.isMeant(after)
    if (!isMeantNow && (before === null || !watch.isMeant(before))) return
    if (!this.#parts.maySee(watch.agent, offer.capability)) return
    const key = `${offer.agent} ${offer.capability}`
    if (watch.waiting.size >= DIRECTORY_LIMITS.waitingChanges && !watch.waiting.has(key)) watch.isMissing = true
    else {
      const change = isMeantNow ? describe(after) : describeEnd(offer, after === null ? cause : 'changed')
      watch.waiting.set(key, { change, by })
    }
    if (watch.notice === null) this.#tell(watch)
  }

  #tell(watch: Watch): void {
    const { agent, id, waiting, isMissing } = watch
    const changes: NoticedChange[] = []
    let chars = 0
    let last: Message | null = null
    for (const [key, { change, by }] of waiting) {
      if (chars > DIRECTORY_LIMITS.noticeChars) break
      changes.push(change)
      waiting.delete(key)
      last = by ?? last
      chars += change.offered ? countChars({ ...change, ontology: change.ontology ?? null }) : 0
    }
    watch.isMissing = false
    const messageId = this.#parts.createMessageId()
    watch.notice = messageId
    this.#notices.set(messageId, watch)
    this.#parts.tell(agent, messageId, { watch: id, changes, missed: isMissing }, last)
  }
}

function describe({ agent, capability, properties, ontology }: Offer): NoticedChange {
  return { offered: true, agent, capability, properties, ...(ontology === null ? {} : { ontology }) }
}

function describeEnd({ agent, capability }: Offer, cause: OfferChange['cause'] | 'changed'): NoticedChange {
  return { offered: false, agent, capability, cause: cause === 'offered' ? 'changed' : cause }
}
