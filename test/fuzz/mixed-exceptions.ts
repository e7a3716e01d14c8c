import { InstructionCursor, type ModuleInfo, readLocals, rowByName } from '../../src/wasm/index.ts'

const LEGACY = new Set(['try', 'catch', 'catch_all', 'delegate', 'rethrow'].map(rowByName))
const NEW = new Set(['try_table', 'throw_ref'].map(rowByName))

/**
 * Tells whether a valid module uses both encodings of exception handling. V8 refuses such a module, but not always: it
 * checks functions in parallel, and whether it notices is a matter of timing.
 */
export function mixesExceptionEncodings({ bytes, code }: ModuleInfo): boolean {
  let legacy = false
  let modern = false
  const cursor = new InstructionCursor(bytes)
  for (let index = 0; index < code.count; index++) {
    const offset = code.offsets[index] as number
    const end = offset + (code.sizes[index] as number)
    cursor.enter(readLocals(bytes, offset, end).offset, end)
    while (cursor.next()) {
      legacy ||= LEGACY.has(cursor.row)
      modern ||= NEW.has(cursor.row)
    }
  }
  return legacy && modern
}
