import type { InstrumentedModule } from '../instrument/index.ts'

/** A module ready to be instantiated in any thread. */
export interface CompiledModule {
  /** SHA-256 of the original bytes, hexadecimal. */
  readonly digest: string
  /** Crosses threads without being compiled again. */
  readonly module: WebAssembly.Module
  /** What `module` was compiled from, for another process: a compiled module cannot leave its own. */
  readonly rewritten: Uint8Array
  readonly instrumented: Omit<InstrumentedModule, 'bytes'>
}
