import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '@yowasp/clang'
import { instrumentModule } from '../src/instrument/index.ts'
import type { Report } from './measure.ts'
import { geometricMean, measure } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'kernels')
const ROUNDS = 15
const SAMPLE_MS = 25

/**
 * Measures what metering costs: each kernel plain and instrumented, both run by V8, in turn. The kernels are compiled once
 * and run until V8 has optimised them; a second instance of the plain module shows the noise.
 */
export async function benchMetering(): Promise<Report> {
  const rows: string[][] = []
  const ratios: number[] = []
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.c'))) {
    const bytes = await buildKernel(file)
    const plain = instantiate(bytes)
    const again = instantiate(bytes)
    const metered = instantiateMetered(bytes)
    const rounds = calibrate(plain)
    const [base, floor, cost] = await measure(
      [
        { name: 'plain', run: () => void plain(rounds) },
        { name: 'plain again', run: () => void again(rounds) },
        { name: 'metered', run: () => void metered(rounds) },
      ],
      ROUNDS,
    )
    if (plain(2) !== metered(2)) throw new RangeError(`${file}: metered result differs`)
    const ratio = cost!.minMs / base!.minMs
    ratios.push(ratio)
    rows.push([file.replace('.c', ''), ratio.toFixed(3), (floor!.minMs / base!.minMs).toFixed(3)])
  }
  rows.push(['**geometric mean**', `**${geometricMean(ratios).toFixed(3)}**`, ''])
  rows.push(['**worst**', `**${Math.max(...ratios).toFixed(3)}**`, ''])
  return {
    title: 'Metered against unmetered',
    about:
      `Time of a kernel with fuel metering over the time of the same kernel without, both optimised by V8, least of ${ROUNDS} interleaved ` +
      'rounds. The last column is a second plain instance over the first: the noise. Not measured: instrumenting, compiling, first calls. ' +
      'Bound: geometric mean 1.05, worst 1.20.',
    columns: ['kernel', 'metered / plain', 'plain / plain'],
    rows,
  }
}

/** Compiles a kernel with clang -O2, without a C library. */
async function buildKernel(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = { 'kernel.h': readFileSync(join(FOLDER, 'kernel.h')), [file]: readFileSync(join(FOLDER, file)) }
  const quiet = { stdout: () => {}, stderr: () => {}, fetchProgress: () => {} }
  const out = await commands.clang(['-O2', '-nostdlib', '-Wl,--no-entry', '-o', 'kernel.wasm', file], files, quiet)
  return Uint8Array.from((out as Record<string, Uint8Array>)['kernel.wasm']!)
}

type Kernel = (rounds: number) => number

function instantiate(bytes: Uint8Array<ArrayBuffer>): Kernel {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as Kernel
}

function instantiateMetered(bytes: Uint8Array): Kernel {
  const { bytes: rewritten, names } = instrumentModule(bytes, { memoryMaxBytes: 2 ** 26, tableMaxElements: 1_000 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(rewritten)))
  const fuel = exports[names.fuel] as WebAssembly.Global
  const run = exports['run'] as Kernel
  return (rounds) => {
    fuel.value = 10n ** 15n
    return run(rounds)
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
