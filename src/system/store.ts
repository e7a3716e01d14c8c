import type { Guarantee } from '../core/index.ts'
import { GUARANTEES, parseBytes, parseDurationMs } from '../core/index.ts'
import { field, Mismatch, table, word } from './field.ts'
import { mismatch, show } from './problems.ts'

/** How a system keeps its data. What is not given is at the default of the store. */
export interface StoreSettings {
  readonly synchronous?: 'normal' | 'full'
  /** For agents that say nothing. */
  readonly delivery?: Guarantee
  readonly historyMs?: number
  readonly historyBytes?: number
  readonly deadMs?: number
  readonly deadBytes?: number
  readonly windowMs?: number
}

const YEAR_MS = 31_557_600_000
const TERABYTE = 2 ** 40

const age = field((value) => readAmount(value, parseDurationMs, YEAR_MS, 'a duration up to a year such as "168h"'))
const bytes = field((value) => readAmount(value, parseBytes, TERABYTE, 'a size up to 1 TiB such as "256MiB"'))

function readAmount(
  value: unknown,
  parse: (text: string | number) => number,
  most: number,
  expected: string,
): number | Mismatch {
  if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, expected))
  const amount = parse(value)
  return amount <= most ? amount : new Mismatch(`is ${show(value)}, expected ${expected}`)
}

const retention = table({ age: age.optional(), bytes: bytes.optional() })

/** Schema of the table `[store]`. */
export const storeSchema = table({
  synchronous: word(['normal', 'full'] as const).optional(),
  delivery: word<Guarantee>(GUARANTEES).optional(),
  history: retention.optional(),
  dead: retention.optional(),
  window: age.optional(),
}).transform((written): StoreSettings => {
  const { synchronous, delivery, history = {}, dead = {}, window } = written
  const settings = {
    synchronous,
    delivery,
    historyMs: history.age,
    historyBytes: history.bytes,
    deadMs: dead.age,
    deadBytes: dead.bytes,
    windowMs: window,
  }
  const given = Object.entries(settings).filter(([, setting]) => setting !== undefined)
  return Object.fromEntries(given) as StoreSettings
})
