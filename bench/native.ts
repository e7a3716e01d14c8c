import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompileMode } from '../src/core/index.ts'
import { SPEED_FLAGS } from '../src/core/index.ts'
import type { Report } from './measure.ts'
import { geometricMean } from './measure.ts'
import { buildKernel, KERNELS } from './metering.ts'

const CALLS = 12
const FIRST_CALLS = 3
const NATIVE_MS = 30

type Column = 'warm' | 'start' | 'speed'

/**
 * Measures metered kernels with SIMD against the same C built by the machine's `cc -O2`: calls after V8 has optimised it, and
 * the first call in a process, compiled to start and compiled for speed. Null where there is no compiler.
 */
export async function benchNative(): Promise<Report | null> {
  if (!hasCompiler()) return null
  const folder = mkdtempSync(join(tmpdir(), 'caxton-native-'))
  try {
    const rows: { name: string; ratios: Record<Column, number> }[] = []
    for (const file of readdirSync(KERNELS).filter((name) => name.endsWith('.c')))
      rows.push(await compare(file, folder))
    const mean = (column: Column) => geometricMean(rows.map(({ ratios }) => ratios[column])).toFixed(2)
    return {
      title: 'Metered against native',
      about:
        `Time of a kernel with SIMD and metering in V8 over the same C built by \`cc -O2\`, calls of about ${NATIVE_MS} ms. Warm: least of ` +
        `${CALLS} calls. First: the first call in a process, least of ${FIRST_CALLS} processes; by default, where it runs in V8's baseline code to its ` +
        'end, and with `compile = "speed"`, where it waits for the optimised code: that is part of its time, native code was compiled before. ' +
        'Bound: geometric mean 1.20 warm, 1.30 first call compiled for speed.',
      columns: ['kernel', 'warm', 'first call', 'first call, `compile = "speed"`'],
      rows: [
        ...rows.map(({ name, ratios: { warm, start, speed } }) => [
          name,
          ...[warm, start, speed].map((x) => x.toFixed(2)),
        ]),
        ['**geometric mean**', `**${mean('warm')}**`, `**${mean('start')}**`, `**${mean('speed')}**`],
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
  const name = file.replace('.c', '')
  const native = join(folder, name)
  const module = join(folder, `${name}.wasm`)
  const main = join(import.meta.dirname, 'native/main.c')
  execFileSync('cc', ['-O2', '-I', KERNELS, '-o', native, join(KERNELS, file), main, '-lm'])
  writeFileSync(module, await buildKernel(file, ['-msimd128']))
  const rounds = Math.max(1, Math.round(NATIVE_MS / (timeNative(native, 8, 3) / 8)))
  const nativeMs: number[] = []
  const first = (compile: CompileMode) =>
    Array.from({ length: FIRST_CALLS }, () => {
      nativeMs.push(timeNative(native, rounds, 3))
      return timeMetered(module, compile, rounds, 1)
    }).flat()
  const times = { start: first('start'), speed: first('speed'), warm: timeMetered(module, 'start', rounds, CALLS) }
  const ratio = (column: Column) => Math.min(...times[column]) / Math.min(...nativeMs)
  return { name, ratios: { warm: ratio('warm'), start: ratio('start'), speed: ratio('speed') } }
}

/** Returns the least time of some calls, milliseconds. */
function timeNative(program: string, rounds: number, calls: number): number {
  const output = execFileSync(program, [String(rounds), String(calls)], { encoding: 'utf8' })
  return Math.min(...output.trim().split('\n').map(Number)) / 1e6
}

function timeMetered(module: string, compile: CompileMode, rounds: number, calls: number): number[] {
  const flags = compile === 'speed' ? SPEED_FLAGS : []
  const script = join(import.meta.dirname, 'native-process.ts')
  const output = execFileSync(process.execPath, [...flags, script, module, String(rounds), String(calls)], {
    encoding: 'utf8',
  })
  return (JSON.parse(output) as { times: number[] }).times
}
