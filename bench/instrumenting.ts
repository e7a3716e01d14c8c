import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Report } from './measure.ts'

const RUNS = 5
/** Of a smaller module the peak is that of the process itself when it started. */
const SMALL_BYTES = 10_000_000
const MODULES: Readonly<Record<string, string>> = {
  'clang, `@yowasp/clang`': 'node_modules/@yowasp/clang/gen/llvm.core.wasm',
  'QuickJS, `quickjs-wasi`': 'node_modules/quickjs-wasi/quickjs.wasm',
}

interface Taken {
  readonly size: number
  readonly rewrittenSize: number
  readonly mapSize: number
  readonly wallMs: number
  readonly cpuMs: number
  readonly validateCpuMs: number
  readonly peakBytes: number
}

/** Measures what rewriting a module takes, in a process of its own each time: the first time, as in a deployment. */
export async function benchInstrumenting(): Promise<Report> {
  const rows = Object.entries(MODULES).map(([name, file]) => {
    const runs = Array.from({ length: RUNS }, () => rewrite(file))
    const least = (read: (taken: Taken) => number) => Math.min(...runs.map(read))
    const most = (read: (taken: Taken) => number) => Math.max(...runs.map(read))
    const { size, rewrittenSize, mapSize } = runs[0]!
    return [
      name,
      `${(size / 1e6).toFixed(1)} MB`,
      `${(least(({ cpuMs }) => cpuMs) / 1e3).toFixed(2)} s`,
      `${(least(({ wallMs }) => wallMs) / 1e3).toFixed(2)} s`,
      least(({ cpuMs, validateCpuMs }) => cpuMs / validateCpuMs).toFixed(2),
      size < SMALL_BYTES ? '–' : (most(({ peakBytes }) => peakBytes) / size).toFixed(2),
      `${(rewrittenSize / size).toFixed(2)} + ${(mapSize / size).toFixed(2)}`,
    ]
  })
  return {
    title: 'Instrumenting',
    about:
      `Rewriting a module for the first time in a process, least of ${RUNS} processes: processor time of the thread, time on the clock (others use ` +
      'the machine, too), and the processor time over that of `WebAssembly.validate` of the same bytes, all its threads together. Peak: resident ' +
      'memory of the process at its most, less what it was before the file was read, over the size of the module, which is part of it. Last, the ' +
      'rewritten module and the map of its offsets over the size. Bound for a module of 75 MB: 3 s, 6 times its size.',
    columns: ['module', 'size', 'processor', 'clock', 'over validating', 'peak memory / size', 'result / size'],
    rows,
  }
}

function rewrite(file: string): Taken {
  const script = join(import.meta.dirname, 'instrumenting-process.ts')
  return JSON.parse(execFileSync(process.execPath, [script, file], { encoding: 'utf8' })) as Taken
}
