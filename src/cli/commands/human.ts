import { userInfo } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Performative } from '../../core/index.ts'
import { CaxtonError, humanAddress } from '../../core/index.ts'
import type { GivenAnswer, WaitingOnDisk } from '../../index.ts'
import { toReadableLines } from '../content.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import { escapeText, shorten, toJsonLine } from '../plain-text.ts'
import type { TableColumn } from '../table.ts'
import { writeRows } from '../table.ts'
import type { Runner } from './runner.ts'

interface ListFlags extends DataFlags {
  readonly person?: string
}

interface AnswerFlags extends DataFlags {
  readonly act: string
  readonly content?: string
}

/** Milliseconds in which a system that runs on the directory has taken what was left for it. */
const TAKEN_WITHIN_MS = 2_000
const LOOK_EVERY_MS = 100

const EXAMPLES = `
Examples:
  caxton human list --data approval.data --person alice
  caxton human show m-4f2a-1 --data approval.data
  caxton human answer m-4f2a-1 --act accept-proposal --content '{"limit":500}' --data approval.data

The directory is that of \`caxton run --data\`. A system that runs on it takes an answer at once, else the next run does.`

/** Adds `caxton human list|history|show|answer|dismiss`. */
export function declareHuman(program: Command, run: Runner): void {
  const group = program
    .command('human')
    .description('see and answer what waits for people, in a data directory')
    .addHelpText('after', EXAMPLES)
  const add = (name: string, description: string) => withDataOptions(group.command(name).description(description))
  add('list', 'list what waits, the oldest first')
    .option('--person <name>', 'for one person alone')
    .action((flags: ListFlags) => run((output) => listWaiting(flags, output)))
  add('history', 'list what people have answered, and who brought it, the oldest first')
    .option('--person <name>', 'of one person alone')
    .action((flags: ListFlags) => run((output) => listAnswers(flags, output)))
  add('show', 'show one message, and what it may be answered with')
    .argument('<id>', 'id of the message')
    .action((id: string, flags: DataFlags) => run((output) => showWaiting(id, flags, output)))
  add('answer', 'answer a message as the person it waits for')
    .argument('<id>', 'id of the message')
    .option('--act <act>', 'what is said: an act that the message may be answered with', 'inform')
    .option('--content <json>', 'the content of the answer')
    .action((id: string, flags: AnswerFlags) => run((output) => answer(id, flags, output)))
  add('dismiss', 'take a message out that wants no answer')
    .argument('<id>', 'id of the message')
    .action((id: string, flags: DataFlags) => run((output) => dismiss(id, flags, output)))
}

async function listWaiting({ data, json, person }: ListFlags, output: Output): Promise<number> {
  const { readWaiting } = await import('../../index.ts')
  const rows = readWaiting(data).filter((row) => person === undefined || row.person === person)
  writeRows(rows, COLUMNS, json, 'nothing waits', output)
  return 0
}

async function listAnswers({ data, json, person }: ListFlags, output: Output): Promise<number> {
  const { readAnswers } = await import('../../index.ts')
  const rows = readAnswers(data).filter((row) => person === undefined || row.person === person)
  writeRows(rows, ANSWER_COLUMNS, json, 'nobody has answered', output)
  return 0
}

async function showWaiting(id: string, { data, json }: DataFlags, output: Output): Promise<number> {
  const { readWaitingMessage } = await import('../../index.ts')
  const waiting = readWaitingMessage(data, id)
  if (json) output.line(toJsonLine(waiting))
  else for (const line of describe(waiting, output.columns)) output.line(line)
  return 0
}

/** What an agent wrote stands behind a bar, so that no line of it looks like one of ours. */
function describe(waiting: WaitingOnDisk, columns: number): string[] {
  const { id, person, message, sinceMs, expiresMs } = waiting
  const facts = [
    ['message', id],
    ['for', humanAddress(person)],
    ['from', message.sender],
    ['act', message.performative],
    ['protocol', message.protocol ?? '–'],
    ['conversation', message.conversation_id],
    ['since', new Date(sinceMs).toISOString()],
    ['expires', describeTime(expiresMs)],
    ['may answer', describeActs(waiting)],
  ]
  const lines = facts.map(([name = '', fact = '']) => shorten(`${`${name}:`.padEnd(14)}${fact}`, columns))
  if (message.content === undefined) return [...lines, 'content:      none']
  return [...lines, 'content:', ...toReadableLines(message.content).map((line) => `│ ${line}`)]
}

async function answer(id: string, { data, json, act, content }: AnswerFlags, output: Output): Promise<number> {
  const { leaveAnswer } = await import('../../index.ts')
  const said = content === undefined ? {} : { content: parseJson(content) }
  const sinceMs = Date.now()
  const entry = leaveAnswer(data, id, { performative: act as Performative, ...said }, callerName())
  return report(`answered ${id} with ${act}`, { id, act }, { data, json, entry, sinceMs }, output)
}

async function dismiss(id: string, { data, json }: DataFlags, output: Output): Promise<number> {
  const { leaveDismissal } = await import('../../index.ts')
  const sinceMs = Date.now()
  const entry = leaveDismissal(data, id)
  return report(`dismissed ${id}`, { id }, { data, json, entry, sinceMs }, output)
}

interface Left {
  readonly data: string
  readonly json: true | undefined
  readonly entry: number
  readonly sinceMs: number
}

/** Tells whether a system has taken what was left, once it has or would have. @throws CaxtonError why it refused it */
async function report(
  done: string,
  facts: object,
  { data, json, entry, sinceMs }: Left,
  output: Output,
): Promise<number> {
  const { readOutcome } = await import('../../index.ts')
  let outcome = readOutcome(data, entry, sinceMs)
  for (let waitedMs = 0; outcome === 'waiting' && waitedMs < TAKEN_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
    await wait(LOOK_EVERY_MS)
    outcome = readOutcome(data, entry, sinceMs)
  }
  if (outcome instanceof CaxtonError) throw outcome
  const isTaken = outcome === 'taken'
  const how = isTaken ? 'taken by the system that runs' : 'kept for the next run'
  output.line(json ? toJsonLine({ ...facts, taken: isTaken }) : escapeText(`${done}: ${how} on ${data}`))
  return 0
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const detail = `--content: expected JSON such as '{"amount":3}' or '"yes"', found ${JSON.stringify(text.slice(0, 60))}`
    throw new CaxtonError('ERR_CLI_USAGE', { detail, cause })
  }
}

/** Whoever runs the command, as the operating system calls them: for the history, and no proof of anything. */
function callerName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}

function describeTime(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString()
}

function describeActs({ acts, left, isPromised, wantsAnswer }: WaitingOnDisk): string {
  const may = acts === null ? 'anything' : acts.join(', ')
  const notes = [
    ...(wantsAnswer ? [] : ['nothing is asked: dismiss it']),
    ...(isPromised ? ['agreed already'] : []),
    ...(left.length > 0 ? [`${left.join(', ')} left for the next run`] : []),
  ]
  return [may, ...notes].filter((part) => part !== '').join('; ')
}

const COLUMNS = [
  { title: 'message', align: 'left', maxColumns: 24, cell: ({ id }) => id },
  { title: 'for', align: 'left', maxColumns: 20, cell: ({ person }) => person },
  { title: 'from', align: 'left', maxColumns: 20, cell: ({ message }) => message.sender },
  { title: 'act', align: 'left', maxColumns: 16, cell: ({ message }) => message.performative },
  { title: 'since', align: 'left', maxColumns: 24, cell: ({ sinceMs }) => describeTime(sinceMs) },
  { title: 'expires', align: 'left', maxColumns: 24, cell: ({ expiresMs }) => describeTime(expiresMs) },
  { title: 'may answer', align: 'left', maxColumns: 48, cell: describeActs },
  {
    title: 'content',
    align: 'left',
    maxColumns: 60,
    cell: ({ message: { content } }) => (content === undefined ? '' : JSON.stringify(content)),
  },
] as const satisfies readonly TableColumn<WaitingOnDisk>[]

const ANSWER_COLUMNS = [
  { title: 'when', align: 'left', maxColumns: 24, cell: ({ atMs }) => describeTime(atMs) },
  { title: 'who', align: 'left', maxColumns: 20, cell: ({ person }) => person },
  { title: 'by', align: 'left', maxColumns: 20, cell: ({ by }) => by },
  { title: 'act', align: 'left', maxColumns: 16, cell: ({ act }) => act },
  { title: 'to', align: 'left', maxColumns: 24, cell: ({ question }) => question },
  { title: 'answer', align: 'left', maxColumns: 24, cell: ({ answer: id }) => id },
] as const satisfies readonly TableColumn<GivenAnswer>[]
