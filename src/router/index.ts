/** ACL messages between agents: addresses, capabilities, conversations, requests, and what becomes of what cannot be delivered. */
export * from './address.ts'
export type { ConversationInfo } from './conversation.ts'
export type { ConversationSnapshot, PassageSnapshot } from './conversation-snapshot.ts'
export type { ConversationsOptions } from './conversations-parts.ts'
export type { MailboxCredit } from './delivery.ts'
export type { AuditRecord, RouterEvent, RouterEventType, RouterFact, RouterListener } from './event.ts'
export { FIPA_PROTOCOLS, Rulebook } from './protocols/index.ts'
export * from './router.ts'
