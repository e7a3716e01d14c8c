import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { ExportEntry } from '../module-info.ts'
import { readExternalKind } from './imports.ts'

/** Reads the export section; names are unique. */
export function readExports(reader: ByteReader): ExportEntry[] {
  const names = new Set<string>()
  const count = reader.readCount('exports', MODULE_LIMITS.exports)
  return Array.from({ length: count }, () => {
    const offset = reader.offset
    const name = reader.readName('the name of an export')
    if (names.has(name)) throw malformed(offset, 'another name for each export', JSON.stringify(name))
    names.add(name)
    const kind = readExternalKind(reader)
    const index = reader.readU32('the index of an export')
    return { name, kind, index, range: { offset, size: reader.offset - offset } }
  })
}
