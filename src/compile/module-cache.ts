import { CaxtonError, DEFAULT_LIMITS } from '../core/index.ts'
import type { InstrumentedModule } from '../instrument/index.ts'
import { instrumentModule } from '../instrument/index.ts'
import type { CompiledModule } from './compiled-module.ts'
import { digestBytes } from './digest.ts'
import { validateModule } from './validation.ts'

/*
 * Owned by one thread.
 *
 * 1. For one key at most one compilation runs, however many ask; all who ask get its result or its error.
 * 2. A compilation that failed leaves nothing behind.
 * 3. The bytes of the modules that are kept never exceed the bound; a module larger than the bound is compiled and not kept.
 */

/** Limits that are written into a module, so that modules under other limits are other modules. */
export interface CompileLimits {
  /** Linear memory, bytes, summed over the memories. @default 16 MiB */
  readonly memoryBytes: number
  /** Elements, summed over the tables. @default 100,000 */
  readonly tableElements: number
}

export interface ModuleCacheParts {
  /** Makes a module safe to run. */
  instrument(bytes: Uint8Array, limits: { memoryMaxBytes: number; tableMaxElements: number }): InstrumentedModule
}

export interface ModuleCacheOptions {
  /** Bytes of original and rewritten modules that are kept in memory; 0 keeps none. @default 256 MiB */
  readonly maxBytes?: number
}

interface Entry {
  readonly compiled: CompiledModule
  readonly bytes: number
}

/** Part of every key: what is rewritten, and how, changes with it. */
const FORMAT_VERSION = 2

/**
 * Turns the bytes of a module into a `CompiledModule`, once for each content and limits.
 *
 * The least recently used modules are forgotten when the bound is reached; whoever holds one can go on using it.
 */
export class ModuleCache {
  readonly #parts: ModuleCacheParts
  readonly #maxBytes: number
  /** From the least to the most recently used. */
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Map<string, Promise<CompiledModule>>()
  #bytes = 0

  constructor(parts: ModuleCacheParts = { instrument: instrumentModule }, options: ModuleCacheOptions = {}) {
    this.#parts = parts
    this.#maxBytes = options.maxBytes ?? 256 * 2 ** 20
    if (!(this.#maxBytes >= 0)) {
      throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `maxBytes must be 0 or more, found ${this.#maxBytes}` })
    }
  }

  /** Bytes of the modules that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** Modules that are kept. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Returns a module ready to be instantiated. The bytes must not change until then.
   *
   * Cost: a hash of the bytes; for a module that is not kept also validation, rewriting and compilation.
   *
   * @throws CaxtonError ERR_WASM_LIMIT, ERR_WASM_INVALID, ERR_WASM_OPCODE_UNKNOWN, and what instrumentation refuses
   */
  compile(bytes: Uint8Array, limits: CompileLimits = DEFAULT_LIMITS): Promise<CompiledModule> {
    const digest = digestBytes(bytes)
    const key = `${digest}:${FORMAT_VERSION}:${limits.memoryBytes}:${limits.tableElements}`
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return Promise.resolve(entry.compiled)
    }
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = this.#build(key, digest, bytes, limits).finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }

  async #build(key: string, digest: string, bytes: Uint8Array, limits: CompileLimits): Promise<CompiledModule> {
    await validateModule(bytes)
    const { bytes: rewritten, ...instrumented } = this.#parts.instrument(bytes, {
      memoryMaxBytes: limits.memoryBytes,
      tableMaxElements: limits.tableElements,
    })
    const compiled: CompiledModule = { digest, module: await compileRewritten(rewritten), rewritten, instrumented }
    this.#keep(key, { compiled, bytes: bytes.length + rewritten.length })
    return compiled
  }

  #keep(key: string, entry: Entry): void {
    if (entry.bytes > this.#maxBytes) return
    this.#entries.set(key, entry)
    this.#bytes += entry.bytes
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      this.#entries.delete(oldest)
      this.#bytes -= bytes
    }
  }
}

/** The original was valid, so a rewritten module that is not is our own fault. */
async function compileRewritten(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CaxtonError('ERR_INTERNAL', { detail: `a rewritten module does not compile: ${reason}`, cause })
  }
}
