import type { HostFunction, ValueType } from '../../capability/index.ts'

/*
 * How a host call suspends the guest that made it.
 *
 * What the guest imports is a function of WebAssembly that calls `attempt` and, only if that answers WAITS, `suspend`: a call that needs
 * no waiting costs no suspension, and no frame of JavaScript is among those that are suspended. One such function for each host function
 * serves all guests of a thread, since one of them runs at a time.
 */

/** What `attempt` answers where the guest has to wait: no host function answers this number. */
export const WAITS = -(2 ** 31)

/** The waiting host calls of the guest that runs now. */
export interface CurrentWaits {
  /** Makes the call of that index; WAITS if the answer has to be waited for. */
  attempt(index: number, args: readonly unknown[]): number
}

export interface WaitGateParts {
  current(): CurrentWaits
  /** Ends the turn of the current guest; answers its call, at once or later. */
  suspend(): Promise<number> | number
}

interface Entry {
  readonly index: number
  /** What a guest imports. */
  readonly call: CallableFunction
}

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c }

export class WaitGate {
  readonly #parts: WaitGateParts
  readonly #suspending: WebAssembly.Suspending
  readonly #entries = new Map<HostFunction<never>, Entry>()

  constructor(parts: WaitGateParts) {
    this.#parts = parts
    this.#suspending = new WebAssembly.Suspending(() => parts.suspend())
  }

  /** Returns what guests import for a host function that waits. */
  entry(offered: HostFunction<never>): Entry {
    const found = this.#entries.get(offered)
    if (found !== undefined) return found
    const index = this.#entries.size
    const { current } = this.#parts
    // As many arguments as any descriptor has instead of a rest parameter: a call allocates nothing here.
    const attempt = (
      a: unknown,
      b: unknown,
      c: unknown,
      d: unknown,
      e: unknown,
      f: unknown,
      g: unknown,
      h: unknown,
      i: unknown,
    ) => current().attempt(index, [a, b, c, d, e, f, g, h, i])
    const imports = { '': { attempt, suspend: this.#suspending as WebAssembly.ImportValue } }
    const { exports } = new WebAssembly.Instance(createAdapter(offered.params.map(({ type }) => type)), imports)
    const entry = { index, call: exports['call'] as CallableFunction }
    this.#entries.set(offered, entry)
    return entry
  }
}

/**
 * `(func (export "call") (param …) (result i32) (local i32)`: the answer of `attempt`, or that of `suspend` if the first was WAITS.
 * Every size in it is below 128.
 */
function createAdapter(params: readonly ValueType[]): WebAssembly.Module {
  const local = params.length
  const types = [2, 0x60, local, ...params.map((type) => TYPE_CODES[type]), 1, 0x7f, 0x60, 0, 1, 0x7f]
  const imports = [2, 0, ...name('attempt'), 0, 0, 0, ...name('suspend'), 0, 1]
  const pass = params.flatMap((_, index) => [0x20, index])
  // biome-ignore format: one instruction a line
  const body = [
    1, 1, 0x7f,
    ...pass,
    0x10, 0,
    0x22, local,
    0x41, 0x80, 0x80, 0x80, 0x80, 0x78,
    0x46,
    0x04, 0x7f,
    0x10, 1,
    0x05,
    0x20, local,
    0x0b,
    0x0b,
  ]
  const sections = [
    [1, types],
    [2, imports],
    [3, [1, 0]],
    [7, [1, ...name('call'), 0, 2]],
    [10, [1, body.length, ...body]],
  ] as const
  const bytes = sections.flatMap(([id, content]) => [id, content.length, ...content])
  return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...bytes))
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)]
}
