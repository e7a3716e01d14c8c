// The part of the JavaScript API of WebAssembly that is used here: no library of TypeScript declares it without the whole DOM.
// biome-ignore lint/style/noNamespace: a global namespace is declared, none is made
declare namespace WebAssembly {
  type ExportValue = unknown
  type ImportValue = unknown
  type Exports = Readonly<Record<string, ExportValue>>
  type Imports = Record<string, Record<string, ImportValue>>

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
    private readonly brand: unique symbol
  }

  class Instance {
    constructor(module: Module, imports?: Imports)
    readonly exports: Exports
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }

  class Table {
    constructor(descriptor: { element: 'anyfunc'; initial: number; maximum?: number })
    set(index: number, value: CallableFunction | null): void
    grow(count: number): number
  }

  class Global {
    constructor(descriptor: { value: 'i32' | 'i64' | 'f32' | 'f64'; mutable?: boolean }, value?: number | bigint)
    value: number | bigint
  }

  /** An import that suspends a call made through `promising` until its promise is settled. */
  class Suspending {
    constructor(call: (...args: never[]) => unknown)
    private readonly brand: unique symbol
  }

  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}
  class Exception extends Error {}

  function validate(bytes: Uint8Array): boolean
  /** Runs an export on a stack of its own. */
  function promising(exported: CallableFunction): (...args: unknown[]) => Promise<unknown>
  function compile(bytes: Uint8Array): Promise<Module>
}
