import { CaxtonError } from './errors.ts'

/** An amount in each period of time. */
export interface Rate {
  readonly amount: number
  readonly periodMs: number
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
}
const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const COUNT_UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/**
 * Parses a size such as `64KiB` or `16MiB`; a number is bytes.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID
 */
export function parseBytes(text: string | number): number {
  return parseQuantity(text, BYTE_UNITS, 'B', 'a size such as "16MiB"')
}

/**
 * Parses a duration such as `250ms` or `5s` to milliseconds; a number is milliseconds.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID
 */
export function parseDurationMs(text: string | number): number {
  return parseQuantity(text, DURATION_UNITS, 'ms', 'a duration such as "5s"')
}

/**
 * Parses a count such as `1000` or `50M`.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID
 */
export function parseCount(text: string | number): number {
  return parseQuantity(text, COUNT_UNITS, '', 'a count such as "50M"')
}

/**
 * Parses an amount in a period, such as `50M/s`, `1MiB/10s` or `100/m`.
 *
 * @param parseAmount `parseCount` or `parseBytes`
 * @throws CaxtonError ERR_CONFIG_INVALID
 */
export function parseRate(text: string, parseAmount: (text: string) => number): Rate {
  const match = /^([^/]+)\/ ?(?:(\d+(?:\.\d+)?) ?)?([a-z]+)$/.exec(text)
  if (match === null) {
    const detail = `expected an amount in a period such as "50M/s", found ${JSON.stringify(text)}`
    throw new CaxtonError('ERR_CONFIG_INVALID', { detail })
  }
  return { amount: parseAmount(match[1]!.replace(/ $/, '')), periodMs: parseDurationMs(`${match[2] ?? 1}${match[3]}`) }
}

function parseQuantity(
  text: string | number,
  units: Readonly<Record<string, number>>,
  bareUnit: string,
  wanted: string,
): number {
  const match =
    typeof text === 'number' ? [String(text), String(text), bareUnit] : /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text)
  const unit = match && Object.hasOwn(units, match[2]!) ? units[match[2]!]! : undefined
  const value = match && unit !== undefined ? Math.round(Number(match[1]) * unit) : Number.NaN
  if (!Number.isSafeInteger(value) || value < 0) {
    const allowed = Object.keys(units)
      .filter((name) => name !== '')
      .join(', ')
    throw new CaxtonError('ERR_CONFIG_INVALID', {
      detail: `expected ${wanted} (units ${allowed}), found ${JSON.stringify(text)}`,
    })
  }
  return value
}

/** Writes a number of bytes for people: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`
  if (bytes < 2 ** 20) return `${formatShort(bytes / 2 ** 10)} KiB`
  if (bytes < 2 ** 30) return `${formatShort(bytes / 2 ** 20)} MiB`
  return `${formatShort(bytes / 2 ** 30)} GiB`
}

/** Writes a count for people: `12.3M`. */
export function formatCount(count: number): string {
  if (count < 10_000) return String(count)
  if (count < 1e6) return `${formatShort(count / 1e3)}K`
  if (count < 1e9) return `${formatShort(count / 1e6)}M`
  return `${formatShort(count / 1e9)}G`
}

/** Writes a duration for people: `12.3 ms`, `4.56 s`. */
export function formatDurationMs(ms: number): string {
  return ms < 1_000 ? `${formatShort(ms)} ms` : `${formatShort(ms / 1_000)} s`
}

/** Writes a rate as `parseRate` reads it: `50.0M/s`, `1.00 MiB/10s`. */
export function formatRate({ amount, periodMs }: Rate, formatAmount: (amount: number) => string): string {
  const [size, unit] = (
    [
      [3_600_000, 'h'],
      [60_000, 'm'],
      [1_000, 's'],
    ] as const
  ).find(([unitMs]) => periodMs >= unitMs && periodMs % unitMs === 0) ?? [1, 'ms']
  const count = periodMs / size
  return `${formatAmount(amount)}/${count === 1 ? '' : count}${unit}`
}

function formatShort(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
