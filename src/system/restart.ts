import { parseDurationMs } from '../core/index.ts'
import { field, Mismatch, table } from './field.ts'
import { mismatch, show } from './problems.ts'

const DEFAULT_MAX = 3
const MAX_MAX = 1_000
const DEFAULT_WITHIN_MS = 60_000
const MIN_WITHIN_MS = 1_000
const MAX_WITHIN_MS = 86_400_000

const max = field((value) => {
  if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_MAX) return Number(value)
  return new Mismatch(mismatch(value, `a whole number from 1 to ${MAX_MAX}`))
})

const within = field((value) => {
  if (typeof value !== 'string' && typeof value !== 'number') {
    return new Mismatch(mismatch(value, 'a duration such as "60s"'))
  }
  const ms = parseDurationMs(value)
  return ms >= MIN_WITHIN_MS && ms <= MAX_WITHIN_MS
    ? ms
    : new Mismatch(`is ${show(value)}, expected between 1s and 24h`)
})

/** Schema of a `restart` table: how often an agent that failed is started anew. */
export const restartSchema = table({ max: max.optional(), within: within.optional() }).transform((written) => ({
  max: written.max ?? DEFAULT_MAX,
  withinMs: written.within ?? DEFAULT_WITHIN_MS,
}))
