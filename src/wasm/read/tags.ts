import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { Tag } from '../module-info.ts'

/** Reads the tag section. */
export function readTags(reader: ByteReader): Tag[] {
  const count = reader.readCount('tags', MODULE_LIMITS.tags)
  return Array.from({ length: count }, () => readTag(reader, false))
}

/** Reads one tag type, of the tag section or of an import. */
export function readTag(reader: ByteReader, imported: boolean): Tag {
  const offset = reader.offset
  const attribute = reader.readByte('a tag')
  if (attribute !== 0) throw malformed(offset, 'the tag attribute 0', String(attribute))
  const typeIndex = reader.readU32('the type of a tag')
  return { imported, typeIndex, range: { offset, size: reader.offset - offset } }
}
