import type { FunctionType, ModuleInfo } from '../wasm/index.ts'
import { ByteWriter, encodeS64, writeFunctionType, writeValueType } from '../wasm/index.ts'

/** Type of an added function: one parameter and one result of the same type. */
export type HelperType = 'i32' | 'i64'

/** Types at the end of the type index space: those of the helpers, and of blocks with several results. */
export interface AddedTypes {
  readonly count: number
  /** Type index of a function from one value to one of the same type. */
  helperType(type: HelperType): number
  /** Encoded type of a block without parameters that has a function's results. */
  blockType(type: FunctionType): readonly number[]
  /** Writes their entries. */
  write(writer: ByteWriter): void
}

/** Plans the types to add. A type of a block is added for each list of two or more results that occurs in the module. */
export function planTypes(info: ModuleInfo): AddedTypes {
  const entries: Pick<FunctionType, 'params' | 'results'>[] = []
  const add = (params: readonly string[], results: readonly string[]): number =>
    info.types.length + entries.push({ params, results }) - 1
  const helpers: Readonly<Record<HelperType, number>> = { i32: add(['i32'], ['i32']), i64: add(['i64'], ['i64']) }
  const blocks = new Map<string, readonly number[]>([['', [0x40]]])
  for (const { type } of info.types) {
    if (type.kind !== 'func') continue
    const key = type.results.join()
    if (blocks.has(key)) continue
    blocks.set(key, type.results.length === 1 ? encodeType(type.results[0] ?? '') : encodeS64(add([], type.results)))
  }
  return {
    count: entries.length,
    helperType: (type) => helpers[type],
    blockType: (type) => blocks.get(type.results.join()) ?? [],
    write: (writer) => {
      for (const entry of entries) writeFunctionType(writer, entry)
    },
  }
}

function encodeType(type: string): readonly number[] {
  const writer = new ByteWriter(16)
  writeValueType(writer, type)
  return Array.from(writer.finish())
}
