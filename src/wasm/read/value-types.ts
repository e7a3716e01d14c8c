import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { FieldType, ValueType } from '../module-info.ts'

const NUMBER_TYPES: Readonly<Record<number, ValueType>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
}
const PACKED_TYPES: Readonly<Record<number, ValueType>> = { 120: 'i8', 119: 'i16' }
const HEAP_TYPES: Readonly<Record<number, string>> = {
  116: 'noexn',
  115: 'nofunc',
  114: 'noextern',
  113: 'none',
  112: 'func',
  111: 'extern',
  110: 'any',
  109: 'eq',
  108: 'i31',
  107: 'struct',
  106: 'array',
  105: 'exn',
}
const SHORT_REFERENCES: Readonly<Record<string, ValueType>> = {
  noexn: 'nullexnref',
  nofunc: 'nullfuncref',
  noextern: 'nullexternref',
  none: 'nullref',
}

/** Reads a value type. */
export function readValueType(reader: ByteReader): ValueType {
  const start = reader.offset
  const byte = reader.readByte('a value type')
  const number = NUMBER_TYPES[byte]
  if (number !== undefined) return number
  const heap = HEAP_TYPES[byte]
  if (heap !== undefined) return SHORT_REFERENCES[heap] ?? `${heap}ref`
  if (byte === 0x63) return `(ref null ${readHeapType(reader)})`
  if (byte === 0x64) return `(ref ${readHeapType(reader)})`
  throw malformed(start, 'a value type', `0x${byte.toString(16)}`)
}

/** Reads a reference type: what a table may hold. */
export function readReferenceType(reader: ByteReader): ValueType {
  const start = reader.offset
  const type = readValueType(reader)
  if (!type.endsWith('ref') && !type.startsWith('(ref')) throw malformed(start, 'a reference type', type)
  return type
}

/** Reads a heap type: an abstract one by name, a defined one as its type index. */
export function readHeapType(reader: ByteReader): string {
  const start = reader.offset
  const code = reader.readS33('a heap type')
  if (code >= 0) return String(code)
  const name = code >= -0x40 ? HEAP_TYPES[code + 0x80] : undefined
  if (name === undefined) throw malformed(start, 'a heap type', String(code))
  return name
}

/** Reads the type of a field of a struct or of the elements of an array. */
export function readFieldType(reader: ByteReader): FieldType {
  const packed = PACKED_TYPES[reader.peekByte('a field type')]
  if (packed !== undefined) reader.offset += 1
  const type = packed ?? readValueType(reader)
  return { type, mutable: readMutability(reader) }
}

export function readMutability(reader: ByteReader): boolean {
  const start = reader.offset
  const byte = reader.readByte('a mutability')
  if (byte > 1) throw malformed(start, 'a mutability 0 or 1', String(byte))
  return byte === 1
}
