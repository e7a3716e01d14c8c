import type { ByteWriter } from '../byte-writer.ts'
import { writePaddedU32 } from '../leb128.ts'
import type { ByteRange, ModuleInfo, Section } from '../module-info.ts'

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
/** Width of a section size that is filled in afterwards: holds 2^35. */
const SIZE_WIDTH = 5

/** Writes the magic number and the version. */
export function writeHeader(writer: ByteWriter): void {
  writer.writeBytes(HEADER)
}

/** Copies a section as it stands in the original file, non-canonical numbers included. */
export function copySection(writer: ByteWriter, info: ModuleInfo, section: Section): void {
  writer.writeBytes(info.bytes.subarray(section.start, section.offset + section.size))
}

/** Writes a section from its contents. */
export function writeSection(writer: ByteWriter, id: number, contents: Uint8Array): void {
  writer.writeByte(id)
  writer.writeU32(contents.length)
  writer.writeBytes(contents)
}

/** Begins a section whose size is not known yet; returns where its contents begin. */
export function beginSection(writer: ByteWriter, id: number): number {
  writer.writeByte(id)
  writer.reserve(SIZE_WIDTH)
  writer.length += SIZE_WIDTH
  return writer.length
}

/** Fills in the size of a section begun at `contentsOffset`. */
export function endSection(writer: ByteWriter, contentsOffset: number): void {
  writePaddedU32(writer.bytes, contentsOffset - SIZE_WIDTH, writer.length - contentsOffset, SIZE_WIDTH)
}

/** Copies a stretch of the original file. */
export function copyRange(writer: ByteWriter, info: ModuleInfo, range: ByteRange): void {
  writer.writeBytes(info.bytes.subarray(range.offset, range.offset + range.size))
}
