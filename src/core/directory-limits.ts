/** Bounds of the directory. How many capabilities one agent may register is `capabilitiesPerAgent` of HOST_LIMITS. */
export const DIRECTORY_LIMITS = Object.freeze({
  /** Offers of all agents, those kept for agents that do not run included. */
  offers: 100_000,
  /** Properties of one offer, and of one filter. */
  properties: 16,
  propertyNameChars: 64,
  /** Longest value of a property that is a text, and longest ontology. */
  textChars: 256,
  /** Characters of the properties and ontologies of all offers of one agent. */
  offerCharsPerAgent: 16_384,
  /** Shortest lease, milliseconds: a shorter one is as long. */
  leaseMinMs: 10,
  /** Longest lease, ten years in milliseconds. */
  leaseMaxMs: 315_576_000_000,
  /** Offers that one search answers. */
  searchResults: 100,
  /** Characters of the properties and ontologies that one search answers, about. */
  searchChars: 262_144,
  /** Offers that a search looks at before others have their turn. */
  searchStride: 2_000,
  watchesPerAgent: 16,
  /** Conversations that stay with an agent, by `sticky`. */
  bonds: 20_000,
  /** Watches of all agents, those kept for agents that do not run included. */
  watches: 20_000,
  /** Offers whose changes wait to be told to one watch; beyond that it is told that it missed some. */
  waitingChanges: 64,
  /** Characters of the properties and ontologies that one notice tells, about. */
  noticeChars: 32_768,
})
