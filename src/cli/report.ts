import type { Message } from '../core/index.ts'
import { formatDurationMs } from '../core/index.ts'
import { renderAgentTable } from './agent-table.ts'
import { formatValue, parseContent, withValue } from './content.ts'
import { escapeText, shorten, toJsonLine } from './plain-text.ts'
import type { RunEvent, RunSummary, Screen } from './view.ts'

const RESULT_COLUMNS = 72
/** Lines of a result that are shown; `--json` has all of it. */
const MAX_RESULT_LINES = 200
const MAX_RESULT_CHARACTERS = 100_000

/** Writes what came of a run: the table of agents, the content of the result, and whether the goal was reached. */
export function renderReport(summary: RunSummary, screen: Screen): string[] {
  return ['', ...renderAgentTable(summary.agents, screen), ...renderOutcome(summary, screen)]
}

/** Writes the result and whether the goal was reached, without the table. */
export function renderOutcome(
  { reached, reason, result, elapsedMs }: RunSummary,
  { columns, paint }: Screen,
): string[] {
  const time = formatDurationMs(elapsedMs)
  const why = shorten(reason, Math.max(columns * 4, 320))
  // A system without a goal has done what it should when it comes to rest.
  const success = result === null ? `Done in ${time}: ${why}` : `Goal reached in ${time}`
  const verdict = reached ? paint('good', success) : paint('bad', `Goal not reached after ${time}: ${why}`)
  const heading = result === null ? [] : ['', paint('bold', `Result from ${escapeText(result.sender)}:`)]
  return [...heading, ...renderContent(result), '', verdict]
}

/** Writes content for reading: a text as its lines, everything else as indented JSON; each line escaped. */
function renderContent(message: Message | null): string[] {
  if (message?.content === undefined) return []
  const value = parseContent(message.content)
  const text = typeof value === 'string' ? value : formatValue(value, RESULT_COLUMNS)
  const lines = text.slice(0, MAX_RESULT_CHARACTERS).replace(/\n$/, '').split(/\r?\n/)
  const shown = lines.slice(0, MAX_RESULT_LINES).map((line) => `  ${escapeText(line)}`)
  const isCut = lines.length > shown.length || text.length > MAX_RESULT_CHARACTERS
  return isCut ? [...shown, '  … (--json shows all of it)'] : shown
}

/** Writes an event as one line of JSON. Only `sent` has the whole message; the others name it. */
export function renderJsonEvent(event: RunEvent): string {
  if (!('message' in event)) return toJsonLine(event)
  if (event.type === 'sent') return toJsonLine({ ...event, message: withValue(event.message) })
  const { message_id, conversation_id, sender, receiver, performative } = event.message
  return toJsonLine({ ...event, message: { message_id, conversation_id, sender, receiver, performative } })
}

/** Writes the last line of a run with `--json`. */
export function renderJsonSummary(summary: RunSummary): string {
  const result = summary.result === null ? null : withValue(summary.result)
  return toJsonLine({ type: 'summary', ...summary, result })
}
