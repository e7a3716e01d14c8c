import { isName } from '../core/index.ts'
import { field, Mismatch } from './field.ts'
import { mismatch, show } from './problems.ts'

/**
 * The wall around an agent. `thread`: a worker thread of this process that it shares with others. `process`: a process that may
 * do nothing else, shared only by agents of the same tenant; a tenant of null is the agent alone.
 */
export type Isolation = { readonly kind: 'thread' } | { readonly kind: 'process'; readonly tenant: string | null }

export const DEFAULT_ISOLATION: Isolation = Object.freeze({ kind: 'thread' })

const EXPECTED = '"thread", "process", or "process:<tenant>"'

/** Reads `thread`, `process` or `process:<tenant>`. */
export const isolationSchema = field((value): Isolation | Mismatch => {
  if (typeof value !== 'string') return new Mismatch(mismatch(value, EXPECTED))
  if (value === 'thread') return { kind: 'thread' }
  if (value === 'process') return { kind: 'process', tenant: null }
  const tenant = /^process:(.*)$/s.exec(value)?.[1]
  if (tenant === undefined) return new Mismatch(`is ${show(value)}, expected ${EXPECTED}`)
  if (isName(tenant)) return { kind: 'process', tenant }
  return new Mismatch(`has the tenant ${show(tenant)}, expected lower-case words joined by -, _ or .`)
})
