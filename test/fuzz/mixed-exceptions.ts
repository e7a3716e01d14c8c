import { InstructionCursor, type ModuleInfo, readLocals, rowByName } from '../../src/wasm/index.ts'

const LEGACY = new Set(['try', 'catch', 'catch_all', 'delegate', 'rethrow'].map(rowByName))
const NEW = new Set(['try_table', 'throw_ref'].map(rowByName))
const EXNREF = 0x69

/**
 * Tells whether a valid module may use both encodings of exception handling: legacy instructions, and new ones or a byte
 * that can stand for their type. V8 refuses a module that does, but not always: it checks functions in parallel, and
 * whether it notices is a matter of timing.
 */
export function mayMixExceptions(info: ModuleInfo): boolean {
  const { legacy, modern } = findExceptions(info)
  return legacy && (modern || info.bytes.includes(EXNREF))
}

/** Tells which instructions of exception handling the code of a module has. */
export function findExceptions({ bytes, code }: ModuleInfo): { readonly legacy: boolean; readonly modern: boolean } {
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
  return { legacy, modern }
}
