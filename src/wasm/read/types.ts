import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { beyondLimit, malformed } from '../malformed.ts'
import type { ArrayType, FunctionType, StructType, TypeEntry, ValueType } from '../module-info.ts'
import { readFieldType, readValueType } from './value-types.ts'

const REC = 0x4e
const SUB_FINAL = 0x4f
const SUB = 0x50

/** Reads the type section: recursion groups are flattened into the index space and keep their group number. */
export function readTypes(reader: ByteReader): TypeEntry[] {
  const types: TypeEntry[] = []
  let fields = 0
  const add = (start: number, entry: TypeEntry): void => {
    types.push(entry)
    fields += entry.type.kind === 'struct' ? entry.type.fields.length : 0
    if (fields > MODULE_LIMITS.fields) throw beyondLimit(start, 'fields of all types', MODULE_LIMITS.fields, fields)
  }
  const groups = reader.readCount('types', MODULE_LIMITS.types)
  for (let group = 0; group < groups; group++) {
    const start = reader.offset
    if (reader.peekByte('a type') !== REC) {
      add(start, readType(reader, group))
    } else {
      reader.offset += 1
      const count = reader.readCount('types in a recursion group', MODULE_LIMITS.types)
      for (let i = 0; i < count; i++) add(start, readType(reader, group))
    }
    if (types.length > MODULE_LIMITS.types) throw beyondLimit(start, 'types', MODULE_LIMITS.types, types.length)
  }
  return types
}

function readType(reader: ByteReader, group: number): TypeEntry {
  const offset = reader.offset
  const form = reader.peekByte('a type')
  let supertypes: number[] = []
  if (form === SUB || form === SUB_FINAL) {
    reader.offset += 1
    supertypes = readIndices(reader, 'supertypes', 1)
  }
  const type = readComposite(reader)
  return { type, group, final: form !== SUB, supertypes, range: { offset, size: reader.offset - offset } }
}

function readComposite(reader: ByteReader): FunctionType | StructType | ArrayType {
  const start = reader.offset
  const form = reader.readByte('a type')
  if (form === 0x60) return readFunctionType(reader)
  if (form === 0x5f) return readStructType(reader)
  if (form === 0x5e) return { kind: 'array', element: readFieldType(reader) }
  throw malformed(start, 'a function, struct or array type', `0x${form.toString(16)}`)
}

function readFunctionType(reader: ByteReader): FunctionType {
  const params = readValueTypes(reader, 'parameters', MODULE_LIMITS.functionParams)
  const offset = reader.offset
  const results = readValueTypes(reader, 'results', MODULE_LIMITS.functionResults)
  return { kind: 'func', params, results, resultsRange: { offset, size: reader.offset - offset } }
}

function readStructType(reader: ByteReader): StructType {
  const count = reader.readCount('fields', MODULE_LIMITS.structFields)
  return { kind: 'struct', fields: Array.from({ length: count }, () => readFieldType(reader)) }
}

function readValueTypes(reader: ByteReader, what: string, limit: number): ValueType[] {
  return Array.from({ length: reader.readCount(what, limit) }, () => readValueType(reader))
}

function readIndices(reader: ByteReader, what: string, limit: number): number[] {
  return Array.from({ length: reader.readCount(what, limit) }, () => reader.readU32('a type index'))
}
