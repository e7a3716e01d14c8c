import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeCase } from './case.ts'
import { compareModule } from './compare.ts'
import { fuzz } from './fuzz.ts'
import type { FuzzFailure } from './messages.ts'
import { WasmOpt } from './translate-to-fuzz.ts'

const USAGE = `usage: node test/fuzz/main.ts --minutes N [--seed S]
       node test/fuzz/main.ts --cases N [--seed S]
       node test/fuzz/main.ts --replay FILE [--seed S]

Runs random modules plain and rewritten and compares everything that can be seen from outside. Exits with 1 on any difference.

  --seed S       the first seed; each case takes the next one. A case is tried again with --seed S --cases 1
  --replay FILE  tries one module; its seed is the number that the file is named by, unless --seed is given

Modules that fail are saved in test/fuzz/failures/, named by their seed. One that is kept for good goes to test/fuzz/regressions/.`

const FAILURES = new URL('failures/', import.meta.url)

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      cases: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
    },
  })
  if (values.replay !== undefined) return replay(values.replay, values.seed)
  const minutes = Number(values.minutes ?? (values.cases === undefined ? Number.NaN : 60 * 24))
  const caseCount = Number(values.cases ?? 2 ** 31)
  const seed = Number(values.seed ?? Date.now() % 2 ** 31)
  if (!(minutes > 0) || !(caseCount > 0) || !Number.isSafeInteger(seed)) {
    console.error(USAGE)
    return 2
  }
  console.log(`first seed ${seed}`)
  const wasmOpt = await WasmOpt.load()
  const end = performance.now() + minutes * 60_000
  const report = await fuzz({
    seed,
    caseCount,
    isOver: () => performance.now() >= end,
    onFailure: (failing, failure) => save(failing, failure, wasmOpt),
    onProgress: ({ cases, failures }) => console.log(`${cases} cases, ${failures.length} failures`),
  })
  wasmOpt.close()
  for (const [ending, count] of [...report.endings].sort()) console.log(`${String(count).padStart(9)}  ${ending}`)
  console.log(`${report.cases} cases, ${report.failures.length} failures`)
  return report.failures.length > 0 ? 1 : 0
}

function save(seed: number, { kind, what, detail, module }: FuzzFailure, wasmOpt: WasmOpt): void {
  mkdirSync(FAILURES, { recursive: true })
  const bytes = module === '' ? (makeCase(seed, wasmOpt)?.bytes ?? Buffer.alloc(0)) : Buffer.from(module, 'base64')
  const file = fileURLToPath(new URL(`${seed}.wasm`, FAILURES))
  writeFileSync(file, bytes)
  writeFileSync(fileURLToPath(new URL(`${seed}.txt`, FAILURES)), `${kind}: ${what}\n${detail}\n`)
  console.log(`seed ${seed}, ${kind}: ${what}\n  ${detail.split('\n')[0]}\n  ${bytes.length} bytes in ${file}`)
}

function replay(file: string, seed: string | undefined): number {
  const number = Number(seed ?? /^\d+/.exec(basename(file))?.[0] ?? 1)
  const verdict = compareModule(Uint8Array.from(readFileSync(file)), number)
  console.log(verdict)
  return verdict.kind === 'failed' ? 1 : 0
}

process.exitCode = await main()
