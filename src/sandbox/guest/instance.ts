import type { GuestFunction } from '../doors/door.ts'
import type { GuestNames } from '../protocol.ts'
import type { Meter } from './meter.ts'

/** An export of a guest that others may interrupt: it runs on a stack of its own. */
type Promising = (...args: readonly (number | bigint)[]) => Promise<number | bigint | undefined>

interface SliceHook {
  value: CallableFunction | null
}

/** What a guest exports, and what was added to it. Nothing is there before the instance is. */
export class GuestInstance {
  readonly #names: GuestNames
  readonly #meter: Meter
  readonly #promising = new Map<string, Promising>()
  #exports: WebAssembly.Exports = Object.create(null)
  #hidden: readonly WebAssembly.Memory[] = []
  /** For a guest that can be suspended: its slice hook, and one that never suspends. */
  #hooks: {
    readonly global: SliceHook
    readonly suspending: CallableFunction
    readonly granting: CallableFunction
  } | null = null
  #isPlain = false

  constructor(names: GuestNames, meter: Meter) {
    this.#names = names
    this.#meter = meter
  }

  create(module: WebAssembly.Module, imports: WebAssembly.Imports): void {
    this.#exports = new WebAssembly.Instance(module, imports).exports
    this.#hidden = (this.#names.memories ?? []).map((name) => this.find<WebAssembly.Memory>(name))
  }

  /** Bytes of the memories that the module does not show. */
  get hiddenBytes(): number {
    return this.#hidden.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  }

  /** Returns an export of which it is known what it is. */
  find<Export>(name: string): Export {
    return this.#exports[name] as unknown as Export
  }

  /** The exports have no prototype, so a name finds what the module exports or nothing. */
  function(name: string): GuestFunction | undefined {
    const found = this.#exports[name]
    if (typeof found !== 'function') return undefined
    const exported = found as GuestFunction
    return (...args) => this.#meter.call(() => this.#callPlain(exported, args))
  }

  /**
   * Sets what the guest calls when a slice is used up. With `granting` it can be suspended, but not in calls through `function`, which
   * have frames of JavaScript below them.
   */
  setHook(hook: CallableFunction | null, granting: CallableFunction | null): void {
    const global = this.find<SliceHook>(this.#names.slice)
    global.value = hook
    if (hook !== null && granting !== null) this.#hooks = { global, suspending: hook, granting }
  }

  /** What it throws ends the guest: nothing has to be set back then. */
  #callPlain(exported: GuestFunction, args: readonly (number | bigint)[]): number | bigint | undefined {
    const hooks = this.#hooks
    if (hooks === null || this.#isPlain) return exported(...args)
    this.#isPlain = true
    hooks.global.value = hooks.granting
    const result = exported(...args)
    hooks.global.value = hooks.suspending
    this.#isPlain = false
    return result
  }

  /** Returns a function that runs on a stack of its own, with no frame of JavaScript on it. */
  promising(name: string): Promising {
    let promising = this.#promising.get(name)
    if (promising === undefined) {
      promising = WebAssembly.promising(this.#exports[name] as CallableFunction) as Promising
      this.#promising.set(name, promising)
    }
    return promising
  }

  /** Pages of the last growth of memory that was refused since `forgetRefusedPages`. */
  get refusedPages(): number {
    return Number(this.#refused?.value ?? 0)
  }

  forgetRefusedPages(): void {
    const refused = this.#refused
    if (refused !== undefined) refused.value = typeof refused.value === 'bigint' ? 0n : 0
  }

  get #refused(): WebAssembly.Global | undefined {
    return this.#exports[this.#names.refusedPages] as WebAssembly.Global | undefined
  }
}
