import type { ByteWriter } from '../byte-writer.ts'
import { writeS64 } from '../leb128.ts'
import type { FieldType, ValueType } from '../module-info.ts'

const TYPES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  i8: 0x78,
  i16: 0x77,
  nullexnref: 0x74,
  nullfuncref: 0x73,
  nullexternref: 0x72,
  nullref: 0x71,
  funcref: 0x70,
  externref: 0x6f,
  anyref: 0x6e,
  eqref: 0x6d,
  i31ref: 0x6c,
  structref: 0x6b,
  arrayref: 0x6a,
  exnref: 0x69,
}
const BOTTOM: Readonly<Record<string, number>> = { noexn: 0x74, nofunc: 0x73, noextern: 0x72, none: 0x71 }

/** Writes a value type; a form that does not exist is written as an index and will not validate. */
export function writeValueType(writer: ByteWriter, type: ValueType): void {
  const code = TYPES[type]
  if (code !== undefined) {
    writer.writeByte(code)
    return
  }
  const nullable = type.startsWith('(ref null ')
  writer.writeByte(nullable ? 0x63 : 0x64)
  writeHeapType(writer, type.slice(nullable ? 10 : 5, -1))
}

/** Writes a heap type: an abstract one by name, a defined one by its index. */
export function writeHeapType(writer: ByteWriter, heap: string): void {
  const code = BOTTOM[heap] ?? TYPES[`${heap}ref`]
  if (code !== undefined) {
    writer.writeByte(code)
    return
  }
  writer.reserve(10)
  writer.length = writeS64(writer.bytes, writer.length, Number(heap))
}

export function writeFieldType(writer: ByteWriter, field: FieldType): void {
  writeValueType(writer, field.type)
  writer.writeByte(field.mutable ? 1 : 0)
}
