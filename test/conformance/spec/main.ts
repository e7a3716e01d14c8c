import { globSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Assembler } from './assembler.ts'
import { assembleWithBinaryen } from './assembler.ts'
import { readJsonScript } from './json-script.ts'
import { printReport } from './report.ts'
import type { Tally } from './run-script.ts'
import { runScript } from './run-script.ts'
import type { Command } from './script.ts'
import { parseScript } from './script.ts'

const USAGE = `usage: node test/conformance/spec/main.ts <folder or file> [--assembler MODULE]

Runs every .wast file, and every .json of wast2json with its modules beside it, plain in V8 and rewritten with plenty of fuel, and compares all outcomes. Exits with 1 on any difference.

  --assembler MODULE  package or file that exports parse(text), bytes of a module or a promise of them;
                      binaryen without it, which does not take all of the text format`

/** Runs the conformance of the specification; the exit code. */
export async function runSpec(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { assembler: { type: 'string' } },
    allowPositionals: true,
  })
  const [folder] = positionals
  if (folder === undefined || positionals.length > 1) {
    console.error(USAGE)
    return 2
  }
  const assembler = await loadAssembler(values.assembler)
  const tallies = new Map<string, Tally>()
  for (const file of listScripts(folder)) {
    const name = relative(folder, file) || file
    tallies.set(name, await runScript(readScript(file), assembler))
  }
  return printReport(tallies)
}

function readScript(file: string): readonly Command[] {
  return file.endsWith('.json') ? readJsonScript(file) : parseScript(readFileSync(file, 'utf8'))
}

function listScripts(folder: string): string[] {
  if (statSync(folder).isFile()) return [folder]
  return globSync('**/*.{wast,json}', { cwd: folder })
    .sort()
    .map((file) => join(folder, file))
}

async function loadAssembler(specifier: string | undefined): Promise<Assembler> {
  if (specifier === undefined) return assembleWithBinaryen
  const isFile = /^[./]/.test(specifier)
  const module: { readonly parse: Assembler } = await import(isFile ? pathToFileURL(specifier).href : specifier)
  return module.parse
}

if (import.meta.main) process.exitCode = await runSpec(process.argv.slice(2))
