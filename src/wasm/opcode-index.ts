import type { Feature, Immediates, Opcode } from './opcodes.ts'
import { OPCODES } from './opcodes.ts'

/**
 * The opcode table as flat arrays for loops that decode millions of instructions. A *row* is a small number: the
 * opcode byte itself, or the number behind a prefix byte plus that prefix's base.
 */
export const ROW_COUNT = 0x600
export const FIRST_PREFIX = 0xfb
export const LAST_PREFIX = 0xfe
/** First row and number of rows of each prefix, by `prefix - FIRST_PREFIX`. */
export const PREFIX_BASE: readonly number[] = [0x100, 0x200, 0x300, 0x500]
export const PREFIX_SIZE: readonly number[] = [0x100, 0x100, 0x200, 0x100]

/** Kinds of immediates as numbers; 0 is an opcode that does not exist. */
export const IMMEDIATE: Readonly<Record<Immediates, number>> = Object.freeze({
  none: 1,
  block: 2,
  index: 3,
  index2: 4,
  br_table: 5,
  memarg: 6,
  memarg_lane: 7,
  lane: 8,
  i32: 9,
  i64: 10,
  f32: 11,
  f64: 12,
  bytes16: 13,
  types: 14,
  heap_type: 15,
  try_table: 16,
  cast: 17,
})

/** Row of an opcode of the table. */
export function rowOf(code: number): number {
  const prefix = code >>> 16
  return prefix === 0 ? code : (PREFIX_BASE[prefix - FIRST_PREFIX] as number) + (code & 0xffff)
}

export const IMMEDIATE_BY_ROW: Uint8Array = new Uint8Array(ROW_COUNT)
export const OPCODE_BY_ROW: readonly (Opcode | undefined)[] = indexRows()

const ROW_BY_NAME: ReadonlyMap<string, number> = new Map(OPCODES.map(({ name, code }) => [name, rowOf(code)]))

function indexRows(): (Opcode | undefined)[] {
  const rows = new Array<Opcode | undefined>(ROW_COUNT).fill(undefined)
  for (const opcode of OPCODES) {
    rows[rowOf(opcode.code)] = opcode
    IMMEDIATE_BY_ROW[rowOf(opcode.code)] = IMMEDIATE[opcode.immediates]
  }
  return rows
}

/** Row of an instruction by its name in the text format; -1 if there is none. `select` is the untyped form. */
export function rowByName(name: string): number {
  return name === 'select' ? 0x1b : (ROW_BY_NAME.get(name) ?? -1)
}

export function featureOfRow(row: number): Feature | undefined {
  return OPCODE_BY_ROW[row]?.feature
}
