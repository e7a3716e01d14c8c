import { CaxtonError, DEFAULT_LIMITS } from '../core/index.ts'
import { DiskCache } from '../disk/index.ts'
import type { InstrumentedModule, InstrumentRules } from '../instrument/index.ts'
import { instrumentModule } from '../instrument/index.ts'
import type { CompiledModule } from './compiled-module.ts'
import { digestBytes } from './digest.ts'
import { digestRewriter } from './rewriter-digest.ts'
import { decodeModule, encodeModule } from './stored-module.ts'
import { validateModule } from './validation.ts'

/*
 * Owned by one thread.
 *
 * 1. For one key at most one compilation runs, however many ask; all who ask get its result or its error.
 * 2. A compilation that failed leaves nothing behind.
 * 3. The bytes of the modules that are kept never exceed the bound; a module larger than the bound is compiled and not kept.
 * 4. What comes from the directory was made of the same bytes under the same rules by the same code, after the same V8 had found
 *    the original valid. Anything else, and anything that does not compile, is made anew.
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
  instrument(bytes: Uint8Array, rules: InstrumentRules): InstrumentedModule
}

export interface ModuleCacheOptions {
  /** Bytes of original and rewritten modules that are kept in memory; 0 keeps none. @default 256 MiB */
  readonly maxBytes?: number
  /**
   * Where rewritten modules are kept for other processes and later ones, which may share it. One that cannot be read or written
   * is no error. Whoever can write it decides what runs as a metered module: give it to nobody who is not trusted as much as
   * the host's own code. @default none: nothing is kept on disk
   */
  readonly directory?: string
  /** Bytes of rewritten modules in the directory; the least recently used go first. @default 512 MiB */
  readonly directoryMaxBytes?: number
}

interface Entry {
  readonly compiled: CompiledModule
  readonly bytes: number
}

/** Part of every key: what is rewritten, and how, changes with it. */
const FORMAT_VERSION = 3

/**
 * Turns the bytes of a module into a `CompiledModule`, once for each content and limits.
 *
 * The least recently used modules are forgotten when the bound is reached; whoever holds one can go on using it.
 */
export class ModuleCache {
  readonly #parts: ModuleCacheParts
  readonly #maxBytes: number
  readonly #disk: DiskCache | null
  /** From the least to the most recently used. */
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Map<string, Promise<CompiledModule>>()
  #bytes = 0

  constructor(parts: ModuleCacheParts = { instrument: instrumentModule }, options: ModuleCacheOptions = {}) {
    this.#parts = parts
    const { directory, directoryMaxBytes = 512 * 2 ** 20 } = options
    this.#disk = directory === undefined ? null : new DiskCache(directory, { maxBytes: directoryMaxBytes })
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
   * Cost: a hash of the bytes; for a module that is not kept also compilation, and for one that is not in the directory either
   * validation and rewriting.
   *
   * @throws CaxtonError ERR_WASM_LIMIT, ERR_WASM_INVALID, ERR_WASM_OPCODE_UNKNOWN, and what instrumentation refuses
   */
  compile(bytes: Uint8Array, limits: CompileLimits = DEFAULT_LIMITS): Promise<CompiledModule> {
    const digest = digestBytes(bytes)
    const rules = toRules(limits)
    const key = JSON.stringify([digest, FORMAT_VERSION, rules])
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return Promise.resolve(entry.compiled)
    }
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const started = this.#build(key, digest, bytes, rules).finally(() => this.#running.delete(key))
    this.#running.set(key, started)
    return started
  }

  async #build(key: string, digest: string, bytes: Uint8Array, rules: InstrumentRules): Promise<CompiledModule> {
    const diskKey = this.#disk === null ? null : toDiskKey(key)
    const compiled =
      (await this.#restore(diskKey, digest, bytes)) ?? (await this.#instrument(diskKey, digest, bytes, rules))
    this.#keep(key, { compiled, bytes: bytes.length + compiled.rewritten.length })
    return compiled
  }

  async #restore(diskKey: string | null, digest: string, bytes: Uint8Array): Promise<CompiledModule | undefined> {
    const stored = diskKey === null ? undefined : await this.#disk?.read(diskKey)
    const found = stored === undefined ? undefined : decodeModule(stored, bytes)
    if (found === undefined) return undefined
    const { bytes: rewritten, ...instrumented } = found
    const module = await compileModule(rewritten).catch(() => undefined)
    return module === undefined ? undefined : { digest, module, rewritten, instrumented }
  }

  async #instrument(
    diskKey: string | null,
    digest: string,
    bytes: Uint8Array,
    rules: InstrumentRules,
  ): Promise<CompiledModule> {
    await validateModule(bytes)
    const made = this.#parts.instrument(bytes, rules)
    const { bytes: rewritten, ...instrumented } = made
    const module = await compileRewritten(rewritten)
    if (diskKey !== null) await this.#disk?.write(diskKey, encodeModule(made))
    return { digest, module, rewritten, instrumented }
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

function toRules({ memoryBytes, tableElements }: CompileLimits): InstrumentRules {
  return { memoryMaxBytes: memoryBytes, tableMaxElements: tableElements }
}

/** Returns the name of a module in the directory; null where nobody can say which code rewrites. */
function toDiskKey(key: string): string | null {
  const rewriter = digestRewriter()
  return rewriter === null
    ? null
    : digestBytes(new TextEncoder().encode(JSON.stringify([key, rewriter, process.versions.v8])))
}

/** Below this a module is compiled at once: V8 only validates it then, and a thread of its pool may take longer to wake up. */
const SMALL_BYTES = 128 * 2 ** 10

async function compileModule(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return bytes.length <= SMALL_BYTES
    ? new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
    : await WebAssembly.compile(bytes)
}

/** The original was valid, so a rewritten module that is not is our own fault. */
async function compileRewritten(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await compileModule(bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CaxtonError('ERR_INTERNAL', { detail: `a rewritten module does not compile: ${reason}`, cause })
  }
}
