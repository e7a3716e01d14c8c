import { parseArgs } from 'node:util'
import type { WasiCase } from './manifest.ts'
import { readCases } from './manifest.ts'
import type { FileSystem } from './run-case.ts'
import { FILE_SYSTEMS, runCase } from './run-case.ts'

const USAGE = `usage: node test/conformance/wasi/main.ts <folder> [--on memory|host]

Runs every module of preview 1 below a folder with the manifest beside it, the layout of the official wasi-testsuite, with its root in memory and as a directory of the host, and prints what passed. Exits with 1 if anything failed.
The branch prod/testsuite-base of github.com/WebAssembly/wasi-testsuite holds the modules, in tests/.`

/** Runs the conformance of WASI preview 1; the exit code. */
export async function runWasi(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { on: { type: 'string' } },
    allowPositionals: true,
  })
  const [folder] = positionals
  const systems = FILE_SYSTEMS.filter((name) => values.on === undefined || values.on === name)
  if (folder === undefined || positionals.length > 1 || systems.length === 0) {
    console.error(USAGE)
    return 2
  }
  const cases = readCases(folder)
  const failed = new Map<FileSystem, number>(systems.map((system) => [system, 0]))
  const width = Math.max(4, ...cases.map(({ name }) => name.length))
  console.log([`${'case'.padEnd(width)}`, ...systems.map((system) => system.padEnd(6))].join('  '))
  for (const wasiCase of cases) await printCase(wasiCase, systems, width, failed)
  const totals = systems.map((system) => `${cases.length - failed.get(system)!} of ${cases.length} on ${system}`)
  console.log(`passed: ${totals.join(', ')}`)
  return cases.length === 0 || [...failed.values()].some((count) => count > 0) ? 1 : 0
}

async function printCase(
  wasiCase: WasiCase,
  systems: readonly FileSystem[],
  width: number,
  failed: Map<FileSystem, number>,
): Promise<void> {
  const reasons: (string | null)[] = []
  for (const system of systems) reasons.push(await runCase(wasiCase, system))
  const cells = reasons.map((reason) => (reason === null ? 'pass' : 'FAIL').padEnd(6))
  console.log([wasiCase.name.padEnd(width), ...cells].join('  '))
  for (const [index, reason] of reasons.entries()) {
    if (reason === null) continue
    const system = systems[index]!
    failed.set(system, failed.get(system)! + 1)
    console.log(`  ${system}: ${reason}`)
  }
}

if (import.meta.main) process.exitCode = await runWasi(process.argv.slice(2))
