import type { ByteWriter } from '../byte-writer.ts'
import type { ExportEntry } from '../module-info.ts'
import { EXTERNAL_KINDS } from '../read/imports.ts'

/** Writes the contents of an export section. */
export function writeExports(writer: ByteWriter, exports: readonly Omit<ExportEntry, 'range'>[]): void {
  writer.writeU32(exports.length)
  for (const entry of exports) writeExport(writer, entry)
}

/** Writes one entry of an export section. */
export function writeExport(writer: ByteWriter, { name, kind, index }: Omit<ExportEntry, 'range'>): void {
  writer.writeName(name)
  writer.writeByte(EXTERNAL_KINDS.indexOf(kind))
  writer.writeU32(index)
}
