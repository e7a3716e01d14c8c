import type { Store } from '../../store/index.ts'
import type { OfferFilter } from './offer.ts'

const AREA = 'watches'

export interface KeptWatch {
  readonly agent: string
  readonly id: number
  readonly filter: OfferFilter
}

/** Keeps watches over the end of the process, in the turn in which they begin. */
export class WatchJournal {
  readonly #store: Pick<Store, 'recordsOf' | 'putRecord'>

  constructor(store: Pick<Store, 'recordsOf' | 'putRecord'>) {
    this.#store = store
  }

  put({ agent, id, filter }: KeptWatch): void {
    this.#store.putRecord(AREA, `${agent} ${id}`, JSON.stringify(filter))
  }

  drop(agent: string, id: number): void {
    const key = `${agent} ${id}`
    if (this.#store.recordsOf(AREA).has(key)) this.#store.putRecord(AREA, key, null)
  }

  watches(): KeptWatch[] {
    return [...this.#store.recordsOf(AREA)].map(([key, text]) => {
      const [agent = '', id] = key.split(' ')
      return { agent, id: Number(id), filter: JSON.parse(text) as OfferFilter }
    })
  }
}
