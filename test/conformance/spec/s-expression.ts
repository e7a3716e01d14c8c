/** A list or an atom of the text format, with where it stands in the source. */
export type Expression = List | Atom

export interface List {
  readonly kind: 'list'
  readonly items: readonly Expression[]
  readonly start: number
  readonly end: number
}

export interface Atom {
  readonly kind: 'atom' | 'string'
  /** An atom as it is written; for a string what is between its quotes, escapes included. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** What a script is refused with: a message with the line. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'
}

const TOKEN = /\s+|;;[^\n]*|\(;|\(@|\(|\)|"(?:[^"\\]|\\[\s\S])*"|[^\s()";]+|[\s\S]/y
const COMMENT_EDGE = /\(;|;\)/g

/**
 * Reads a script of the text format into its top-level expressions; comments and annotations are dropped.
 *
 * Cost: linear; nesting is bounded by the memory of the host, not by its stack.
 *
 * @throws ScriptError for an unclosed list, comment or string
 */
export function readExpressions(source: string): readonly Expression[] {
  const top: Expression[] = []
  const open: { items: Expression[]; start: number; annotation: boolean }[] = []
  const add = (expression: Expression): void => {
    const items = open.at(-1)?.items ?? top
    items.push(expression)
  }
  for (let at = 0; at < source.length; ) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(source)?.[0] ?? ''
    const end = token === '(;' ? endOfComment(source, at) : at + token.length
    if (token === '(' || token === '(@') open.push({ items: [], start: at, annotation: token === '(@' })
    else if (token === ')') {
      const list = open.pop()
      if (list === undefined) throw refusal(source, at, 'a ) that closes nothing')
      if (!list.annotation) add({ kind: 'list', items: list.items, start: list.start, end })
    } else if (token.startsWith('"')) {
      if (token.length < 2) throw refusal(source, at, 'a string without an end')
      add({ kind: 'string', text: token.slice(1, -1), start: at, end })
    } else if (!/^(?:\s|;;|\(;)/.test(token)) add({ kind: 'atom', text: token, start: at, end })
    at = end
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) throw refusal(source, unclosed.start, 'a ( without its )')
  return top
}

/** Block comments nest. */
function endOfComment(source: string, start: number): number {
  let depth = 0
  COMMENT_EDGE.lastIndex = start
  for (let edge = COMMENT_EDGE.exec(source); edge !== null; edge = COMMENT_EDGE.exec(source)) {
    depth += edge[0] === '(;' ? 1 : -1
    if (depth === 0) return COMMENT_EDGE.lastIndex
  }
  throw refusal(source, start, 'a comment without an end')
}

function refusal(source: string, offset: number, what: string): ScriptError {
  return new ScriptError(`line ${lineOf(source, offset)}: ${what}`)
}

/** Line of an offset, from 1. */
export function lineOf(source: string, offset: number): number {
  let line = 1
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1)) line += 1
  return line
}

const ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, '"': 34, "'": 39, '\\': 92 }

/** Bytes a string of the text format stands for. */
export function stringBytes(text: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  for (const [piece] of text.matchAll(/\\u\{[^}]*\}|\\[0-9a-fA-F]{2}|\\[\s\S]|[^\\]+/g)) {
    if (!piece.startsWith('\\')) parts.push(new TextEncoder().encode(piece))
    else if (piece.startsWith('\\u{')) {
      const point = Number.parseInt(piece.slice(3, -1).replaceAll('_', ''), 16)
      parts.push(new TextEncoder().encode(String.fromCodePoint(point)))
    } else parts.push(Uint8Array.of(ESCAPES[piece.slice(1)] ?? Number.parseInt(piece.slice(1), 16)))
  }
  return Uint8Array.from(Buffer.concat(parts))
}
