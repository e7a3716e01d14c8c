import type { Command } from 'commander'
import { formatBytes } from '../../core/index.ts'
import type { LoggedSubscription, LoggedTopic } from '../../index.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import type { TableColumn } from '../table.ts'
import { writeTable } from '../table.ts'
import type { Runner } from './runner.ts'

const EXAMPLES = `
Example:
  caxton topic list --data market.data

The directory is that of \`caxton run --data\`; a system may run on it meanwhile.`

/** Adds `caxton topic list`. */
export function declareTopic(program: Command, run: Runner): void {
  const group = program
    .command('topic')
    .description('look at topics, in a data directory')
    .addHelpText('after', EXAMPLES)
  withDataOptions(group.command('list'))
    .description('list what is retained, and who subscribes to what')
    .action((flags: DataFlags) => run((output) => listTopics(flags, output)))
}

async function listTopics({ data, json }: DataFlags, output: Output): Promise<number> {
  const { readTopics } = await import('../../index.ts')
  const { retained, subscriptions } = readTopics(data)
  if (json) {
    for (const row of retained) output.line(toJsonLine({ type: 'retained', ...row }))
    for (const row of subscriptions) output.line(toJsonLine({ type: 'subscription', ...row }))
    return 0
  }
  writeTable(retained, TOPIC_COLUMNS, 'nothing is retained', output)
  if (retained.length > 0 && subscriptions.length > 0) output.line('')
  writeTable(subscriptions, SUBSCRIPTION_COLUMNS, 'nobody subscribes', output)
  return 0
}

const TOPIC_COLUMNS = [
  { title: 'retained', align: 'left', maxColumns: 40, cell: ({ topic }: LoggedTopic) => topic },
  { title: 'published', align: 'left', maxColumns: 24, cell: ({ publishedMs }) => new Date(publishedMs).toISOString() },
  { title: 'by', align: 'left', maxColumns: 24, cell: ({ publisher }) => publisher },
  { title: 'size', align: 'right', maxColumns: 10, cell: ({ bytes }) => formatBytes(bytes) },
  { title: 'content', align: 'left', maxColumns: 40, cell: ({ content }) => JSON.stringify(content) },
  { title: 'subscribers', align: 'left', maxColumns: 60, cell: ({ subscribers }) => subscribers.join(', ') },
] as const satisfies readonly TableColumn<LoggedTopic>[]

const SUBSCRIPTION_COLUMNS = [
  { title: 'subscription', align: 'left', maxColumns: 40, cell: ({ pattern }: LoggedSubscription) => pattern },
  { title: 'agents', align: 'left', maxColumns: 80, cell: ({ agents }) => agents.join(', ') },
] as const satisfies readonly TableColumn<LoggedSubscription>[]
