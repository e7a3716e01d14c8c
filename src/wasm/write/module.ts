import { ByteWriter } from '../byte-writer.ts'
import { malformed } from '../malformed.ts'
import type { ModuleInfo, SectionId } from '../module-info.ts'
import { SECTION } from '../module-info.ts'
import { writeBodies, writeFunctions } from './code.ts'
import { writeData } from './data.ts'
import { writeElements } from './elements.ts'
import { writeExports } from './exports.ts'
import { writeGlobals } from './globals.ts'
import { writeImports } from './imports.ts'
import { writeMemories } from './memories.ts'
import { copySection, writeHeader, writeSection } from './sections.ts'
import { writeTables } from './tables.ts'
import { writeTags } from './tags.ts'
import { writeTypes } from './types.ts'

/** Writes the contents of one section of a module from what was read of it. */
export type SectionWriter = (writer: ByteWriter, info: ModuleInfo) => void

/** The writer of each section but custom ones, which are always copied. */
export const SECTION_WRITERS: Readonly<Record<SectionId, SectionWriter>> = {
  [SECTION.type]: (writer, info) => writeTypes(writer, info.types),
  [SECTION.import]: writeImports,
  [SECTION.function]: writeFunctions,
  [SECTION.table]: (writer, info) => writeTables(writer, info, info.tables),
  [SECTION.memory]: (writer, info) => writeMemories(writer, info.memories),
  [SECTION.tag]: (writer, info) => writeTags(writer, info.tags),
  [SECTION.global]: writeGlobals,
  [SECTION.export]: (writer, info) => writeExports(writer, info.exports),
  [SECTION.start]: (writer, info) => writer.writeU32(info.start ?? 0),
  [SECTION.element]: writeElements,
  [SECTION.dataCount]: (writer, info) => writer.writeU32(info.dataCount ?? 0),
  [SECTION.code]: writeBodies,
  [SECTION.data]: writeData,
}

/**
 * Writes a module: the sections whose ids are in `rewritten` from what was read of them, in canonical form, all
 * others as they stand in the file. With no ids the result is the file itself, byte by byte.
 */
export function writeModule(info: ModuleInfo, rewritten: Iterable<SectionId> = []): Uint8Array<ArrayBuffer> {
  const ids = new Set(rewritten)
  const out = new ByteWriter(info.bytes.length + 64)
  writeHeader(out)
  for (const section of info.sections) {
    if (!ids.has(section.id)) {
      copySection(out, info, section)
      continue
    }
    const write = SECTION_WRITERS[section.id]
    if (write === undefined) throw malformed(section.start, 'a section with a writer', `id ${section.id}`)
    const contents = new ByteWriter()
    write(contents, info)
    writeSection(out, section.id, contents.finish())
  }
  return out.finish()
}
