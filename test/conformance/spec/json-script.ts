import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ScriptError } from './s-expression.ts'
import type { Action, Command, ModuleFault, Source } from './script.ts'
import type { Pattern, Value } from './values.ts'

/** A value of the JSON form: integers and bit patterns as decimal text. */
interface JsonValue {
  readonly type: string
  readonly value?: string | readonly string[]
  readonly lane_type?: string
  readonly values?: readonly JsonValue[]
}

interface JsonAction {
  readonly type: string
  readonly module?: string
  readonly field: string
  readonly args?: readonly JsonValue[]
}

interface JsonCommand {
  readonly type: string
  readonly line: number
  readonly name?: string
  readonly filename?: string
  readonly module_type?: string
  readonly as?: string
  readonly module?: string
  readonly instance?: string
  readonly action?: JsonAction
  readonly expected?: readonly JsonValue[]
}

const FAULTS: Readonly<Record<string, ModuleFault>> = {
  assert_invalid: 'invalid',
  assert_malformed: 'malformed',
  assert_unlinkable: 'unlinkable',
  assert_uninstantiable: 'trap',
}

/**
 * Reads a script that was assembled beforehand, in the layout of `wast2json` and `wasm-tools json-from-wast`: a `.json`
 * with the commands, and the modules in files beside it.
 *
 * @throws ScriptError for a command that is not known, with its line
 */
export function readJsonScript(file: string): readonly Command[] {
  const { commands }: { readonly commands: readonly JsonCommand[] } = JSON.parse(readFileSync(file, 'utf8'))
  return commands.map((command) => parseCommand(command, dirname(file)))
}

function parseCommand(command: JsonCommand, folder: string): Command {
  const { line, type } = command
  const id = command.name ?? null
  if (type === 'module' || type === 'module_definition') {
    return { line, kind: 'module', id, source: sourceOf(command, folder), definition: type === 'module_definition' }
  }
  if (type === 'module_instance') {
    return { line, kind: 'instance', id: command.instance ?? null, definition: command.module ?? null }
  }
  if (type === 'register') return { line, kind: 'register', as: command.as ?? '', module: id }
  const fault = FAULTS[type]
  if (fault !== undefined) return { line, kind: 'wrong module', source: sourceOf(command, folder), expected: fault }
  if (command.action === undefined) throw new ScriptError(`line ${line}: the command ${type} is not known`)
  const action = parseAction(command.action)
  switch (type) {
    case 'action':
      return { line, kind: 'action', action }
    case 'assert_return':
      return { line, kind: 'return', action, expected: (command.expected ?? []).map(parsePattern) }
    case 'assert_trap':
    case 'assert_exhaustion':
    case 'assert_exception':
      return { line, kind: type.slice('assert_'.length) as 'trap', action }
    default:
      throw new ScriptError(`line ${line}: the command ${type} is not known`)
  }
}

function sourceOf({ filename = '', module_type }: JsonCommand, folder: string): Source {
  const bytes = readFileSync(join(folder, filename))
  if (module_type === 'text') return { form: 'text', text: bytes.toString('utf8'), quoted: true }
  return { form: 'binary', bytes: Uint8Array.from(bytes) }
}

function parseAction({ type, module: id, field, args = [] }: JsonAction): Action {
  const module = id ?? null
  if (type === 'get') return { kind: 'get', module, name: field }
  return { kind: 'invoke', module, name: field, args: args.map(parseValue) }
}

function parseValue(json: JsonValue): Value {
  const pattern = parsePattern(json)
  if (pattern.kind === 'value') return pattern.value
  if (pattern.kind !== 'lanes') throw new ScriptError(`${json.type} is no constant`)
  const bits = pattern.lanes.reduce((joined, lane, index) => {
    const own = lane.kind === 'value' && 'bits' in lane.value ? lane.value.bits : 0n
    return joined | (own << BigInt(index * pattern.laneBits))
  }, 0n)
  return { type: 'v128', bits }
}

const LANE_BITS: Readonly<Record<string, number>> = { i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64 }

function parsePattern({ type, value, lane_type = '', values = [] }: JsonValue): Pattern {
  if (type === 'either') return { kind: 'either', of: values.map(parsePattern) }
  if (type === 'v128' && Array.isArray(value)) {
    const laneBits = LANE_BITS[lane_type] ?? 0
    const lanes = value.map((lane: string) => parseLane(lane_type, lane, laneBits))
    if (lanes.length * laneBits !== 128) throw new ScriptError(`${lane_type} with ${lanes.length} lanes is no vector`)
    return { kind: 'lanes', laneBits, lanes }
  }
  const text = typeof value === 'string' ? value : ''
  const bits = LANE_BITS[type]
  if (bits !== undefined) return parseLane(type, text, bits)
  if (text === 'null' || (type === 'refnull' && text === '')) return { kind: 'value', value: { type: 'null' } }
  if (/^\d+$/.test(text)) return { kind: 'value', value: { type: 'extern', number: Number(text) } }
  return { kind: 'reference', of: type.replace(/ref$/, '') }
}

function parseLane(type: string, text: string, bits: number): Pattern {
  if (text.startsWith('nan:') && (type === 'f32' || type === 'f64')) {
    return { kind: 'nan', type, form: text === 'nan:canonical' ? 'canonical' : 'arithmetic' }
  }
  const number = { type: bits < 64 && type.startsWith('i') ? 'i32' : type, bits: BigInt.asUintN(bits, BigInt(text)) }
  return { kind: 'value', value: number as Value }
}
