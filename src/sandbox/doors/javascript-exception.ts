import type { ErrorData } from '../../core/index.ts'

const FRAME = /^\s*at (?:(?<name>\S.*?) \()?(?<file>[^\s()][^()]*?):(?<line>\d{1,9})(?::(?<column>\d{1,9}))?\)?$/
/** Longest message that is shown, characters. */
const MESSAGE_CHARS = 1_024

/**
 * Makes the error of an exception that a script let escape: its text, and the innermost place in one of its modules.
 *
 * Text and stack are the guest's own: they can mislead only about itself.
 */
export function explainException(
  text: string,
  stack: string,
  modules: { has(name: string): boolean } = new Set<string>(),
): ErrorData {
  const exception = text.slice(0, MESSAGE_CHARS)
  const place = findPlace(stack, modules)
  if (place === undefined) return { code: 'ERR_GUEST_EXCEPTION', detail: exception, data: { exception } }
  const { name, ...data } = place
  const where = [data.file, data.line, ...(data.column === undefined ? [] : [data.column])].join(':')
  const frame = name === undefined ? where : `${name.slice(0, 64)} (${where})`
  return { code: 'ERR_GUEST_EXCEPTION', detail: `${exception} at ${frame}`, data: { exception, ...data } }
}

interface Place {
  readonly name: string | undefined
  readonly file: string
  readonly line: number
  readonly column?: number
}

function findPlace(stack: string, modules: { has(name: string): boolean }): Place | undefined {
  for (const text of stack.split('\n')) {
    const { name, file = '', line, column } = FRAME.exec(text)?.groups ?? {}
    if (!modules.has(file)) continue
    return { name, file, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) }
  }
  return undefined
}
