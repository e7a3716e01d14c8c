import { createHash } from 'node:crypto'
import type { ReservedNames } from '../../src/instrument/index.ts'
import type { ModuleInfo } from '../../src/wasm/index.ts'
import type { Counters } from '../conformance/spec/counters.ts'
import { openCounters } from '../conformance/spec/counters.ts'
import type { Guest } from './host.ts'
import { describe, describeError, Host, randomValue } from './host.ts'
import { Random } from './random.ts'

/** Elements of a table that are compared. */
const MOST_ELEMENTS = 100
const MOST_CALLS = 60

/** How a run is done. Calls are numbered: 0 is the instantiation with the start function, then the exports in order. */
export interface RunOptions {
  readonly seed: number
  /** Names of the counters; null for a module that was not rewritten. */
  readonly names: ReservedNames | null
  /** Fuel for each call. */
  readonly budget: (call: number) => bigint
  /** Calls to do; the run ends before the next one. */
  readonly callCount: number
}

/** What is seen from outside of a run. */
export interface Run {
  /** Everything that happened, in order: host calls, results, traps; at the end the state, if the run came to its end. */
  readonly trace: readonly string[]
  /** Why it ended early: out of fuel, of stack, whose size is the compiler's choice, or an array above the cap. */
  readonly ended: 'done' | 'fuel' | 'stack' | 'memory'
  /** The call that it ended in, or the number of calls. */
  readonly calls: number
  /** By call: fuel used; what a call that failed reports may be too little. */
  readonly used: readonly bigint[]
  /** By call: it returned, and no trap was swallowed on its way, so that `used` is exact. */
  readonly exact: readonly boolean[]
}

/** Instantiates a module in a made-up world, calls all its exported functions twice, and records what happens. */
export function runModule(module: WebAssembly.Module, info: ModuleInfo, options: RunOptions): Run {
  return new Runner(info, options).run(module)
}

class Runner implements Guest {
  readonly #info: ModuleInfo
  readonly #options: RunOptions
  readonly #host: Host
  readonly #functions: readonly { readonly name: string; readonly index: number }[]
  readonly #used: bigint[] = []
  readonly #exact: boolean[] = []
  #exports: WebAssembly.Exports = {}
  #counters: Counters | null = null
  #ended: Run['ended'] = 'done'

  constructor(info: ModuleInfo, options: RunOptions) {
    this.#info = info
    this.#options = options
    this.#host = new Host(options.seed)
    this.#functions = info.exports.filter(({ kind }) => kind === 'function')
    this.#host.attach(this)
  }

  run(module: WebAssembly.Module): Run {
    const random = new Random(this.#options.seed + 1)
    const names = this.#options.names
    let instance: WebAssembly.Instance | null = null
    this.#call('start', () => {
      instance = new WebAssembly.Instance(module, this.#host.imports(this.#info))
      this.#exports = instance.exports
      if (names === null) return undefined
      this.#counters = openCounters(instance.exports, names)
      this.#counters.fill(this.#options.budget(0))
      return names.start === undefined ? undefined : (instance.exports[names.start] as () => unknown)()
    })
    const targets = [...this.#functions, ...this.#functions].slice(0, MOST_CALLS)
    for (const target of instance === null || this.#exact[0] === false ? [] : targets) {
      if (this.#ended !== 'done' || this.#used.length >= this.#options.callCount) break
      this.#counters?.fill(this.#options.budget(this.#used.length))
      this.#call(target.name, () => this.#invoke(target, random))
    }
    if (this.#ended === 'done' && this.#exact[0]) this.#recordState()
    const { trace } = this.#host
    const calls = this.#ended === 'done' ? this.#used.length : this.#used.length - 1
    return { trace, ended: this.#ended, calls, used: this.#used, exact: this.#exact }
  }

  /** A start function that the engine calls runs before there are exports, so nothing is called back from one. */
  callAgain(random: Random): string {
    const target = random.pick(this.#functions)
    if (target === undefined || this.#used.length === 0) return 'nothing'
    const restore = this.#counters?.markStack()
    try {
      return describe(this.#invoke(target, random))
    } finally {
      if (this.#ended === 'done' && !this.#counters?.isStackOut) restore?.()
    }
  }

  /** What V8 throws for its own stack, and what the counters end, nobody may catch. */
  isOver(error: unknown): boolean {
    if (this.#counters !== null && this.#counters.fuel < 0n) this.#ended = 'fuel'
    else if (this.#counters?.isStackOut || (error instanceof RangeError && /call stack/.test(error.message))) {
      this.#ended = 'stack'
    } else if (this.#counters?.isMemoryRefused && isTrap(error, 'unreachable')) this.#ended = 'memory'
    return this.#ended !== 'done'
  }

  #invoke({ name, index }: { readonly name: string; readonly index: number }, random: Random): unknown {
    const args = (this.#info.functionType(index)?.params ?? []).map((type) => randomValue(type, random))
    return (this.#exports[name] as (...args: readonly unknown[]) => unknown)(...args)
  }

  #call(name: string, run: () => unknown): void {
    const call = this.#used.length
    const { swallowedTraps } = this.#host
    let outcome = ''
    let returned = false
    try {
      outcome = describe(run())
      returned = true
    } catch (error) {
      if (!this.isOver(error)) outcome = describeError(error)
    }
    // A host call may have swallowed it; the guest went no further all the same.
    if (returned) this.isOver(null)
    const budget = this.#options.budget(call)
    this.#used.push(this.#counters === null ? 0n : budget - this.#counters.fuel)
    this.#exact.push(returned && this.#host.swallowedTraps === swallowedTraps)
    if (this.#ended === 'done') this.#host.trace.push(`${call} ${name}: ${outcome}`)
  }

  #recordState(): void {
    for (const { name, kind } of this.#info.exports) {
      const value = this.#exports[name]
      if (value === undefined || !name.startsWith('state:')) continue
      this.#host.trace.push(`${name} = ${kind === 'function' ? '' : describeState(kind, value)}`)
    }
  }
}

function isTrap(error: unknown, message: string): boolean {
  return error instanceof WebAssembly.RuntimeError && error.message === message
}

function describeState(kind: string, value: unknown): string {
  if (kind === 'memory') {
    const { buffer } = value as WebAssembly.Memory
    return `${buffer.byteLength} bytes ${createHash('sha1').update(new Uint8Array(buffer)).digest('hex')}`
  }
  if (kind === 'global') return attempt(() => (value as { value: unknown }).value)
  if (kind !== 'table') return kind
  const table = value as { readonly length: number | bigint; get(index: number | bigint): unknown }
  const isWide = typeof table.length === 'bigint'
  const shown = Math.min(Number(table.length), MOST_ELEMENTS)
  const elements = Array.from({ length: shown }, (_, index) => attempt(() => table.get(isWide ? BigInt(index) : index)))
  return `${table.length} elements ${elements.join()}`
}

/** Vectors and exceptions have no form in JavaScript. */
function attempt(read: () => unknown): string {
  try {
    return describe(read())
  } catch (error) {
    return describeError(error)
  }
}
