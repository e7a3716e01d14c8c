import type { Answer, Ask, Grants, Status } from '../../capability/index.ts'
import { mayLookUp, STATUS } from '../../capability/index.ts'
import type { Clock, Message } from '../../core/index.ts'
import type { Directory, Offer, Watches } from '../../router/index.ts'
import { answerJson, NO_BYTES } from '../answers.ts'
import { parseOffer, parseSearch, parseWatch, parseWatchId } from './requests.ts'

export interface DirectoryServiceParts {
  readonly directory: Pick<Directory, 'offer' | 'withdraw' | 'search'>
  readonly watches: Pick<Watches, 'watch' | 'unwatch'>
  readonly clock: Pick<Clock, 'nowMs'>
}

/** What agents ask of the directory. */
export class DirectoryService {
  readonly #parts: DirectoryServiceParts

  constructor(parts: DirectoryServiceParts) {
    this.#parts = parts
  }

  /** Answers `offer_capability`; `by` is the message that the agent handles meanwhile. */
  offer(agent: string, { register }: Pick<Grants, 'register'>, { text }: Ask, by: Message | null): Answer {
    const terms = parseOffer(text, this.#parts.clock.nowMs())
    if (typeof terms === 'number') return answerStatus(terms)
    if (!register.includes(terms.capability)) return answerStatus(STATUS.DENIED)
    return answerStatus(this.#parts.directory.offer(agent, terms, by) === null ? STATUS.OK : STATUS.LIMIT)
  }

  /** Answers `withdraw_capability`. */
  withdraw(agent: string, { text }: Ask, by: Message | null): Answer {
    return answerStatus(this.#parts.directory.withdraw(agent, text, by) ? STATUS.OK : STATUS.NOT_FOUND)
  }

  /** Answers `search_directory`. */
  async search({ directory: granted }: Pick<Grants, 'directory'>, { text }: Ask): Promise<Answer> {
    const search = parseSearch(text)
    if (typeof search === 'number') return answerStatus(search)
    const { filter, limit } = search
    const maySee = (capability: string) => mayLookUp(granted, capability)
    if (filter.capability !== undefined && !maySee(filter.capability)) return answerStatus(STATUS.DENIED)
    const { offers, hasMore } = await this.#parts.directory.search(filter, limit, maySee)
    return answerJson({ offers: offers.map(describeOffer), more: hasMore })
  }

  /** Answers `watch_directory`. */
  watch(agent: string, { directory: granted }: Pick<Grants, 'directory'>, { text, bytes }: Ask): Answer {
    const id = parseWatchId(bytes)
    const filter = parseWatch(text)
    if (typeof filter === 'number') return answerStatus(filter)
    if (id === null) return answerStatus(STATUS.INVALID)
    const isGranted = filter.capability === undefined ? granted.length > 0 : mayLookUp(granted, filter.capability)
    if (!isGranted) return answerStatus(STATUS.DENIED)
    return answerStatus(this.#parts.watches.watch(agent, id, filter) === null ? STATUS.OK : STATUS.LIMIT)
  }

  /** Answers `unwatch_directory`. */
  unwatch(agent: string, { bytes }: Ask): Answer {
    const id = parseWatchId(bytes)
    return answerStatus(id !== null && this.#parts.watches.unwatch(agent, id) ? STATUS.OK : STATUS.NOT_FOUND)
  }
}

/** Returns what guests are told of an offer. When it lapses is not said: the time is a grant of its own. */
function describeOffer({ agent, capability, properties, ontology }: Offer) {
  return { agent, capability, properties, ...(ontology === null ? {} : { ontology }) }
}

function answerStatus(status: Status): Answer {
  return { status, bytes: NO_BYTES }
}
