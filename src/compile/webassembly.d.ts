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

  class Global {
    constructor(descriptor: { value: 'i32' | 'i64' | 'f32' | 'f64'; mutable?: boolean }, value?: number | bigint)
    value: number | bigint
  }

  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}
  class Exception extends Error {}

  function validate(bytes: Uint8Array): boolean
  function compile(bytes: Uint8Array): Promise<Module>
}
