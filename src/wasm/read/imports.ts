import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { malformed } from '../malformed.ts'
import type { ExternalKind, Global, ImportEntry, Memory, Table, Tag } from '../module-info.ts'
import { readGlobal } from './globals.ts'
import { readMemory } from './memories.ts'
import { readTable } from './tables.ts'
import { readTag } from './tags.ts'

export const EXTERNAL_KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag']

/** What a module imports: the entries, and the beginning of each index space. */
export interface Imports {
  readonly entries: ImportEntry[]
  readonly functions: number[]
  readonly tables: Table[]
  readonly memories: Memory[]
  readonly globals: Global[]
  readonly tags: Tag[]
}

/** Reads the import section. */
export function readImports(reader: ByteReader): Imports {
  const imports: Imports = { entries: [], functions: [], tables: [], memories: [], globals: [], tags: [] }
  for (let count = reader.readCount('imports', MODULE_LIMITS.imports); count > 0; count--) {
    const offset = reader.offset
    const module = reader.readName('the module of an import')
    const name = reader.readName('the name of an import')
    const kind = readExternalKind(reader)
    const index = readImported(reader, kind, imports)
    imports.entries.push({ module, name, kind, index, range: { offset, size: reader.offset - offset } })
  }
  return imports
}

function readImported(reader: ByteReader, kind: ExternalKind, imports: Imports): number {
  switch (kind) {
    case 'function':
      return imports.functions.push(reader.readU32('the type of an import')) - 1
    case 'table':
      return imports.tables.push(readTable(reader, true)) - 1
    case 'memory':
      return imports.memories.push(readMemory(reader, true)) - 1
    case 'global':
      return imports.globals.push(readGlobal(reader, true)) - 1
    case 'tag':
      return imports.tags.push(readTag(reader, true)) - 1
  }
}

export function readExternalKind(reader: ByteReader): ExternalKind {
  const start = reader.offset
  const byte = reader.readByte('a kind of import or export')
  const kind = EXTERNAL_KINDS[byte]
  if (kind === undefined) throw malformed(start, 'a kind of import or export 0 to 4', String(byte))
  return kind
}
