import type { Command } from 'commander'
import type { KeptOffer } from '../../index.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import type { TableColumn } from '../table.ts'
import { writeTable } from '../table.ts'
import type { Runner } from './runner.ts'

interface ListFlags {
  readonly data: string
  readonly json?: true
}

const EXAMPLES = `
Examples:
  caxton directory list --data market.data

The directory is that of \`caxton run --data\`; a system may run on it meanwhile. Where none does, it is what was offered at the end.`

/** Adds `caxton directory list`. */
export function declareDirectory(program: Command, run: Runner): void {
  const group = program
    .command('directory')
    .description('look at what agents offer, in a data directory')
    .addHelpText('after', EXAMPLES)
  group
    .command('list')
    .description('list what agents offer, by agent')
    .requiredOption('--data <directory>', 'data directory of the system')
    .option('--json', 'print one JSON object a line')
    .action((flags: ListFlags) => run((output) => listOffers(flags, output)))
}

async function listOffers({ data, json }: ListFlags, output: Output): Promise<number> {
  const { readOffers } = await import('../../index.ts')
  const offers = readOffers(data)
  if (json) for (const offer of offers) output.line(toJsonLine(offer))
  else writeTable(offers, COLUMNS, 'nothing is offered', output)
  return 0
}

const COLUMNS = [
  { title: 'agent', align: 'left', maxColumns: 24, cell: ({ agent }: KeptOffer) => agent },
  { title: 'capability', align: 'left', maxColumns: 24, cell: ({ capability }) => capability },
  { title: 'state', align: 'left', maxColumns: 12, cell: ({ isSeen }) => (isSeen ? 'offered' : 'kept') },
  {
    title: 'lapses',
    align: 'left',
    maxColumns: 24,
    cell: ({ untilMs }) => (untilMs === null ? '–' : new Date(untilMs).toISOString()),
  },
  { title: 'ontology', align: 'left', maxColumns: 24, cell: ({ ontology }) => ontology ?? '–' },
  { title: 'properties', align: 'left', maxColumns: 60, cell: ({ properties }) => JSON.stringify(properties) },
] as const satisfies readonly TableColumn<KeptOffer>[]
