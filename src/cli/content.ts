import type { Message } from '../core/index.ts'
import { escapeText, toJsonLine } from './plain-text.ts'

/** Deeper values are shown as their text: walking them would cost stack, and nobody reads them. */
const MAX_DEPTH = 100

/** Tells whether JSON text nests so deeply that it is better left as text. Cost: linear, no stack. */
function isDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (letter === '[' || letter === '{') depth += 1
    else if (letter === ']' || letter === '}') depth -= 1
    else if (letter === '"') at = endOfString(text, at)
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** Returns where a string ends that begins at `start`; the end of the text where it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at
  }
  return text.length
}

const READABLE_COLUMNS = 72
/** Lines of a content that are shown; `--json` has all of it. */
const MAX_LINES = 200
const MAX_CHARACTERS = 100_000

/** Writes a value for reading: a text as its lines, everything else as indented JSON; each line escaped. */
export function toReadableLines(value: unknown): string[] {
  const text = typeof value === 'string' ? value : formatValue(value, READABLE_COLUMNS)
  const lines = text.slice(0, MAX_CHARACTERS).replace(/\n$/, '').split(/\r?\n/)
  const shown = lines.slice(0, MAX_LINES).map(escapeText)
  const isCut = lines.length > shown.length || text.length > MAX_CHARACTERS
  return isCut ? [...shown, '… (--json shows all of it)'] : shown
}

/** Returns the value that content stands for, or its text where it is no JSON or nests too deeply. */
export function parseContent(content: string): unknown {
  if (isDeep(content)) return content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

/** Puts content as the value it stands for in the place of its text. */
export function withValue(message: Message): Record<string, unknown> {
  const { content, ...header } = message
  return content === undefined ? header : { ...header, content: parseContent(content) }
}

/**
 * Writes a parsed value as JSON for reading: what fits on a line stays on one line, the rest is broken up.
 *
 * @param columns of a line, its indent included
 */
export function formatValue(value: unknown, columns: number, indent = ''): string {
  const short = toJsonLine(value)
  if (indent.length + short.length <= columns || typeof value !== 'object' || value === null) return short
  const inner = `${indent}  `
  const parts = Array.isArray(value)
    ? value.map((part) => formatValue(part, columns, inner))
    : Object.entries(value).map(([key, part]) => `${toJsonLine(key)}: ${formatValue(part, columns, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}
