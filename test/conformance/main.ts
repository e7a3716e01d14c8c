import { runSpec } from './spec/main.ts'

const USAGE = `usage: node test/conformance/main.ts <suite> <folder>

  spec  official .wast scripts: rewriting changes no outcome`

const SUITES: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { spec: runSpec }

const [suite = '', ...args] = process.argv.slice(2)
const run = Object.hasOwn(SUITES, suite) ? SUITES[suite] : undefined
if (run === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = await run(args)
