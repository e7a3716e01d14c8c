import { CaxtonError } from '../core/index.ts'
import type { ByteRange, ModuleInfo } from '../wasm/index.ts'
import { InstructionCursor, rowByName } from '../wasm/index.ts'
import type { InstrumentRules } from './rules.ts'

const I32_CONST = rowByName('i32.const')
const NEW_ARRAY = new Set(['array.new', 'array.new_default'].map(rowByName))
const NEW_FIXED = rowByName('array.new_fixed')
const NEW_STRUCT = new Set(['struct.new', 'struct.new_default'].map(rowByName))
/** Bytes an array element, a struct field and an object's header take at most. */
const FIELD_BYTES = 16
const BYTES_PER_FUEL = 16
/** As for `table.init`: V8 takes 33 to 44 ns for each when it makes an instance (measured). */
const ELEMENT_FUEL = 128

/**
 * Bounds what a module's constant expressions allocate: they run when it is instantiated, before there is fuel.
 * The sum over globals, tables and element segments keeps to the memory rule. The length of a new array must be a
 * constant right before it.
 *
 * @returns the sum, bytes
 * @throws CaxtonError ERR_LIMIT_MEMORY with `data.limit`, `asked` (bytes), `offset`
 * @throws CaxtonError ERR_INSTRUMENT_OPCODE_REFUSED for an array whose length is computed, `data.offset`
 */
export function checkInitializers(info: ModuleInfo, rules: InstrumentRules): number {
  let asked = 0
  const add = (range: ByteRange | null): void => {
    if (range === null) return
    asked += allocatedBytes(info, range)
    if (asked <= rules.memoryMaxBytes) return
    const detail = `constant expressions allocate ${asked} bytes, at most ${rules.memoryMaxBytes} are allowed`
    throw new CaxtonError('ERR_LIMIT_MEMORY', {
      detail,
      data: { limit: rules.memoryMaxBytes, asked, offset: range.offset },
    })
  }
  for (const { initializer } of info.globals) add(initializer)
  for (const { initializer } of info.tables) add(initializer)
  for (const { form, entries } of info.elements) if (form === 'expressions') add(entries)
  return asked
}

/**
 * Prices what the engine does for a new instance, like the instructions that do the same: active data 1 for 16 bytes, an element
 * that is written into a table 128 and any other or an initial table entry 1, objects 1 a byte; constant expressions 1 for 16 bytes of them, at least 1 for a global. Memory
 * that is zero costs nothing.
 */
export function priceInitializers(info: ModuleInfo, objectBytes: number): number {
  let fuel = objectBytes
  for (const { initializer } of info.globals) fuel += Math.ceil((initializer?.size ?? 1) / BYTES_PER_FUEL)
  for (const { mode, start, contents } of info.data) {
    if (mode === 'active') fuel += Math.ceil(contents.size / BYTES_PER_FUEL) + excess(start)
  }
  for (const { mode, form, count, entries, start } of info.elements) {
    fuel +=
      count * (mode === 'active' ? ELEMENT_FUEL : 1) + excess(start) + (form === 'expressions' ? excess(entries) : 0)
  }
  for (const { limits, initializer } of info.tables) fuel += limits.initial + excess(initializer)
  return fuel
}

/** What an expression costs that is longer than those that compilers write. */
function excess(expression: ByteRange | null): number {
  return expression === null ? 0 : Math.floor(expression.size / BYTES_PER_FUEL)
}

function allocatedBytes(info: ModuleInfo, range: ByteRange): number {
  const cursor = new InstructionCursor(info.bytes, range.offset, range.offset + range.size)
  let bytes = 0
  let length: number | null = null
  while (cursor.next()) {
    const { row, first, second, start } = cursor
    if (NEW_ARRAY.has(row)) {
      if (length === null) throw computedLength(start)
      bytes += (length + 1) * FIELD_BYTES
    } else if (row === NEW_FIXED) {
      bytes += (second + 1) * FIELD_BYTES
    } else if (NEW_STRUCT.has(row)) {
      const type = info.types[first]?.type
      bytes += ((type?.kind === 'struct' ? type.fields.length : 0) + 1) * FIELD_BYTES
    }
    length = row === I32_CONST ? constant(info.bytes, cursor.immediateOffset, cursor.offset) : null
  }
  return bytes
}

/** Value of an `i32.const` as an unsigned number. */
function constant(bytes: Uint8Array, offset: number, end: number): number {
  let value = 0
  let shift = 0
  for (let at = offset; at < end; at++, shift += 7) value |= ((bytes[at] as number) & 0x7f) << shift
  const negative = shift < 32 && ((bytes[end - 1] as number) & 0x40) !== 0
  return (negative ? value | (-1 << shift) : value) >>> 0
}

function computedLength(offset: number): CaxtonError {
  const detail = `at 0x${offset.toString(16)}: a new array in a constant expression needs a constant length right before it`
  return new CaxtonError('ERR_INSTRUMENT_OPCODE_REFUSED', { detail, data: { offset } })
}
