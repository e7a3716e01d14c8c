import type { ErrorData } from '../../core/index.ts'
import { SCRIPT_MODULE } from './javascript-prelude.ts'

const FRAME = new RegExp(
  `^\\s*at (?:(?<name>\\S.*?) \\()?${SCRIPT_MODULE}:(?<line>\\d{1,9})(?::(?<column>\\d{1,9}))?\\)?$`,
  'm',
)
/** Longest message that is shown, characters. */
const MESSAGE_CHARS = 1_024

/**
 * Makes the error of an exception that a script let escape: its text, and the innermost place in the script.
 *
 * Both texts are the guest's own: they can mislead only about itself.
 */
export function explainException(text: string, stack: string): ErrorData {
  const message = text.slice(0, MESSAGE_CHARS)
  const place = FRAME.exec(stack)?.groups
  const line = place?.['line']
  if (line === undefined) return { code: 'ERR_GUEST_EXCEPTION', detail: message, data: { exception: message } }
  const column = place?.['column']
  const where = `${SCRIPT_MODULE}:${line}${column === undefined ? '' : `:${column}`}`
  const frame = place?.['name'] === undefined ? where : `${place['name'].slice(0, 64)} (${where})`
  return {
    code: 'ERR_GUEST_EXCEPTION',
    detail: `${message} at ${frame}`,
    data: { exception: message, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) },
  }
}
