import type { HostModule } from '../../capability/index.ts'
import type { DoorParts } from './door.ts'

/** Longest text that is taken from a guest that aborts, UTF-16 code units. */
const TEXT_UNITS = 512
const UTF16 = new TextDecoder('utf-16le')

/** What AssemblyScript imports whether a program wants it or not. */
export const ASSEMBLYSCRIPT_ENV: HostModule<{ readonly parts: DoorParts }> = {
  name: 'env',
  fault: 0,
  functions: [
    {
      name: 'abort',
      params: [
        { name: 'message_ptr', type: 'i32' },
        { name: 'file_ptr', type: 'i32' },
        { name: 'line', type: 'i32' },
        { name: 'column', type: 'i32' },
      ],
      result: null,
      grant: null,
      fuel: 100,
      summary: 'Ends the agent: AssemblyScript calls it where a program throws or an assertion fails.',
      bind:
        ({ parts }) =>
        (messagePointer: number, filePointer: number, line: number, column: number) => {
          const message = readManagedText(parts, messagePointer)
          const file = readManagedText(parts, filePointer)
          const detail = `${message === '' ? 'no message' : message} (${file}:${line}:${column})`
          return parts.end({ code: 'ERR_GUEST_ABORT', detail, data: { message, file, line, column } })
        },
    },
  ],
}

/** Reads a string of AssemblyScript: UTF-16 at the pointer, its length in bytes in the four bytes before. */
function readManagedText({ memory }: DoorParts, pointer: number): string {
  const start = pointer >>> 0
  if (start < 4 || start > memory.byteLength) return ''
  const length = memory.readU32(start - 4)
  const bytes = Math.min(length - (length % 2), TEXT_UNITS * 2, memory.byteLength - start)
  return UTF16.decode(memory.read(start, bytes))
}
