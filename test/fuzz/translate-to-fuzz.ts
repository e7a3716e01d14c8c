import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readModule } from '../../src/wasm/index.ts'
import { findExceptions } from './mixed-exceptions.ts'

/** What V8 does not run, and threads: their memories are shared, which the rewriter refuses. */
const OFF = [
  'threads',
  'shared-everything',
  'strings',
  'stack-switching',
  'custom-descriptors',
  'custom-page-sizes',
  'compact-imports',
  'fp16',
  'acquire-release-atomics',
  'relaxed-atomics',
  'wide-arithmetic',
  'multibyte',
  'call-indirect-overlong',
]
const FLAGS = ['--all-features', ...OFF.map((name) => `--disable-${name}`), '-q']

type Main = (args: string[]) => number

/** `wasm-opt` of binaryen in this process: 30 ms a module instead of the half second that a process of its own takes. */
export class WasmOpt {
  readonly #main: Main
  readonly #folder: string

  private constructor(main: Main, folder: string) {
    this.#main = main
    this.#folder = folder
  }

  static async load(): Promise<WasmOpt> {
    const path = createRequire(import.meta.url).resolve('binaryen/bin/wasm-opt')
    const started = Promise.withResolvers<void>()
    const silent = (): void => {}
    const options = { noInitialRun: true, onRuntimeInitialized: started.resolve, print: silent, printErr: silent }
    const source = readFileSync(path, 'utf8').replace(/^#!.*/, '')
    // The program offers no entry but its own start; as the body of a function it can be asked for its `callMain`.
    const load = new Function(
      'Module',
      'require',
      '__filename',
      '__dirname',
      `${source}\n;return (args) => callMain(args)`,
    )
    const main: Main = load(options, quietRequire(path), path, dirname(path))
    await started.promise
    return new WasmOpt(main, mkdtempSync(join(tmpdir(), 'caxton-fuzz-')))
  }

  /**
   * Makes a valid module of random bytes, its exceptions in the new encoding. No float of it is ever a NaN: their bits differ from one compiler of V8 to the
   * next.
   *
   * @returns null where binaryen fails
   */
  generate(seed: Uint8Array, options: { readonly relaxedSimd: boolean }): Uint8Array<ArrayBuffer> | null {
    const relaxed = options.relaxedSimd ? [] : ['--disable-relaxed-simd']
    const bytes = this.#run(seed, ['-ttf', ...relaxed, '--denan'])
    if (bytes === null || !findExceptions(readModule(bytes)).legacy) return bytes
    return this.#run(seed, ['-ttf', ...relaxed, '--denan', '--translate-to-exnref'])
  }

  /** Changes a module so that no float in it is ever a NaN. */
  removeNans(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
    return this.#run(bytes, ['--denan'])
  }

  close(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #run(input: Uint8Array, args: readonly string[]): Uint8Array<ArrayBuffer> | null {
    const [from, to] = ['in', 'out'].map((name) => join(this.#folder, name)) as [string, string]
    writeFileSync(from, input)
    try {
      if (this.#main([from, '-o', to, ...FLAGS, ...args]) !== 0) return null
    } catch {
      return null
    }
    return Uint8Array.from(readFileSync(to))
  }
}

/** The program writes its warnings to the descriptor of standard error itself. */
function quietRequire(path: string): (name: string) => unknown {
  const require = createRequire(path)
  const writeSync = (fd: number, buffer: Uint8Array, offset: number, length: number, position?: number): number =>
    fd === 2 ? length : fs.writeSync(fd, buffer, offset, length, position)
  return (name) => (/^(?:node:)?fs$/.test(name) ? { ...fs, writeSync } : require(name))
}
