import type { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'

/**
 * Writes the contents of a section whose old entries stay as they are and that gets new ones at its end, so that no
 * index changes. `section` stands at the count; null if the module has no such section.
 */
export function appendEntries(
  writer: ByteWriter,
  section: ByteReader | null,
  addedCount: number,
  writeAdded: (writer: ByteWriter) => void,
): void {
  writer.writeU32((section === null ? 0 : section.readU32('the number of entries')) + addedCount)
  if (section !== null) writer.writeBytes(section.bytes.subarray(section.offset, section.end))
  writeAdded(writer)
}
