import type { z } from 'zod'
import type { Limits } from '../core/index.ts'
import {
  DEFAULT_LIMITS,
  formatBytes,
  formatCount,
  formatDurationMs,
  LIMITS,
  parseBytes,
  parseCount,
  parseDurationMs,
} from '../core/index.ts'
import { field, Mismatch, table } from './field.ts'
import { configError, formatPath, mismatch, show, toProblems } from './problems.ts'

/** Limits as a user writes them: keys of the table LIMITS; a text with a unit, or a number of bytes, milliseconds or pieces. */
export type LimitsInput = Readonly<Record<string, string | number>>

const UNITS = {
  bytes: { parse: parseBytes, format: formatBytes, example: 'a size such as "16MiB"' },
  ms: { parse: parseDurationMs, format: formatDurationMs, example: 'a duration such as "5s"' },
  count: { parse: parseCount, format: formatCount, example: 'a count such as "50M"' },
} as const

function createLimitField(name: keyof Limits) {
  const { unit, min, max } = LIMITS[name]
  const { parse, format, example } = UNITS[unit]
  return field((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, example))
    const amount = parse(value)
    if (amount >= min && amount <= max) return amount
    return new Mismatch(`is ${show(value)}, expected between ${format(min)} and ${format(max)}`)
  })
}

type LimitField = z.ZodOptional<ReturnType<typeof createLimitField>>

const NAMES = Object.keys(LIMITS) as (keyof Limits)[]

/** One field for each row of LIMITS. */
const fields: Record<string, LimitField> = Object.fromEntries(
  NAMES.map((name) => [LIMITS[name].key, createLimitField(name).optional()]),
)

/** Schema of a `limits` table; its output has only what was written, under the names of `Limits`. */
export const limitsSchema = table(fields).transform((written): Partial<Limits> => {
  const limits: Partial<Record<keyof Limits, number>> = {}
  for (const name of NAMES) {
    const amount = written[LIMITS[name].key]
    if (amount !== undefined) limits[name] = amount
  }
  return limits
})

/**
 * Reads limits as a user writes them, such as `{ fuel: '50M', memory: '16MiB', wall: 2000 }`.
 *
 * @param base what holds where nothing is written
 * @default DEFAULT_LIMITS
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseLimits(input: unknown, base: Limits = DEFAULT_LIMITS): Limits {
  const result = limitsSchema.safeParse(input ?? {})
  if (result.success) return Object.freeze({ ...base, ...result.data })
  const lines = toProblems(result.error).map(({ path, text }) => `${formatPath(['limits', ...path])}: ${text}`)
  throw configError(lines, 'limits')
}
