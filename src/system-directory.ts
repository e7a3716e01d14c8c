import { DIRECTORY_LIMITS } from './core/index.ts'
import type { Directory, OfferFilter, SearchResult } from './router/index.ts'

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
  search(filter: OfferFilter = {}, limit: number = DIRECTORY_LIMITS.searchResults): Promise<SearchResult> {
    return this.#directory.search(filter, limit)
  }
}
