/** What the host does for agents beside carrying their messages: HTTP by rules, tools of MCP servers, secrets for both. */
export type { Audit, AuditRecord } from './audit.ts'
export type { DelegationInfo } from './delegation/delegation-book.ts'
export { Secrets } from './secrets/secrets.ts'
export type { ServiceClient, ServicesOptions, ServicesParts } from './services.ts'
export { Services } from './services.ts'
export type { SpawnRequest } from './spawn/service.ts'
