import { isCaxtonError } from '../../../src/core/index.ts'
import type { InstrumentRules } from '../../../src/instrument/index.ts'
import { rewriteModule } from '../../../src/instrument/instrumentation.ts'
import type { FunctionType, ModuleInfo } from '../../../src/wasm/index.ts'
import { readModule } from '../../../src/wasm/index.ts'
import { isNumeric, NumericCaller } from './adapter.ts'
import type { Counters } from './counters.ts'
import { fillCounters, openCounters, PLENTY } from './counters.ts'
import type { Absence, Outcome } from './outcome.ts'
import { DONE, outcomeOfError } from './outcome.ts'
import type { Action } from './script.ts'
import { createSpectest } from './spectest.ts'
import type { Value } from './values.ts'
import { floatBits, floatValue } from './values.ts'

/** The most that the specification and V8 allow, so that the caps change nothing. */
const RULES: InstrumentRules = { memoryMaxBytes: 2 ** 32, tableMaxElements: 10_000_000 }

interface Linked {
  readonly exports: WebAssembly.Exports
  readonly info: ModuleInfo
}

type Place = Linked | { readonly absence: Absence }

/** Modules of one script and what they did, in V8 as they are (`plain`) or rewritten (`metered`). */
export class Session {
  readonly #metered: boolean
  readonly #named = new Map<string, Place>()
  readonly #registered = new Map<string, Place | { readonly exports: WebAssembly.Exports }>()
  readonly #counters: Counters[] = []
  readonly #caller = new NumericCaller()
  readonly #externs: Map<number, object>
  #current: Place = { absence: 'not runnable' }

  /** @param externs objects of the host by number; both sessions of a script share them */
  constructor(kind: 'plain' | 'metered', externs: Map<number, object>) {
    this.#metered = kind === 'metered'
    this.#externs = externs
    this.#registered.set('spectest', { exports: createSpectest() })
  }

  /** Instantiates a module and makes it the current one, under a name if it has one. */
  instantiate(bytes: Uint8Array<ArrayBuffer> | null, id: string | null): Outcome {
    const { outcome, place } = this.#instantiate(bytes)
    this.#current = place
    if (id !== null) this.#named.set(id, place)
    return outcome
  }

  /** Instantiates a module that is expected to be refused; the current one stays. */
  tryModule(bytes: Uint8Array<ArrayBuffer> | null): Outcome {
    return this.#instantiate(bytes).outcome
  }

  register(as: string, id: string | null): Outcome {
    const place = this.#place(id)
    this.#registered.set(as, place)
    return 'absence' in place ? { kind: 'missing', absence: place.absence } : DONE
  }

  perform(action: Action): Outcome {
    const place = this.#place(action.module)
    if ('absence' in place) return { kind: 'missing', absence: place.absence }
    return this.#run(() => (action.kind === 'get' ? this.#get(place, action.name) : this.#invoke(place, action)))
  }

  #instantiate(bytes: Uint8Array<ArrayBuffer> | null): { outcome: Outcome; place: Place } {
    const absent = (outcome: Outcome, absence: Absence) => ({ outcome, place: { absence } })
    if (bytes === null) return absent({ kind: 'not assembled' }, 'not assembled')
    if (!WebAssembly.validate(bytes)) return absent(this.#refuseInvalid(bytes), 'not runnable')
    const info = readModule(bytes)
    const missing = info.imports.map(({ module }) => this.#registered.get(module)).find((place) => isAbsent(place))
    if (missing !== undefined) return absent({ kind: 'missing', absence: missing.absence }, missing.absence)
    let linked: Linked | null = null
    try {
      const outcome = this.#run(() => {
        linked = this.#link(info)
        return []
      })
      return { outcome, place: linked ?? { absence: 'not runnable' } }
    } catch (error) {
      if (!isCaxtonError(error)) throw error
      return absent({ kind: 'refused', code: error.code }, 'refused')
    }
  }

  /** What is invalid is refused before it is rewritten; the rewriter must survive it all the same. */
  #refuseInvalid(bytes: Uint8Array<ArrayBuffer>): Outcome {
    if (!this.#metered) return { kind: 'invalid' }
    try {
      rewriteModule(readModule(bytes), RULES)
    } catch (error) {
      if (!isCaxtonError(error) || error.code === 'ERR_INTERNAL') return { kind: 'fault', message: String(error) }
    }
    return { kind: 'invalid' }
  }

  #link(info: ModuleInfo): Linked {
    const imports = this.#importsOf(info)
    if (!this.#metered) {
      const module = new WebAssembly.Module(Uint8Array.from(info.bytes))
      return { exports: new WebAssembly.Instance(module, imports).exports, info }
    }
    const rewritten = rewriteModule(info, RULES)
    const { names } = rewritten
    const leavesFunctions = info.imports.some(({ kind }) => kind === 'table')
    const bytes = leavesFunctions ? fillCounters(rewritten) : rewritten.bytes
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
    const counters = openCounters(exports, names)
    counters.fill(PLENTY)
    this.#counters.push(counters)
    if (names.start !== undefined) (exports[names.start] as () => void)()
    return { exports, info }
  }

  #importsOf(info: ModuleInfo): WebAssembly.Imports {
    const imports: WebAssembly.Imports = Object.create(null)
    for (const { module, name } of info.imports) {
      const place = this.#registered.get(module)
      imports[module] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>
      if (place !== undefined && 'exports' in place && name in place.exports) {
        imports[module][name] = place.exports[name]
      }
    }
    return imports
  }

  #place(id: string | null): Place {
    return id === null ? this.#current : (this.#named.get(id) ?? { absence: 'not runnable' })
  }

  /** Runs guest code with plenty of fuel and stack in every instance: one calls another. */
  #run(run: () => readonly Value[]): Outcome {
    for (const counters of this.#counters) counters.fill(PLENTY)
    try {
      return { kind: 'values', values: run() }
    } catch (error) {
      if (isCaxtonError(error)) throw error
      if (this.#counters.some(({ fuel }) => fuel < 0n)) return { kind: 'out of fuel' }
      if (this.#counters.some(({ isStackOut }) => isStackOut)) return { kind: 'exhaustion' }
      const outcome = outcomeOfError(error)
      const isCapped = this.#counters.some(({ isMemoryRefused }) => isMemoryRefused)
      if (isCapped && outcome.kind === 'trap' && outcome.message === 'unreachable') {
        return { kind: 'refused', code: 'ERR_LIMIT_MEMORY' }
      }
      return outcome
    }
  }

  #get({ exports, info }: Linked, name: string): Value[] {
    const entry = info.exports.find((one) => one.name === name)
    const type = info.globals[entry?.index ?? -1]?.type ?? ''
    if (type === 'v128' || type === 'exnref') return [{ type: 'unreadable' }]
    return [this.#fromJs((exports[name] as { value: unknown }).value, type)]
  }

  #invoke({ exports, info }: Linked, { name, args }: Action & { kind: 'invoke' }): Value[] {
    const entry = info.exports.find((one) => one.name === name)
    const type = info.functionType(entry?.index ?? -1)
    if (type === undefined) throw new TypeError(`no function ${name}`)
    const callee = exports[name] as (...args: readonly unknown[]) => unknown
    const own = info.types[info.functions[entry?.index ?? -1] ?? -1]
    const alone = own?.final === true && info.types.filter(({ group }) => group === own.group).length === 1
    if (alone && isNumeric(type)) return this.#caller.call(callee, type, args)
    return this.#fromResults(callee(...args.map((arg) => this.#toJs(arg))), type)
  }

  #fromResults(answer: unknown, { results }: FunctionType): Value[] {
    if (results.length === 0) return []
    const values = results.length === 1 ? [answer] : [...(answer as Iterable<unknown>)]
    return values.map((value, index) => this.#fromJs(value, results[index] ?? ''))
  }

  #toJs(value: Value): unknown {
    if (value.type === 'null') return null
    if (value.type === 'extern') return this.#extern(value.number)
    if (!('bits' in value)) throw new TypeError(`no argument can be ${value.type}`)
    if (value.type === 'f32' || value.type === 'f64') return floatValue(value.type, value.bits)
    return value.type === 'i32' ? Number(BigInt.asIntN(32, value.bits)) : BigInt.asIntN(64, value.bits)
  }

  #fromJs(value: unknown, type: string): Value {
    if (type === 'f32' || type === 'f64') return { type, bits: floatBits(type, value as number) }
    if (type === 'i32') return { type, bits: BigInt.asUintN(32, BigInt(value as number)) }
    if (type === 'i64') return { type, bits: BigInt.asUintN(64, value as bigint) }
    if (value === null) return { type: 'null' }
    if (typeof value === 'number') return { type: 'i31', number: value }
    if (typeof value === 'function') return { type: 'func' }
    for (const [number, object] of this.#externs) if (object === value) return { type: 'extern', number }
    return { type: 'object' }
  }

  #extern(number: number): object {
    const object = this.#externs.get(number) ?? { number }
    this.#externs.set(number, object)
    return object
  }
}

function isAbsent(place: unknown): place is { readonly absence: Absence } {
  return typeof place === 'object' && place !== null && 'absence' in place
}
