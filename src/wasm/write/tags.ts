import type { ByteWriter } from '../byte-writer.ts'
import type { Tag } from '../module-info.ts'

/** Writes the contents of a tag section: the tags that are not imported. */
export function writeTags(writer: ByteWriter, tags: readonly Tag[]): void {
  const own = tags.filter(({ imported }) => !imported)
  writer.writeU32(own.length)
  for (const tag of own) writeTag(writer, tag)
}

export function writeTag(writer: ByteWriter, { typeIndex }: Pick<Tag, 'typeIndex'>): void {
  writer.writeByte(0)
  writer.writeU32(typeIndex)
}
