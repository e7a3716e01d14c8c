import type { ByteWriter } from '../byte-writer.ts'
import type { Global, ModuleInfo } from '../module-info.ts'
import { copyRange } from './sections.ts'
import { writeValueType } from './value-types.ts'

/** Writes the contents of the global section of a module: the globals that are not imported. */
export function writeGlobals(writer: ByteWriter, info: ModuleInfo): void {
  const own = info.globals.filter(({ imported }) => !imported)
  writer.writeU32(own.length)
  for (const global of own) {
    writeGlobal(writer, global, [])
    if (global.initializer !== null) copyRange(writer, info, global.initializer)
  }
}

/** Writes one entry of a global section; `initializer` is a constant expression with its `end`. */
export function writeGlobal(
  writer: ByteWriter,
  global: Pick<Global, 'type' | 'mutable'>,
  initializer: Uint8Array | readonly number[],
): void {
  writeValueType(writer, global.type)
  writer.writeByte(global.mutable ? 1 : 0)
  writer.writeBytes(initializer)
}
