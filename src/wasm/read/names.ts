import { isCaxtonError, MODULE_LIMITS } from '../../core/index.ts'
import { ByteReader } from '../byte-reader.ts'
import type { CustomSection } from '../module-info.ts'

/** Contents of the name section that the runtime uses. */
export interface Names {
  readonly module: string | null
  readonly functions: ReadonlyMap<number, string>
  /** By function, then by index of the parameter or local. */
  readonly locals: ReadonlyMap<number, ReadonlyMap<number, string>>
}

/** Reads the name section. A section that cannot be read gives the names up to the fault: it is never an error. */
export function readNames(bytes: Uint8Array, section: CustomSection | undefined): Names {
  const names = {
    module: null as string | null,
    functions: new Map<number, string>(),
    locals: new Map<number, Map<number, string>>(),
  }
  readSubsections(bytes, section, (id, part) => {
    if (id === 0) names.module = part.readName('the name of the module')
    if (id === 1) readNameMap(part, names.functions)
    if (id === 2) readIndirectNameMap(part, names.locals)
  })
  return names
}

/** Reads the names of functions alone: those of locals can be many times as many. */
export function readFunctionNames(bytes: Uint8Array, section: CustomSection | undefined): Names['functions'] {
  const names = new Map<number, string>()
  readSubsections(bytes, section, (id, part) => {
    if (id === 1) readNameMap(part, names)
  })
  return names
}

function readSubsections(
  bytes: Uint8Array,
  section: CustomSection | undefined,
  read: (id: number, part: ByteReader) => void,
): void {
  if (section === undefined) return
  const reader = new ByteReader(bytes, section.offset, section.offset + section.size)
  try {
    while (reader.left > 0) {
      const id = reader.readByte('a subsection')
      const size = reader.readU32('the size of a subsection')
      const part = new ByteReader(bytes, reader.offset, reader.offset + Math.min(size, reader.left))
      reader.skip(size, 'a subsection')
      read(id, part)
    }
  } catch (error) {
    if (!isCaxtonError(error)) throw error
  }
}

function readNameMap(reader: ByteReader, names: Map<number, string>): void {
  for (let count = reader.readCount('names', MODULE_LIMITS.functions); count > 0; count--) {
    const index = reader.readU32('an index')
    names.set(index, reader.readName('a name'))
  }
}

function readIndirectNameMap(reader: ByteReader, names: Map<number, Map<number, string>>): void {
  for (let count = reader.readCount('functions with names', MODULE_LIMITS.functions); count > 0; count--) {
    const locals = new Map<number, string>()
    names.set(reader.readU32('a function index'), locals)
    readNameMap(reader, locals)
  }
}
