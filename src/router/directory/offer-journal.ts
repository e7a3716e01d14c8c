import type { Store } from '../../store/index.ts'
import type { Offer, OfferTerms } from './offer.ts'

export const OFFERS_AREA = 'offers'

/** What is kept of an offer, beside its agent and its capability. */
type OfferRecord = Pick<OfferTerms, 'properties' | 'ontology' | 'untilMs'>

/** Keeps offers over the end of the process, in the turn in which they are made: together with the message that is their cause. */
export class OfferJournal {
  readonly #store: Pick<Store, 'recordsOf' | 'putRecord'>

  constructor(store: Pick<Store, 'recordsOf' | 'putRecord'>) {
    this.#store = store
  }

  put({ agent, capability, properties, ontology, untilMs }: Offer): void {
    const record: OfferRecord = { properties, ontology, untilMs }
    this.#store.putRecord(OFFERS_AREA, keyOf(agent, capability), JSON.stringify(record))
  }

  drop(agent: string, capability: string): void {
    const key = keyOf(agent, capability)
    if (this.#store.recordsOf(OFFERS_AREA).has(key)) this.#store.putRecord(OFFERS_AREA, key, null)
  }

  offers(): Offer[] {
    return [...this.#store.recordsOf(OFFERS_AREA)].map(([key, text]) => readOffer(key, text))
  }
}

/** Reads an offer as it is kept. */
export function readOffer(key: string, text: string): Offer {
  const space = key.indexOf(' ')
  return { agent: key.slice(0, space), capability: key.slice(space + 1), ...(JSON.parse(text) as OfferRecord) }
}

/** Neither name can have a space in it. */
function keyOf(agent: string, capability: string): string {
  return `${agent} ${capability}`
}
