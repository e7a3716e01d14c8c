import { runSpec } from './spec/main.ts'
import { runWasi } from './wasi/main.ts'

const USAGE = `usage: node test/conformance/main.ts <suite> <folder>

  spec  official .wast scripts: rewriting changes no outcome
  wasi  official suite of WASI preview 1, on both file systems`

const SUITES: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  spec: runSpec,
  wasi: runWasi,
}

const [suite = '', ...args] = process.argv.slice(2)
const run = Object.hasOwn(SUITES, suite) ? SUITES[suite] : undefined
if (run === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = await run(args)
