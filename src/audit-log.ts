import type { AuditRecord } from './router/index.ts'
import { AUDIT } from './router/index.ts'
import { StoreReader } from './store/index.ts'

/** What an agent did by way of a service, as the history of a system has it. */
export interface LoggedAudit extends AuditRecord {
  readonly atMs: number
}

/**
 * Reads what agents did by way of services from a data directory, the oldest first, as long as its retention keeps it, whether a
 * system runs on it or not.
 *
 * Cost: reads the whole history once.
 *
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_VERSION, ERR_STORE_CORRUPT
 */
export function readAudit(directory: string): LoggedAudit[] {
  using reader = new StoreReader(directory)
  const records: LoggedAudit[] = []
  for (const { type, at, ...record } of reader.history()) {
    if (type === AUDIT) records.push({ ...(record as unknown as AuditRecord), atMs: Number(at) })
  }
  return records
}
