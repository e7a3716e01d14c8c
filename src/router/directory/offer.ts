export type PropertyValue = string | number | boolean

/** Words about an offer, by their names. A name may be any text: ask by `Object.hasOwn`. */
export type Properties = Readonly<Record<string, PropertyValue>>

/** What an agent says of a capability that it offers. */
export interface OfferTerms {
  readonly capability: string
  readonly properties: Properties
  readonly ontology: string | null
  /** When it lapses unless it is offered again, milliseconds since 1970; null is never. */
  readonly untilMs: number | null
}

export interface Offer extends OfferTerms {
  readonly agent: string
}

/** Which offers are meant: those that have everything that is named here. */
export interface OfferFilter {
  readonly capability?: string
  /** Each must be there with an equal value of the same type: 1 is 1.0, and not "1". */
  readonly properties?: Properties
  readonly ontology?: string
}

/** Makes of a filter what tells whether an offer is meant. Cost of each answer: linear in the properties of the filter. */
export function createMatcher({ capability, properties = {}, ontology }: OfferFilter): (offer: OfferTerms) => boolean {
  const wanted = Object.entries(properties)
  return (offer) =>
    (capability === undefined || capability === offer.capability) &&
    (ontology === undefined || ontology === offer.ontology) &&
    hasAll(offer.properties, wanted)
}

/** Tells whether two offers of a capability say the same, whenever they lapse. */
export function saysTheSame(one: OfferTerms, other: OfferTerms): boolean {
  return (
    one.ontology === other.ontology &&
    Object.keys(one.properties).length === Object.keys(other.properties).length &&
    hasAll(one.properties, Object.entries(other.properties))
  )
}

/** Characters of what is said of an offer. */
export function countChars({ properties, ontology }: Pick<OfferTerms, 'properties' | 'ontology'>): number {
  let chars = ontology?.length ?? 0
  for (const [name, value] of Object.entries(properties)) chars += name.length + String(value).length
  return chars
}

function hasAll(properties: Properties, wanted: readonly [string, PropertyValue][]): boolean {
  return wanted.every(([name, value]) => properties[name] === value && Object.hasOwn(properties, name))
}
