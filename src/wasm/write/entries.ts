import type { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'

/**
 * Writes the contents of a section whose old entries stay as they are and that gets new ones at its end, so that no
 * index changes. `section` stands at the count; null if the module has no such section.
 */
export function appendEntries(writer: ByteWriter, section: ByteReader | null, added: readonly Uint8Array[]): void {
  writer.writeU32((section === null ? 0 : section.readU32('the number of entries')) + added.length)
  if (section !== null) writer.writeBytes(section.bytes.subarray(section.offset, section.end))
  for (const entry of added) writer.writeBytes(entry)
}
