/** ACL messages between agents: addresses, capabilities, conversations, requests, and what becomes of what cannot be delivered. */
export * from './address.ts'
export type { ConversationInfo } from './conversation.ts'
export type { ConversationSnapshot } from './conversation-snapshot.ts'
export type { ConversationsOptions } from './conversations-parts.ts'
export type {
  KeptOffer,
  Offer,
  OfferFilter,
  OfferTerms,
  Properties,
  PropertyValue,
  SearchResult,
} from './directory/index.ts'
export { Directory, OFFERS_AREA, readOffer, Watches } from './directory/index.ts'
export type { AuditRecord, RouterEvent, RouterEventType, RouterFact, RouterListener } from './event.ts'
export { AUDIT } from './event.ts'
export type { MailboxCredit } from './mailbox-credit.ts'
export type { AnswerOrigin, HumanAnswer, People } from './people.ts'
export { assertTurn } from './people.ts'
export { FIPA_PROTOCOLS, Rulebook } from './protocols/index.ts'
export * from './router.ts'
export { parseRetainedValue, RETAINED_AREA } from './topics/index.ts'
export { NO_TRACING } from './tracing.ts'
export type { Standing, WaitingEnd, WaitingMessage } from './waiting.ts'
export { WAITING_AREA } from './waiting.ts'
