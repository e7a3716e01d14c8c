import type { AuditRecord } from '../router/index.ts'

export type { AuditRecord } from '../router/index.ts'

/** Takes note of what agents do by way of services. */
export type Audit = (record: AuditRecord) => void
