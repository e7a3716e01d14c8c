import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { commands } from '@yowasp/clang'
import { instrumentModule } from '../src/instrument/index.ts'
import type { Report } from './measure.ts'
import { geometricMean, measure } from './measure.ts'

export const KERNELS = join(import.meta.dirname, 'kernels')
const ROUNDS = 60
const WARM_UP_MS = 1_000
/** Short enough that some samples are not interrupted on a busy machine; the least counts. */
const SAMPLE_MS = 6

/**
 * Measures what metering costs: each kernel plain and instrumented, both run by V8, in turn. The kernels are compiled once
 * and run until V8 has optimised them; a second instance of the plain module shows the noise.
 */
export async function benchMetering(): Promise<Report> {
  const rows: string[][] = []
  const ratios: number[] = []
  for (const file of readdirSync(KERNELS).filter((name) => name.endsWith('.c'))) {
    const scalar = await compare(file, [])
    const vector = await compare(file, ['-msimd128'])
    ratios.push(scalar.cost, vector.cost)
    const cells = [scalar.cost, scalar.floor, vector.cost, vector.floor]
    rows.push([file.replace('.c', ''), ...cells.map((ratio) => ratio.toFixed(3))])
  }
  rows.push(['**geometric mean**', `**${geometricMean(ratios).toFixed(3)}**`, '', '', ''])
  rows.push(['**worst**', `**${Math.max(...ratios).toFixed(3)}**`, '', '', ''])
  return {
    title: 'Metered against unmetered',
    about:
      `Time of a kernel with fuel metering over the time of the same kernel without, both optimised by V8, least of ${ROUNDS} interleaved ` +
      'rounds; compiled without and with SIMD. Beside each a second plain instance over the first: the noise. Mean and worst are of both. ' +
      'Not measured: instrumenting, compiling, first calls. Bound: geometric mean 1.05, worst 1.20.',
    columns: ['kernel', 'metered / plain', 'plain / plain', 'SIMD: metered / plain', 'SIMD: plain / plain'],
    rows,
  }
}

async function compare(file: string, flags: readonly string[]): Promise<{ cost: number; floor: number }> {
  const bytes = await buildKernel(file, flags)
  const plain = instantiate(bytes)
  const again = instantiate(bytes)
  const metered = instantiateMetered(bytes)
  const rounds = calibrate(plain)
  for (const run of [plain, again, metered]) await warmUp(run, rounds)
  const [base, floor, cost] = await measure(
    [
      { name: 'plain', run: () => void plain(rounds) },
      { name: 'plain again', run: () => void again(rounds) },
      { name: 'metered', run: () => void metered(rounds) },
    ],
    ROUNDS,
  )
  if (plain(2) !== metered(2)) throw new RangeError(`${file}: metered result differs`)
  return { cost: cost!.minMs / base!.minMs, floor: floor!.minMs / base!.minMs }
}

/** Compiles a kernel with clang -O2 and the flags given, without a C library. */
export async function buildKernel(file: string, flags: readonly string[] = []): Promise<Uint8Array<ArrayBuffer>> {
  const files = { 'kernel.h': readFileSync(join(KERNELS, 'kernel.h')), [file]: readFileSync(join(KERNELS, file)) }
  const quiet = { stdout: () => {}, stderr: () => {}, fetchProgress: () => {} }
  const out = await commands.clang(
    ['-O2', ...flags, '-nostdlib', '-Wl,--no-entry', '-o', 'kernel.wasm', file],
    files,
    quiet,
  )
  return Uint8Array.from((out as Record<string, Uint8Array>)['kernel.wasm']!)
}

export type Kernel = (rounds: number) => number

function instantiate(bytes: Uint8Array<ArrayBuffer>): Kernel {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as Kernel
}

export function instantiateMetered(bytes: Uint8Array): Kernel {
  const { bytes: rewritten, names } = instrumentModule(bytes, { memoryMaxBytes: 2 ** 26, tableMaxElements: 1_000 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(rewritten)))
  const fuel = exports[names.fuel] as WebAssembly.Global
  const stack = exports[names.stack] as WebAssembly.Global
  const run = exports['run'] as Kernel
  return (rounds) => {
    fuel.value = 10n ** 15n
    stack.value = 2 ** 19
    return run(rounds)
  }
}

/** Runs a kernel until V8, which compiles in the background, has had the time to replace its first code. */
async function warmUp(run: Kernel, rounds: number): Promise<void> {
  const end = performance.now() + WARM_UP_MS
  while (performance.now() < end) {
    run(rounds)
    await setTimeout(1)
  }
}

/** Finds how many rounds of a kernel take about one sample's time. */
function calibrate(run: Kernel): number {
  for (let rounds = 1; ; rounds *= 2) {
    run(rounds)
    const start = performance.now()
    run(rounds)
    if (performance.now() - start > SAMPLE_MS) return rounds
  }
}
