import { z } from 'zod'
import type { Limits, RateLimit, RateLimits, RateName } from '../core/index.ts'
import {
  DEFAULT_LIMITS,
  DEFAULT_WARN_SHARE,
  formatBytes,
  formatCount,
  formatDurationMs,
  LIMITS,
  NO_RATE_LIMITS,
  parseBytes,
  parseCount,
  parseDurationMs,
  parseRate,
  RATE_LIMITS,
  RATE_PERIOD_MS,
} from '../core/index.ts'
import { field, Mismatch, table, word } from './field.ts'
import { configError, deepFreeze, formatPath, mismatch, show, toProblems } from './problems.ts'

type Amount = string | number

/**
 * Limits as a user writes them, under the keys of the table LIMITS: a text with a unit, or a number of bytes, milliseconds or
 * pieces. Those of RATE_LIMITS take a rate as well (`"500M/s"`), or both with what happens beyond the rate.
 */
export interface LimitsInput {
  readonly [key: string]:
    | Amount
    | { readonly message?: Amount; readonly rate?: string; readonly over?: 'throttle' | 'fail' }
    | undefined
  /** Share of each limit from which the agent is warned of, 0 to 1; 0 warns never. @default 0.8 */
  readonly warn?: number
}

/** Everything that a `limits` table says. */
export interface LimitSettings {
  readonly limits: Limits
  readonly rates: RateLimits
  /** Share of each limit from which the agent is warned of; 0 warns never. */
  readonly warn: number
}

/** What a `limits` table has written in it. */
export interface WrittenLimits {
  readonly limits: Partial<Limits>
  readonly rates: RateLimits
  readonly warn?: number
}

export const DEFAULT_SETTINGS: LimitSettings = Object.freeze({
  limits: DEFAULT_LIMITS,
  rates: NO_RATE_LIMITS,
  warn: DEFAULT_WARN_SHARE,
})

const UNITS = {
  bytes: { parse: parseBytes, format: formatBytes, example: 'a size such as "16MiB"' },
  ms: { parse: parseDurationMs, format: formatDurationMs, example: 'a duration such as "5s"' },
  count: { parse: parseCount, format: formatCount, example: 'a count such as "50M"' },
} as const

function readAmount(name: keyof Limits, value: unknown): number | Mismatch {
  const { unit, min, max } = LIMITS[name]
  const { parse, format, example } = UNITS[unit]
  if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, example))
  const amount = parse(value)
  if (amount >= min && amount <= max) return amount
  return new Mismatch(`is ${show(value)}, expected between ${format(min)} and ${format(max)}`)
}

function readRate(name: RateName, value: unknown): RateLimit | Mismatch {
  const { parse, format } = UNITS[LIMITS[name].unit]
  const { min, max, example } = RATE_LIMITS[name]
  if (typeof value !== 'string') return new Mismatch(mismatch(value, `a rate such as ${show(example)}`))
  const rate = parseRate(value, parse)
  if (rate.amount < min || rate.amount > max) {
    return new Mismatch(`is ${show(value)}, expected an amount between ${format(min)} and ${format(max)}`)
  }
  if (rate.periodMs < RATE_PERIOD_MS.min || rate.periodMs > RATE_PERIOD_MS.max) {
    return new Mismatch(`is ${show(value)}, expected a period between 100ms and 24h`)
  }
  return { ...rate, over: 'throttle' }
}

/** What is written under one key. */
interface WrittenLimit {
  readonly message?: number
  readonly rate?: RateLimit
}

/** A limit that has no rate: an amount. */
function createAmountField(name: keyof Limits) {
  return field((value) => readAmount(name, value)).transform((message): WrittenLimit => ({ message }))
}

/** A limit that may have a rate: an amount, a rate, or a table of both. */
function createRateField(name: RateName) {
  const both = table({
    message: field((value) => readAmount(name, value)).optional(),
    rate: field((value) => readRate(name, value)).optional(),
    over: word(['throttle', 'fail']).optional(),
  })
  return z.unknown().transform((value, context): WrittenLimit => {
    const refuse = (text: string, path: PropertyKey[] = []) => {
      context.addIssue({ code: 'custom', message: text, path })
      return z.NEVER
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
      const isRate = typeof value === 'string' && value.includes('/')
      const read = field(() => (isRate ? readRate(name, value) : readAmount(name, value))).safeParse(value)
      if (!read.success) return refuse(read.error.issues[0]?.message ?? 'is not valid')
      return typeof read.data === 'number' ? { message: read.data } : { rate: read.data }
    }
    const read = both.safeParse(value)
    if (!read.success) {
      for (const { path, text } of toProblems(read.error)) refuse(text, [...path])
      return z.NEVER
    }
    const { message, rate, over } = read.data
    if (rate === undefined && over !== undefined) return refuse('is without a rate that it is about', ['over'])
    if (rate === undefined && message === undefined) return refuse('is empty, expected message, rate or both')
    return {
      ...(message === undefined ? {} : { message }),
      ...(rate === undefined ? {} : { rate: { ...rate, over: over ?? rate.over } }),
    }
  })
}

const NAMES = Object.keys(LIMITS) as (keyof Limits)[]

function isRateName(name: keyof Limits): name is RateName {
  return Object.hasOwn(RATE_LIMITS, name)
}

function createLimitField(name: keyof Limits) {
  const limit: z.ZodType<WrittenLimit> = isRateName(name) ? createRateField(name) : createAmountField(name)
  return limit.optional()
}

/** One field for each row of LIMITS. */
const fields: Record<string, ReturnType<typeof createLimitField>> = Object.fromEntries(
  NAMES.map((name) => [LIMITS[name].key, createLimitField(name)]),
)

const warn = field((value) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? value
    : new Mismatch(mismatch(value, 'a share of each limit from 0 (never) to 1, such as 0.8')),
)

/** Schema of a `limits` table; its output has only what was written, under the names of `Limits`. */
export const limitsSchema = table({ ...fields, warn: warn.optional() }).transform((output): WrittenLimits => {
  const written = output as Readonly<Record<string, unknown>>
  const limits: Partial<Record<keyof Limits, number>> = {}
  const rates: Partial<Record<RateName, RateLimit>> = {}
  for (const name of NAMES) {
    const { message, rate } = (written[LIMITS[name].key] as WrittenLimit | undefined) ?? {}
    if (message !== undefined) limits[name] = message
    if (rate !== undefined && isRateName(name)) rates[name] = rate
  }
  const share = written['warn'] as number | undefined
  return { limits, rates, ...(share === undefined ? {} : { warn: share }) }
})

/** Puts what is written in the place of what holds else: amount by amount and rate by rate. */
export function mergeLimits(base: LimitSettings, written: WrittenLimits | undefined): LimitSettings {
  return {
    limits: { ...base.limits, ...written?.limits },
    rates: { ...base.rates, ...written?.rates },
    warn: written?.warn ?? base.warn,
  }
}

/**
 * Reads limits as a user writes them, such as `{ fuel: '50M', memory: '16MiB', wall: 2000, log_bytes: '1MiB/m' }`.
 *
 * @param base what holds where nothing is written
 * @default DEFAULT_SETTINGS
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseLimits(input: unknown, base: LimitSettings = DEFAULT_SETTINGS): LimitSettings {
  const result = limitsSchema.safeParse(input ?? {})
  if (result.success) return deepFreeze(mergeLimits(base, result.data))
  const lines = toProblems(result.error).map(({ path, text }) => `${formatPath(['limits', ...path])}: ${text}`)
  throw configError(lines, 'limits')
}
