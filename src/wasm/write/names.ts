import { ByteWriter } from '../byte-writer.ts'
import type { Names } from '../read/names.ts'

/** Writes the contents of a name section behind its name: module, functions, locals, where there are any. */
export function writeNames(writer: ByteWriter, names: Names): void {
  const { module, functions, locals } = names
  if (module !== null) writeSubsection(writer, 0, (part) => part.writeName(module))
  if (functions.size > 0) writeSubsection(writer, 1, (part) => writeNameMap(part, functions))
  if (locals.size > 0) writeSubsection(writer, 2, (part) => writeIndirectNameMap(part, locals))
}

function writeSubsection(writer: ByteWriter, id: number, write: (part: ByteWriter) => void): void {
  const part = new ByteWriter()
  write(part)
  const bytes = part.finish()
  writer.writeByte(id)
  writer.writeU32(bytes.length)
  writer.writeBytes(bytes)
}

function writeNameMap(writer: ByteWriter, names: ReadonlyMap<number, string>): void {
  writer.writeU32(names.size)
  for (const [index, name] of names) {
    writer.writeU32(index)
    writer.writeName(name)
  }
}

function writeIndirectNameMap(writer: ByteWriter, names: Names['locals']): void {
  writer.writeU32(names.size)
  for (const [index, locals] of names) {
    writer.writeU32(index)
    writeNameMap(writer, locals)
  }
}
