import type { Atom, Expression, List } from './s-expression.ts'
import { lineOf, readExpressions, ScriptError, stringBytes } from './s-expression.ts'
import type { Pattern, Value } from './values.ts'
import { parsePattern, parseValue } from './values.ts'

/** Where a module comes from: text for an assembler, or its bytes. `quoted` text may be wrong on purpose. */
export type Source =
  | { readonly form: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly form: 'binary'; readonly bytes: Uint8Array<ArrayBuffer> }

export type Action =
  | { readonly kind: 'invoke'; readonly module: string | null; readonly name: string; readonly args: readonly Value[] }
  | { readonly kind: 'get'; readonly module: string | null; readonly name: string }

/** What an assertion says of its module before it runs, or of its instantiation. */
export type ModuleFault = 'invalid' | 'malformed' | 'unlinkable' | 'trap' | 'exception'

/** One command of a script. A wrong module is `expected` to be refused, or to end so when it is instantiated. */
export type Command = { readonly line: number } & (
  | { readonly kind: 'module'; readonly id: string | null; readonly source: Source; readonly definition: boolean }
  | { readonly kind: 'instance'; readonly id: string | null; readonly definition: string | null }
  | { readonly kind: 'register'; readonly as: string; readonly module: string | null }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'return'; readonly action: Action; readonly expected: readonly Pattern[] }
  | { readonly kind: 'trap' | 'exhaustion' | 'exception'; readonly action: Action }
  | { readonly kind: 'wrong module'; readonly source: Source; readonly expected: ModuleFault }
)

const FAULTS: Readonly<Record<string, ModuleFault>> = {
  assert_invalid: 'invalid',
  assert_invalid_custom: 'invalid',
  assert_malformed: 'malformed',
  assert_malformed_custom: 'malformed',
  assert_unlinkable: 'unlinkable',
  assert_trap: 'trap',
  assert_exception: 'exception',
}

const ENDINGS: Readonly<Record<string, 'trap' | 'exhaustion' | 'exception'>> = {
  assert_trap: 'trap',
  assert_exhaustion: 'exhaustion',
  assert_exception: 'exception',
}

/**
 * Reads the commands of a `.wast` script. A script of module fields alone is one module.
 *
 * @throws ScriptError for a command that is not known, with its line
 */
export function parseScript(source: string): readonly Command[] {
  const expressions = readExpressions(source)
  const heads = expressions.map((expression) => headOf(expression))
  if (expressions.length > 0 && !heads.some((head) => /^(?:module|register|invoke|get|assert_\w+)$/.test(head))) {
    const text: Source = { form: 'text', text: `(module ${source})`, quoted: false }
    return [{ line: 1, kind: 'module', id: null, source: text, definition: false }]
  }
  return expressions.map((expression) => new Parser(source, expression).command())
}

function headOf(expression: Expression): string {
  const first = expression.kind === 'list' ? expression.items[0] : undefined
  return first?.kind === 'atom' ? first.text : ''
}

class Parser {
  readonly #source: string
  readonly #list: List
  readonly #line: number

  constructor(source: string, expression: Expression) {
    this.#source = source
    this.#line = lineOf(source, expression.start)
    if (expression.kind !== 'list') throw new ScriptError(`line ${this.#line}: a command in brackets is expected`)
    this.#list = expression
  }

  command(): Command {
    const line = this.#line
    const head = headOf(this.#list)
    const items = this.#list.items.slice(1)
    if (head === 'module') return this.#module(items)
    if (head === 'register') return { line, kind: 'register', as: this.#name(items[0]), module: id(items[1]) }
    if (head === 'invoke' || head === 'get') return { line, kind: 'action', action: this.#action(this.#list) }
    const subject = items[0]
    if (subject?.kind !== 'list') throw this.#unknown(head)
    if (head === 'assert_return') {
      const expected = items.slice(1).map((item) => parsePattern(this.#asList(item)))
      return { line, kind: 'return', action: this.#action(subject), expected }
    }
    const fault = FAULTS[head]
    if (headOf(subject) === 'module' && fault !== undefined) {
      return { line, kind: 'wrong module', source: this.#sourceOf(subject.items.slice(1), subject), expected: fault }
    }
    const ending = ENDINGS[head]
    if (ending === undefined) throw this.#unknown(head)
    return { line, kind: ending, action: this.#action(subject) }
  }

  #module(items: readonly Expression[]): Command {
    const line = this.#line
    const [first] = items
    const word = first?.kind === 'atom' ? first.text : ''
    if (word === 'instance') return { line, kind: 'instance', id: id(items[1]), definition: id(items[2]) }
    const rest = word === 'definition' ? items.slice(1) : items
    const source = this.#sourceOf(rest, this.#list)
    return { line, kind: 'module', id: id(rest[0]), source, definition: word === 'definition' }
  }

  #sourceOf(items: readonly Expression[], list: List): Source {
    const rest = id(items[0]) === null ? items : items.slice(1)
    const form = rest[0]?.kind === 'atom' ? rest[0].text : ''
    const strings = rest.slice(1).filter((item): item is Atom => item.kind === 'string')
    if (form === 'binary') {
      return { form: 'binary', bytes: Uint8Array.from(Buffer.concat(strings.map(({ text }) => stringBytes(text)))) }
    }
    if (form === 'quote') {
      const fields = strings.map(({ text }) => Buffer.from(stringBytes(text)).toString('utf8')).join('\n')
      return { form: 'text', text: /^\s*\(module\b/.test(fields) ? fields : `(module ${fields})`, quoted: true }
    }
    const begin = items[0]?.start ?? list.end - 1
    return { form: 'text', text: `(module ${this.#source.slice(begin, list.end)}`, quoted: false }
  }

  #action(list: List): Action {
    const items = list.items.slice(1)
    const module = id(items[0])
    const rest = module === null ? items : items.slice(1)
    const name = this.#name(rest[0])
    if (headOf(list) === 'get') return { kind: 'get', module, name }
    if (headOf(list) !== 'invoke') throw this.#unknown(headOf(list))
    const args = rest.slice(1).map((item) => parseValue(this.#asList(item)))
    return { kind: 'invoke', module, name, args }
  }

  #name(item: Expression | undefined): string {
    if (item?.kind !== 'string') throw new ScriptError(`line ${this.#line}: a name in quotes is expected`)
    return Buffer.from(stringBytes(item.text)).toString('utf8')
  }

  #asList(item: Expression): List {
    if (item.kind !== 'list') throw new ScriptError(`line ${this.#line}: a constant in brackets is expected`)
    return item
  }

  #unknown(head: string): ScriptError {
    return new ScriptError(`line ${this.#line}: the command ${JSON.stringify(head)} is not known`)
  }
}

function id(item: Expression | undefined): string | null {
  return item?.kind === 'atom' && item.text.startsWith('$') ? item.text : null
}
