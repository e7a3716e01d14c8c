import type { Command } from 'commander'
import { formatBytes, formatDurationMs } from '../../core/index.ts'
import type { LoggedAudit } from '../../index.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import type { TableColumn } from '../table.ts'
import { writeRows } from '../table.ts'
import type { Runner } from './runner.ts'

interface AuditFlags extends DataFlags {
  readonly agent?: string
  readonly service?: string
}

const EXAMPLES = `
Examples:
  caxton audit --data market.data
  caxton audit --data market.data --agent clerk --service http

The directory is that of \`caxton run --data\`; a system may run on it meanwhile.`

/** Adds `caxton audit`. */
export function declareAudit(program: Command, run: Runner): void {
  withDataOptions(program.command('audit'))
    .description('list what agents did by way of services, in a data directory')
    .option('--agent <name>', 'of one agent alone')
    .option('--service <name>', 'one service alone: http, tool, delegation, spawn or directory')
    .addHelpText('after', EXAMPLES)
    .action((flags: AuditFlags) => run((output) => listAudit(flags, output)))
}

async function listAudit({ data, agent, service, json }: AuditFlags, output: Output): Promise<number> {
  const { readAudit } = await import('../../index.ts')
  const records = readAudit(data).filter(
    (record) => (agent ?? record.agent) === record.agent && (service ?? record.service) === record.service,
  )
  writeRows(records, COLUMNS, json, 'nothing was done', output)
  return 0
}

const COLUMNS = [
  { title: 'when', align: 'left', maxColumns: 24, cell: ({ atMs }: LoggedAudit) => new Date(atMs).toISOString() },
  { title: 'agent', align: 'left', maxColumns: 24, cell: ({ agent }) => agent },
  { title: 'service', align: 'left', maxColumns: 12, cell: ({ service }) => service },
  { title: 'target', align: 'left', maxColumns: 60, cell: ({ target }) => target },
  { title: 'outcome', align: 'left', maxColumns: 28, cell: ({ outcome }) => outcome },
  { title: 'took', align: 'right', maxColumns: 12, cell: ({ durationMs }) => formatDurationMs(durationMs) },
  { title: 'sent', align: 'right', maxColumns: 12, cell: ({ sentBytes }) => formatBytes(sentBytes) },
  { title: 'received', align: 'right', maxColumns: 12, cell: ({ receivedBytes }) => formatBytes(receivedBytes) },
  { title: 'why', align: 'left', maxColumns: 60, cell: ({ detail }) => detail ?? '' },
] as const satisfies readonly TableColumn<LoggedAudit>[]
