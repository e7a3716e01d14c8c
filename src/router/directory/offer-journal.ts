import type { Store } from '../../store/index.ts'
import type { Offer } from './offer.ts'

export const OFFERS_AREA = 'offers'

/** An offer as it is kept. */
export interface KeptOffer extends Offer {
  /** Said while its agent started: the next start says it again, or does not. */
  readonly isFromStart: boolean
  /** Its agent ran when this was written: it was seen. */
  readonly isSeen: boolean
}

/**
 * Keeps offers over the end of the process, in the turn in which they are made: together with the message that is their cause. Those that
 * last no longer than the process are kept for whoever reads the data directory.
 */
export class OfferJournal {
  readonly #store: Pick<Store, 'recordsOf' | 'putRecord'>

  constructor(store: Pick<Store, 'recordsOf' | 'putRecord'>) {
    this.#store = store
  }

  put({ agent, capability, ...said }: KeptOffer): void {
    this.#store.putRecord(OFFERS_AREA, keyOf(agent, capability), JSON.stringify(said))
  }

  drop(agent: string, capability: string): void {
    const key = keyOf(agent, capability)
    if (this.#store.recordsOf(OFFERS_AREA).has(key)) this.#store.putRecord(OFFERS_AREA, key, null)
  }

  offers(): KeptOffer[] {
    return [...this.#store.recordsOf(OFFERS_AREA)].map(([key, text]) => readOffer(key, text))
  }
}

/** Reads an offer as it is kept. */
export function readOffer(key: string, text: string): KeptOffer {
  const [agent = '', capability = ''] = key.split(' ')
  return { agent, capability, ...(JSON.parse(text) as Omit<KeptOffer, 'agent' | 'capability'>) }
}

/** Neither name can have a space in it. */
function keyOf(agent: string, capability: string): string {
  return `${agent} ${capability}`
}
