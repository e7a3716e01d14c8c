import { DIRECTORY_LIMITS } from './core/index.ts'
import type { Directory, KeptOffer, OfferFilter, SearchResult } from './router/index.ts'
import { OFFERS_AREA, readOffer } from './router/index.ts'
import { StoreReader } from './store/index.ts'

export type { KeptOffer, Offer, OfferFilter, SearchResult } from './router/index.ts'
export type { CapabilitiesInput } from './system/index.ts'

/** Who offers what in a running system, for whoever runs it. */
export class SystemDirectory {
  readonly #directory: Pick<Directory, 'search'>

  constructor(directory: Pick<Directory, 'search'>) {
    this.#directory = directory
  }

  /**
   * Finds what agents offer now: everything, or what has all that the filter names. Values of properties are equal when they have
   * the same type and are the same; names are compared as they are written.
   *
   * @param limit the most offers that are returned. @default 100
   */
  async search(filter: OfferFilter = {}, limit: number = DIRECTORY_LIMITS.searchResults): Promise<SearchResult> {
    const { offers, hasMore } = await this.#directory.search(filter, limit)
    return { offers: offers.map((offer) => structuredClone(offer)), hasMore }
  }
}

/**
 * Reads what agents offer from a data directory, by agent and capability, whether a system runs on it or not: then it is what they
 * offered at its end.
 *
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_VERSION, ERR_STORE_CORRUPT
 */
export function readOffers(directory: string): KeptOffer[] {
  using reader = new StoreReader(directory)
  return [...reader.records(OFFERS_AREA)].map(([key, text]) => readOffer(key, text))
}
