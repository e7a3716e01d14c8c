import type { ByteWriter } from '../byte-writer.ts'
import type { ImportEntry, ModuleInfo } from '../module-info.ts'
import { EXTERNAL_KINDS } from '../read/imports.ts'
import { writeLimits } from './limits.ts'
import { writeTag } from './tags.ts'
import { writeValueType } from './value-types.ts'

/** Writes the contents of the import section of a module. */
export function writeImports(writer: ByteWriter, info: ModuleInfo): void {
  writer.writeU32(info.imports.length)
  for (const entry of info.imports) {
    writer.writeName(entry.module)
    writer.writeName(entry.name)
    writer.writeByte(EXTERNAL_KINDS.indexOf(entry.kind))
    writeImported(writer, info, entry)
  }
}

function writeImported(writer: ByteWriter, info: ModuleInfo, { kind, index }: ImportEntry): void {
  const table = kind === 'table' ? info.tables[index] : undefined
  const memory = kind === 'memory' ? info.memories[index] : undefined
  const global = kind === 'global' ? info.globals[index] : undefined
  const tag = kind === 'tag' ? info.tags[index] : undefined
  if (kind === 'function') writer.writeU32(info.functions[index] ?? 0)
  if (table !== undefined) writeValueType(writer, table.element)
  const sized = table ?? memory
  if (sized !== undefined) writeLimits(writer, sized.limits)
  if (global !== undefined) {
    writeValueType(writer, global.type)
    writer.writeByte(global.mutable ? 1 : 0)
  }
  if (tag !== undefined) writeTag(writer, tag)
}
