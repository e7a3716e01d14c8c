import type { Command } from 'commander'
import type { Inspection } from '../inspection.ts'
import { renderInspection } from '../inspection.ts'
import { readModuleFile } from '../module-file.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import type { Runner } from './runner.ts'

/** Looks into a module without running anything of it. */
export type InspectModule = (bytes: Uint8Array) => Promise<Inspection>

const EXAMPLES = `
Examples:
  caxton inspect agent.wasm
  caxton inspect agent.wasm --json | jq .grants

Nothing of the module runs. Exit code: 0 if it can be read, also where it would be refused.`

/** Makes the declaration of `caxton inspect`. */
export function declareInspect(inspectModule: InspectModule): (program: Command, run: Runner) => void {
  return (program, run) => {
    program
      .command('inspect')
      .description('show what a module offers and wants, which grants it needs, and what it would be refused for')
      .argument('<module>', 'a WebAssembly file')
      .option('--json', 'print one JSON object')
      .addHelpText('after', EXAMPLES)
      .action((file: string, flags: { json?: true }) =>
        run(async (output) => {
          show(await inspectModule(await readModuleFile(file)), file, flags.json === true, output)
          return 0
        }),
      )
  }
}

function show(inspection: Inspection, file: string, isJson: boolean, output: Output): void {
  const screen = { columns: output.columns, paint: output.paint }
  for (const line of isJson ? [toJsonLine({ file, ...inspection })] : renderInspection(inspection, file, screen)) {
    output.line(line)
  }
}
