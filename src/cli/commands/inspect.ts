import type { Command } from 'commander'
import type { Inspection } from '../../index.ts'
import { readModuleFile } from '../bounded-file.ts'
import { renderGrants, renderInspection } from '../inspection.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import type { Runner } from './runner.ts'

const EXAMPLES = `
Examples:
  caxton inspect agent.wasm
  caxton inspect agent.wasm --grants    which grants it would need, and why
  caxton inspect agent.wasm --json | jq .grants

Nothing of the module runs. Exit code: 0 if it can be read, also where it would be refused.`

/** Adds `caxton inspect`. */
export function declareInspect(program: Command, run: Runner): void {
  program
    .command('inspect')
    .description('show what a module offers and wants, which grants it needs, and what it would be refused for')
    .argument('<module>', 'a WebAssembly file')
    .option('--grants', 'show only the grants it would need, and why')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: InspectFlags) => run((output) => inspectCommand(file, flags, output)))
}

interface InspectFlags {
  readonly grants?: true
  readonly json?: true
}

async function inspectCommand(file: string, flags: InspectFlags, output: Output): Promise<number> {
  const bytes = await readModuleFile(file)
  const { inspectModule } = await import('../../index.ts')
  for (const line of render(inspectModule(bytes), file, flags, output)) output.line(line)
  return 0
}

function render(inspection: Inspection, file: string, { grants, json }: InspectFlags, output: Output): string[] {
  const screen = { columns: output.columns, paint: output.paint }
  if (json === true)
    return [toJsonLine(grants === true ? { file, grants: inspection.grants } : { file, ...inspection })]
  return grants === true ? renderGrants(inspection, file, screen) : renderInspection(inspection, file, screen)
}
