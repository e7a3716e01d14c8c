import type { ByteWriter } from '../byte-writer.ts'
import type { Global } from '../module-info.ts'
import { writeValueType } from './value-types.ts'

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
