import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from './measure.ts'
import { geometricMean } from './measure.ts'
import { buildKernel, instantiateMetered, KERNELS } from './metering.ts'

const CALLS = 12
const NATIVE_MS = 30

/**
 * Measures metered kernels with SIMD against the same C built by the machine's `cc -O2`: the first call of a new instance, and
 * calls after V8 has optimised it. Null where there is no compiler.
 */
export async function benchNative(): Promise<Report | null> {
  if (!hasCompiler()) return null
  const folder = mkdtempSync(join(tmpdir(), 'caxton-native-'))
  try {
    const files = readdirSync(KERNELS).filter((name) => name.endsWith('.c'))
    const rows: { name: string; warm: number; first: number }[] = []
    for (const file of files) rows.push(await compare(file, folder))
    const mean = (key: 'warm' | 'first') => geometricMean(rows.map((row) => row[key])).toFixed(2)
    return {
      title: 'Metered against native',
      about:
        `Time of a kernel with SIMD and metering in V8 over the same C built by \`cc -O2\`, least of ${CALLS} calls of about ${NATIVE_MS} ms; ` +
        '"first" is the first call of a module that V8 has not seen, which runs in its baseline code to its end. Kernel time alone. ' +
        'Bound: geometric mean 1.20 warm, 1.30 first.',
      columns: ['kernel', 'warm', 'first call'],
      rows: [
        ...rows.map(({ name, warm, first }) => [name, warm.toFixed(2), first.toFixed(2)]),
        ['**geometric mean**', `**${mean('warm')}**`, `**${mean('first')}**`],
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function hasCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function compare(file: string, folder: string) {
  const native = join(folder, file.replace('.c', ''))
  const main = join(import.meta.dirname, 'native/main.c')
  execFileSync('cc', ['-O2', '-I', KERNELS, '-o', native, join(KERNELS, file), main, '-lm'])
  const rounds = Math.max(1, Math.round(NATIVE_MS / (timeNative(native, 8, 3) / 8)))
  const metered = instantiateMetered(await buildKernel(file, ['-msimd128']))
  const firstMs = timeCall(metered, rounds)
  let warmMs = Number.POSITIVE_INFINITY
  let nativeMs = Number.POSITIVE_INFINITY
  for (let call = 0; call < CALLS; call += 1) {
    warmMs = Math.min(warmMs, timeCall(metered, rounds))
    nativeMs = Math.min(nativeMs, timeNative(native, rounds, 1))
  }
  return { name: file.replace('.c', ''), warm: warmMs / nativeMs, first: firstMs / nativeMs }
}

/** Returns the least time of some calls, milliseconds. */
function timeNative(program: string, rounds: number, calls: number): number {
  const output = execFileSync(program, [String(rounds), String(calls)], { encoding: 'utf8' })
  return Math.min(...output.trim().split('\n').map(Number)) / 1e6
}

function timeCall(run: (rounds: number) => number, rounds: number): number {
  const start = performance.now()
  run(rounds)
  return performance.now() - start
}
