import type { ByteWriter } from '../byte-writer.ts'
import type { ModuleInfo } from '../module-info.ts'
import { copyRange } from './sections.ts'

/** Writes the contents of the function section of a module: the types of its own functions. */
export function writeFunctions(writer: ByteWriter, info: ModuleInfo): void {
  const own = info.functions.subarray(info.importedFunctionCount)
  writer.writeU32(own.length)
  for (const typeIndex of own) writer.writeU32(typeIndex)
}

/** Writes the contents of the code section of a module: its bodies as they stand in the file. */
export function writeBodies(writer: ByteWriter, info: ModuleInfo): void {
  const { count, offsets, sizes } = info.code
  writer.writeU32(count)
  for (let i = 0; i < count; i++) {
    const size = sizes[i] ?? 0
    writer.writeU32(size)
    copyRange(writer, info, { offset: offsets[i] ?? 0, size })
  }
}
