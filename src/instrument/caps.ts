import { CaxtonError } from '../core/index.ts'
import type { Memory, ModuleInfo, SizeLimits, Table } from '../wasm/index.ts'
import type { InstrumentRules } from './rules.ts'

const PAGE_BYTES = 65_536

/** Memories and tables with the maxima they get. `capped` tells whether a maximum is lower than the module's own. */
export interface Caps {
  readonly memories: readonly (Memory & { readonly capped: boolean })[]
  readonly tables: readonly (Table & { readonly capped: boolean })[]
}

/**
 * Works out the maximum of each memory and table so that their sums keep to the rules.
 *
 * Each gets its initial size. What is left of the cap is shared evenly among those that may grow; whoever's own
 * maximum is lower than its share takes only that, and the rest goes to the others. With one memory it gets it all.
 *
 * @throws CaxtonError ERR_INSTRUMENT_MEMORY_REFUSED for a shared memory: with a second thread it is a clock, and
 *   clocks are granted
 * @throws CaxtonError ERR_LIMIT_MEMORY, ERR_LIMIT_TABLE if the initial sizes alone exceed the cap; `data.limit` and
 *   `data.asked` in bytes or elements
 */
export function planCaps(info: ModuleInfo, rules: InstrumentRules): Caps {
  const shared = info.memories.find(({ limits }) => limits.shared)
  if (shared !== undefined) {
    const detail = 'a shared memory is a clock for whoever watches it from a second thread'
    throw new CaxtonError('ERR_INSTRUMENT_MEMORY_REFUSED', { detail, data: { offset: shared.range.offset } })
  }
  const pages = Math.floor(rules.memoryMaxBytes / PAGE_BYTES)
  const memories = share(info.memories, pages)
  if (memories === null) throw exceeded('ERR_LIMIT_MEMORY', info.memories, rules.memoryMaxBytes, PAGE_BYTES)
  const tables = share(info.tables, rules.tableMaxElements)
  if (tables === null) throw exceeded('ERR_LIMIT_TABLE', info.tables, rules.tableMaxElements, 1)
  return { memories, tables }
}

interface Sized {
  readonly limits: SizeLimits
  readonly range: { readonly offset: number }
}

function share<T extends Sized>(entries: readonly T[], cap: number): (T & { capped: boolean })[] | null {
  const initial = sumOfInitials(entries)
  if (!(initial <= cap)) return null
  const maxima = entries.map(({ limits }) => limits.initial)
  const headroom = ({ limits }: Sized): number => (limits.maximum ?? Number.MAX_VALUE) - limits.initial
  const byHeadroom = entries
    .map((entry, index) => ({ index, headroom: headroom(entry) }))
    .sort((a, b) => a.headroom - b.headroom)
  let rest = cap - initial
  byHeadroom.forEach(({ index, headroom: own }, done) => {
    const granted = Math.max(0, Math.min(own, Math.floor(rest / (entries.length - done))))
    maxima[index] = (maxima[index] as number) + granted
    rest -= granted
  })
  return entries.map((entry, index) => {
    const maximum = maxima[index] as number
    const capped = maximum < (entry.limits.maximum ?? Number.MAX_VALUE)
    return { ...entry, capped, limits: { ...entry.limits, maximum } }
  })
}

function sumOfInitials(entries: readonly Sized[]): number {
  return entries.reduce((sum, { limits }) => sum + limits.initial, 0)
}

function exceeded(
  code: 'ERR_LIMIT_MEMORY' | 'ERR_LIMIT_TABLE',
  entries: readonly Sized[],
  limit: number,
  unit: number,
): CaxtonError {
  const asked = sumOfInitials(entries) * unit
  const what = unit === 1 ? 'elements' : 'bytes'
  const detail = `the module starts with ${asked} ${what}, at most ${limit} are allowed`
  return new CaxtonError(code, { detail, data: { limit, asked, offset: entries[0]?.range.offset ?? 0 } })
}
