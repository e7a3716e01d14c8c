import type { ByteWriter } from '../byte-writer.ts'
import type { ElementSegment, ModuleInfo } from '../module-info.ts'
import { copyRange } from './sections.ts'
import { writeValueType } from './value-types.ts'

/** Writes the contents of the element section of a module, each segment in its shortest form. */
export function writeElements(writer: ByteWriter, info: ModuleInfo): void {
  writer.writeU32(info.elements.length)
  for (const segment of info.elements) writeElement(writer, info, segment)
}

function writeElement(writer: ByteWriter, info: ModuleInfo, segment: ElementSegment): void {
  const { mode, table, type, form, start } = segment
  const plain = mode === 'active' && table === 0 && type === 'funcref'
  const modeFlags = { active: plain ? 0 : 2, passive: 1, declarative: 3 }[mode]
  writer.writeByte(modeFlags | (form === 'expressions' ? 4 : 0))
  if (mode === 'active' && !plain) writer.writeU32(table)
  if (start !== null) copyRange(writer, info, start)
  if (!plain && form === 'expressions') writeValueType(writer, type)
  if (!plain && form === 'functions') writer.writeByte(0)
  writer.writeU32(segment.count)
  copyRange(writer, info, segment.entries)
}
