import type { ToChild } from './protocol.ts'

export interface SentModulesParts {
  /** Rewritten bytes of a module. */
  bytesOf(module: WebAssembly.Module): Uint8Array
  send(message: ToChild): void
}

/** Modules that a process has: each is sent once, and forgotten when no guest is made of it any more. */
export class SentModules {
  readonly #parts: SentModulesParts
  readonly #sent = new Map<WebAssembly.Module, { readonly module: number; users: number }>()
  #last = 0

  constructor(parts: SentModulesParts) {
    this.#parts = parts
  }

  /** Returns the number of a module that the process has now, for one more guest. */
  use(module: WebAssembly.Module): number {
    const known = this.#sent.get(module)
    if (known !== undefined) {
      known.users += 1
      return known.module
    }
    this.#last += 1
    this.#sent.set(module, { module: this.#last, users: 1 })
    this.#parts.send({ type: 'module', module: this.#last, bytes: this.#parts.bytesOf(module) })
    return this.#last
  }

  /** One guest of the module is gone. */
  release(module: WebAssembly.Module): void {
    const known = this.#sent.get(module)
    if (known === undefined) return
    known.users -= 1
    if (known.users > 0) return
    this.#sent.delete(module)
    this.#parts.send({ type: 'forget-module', module: known.module })
  }
}
