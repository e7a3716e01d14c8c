import type { ModuleInfo, ValueType } from '../wasm/index.ts'
import { malformed, OPCODE_BY_ROW } from '../wasm/index.ts'
import type { Helpers, Scale } from './added-functions.ts'
import type { HelperType } from './added-types.ts'

/** How an instruction pays for the length on top of its stack, or for the size of the object it makes. */
export interface BulkPrice {
  /** Function index of the helper that takes the length, or −1. */
  readonly helper: number
  /** Fuel known beforehand. */
  readonly fixed: number
}

const BYTES: Scale = -4
/** What an entry costs where V8 does no more than to write it, and where it keeps account of references. */
const NUMBERS: Scale = 0
const REFERENCES: Scale = 4
/** V8 looks up a function for each entry of a table, and what else uses that: up to 185, 63 and 23 ns (measured). */
const FILLED_ENTRIES: Scale = 8
const INITIAL_ENTRIES: Scale = 7
const COPIED_ENTRIES: Scale = 6
/** Header of an object on the heap of V8, bytes. */
const OBJECT_BYTES = 16

function isNumber(type: ValueType): boolean {
  return /^([if]\d+|v128)$/.test(type)
}

/** Bytes a value of a type takes in an object. */
function byteSize(type: ValueType): number {
  return { i8: 1, i16: 2, i32: 4, f32: 4, v128: 16 }[type] ?? 8
}

/**
 * Finds the price of a bulk or allocating instruction. Memory costs 1 per 16 bytes, an array 1 per number and 16 per reference, a
 * table 64 to 256 per entry, a new object 1 per byte: garbage costs its collection, too. An array above the memory rule is refused.
 *
 * @param first first immediate: the memory, table or type
 * @param second second immediate
 * @throws CaxtonError ERR_WASM_MALFORMED for an index that does not exist
 */
export type BulkPricer = (row: number, first: number, second: number, offset: number) => BulkPrice

export function createBulkPricer(info: ModuleInfo, helpers: Helpers): BulkPricer {
  const entry = <T>(entries: readonly T[], index: number, what: string, offset: number): T => {
    const found = entries[index]
    if (found === undefined) throw malformed(offset, `a ${what} below ${entries.length}`, String(index))
    return found
  }
  const memory = (index: number, offset: number): HelperType =>
    entry(info.memories, index, 'memory', offset).limits.index
  const table = (index: number, offset: number): HelperType => entry(info.tables, index, 'table', offset).limits.index
  const narrower = (a: HelperType, b: HelperType): HelperType => (a === 'i64' && b === 'i64' ? 'i64' : 'i32')
  const pay = (type: HelperType, scale: Scale): BulkPrice => ({ helper: helpers.payLength(type, scale), fixed: 0 })
  const elementType = (index: number, offset: number): ValueType => {
    const { type } = entry(info.types, index, 'type', offset)
    if (type.kind !== 'array') throw malformed(offset, 'an array type', type.kind)
    return type.element.type
  }
  const elementSize = (index: number, offset: number): number => byteSize(elementType(index, offset))
  const payElements: BulkPricer = (_row, first, _second, offset) =>
    pay('i32', isNumber(elementType(first, offset)) ? NUMBERS : REFERENCES)
  const newStruct: BulkPricer = (_row, first, _second, offset) => {
    const { type } = entry(info.types, first, 'type', offset)
    if (type.kind !== 'struct') throw malformed(offset, 'a struct type', type.kind)
    return { helper: -1, fixed: type.fields.reduce((sum, field) => sum + byteSize(field.type), OBJECT_BYTES) }
  }
  const newArray: BulkPricer = (_row, first, _second, offset) => ({
    helper: helpers.payArray(Math.log2(elementSize(first, offset)) as Scale),
    fixed: OBJECT_BYTES,
  })
  const pricers: Readonly<Record<string, BulkPricer>> = {
    'memory.grow': (_row, first, _second, offset) => {
      memory(first, offset)
      return { helper: helpers.payGrowth('memory', first), fixed: 0 }
    },
    'memory.fill': (_row, first, _second, offset) => pay(memory(first, offset), BYTES),
    'memory.copy': (_row, first, second, offset) => pay(narrower(memory(first, offset), memory(second, offset)), BYTES),
    'memory.init': () => pay('i32', BYTES),
    'table.grow': (_row, first, _second, offset) => {
      table(first, offset)
      return { helper: helpers.payGrowth('table', first), fixed: 0 }
    },
    'table.fill': (_row, first, _second, offset) => pay(table(first, offset), FILLED_ENTRIES),
    'table.copy': (_row, first, second, offset) =>
      pay(narrower(table(first, offset), table(second, offset)), COPIED_ENTRIES),
    'table.init': () => pay('i32', INITIAL_ENTRIES),
    'struct.new': newStruct,
    'struct.new_default': newStruct,
    'array.new': newArray,
    'array.new_default': newArray,
    'array.new_data': newArray,
    'array.new_elem': newArray,
    'array.new_fixed': (_row, first, second, offset) => ({
      helper: -1,
      fixed: OBJECT_BYTES + second * elementSize(first, offset),
    }),
    'array.fill': payElements,
    'array.copy': payElements,
    'array.init_data': payElements,
    'array.init_elem': payElements,
  }
  return (row, first, second, offset) => {
    const pricer = pricers[OPCODE_BY_ROW[row]?.name ?? '']
    if (pricer === undefined) throw malformed(offset, 'a bulk instruction', `row ${row}`)
    return pricer(row, first, second, offset)
  }
}
