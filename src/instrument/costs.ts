import type { Feature } from '../wasm/index.ts'
import { OPCODES, ROW_COUNT, rowByName, rowOf } from '../wasm/index.ts'

/** Marks an opcode without a cost: it is refused. */
export const REFUSED = 0xffff

/** Features whose instructions cost 1 each unless a line below says otherwise. */
const PRICED: readonly Feature[] = [
  'mvp',
  'sign-extension',
  'saturating-float-to-int',
  'reference-types',
  'bulk-memory',
  'simd',
  'relaxed-simd',
  'tail-call',
  'exceptions',
  'legacy-exceptions',
  'function-references',
  'gc',
  'threads',
]

/** Structure that compiles to nothing. */
const FREE = 'nop block loop else end try catch catch_all delegate try_table'.split(' ')

/**
 * Prices other than 1, by what V8's code for them takes on a 64-bit machine (one unit is about one simple instruction).
 * Lengths of bulk instructions and sizes of objects are charged on top, see `bulk.ts`.
 *
 * Source: `npm run bench -- prices` measures each against an addition. Divisions and roots are between what one alone takes and
 * what each of many takes that do not wait for each other; processors differ by as much.
 */
const PRICES: Readonly<Record<string, number>> = {
  'i32.div_s': 8,
  'i32.div_u': 8,
  'i32.rem_s': 8,
  'i32.rem_u': 8,
  'i64.div_s': 12,
  'i64.div_u': 12,
  'i64.rem_s': 12,
  'i64.rem_u': 12,
  'f32.div': 4,
  'f64.div': 4,
  'f32.sqrt': 6,
  'f64.sqrt': 6,
  'f32x4.div': 5,
  'f64x2.div': 5,
  'f32x4.sqrt': 8,
  'f64x2.sqrt': 8,
  call: 4,
  return_call: 4,
  call_indirect: 8,
  return_call_indirect: 8,
  call_ref: 6,
  return_call_ref: 6,
  br_table: 3,
  throw: 500,
  rethrow: 500,
  throw_ref: 500,
  'memory.grow': 500,
  // Of nothing it takes 114 ns, of something 3.
  'memory.fill': 48,
  'memory.copy': 8,
  'memory.init': 64,
  'table.get': 3,
  'table.set': 64,
  'table.grow': 100,
  'table.fill': 8,
  'table.copy': 16,
  'table.init': 16,
  'struct.new': 8,
  'struct.new_default': 8,
  'array.new': 10,
  'array.new_default': 10,
  'array.new_fixed': 10,
  'array.new_data': 24,
  'array.new_elem': 10,
  'array.fill': 8,
  'array.copy': 8,
  'array.init_data': 24,
  'array.init_elem': 8,
  'ref.test': 3,
  'ref.test_null': 3,
  'ref.cast': 3,
  'ref.cast_null': 3,
  br_on_cast: 4,
  br_on_cast_fail: 4,
  'memory.atomic.notify': 50,
  'memory.atomic.wait32': 50,
  'memory.atomic.wait64': 50,
}

/** Fuel of each opcode by row; `REFUSED` for an opcode without one. */
export const COST_BY_ROW: Uint16Array = priceRows()

function priceRows(): Uint16Array {
  const costs = new Uint16Array(ROW_COUNT).fill(REFUSED)
  for (const { code, feature, name } of OPCODES) {
    if (!PRICED.includes(feature)) continue
    costs[rowOf(code)] = name.includes('.atomic.') && !name.startsWith('memory') ? 16 : 1
  }
  for (const name of FREE) costs[rowByName(name)] = 0
  for (const [name, cost] of Object.entries(PRICES)) costs[rowByName(name)] = cost
  return costs
}
