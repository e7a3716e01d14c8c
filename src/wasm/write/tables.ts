import type { ByteWriter } from '../byte-writer.ts'
import type { ModuleInfo, Table } from '../module-info.ts'
import { writeLimits } from './limits.ts'
import { copyRange } from './sections.ts'

/** Writes the contents of a table section: the tables that are not imported, all but their limits as they stand in the file. */
export function writeTables(writer: ByteWriter, info: ModuleInfo, tables: readonly Table[]): void {
  const own = tables.filter(({ imported }) => !imported)
  writer.writeU32(own.length)
  for (const { range, limits, limitsRange } of own) {
    const behind = limitsRange.offset + limitsRange.size
    copyRange(writer, info, { offset: range.offset, size: limitsRange.offset - range.offset })
    writeLimits(writer, limits)
    copyRange(writer, info, { offset: behind, size: range.offset + range.size - behind })
  }
}
