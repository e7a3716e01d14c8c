import type { ByteWriter } from '../byte-writer.ts'
import type { FunctionType, TypeEntry, ValueType } from '../module-info.ts'
import { writeFieldType, writeValueType } from './value-types.ts'

const REC = 0x4e
const SUB_FINAL = 0x4f
const SUB = 0x50

/** Writes the contents of a type section; entries that share `group` become one recursion group. */
export function writeTypes(writer: ByteWriter, types: readonly TypeEntry[]): void {
  const groups = Map.groupBy(types, ({ group }) => group)
  writer.writeU32(groups.size)
  for (const members of groups.values()) {
    if (members.length > 1) {
      writer.writeByte(REC)
      writer.writeU32(members.length)
    }
    for (const member of members) writeType(writer, member)
  }
}

/** Writes one entry of the type section. */
export function writeType(writer: ByteWriter, { type, final, supertypes }: Omit<TypeEntry, 'range' | 'group'>): void {
  if (!final || supertypes.length > 0) {
    writer.writeByte(final ? SUB_FINAL : SUB)
    writer.writeU32(supertypes.length)
    for (const supertype of supertypes) writer.writeU32(supertype)
  }
  if (type.kind === 'func') {
    writeFunctionType(writer, type)
  } else if (type.kind === 'array') {
    writer.writeByte(0x5e)
    writeFieldType(writer, type.element)
  } else {
    writer.writeByte(0x5f)
    writer.writeU32(type.fields.length)
    for (const field of type.fields) writeFieldType(writer, field)
  }
}

/** Writes a function type. */
export function writeFunctionType(
  writer: ByteWriter,
  { params, results }: Pick<FunctionType, 'params' | 'results'>,
): void {
  writer.writeByte(0x60)
  writeValueTypes(writer, params)
  writeValueTypes(writer, results)
}

function writeValueTypes(writer: ByteWriter, types: readonly ValueType[]): void {
  writer.writeU32(types.length)
  for (const type of types) writeValueType(writer, type)
}
