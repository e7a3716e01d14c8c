import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { CaxtonError, formatCount } from '../../core/index.ts'
import type { LoggedConversation, LoggedMessage, MessageLog } from '../../index.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import { toJsonLine } from '../plain-text.ts'
import type { Diagram } from '../sequence/diagram.ts'
import { layOut, receiverOf } from '../sequence/diagram.ts'
import { drawHtml, drawSvg } from '../sequence/svg.ts'
import { drawText } from '../sequence/text.ts'
import type { TableColumn } from '../table.ts'
import { writeRows } from '../table.ts'
import type { Runner } from './runner.ts'

interface TraceFlags extends DataFlags {
  readonly svg?: string
  readonly html?: string
}

const EXAMPLES = `
Examples:
  caxton conversation list --data market.data
  caxton conversation show m-4f2a-1 --data market.data
  caxton conversation trace m-4f2a-1 --data market.data --html trace.html

The directory is that of \`caxton run --data\`; a system may run on it meanwhile.`

/** Adds `caxton conversation list|show|trace`. */
export function declareConversation(program: Command, run: Runner): void {
  const group = program
    .command('conversation')
    .description('look at what agents said to each other, in a data directory')
    .addHelpText('after', EXAMPLES)
  const add = (name: string, description: string) => withDataOptions(group.command(name).description(description))
  add('list', 'list conversations, the oldest first').action((flags: DataFlags) =>
    run((output) => listConversations(flags, output)),
  )
  add('show', 'list the messages of a conversation')
    .argument('<id>', 'id of the conversation')
    .action((id: string, flags: DataFlags) => run((output) => showConversation(id, flags, output)))
  add('trace', 'draw a conversation as a sequence diagram')
    .argument('<id>', 'id of the conversation')
    .option('--svg <file>', 'write it as SVG')
    .option('--html <file>', 'write it as a page')
    .action((id: string, flags: TraceFlags) => run((output) => traceConversation(id, flags, output)))
}

/** Reads what was said on a data directory. */
export async function readLog(directory: string): Promise<MessageLog> {
  const { MessageLog } = await import('../../index.ts')
  return MessageLog.read(directory)
}

async function listConversations({ data, json }: DataFlags, output: Output): Promise<number> {
  const conversations = (await readLog(data)).conversations()
  writeRows(conversations, CONVERSATION_COLUMNS, json, 'nobody has talked', output)
  return 0
}

async function showConversation(id: string, { data, json }: DataFlags, output: Output): Promise<number> {
  const messages = (await readLog(data)).conversation(id)
  writeRows(messages, MESSAGE_COLUMNS, json, 'nothing was said', output)
  return 0
}

async function traceConversation(id: string, flags: TraceFlags, output: Output): Promise<number> {
  const messages = (await readLog(flags.data)).conversation(id)
  const diagram = layOut(`conversation ${id}`, messages)
  if (flags.svg !== undefined) await save(flags.svg, drawSvg, diagram, output)
  if (flags.html !== undefined) await save(flags.html, drawHtml, diagram, output)
  if (flags.json) for (const row of messages) output.line(toJsonLine(row))
  else if (flags.svg === undefined && flags.html === undefined) {
    for (const line of drawText(diagram, output)) output.line(line)
  }
  return 0
}

async function save(file: string, draw: (diagram: Diagram) => string, diagram: Diagram, output: Output): Promise<void> {
  try {
    await writeFile(file, draw(diagram))
  } catch (cause) {
    const detail = `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new CaxtonError('ERR_CLI_USAGE', { detail, data: { file }, cause })
  }
  output.errorLine(`wrote ${file}`)
}

const CONVERSATION_COLUMNS = [
  { title: 'conversation', align: 'left', maxColumns: 40, cell: ({ id }: LoggedConversation) => id },
  { title: 'began', align: 'left', maxColumns: 24, cell: ({ startedMs }) => new Date(startedMs).toISOString() },
  { title: 'messages', align: 'right', maxColumns: 9, cell: ({ messages }) => formatCount(messages) },
  { title: 'fuel', align: 'right', maxColumns: 8, cell: ({ fuel }) => formatCount(fuel) },
  { title: 'failed', align: 'right', maxColumns: 8, cell: ({ failed }) => formatCount(failed) },
  { title: 'last', align: 'left', maxColumns: 16, cell: ({ last }) => last },
  { title: 'protocol', align: 'left', maxColumns: 24, cell: ({ protocol }) => protocol ?? '–' },
  { title: 'participants', align: 'left', maxColumns: 60, cell: ({ participants }) => participants.join(', ') },
] as const satisfies readonly TableColumn<LoggedConversation>[]

const MESSAGE_COLUMNS = [
  { title: 'message', align: 'left', maxColumns: 24, cell: ({ id }: LoggedMessage) => id },
  { title: 'sent', align: 'left', maxColumns: 24, cell: ({ atMs }) => new Date(atMs).toISOString() },
  { title: 'act', align: 'left', maxColumns: 16, cell: ({ performative }) => performative },
  { title: 'from', align: 'left', maxColumns: 24, cell: ({ sender }) => sender },
  { title: 'to', align: 'left', maxColumns: 24, cell: receiverOf },
  { title: 'fuel', align: 'right', maxColumns: 8, cell: ({ end }) => (end === null ? '' : formatCount(end.fuel)) },
  { title: 'end', align: 'left', maxColumns: 24, cell: ({ end }) => describeEnd(end) },
  {
    title: 'content',
    align: 'left',
    maxColumns: 60,
    cell: ({ content }) => (content === undefined ? '' : JSON.stringify(content)),
  },
] as const satisfies readonly TableColumn<LoggedMessage>[]

/** Says how the handling of a message ended. */
export function describeEnd(end: LoggedMessage['end']): string {
  if (end === null) return '–'
  if (end.detail !== null) return `${end.error}: ${end.detail}`
  return end.error ?? (end.status === 0 ? 'handled' : `status ${end.status}`)
}
