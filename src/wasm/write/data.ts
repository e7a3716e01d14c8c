import type { ByteWriter } from '../byte-writer.ts'
import type { ModuleInfo } from '../module-info.ts'
import { copyRange } from './sections.ts'

/** Writes the contents of the data section of a module, each segment in its shortest form. */
export function writeData(writer: ByteWriter, info: ModuleInfo): void {
  writer.writeU32(info.data.length)
  for (const { mode, memory, start, contents } of info.data) {
    const form = mode === 'passive' ? 1 : memory === 0 ? 0 : 2
    writer.writeByte(form)
    if (form === 2) writer.writeU32(memory)
    if (start !== null) copyRange(writer, info, start)
    writer.writeU32(contents.size)
    copyRange(writer, info, contents)
  }
}
