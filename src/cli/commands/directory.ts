import type { Command } from 'commander'
import type { KeptOffer } from '../../index.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import type { TableColumn } from '../table.ts'
import { writeRows } from '../table.ts'
import type { Runner } from './runner.ts'

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
  withDataOptions(group.command('list'))
    .description('list what agents offer, by agent')
    .action((flags: DataFlags) => run((output) => listOffers(flags, output)))
}

async function listOffers({ data, json }: DataFlags, output: Output): Promise<number> {
  const { readOffers } = await import('../../index.ts')
  const offers = readOffers(data)
  writeRows(offers, COLUMNS, json, 'nothing is offered', output)
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
