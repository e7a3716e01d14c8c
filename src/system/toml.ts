import type { AST } from 'toml-eslint-parser'
import { ParseError, parseTOML } from 'toml-eslint-parser'
import { CaxtonError } from '../core/index.ts'

/** Where a value lies in a document: keys of tables and indexes of arrays. */
export type Path = readonly (string | number)[]

/** A table of a document. It has no prototype, so a key such as `__proto__` is a key like any other. */
export type TomlTable = Record<string, unknown>

/** A parsed TOML document that still knows on which line everything stands. */
export interface TomlDocument {
  readonly value: TomlTable
  /** Line (from 1) of a value, or of the nearest table around it that stands in the text. */
  lineOf(path: Path): number
}

/** Deeper documents are refused: nothing that is read here nests this far, and walking them costs stack. */
const MAX_DEPTH = 32

/**
 * Parses TOML 1.0 text and keeps the line of every key.
 *
 * @param file name that stands in front of the line in an error
 * @throws CaxtonError ERR_CONFIG_SYNTAX, `data.file` and `data.line` (from 1)
 */
export function parseToml(text: string, file: string): TomlDocument {
  const reader = new TomlReader(file)
  for (const entry of parseTree(text, file).body[0].body) reader.readEntry(entry)
  return reader
}

function parseTree(text: string, file: string): AST.TOMLProgram {
  try {
    return parseTOML(text, { tomlVersion: '1.0.0' })
  } catch (cause) {
    if (cause instanceof ParseError) throw explain(cause, text, file)
    // What remains is the parser's own recursion running out of stack.
    throw syntaxError(file, 1, 'the document is nested too deeply', cause)
  }
}

/** Says it as a reader of the file sees it: the parser notices a missing value only on a later line. */
function explain(error: ParseError, text: string, file: string): CaxtonError {
  const lines = text.split('\n').map((line) => line.trim())
  const before = lines.findLastIndex((line, index) => index < error.lineNumber - 1 && line !== '')
  const isValueMissing = error.column === 0 && lines[before]?.endsWith('=') === true
  const line = isValueMissing ? before + 1 : error.lineNumber
  const source = JSON.stringify((lines[line - 1] ?? '').slice(0, 80))
  if (isValueMissing) return syntaxError(file, line, `a value is missing after "=", in ${source}`, error)
  const sentence = error.message.includes('multiple times')
    ? 'this key or table is defined twice'
    : error.message.replace(/^[A-Z]/, (letter) => letter.toLowerCase())
  return syntaxError(file, line, source === '""' ? sentence : `${sentence}, in ${source}`, error)
}

function syntaxError(file: string, line: number, detail: string, cause?: unknown): CaxtonError {
  return new CaxtonError('ERR_CONFIG_SYNTAX', { detail: `${file}:${line}: ${detail}`, data: { file, line }, cause })
}

class TomlReader implements TomlDocument {
  readonly value: TomlTable = createTable()
  readonly #lines = new Map<string, number>()
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  lineOf(path: Path): number {
    for (let length = path.length; length > 0; length -= 1) {
      const line = this.#lines.get(keyOf(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return 1
  }

  readEntry(entry: AST.TOMLKeyValue | AST.TOMLTable): void {
    if (entry.type === 'TOMLKeyValue') {
      this.#readPair(entry, this.value, [])
      return
    }
    const line = entry.loc.start.line
    const table = this.#descend(this.value, [], entry.resolvedKey, line)
    this.#lines.set(keyOf(entry.resolvedKey), line)
    for (const pair of entry.body) this.#readPair(pair, table, entry.resolvedKey)
  }

  #readPair(pair: AST.TOMLKeyValue, table: TomlTable, path: Path): void {
    const line = pair.loc.start.line
    const names = pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))
    const last = names.pop()
    if (last === undefined) return
    const parent = this.#descend(table, path, names, line)
    const full = [...path, ...names, last]
    this.#remember(full, line)
    parent[last] = this.#readValue(pair.value, full)
  }

  #readValue(node: AST.TOMLContentNode, path: Path): unknown {
    if (node.type === 'TOMLArray') {
      return node.elements.map((element, index) => {
        this.#remember([...path, index], element.loc.start.line)
        return this.#readValue(element, [...path, index])
      })
    }
    if (node.type !== 'TOMLInlineTable') return node.value
    const table = createTable()
    for (const pair of node.body) this.#readPair(pair, table, path)
    return table
  }

  /** Walks down, making what is not there yet: a number in the path is an element of an array of tables. */
  #descend(start: TomlTable, base: Path, steps: Path, line: number): TomlTable {
    let place: unknown = start
    steps.forEach((step, index) => {
      const holder = place as Record<string | number, unknown>
      holder[step] ??= typeof steps[index + 1] === 'number' ? [] : createTable()
      place = holder[step]
      this.#remember([...base, ...steps.slice(0, index + 1)], line)
    })
    return place as TomlTable
  }

  #remember(path: Path, line: number): void {
    if (path.length > MAX_DEPTH) throw syntaxError(this.#file, line, `nested deeper than ${MAX_DEPTH} levels`)
    const key = keyOf(path)
    if (!this.#lines.has(key)) this.#lines.set(key, line)
  }
}

function createTable(): TomlTable {
  return Object.create(null) as TomlTable
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}
