/** Who offers what: capabilities with properties, an ontology and a lease. */
export * from './announce.ts'
export * from './bonds.ts'
export * from './directory.ts'
export * from './offer.ts'
export * from './offer-journal.ts'
export * from './watch-journal.ts'
export * from './watch-notice.ts'
export * from './watches.ts'
