import type { InstrumentedModule } from '../instrument/index.ts'

/** A module ready to be instantiated in any thread. */
export interface CompiledModule {
  /** SHA-256 of the original bytes, hexadecimal. */
  readonly digest: string
  /** Crosses threads without being compiled again. */
  readonly module: WebAssembly.Module
  readonly instrumented: Omit<InstrumentedModule, 'bytes'>
}
