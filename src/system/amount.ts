import { formatBytes, formatCount, formatDurationMs, parseBytes, parseCount, parseDurationMs } from '../core/index.ts'
import { field, Mismatch } from './field.ts'
import { mismatch, show } from './problems.ts'

const UNITS = {
  bytes: { parse: parseBytes, format: formatBytes, example: 'a size such as "16MiB"' },
  ms: { parse: parseDurationMs, format: formatDurationMs, example: 'a duration such as "5s"' },
  count: { parse: parseCount, format: formatCount, example: 'a count such as "50K"' },
} as const

/** Makes the schema of an amount with its unit, within bounds that are inclusive; it may be left out. */
export function amount(unit: keyof typeof UNITS, min: number, max: number) {
  const { parse, format, example } = UNITS[unit]
  return field((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, example))
    const read = parse(value)
    if (read >= min && read <= max) return read
    return new Mismatch(`is ${show(value)}, expected between ${format(min)} and ${format(max)}`)
  }).optional()
}
