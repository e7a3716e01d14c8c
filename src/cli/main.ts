#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { declareInspect } from './commands/inspect.ts'
import { declareRun } from './commands/run.ts'
import { createOutput } from './output.ts'
import { runProgram } from './program.ts'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

// The exit code is set, not forced: what is written to a pipe is written to its end.
process.exitCode = await runProgram(
  process.argv.slice(2),
  manifest.version,
  [declareRun, declareInspect],
  createOutput(process.stdout, process.stderr),
)
