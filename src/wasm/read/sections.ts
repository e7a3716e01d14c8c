import { MODULE_LIMITS } from '../../core/index.ts'
import { ByteReader } from '../byte-reader.ts'
import { beyondLimit, malformed } from '../malformed.ts'
import type { CustomSection, Section } from '../module-info.ts'
import { SECTION } from '../module-info.ts'

const MAGIC = 0x6d736100
const VERSION = 1

/** The order sections must have, by id; custom sections stand anywhere. */
export const SECTION_RANK: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6]
const SECTION_NAMES =
  'custom type import function table memory global export start element code data data-count tag'.split(' ')

/** Name of a section for messages: `code`. */
export function sectionName(id: number): string {
  return SECTION_NAMES[id] ?? `section ${id}`
}

/**
 * Splits a module into its sections.
 *
 * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_LIMIT with `data.offset`
 */
export function readSections(bytes: Uint8Array): { sections: Section[]; customSections: CustomSection[] } {
  if (bytes.length > MODULE_LIMITS.moduleBytes)
    throw beyondLimit(0, 'bytes in the module', MODULE_LIMITS.moduleBytes, bytes.length)
  const reader = new ByteReader(bytes)
  readHeader(reader)
  const sections: Section[] = []
  const customSections: CustomSection[] = []
  let rank = 0
  while (reader.left > 0) {
    const section = readSection(reader)
    sections.push(section)
    if (section.id === SECTION.custom) {
      if (customSections.length >= MODULE_LIMITS.customSections) {
        throw beyondLimit(section.start, 'custom sections', MODULE_LIMITS.customSections, customSections.length + 1)
      }
      customSections.push(readCustomSection(bytes, section))
      continue
    }
    const next = SECTION_RANK[section.id] as number
    if (next <= rank)
      throw malformed(section.start, 'sections in order and once each', `section ${sectionName(section.id)}`)
    rank = next
  }
  return { sections, customSections }
}

function readHeader(reader: ByteReader): void {
  for (const [what, word] of [
    ['the magic number \\0asm', MAGIC],
    ['version 1', VERSION],
  ] as const) {
    const start = reader.offset
    let value = 0
    for (let shift = 0; shift < 32; shift += 8) value |= reader.readByte(what) << shift
    if (value !== word) throw malformed(start, what, `0x${(value >>> 0).toString(16)}`)
  }
}

function readSection(reader: ByteReader): Section {
  const start = reader.offset
  const id = reader.readByte('a section')
  if (id >= SECTION_RANK.length) throw malformed(start, 'a section id of 0 to 13', String(id))
  const size = reader.readU32(`the size of section ${sectionName(id)}`)
  const offset = reader.offset
  reader.skip(size, `section ${sectionName(id)}`)
  return { id, start, offset, size }
}

function readCustomSection(bytes: Uint8Array, section: Section): CustomSection {
  const reader = new ByteReader(bytes, section.offset, section.offset + section.size)
  const name = reader.readName('the name of a custom section')
  return { ...section, name, offset: reader.offset, size: reader.left }
}
