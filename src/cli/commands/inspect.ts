import type { Command } from 'commander'
import type { Inspection } from '../../index.ts'
import { readModuleFile } from '../bounded-file.ts'
import { renderInspection } from '../inspection.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import type { Runner } from './runner.ts'

const EXAMPLES = `
Examples:
  caxton inspect agent.wasm
  caxton inspect agent.wasm --json | jq .grants

Nothing of the module runs. Exit code: 0 if it can be read, also where it would be refused.`

/** Adds `caxton inspect`. */
export function declareInspect(program: Command, run: Runner): void {
  program
    .command('inspect')
    .description('show what a module offers and wants, which grants it needs, and what it would be refused for')
    .argument('<module>', 'a WebAssembly file')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: { json?: true }) =>
      run((output) => inspectCommand(file, flags.json === true, output)),
    )
}

async function inspectCommand(file: string, isJson: boolean, output: Output): Promise<number> {
  const bytes = await readModuleFile(file)
  const { inspectModule } = await import('../../index.ts')
  show(inspectModule(bytes), file, isJson, output)
  return 0
}

function show(inspection: Inspection, file: string, isJson: boolean, output: Output): void {
  const screen = { columns: output.columns, paint: output.paint }
  for (const line of isJson ? [toJsonLine({ file, ...inspection })] : renderInspection(inspection, file, screen)) {
    output.line(line)
  }
}
