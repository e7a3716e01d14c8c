import type { ImportEntry, ModuleInfo } from '../../src/wasm/index.ts'
import { Random } from './random.ts'

/** Host calls that are recorded and answered by chance; later ones get the same answer each. */
const MOST_CALLS = 300
const MOST_DEPTH = 3

/** Says whether the guest must not run on: it is out of fuel or stack. */
export interface Guest {
  /** Calls an export by its number, inside a host call; describes what came out, or throws. */
  callAgain(random: Random): string
  isOver(error: unknown): boolean
}

/** Objects of the host that guests see. */
const OBJECTS: readonly object[] = [0, 1, 2].map((number) => Object.freeze({ number }))
const HOST_ERROR: object = Object.freeze({ thrown: 'by the host' })

/**
 * The imports of a module, made up: functions record how they are called and answer by chance, call back into the guest
 * or throw. The same seed gives the same world.
 */
export class Host {
  readonly trace: string[] = []
  /** Traps of calls back into the guest that were swallowed: the guest runs on, and some fuel it used is forgotten. */
  swallowedTraps = 0
  readonly #random: Random
  #guest: Guest | null = null
  #calls = 0
  #depth = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  attach(guest: Guest): void {
    this.#guest = guest
  }

  imports(info: ModuleInfo): WebAssembly.Imports {
    const imports: WebAssembly.Imports = Object.create(null)
    for (const entry of info.imports) {
      imports[entry.module] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>
      ;(imports[entry.module] as Record<string, unknown>)[entry.name] = this.#import(info, entry)
    }
    return imports
  }

  #import(info: ModuleInfo, { module, name, kind, index }: ImportEntry): unknown {
    const api = WebAssembly as unknown as Record<string, new (...args: readonly unknown[]) => unknown>
    const limits = (info.memories[index] ?? info.tables[index])?.limits
    switch (kind) {
      case 'function':
        return this.#function(`${module}.${name}`, info.functionType(index)?.results ?? [])
      case 'global': {
        const { type, mutable } = info.globals[index]!
        const value = type === 'funcref' ? 'anyfunc' : type
        return /^(?:[if](?:32|64)|externref|anyfunc)$/.test(value)
          ? new api['Global']!({ value, mutable }, this.#value(type, new Random(index)))
          : undefined
      }
      case 'tag': {
        if (name === 'jstag') return api['JSTag']
        const type = info.types[info.tags[index]!.typeIndex]?.type
        const parameters = type?.kind === 'func' ? type.params : []
        return parameters.every((one) => /^[if](?:32|64)$/.test(one)) ? new api['Tag']!({ parameters }) : undefined
      }
      case 'memory':
        return limits?.index === 'i32' && !limits.shared
          ? new api['Memory']!({ initial: limits.initial, maximum: Math.min(limits.maximum ?? 64, 64) })
          : undefined
      default:
        return undefined
    }
  }

  #function(label: string, results: readonly string[]): (...args: readonly unknown[]) => unknown {
    return (...args) => {
      this.#calls += 1
      if (this.#calls > MOST_CALLS) return this.#answer(results, new Random(1))
      const call = this.#calls
      this.trace.push(`${label}(${args.map(describe).join()})`)
      if (this.#depth < MOST_DEPTH && this.#random.oneIn(4)) this.#callAgain(call)
      if (this.#random.oneIn(12)) throw HOST_ERROR
      return this.#answer(results, this.#random)
    }
  }

  #callAgain(call: number): void {
    const swallow = this.#random.oneIn(2)
    this.#depth += 1
    try {
      this.trace.push(`${call} called back: ${this.#guest?.callAgain(this.#random)}`)
    } catch (error) {
      if (this.#guest?.isOver(error) || !swallow) throw error
      if (error instanceof WebAssembly.RuntimeError) this.swallowedTraps += 1
      this.trace.push(`${call} called back: ${describeError(error)}`)
    } finally {
      this.#depth -= 1
    }
  }

  #answer(results: readonly string[], random: Random): unknown {
    const values = results.map((type) => this.#value(type, random))
    return results.length > 1 ? values : values[0]
  }

  #value(type: string, random: Random): unknown {
    return randomValue(type, random)
  }
}

const INTEGERS = [0, 1, 2, 3, 7, 8, 64, 255, 256, 65_535, 65_536, 2 ** 31 - 1, -(2 ** 31), -1, -2]

/** A value that JavaScript can hand to WebAssembly as one of a type; undefined for types that have none. No NaN. */
export function randomValue(type: string, random: Random): unknown {
  const integer = random.oneIn(2) ? random.pick(INTEGERS) : random.next() | 0
  switch (type) {
    case 'i32':
      return integer
    case 'i64':
      return random.oneIn(3) ? BigInt(integer) << 31n : BigInt(integer)
    case 'f32':
    case 'f64':
      return random.oneIn(3) ? integer / 7 : random.pick([0, -0, 1, -1.5, 1e30, -1e-30, Number.POSITIVE_INFINITY])
    case 'externref':
      return random.oneIn(3) ? null : random.pick(OBJECTS)
    case 'anyref':
    case 'eqref':
    case 'i31ref':
      return random.oneIn(3) ? null : integer >> 8
    default:
      return /^\(ref null |ref$/.test(type) ? null : random.below(100)
  }
}

/** Describes a value so that what two instances give can be compared. */
export function describe(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${value.name}`
  if (Array.isArray(value)) return `[${value.map(describe).join()}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const known = OBJECTS.indexOf(value)
  if (known >= 0) return `host object ${known}`
  return value === HOST_ERROR ? 'host error' : 'object'
}

export function describeError(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError) return `trap: ${error.message}`
  if (error instanceof WebAssembly.Exception) return 'exception'
  if (error instanceof Error) return `${error.name}: ${error.message}`
  return `threw ${describe(error)}`
}
