import type { Message } from '../core/index.ts'
import { formatDurationMs } from '../core/index.ts'
import { renderAgentTable } from './agent-table.ts'
import { parseContent, toReadableLines, withValue } from './content.ts'
import { escapeText, shorten, toJsonLine } from './plain-text.ts'
import type { RunEvent, RunSummary, Screen } from './view.ts'

/** Writes what came of a run: the table of agents, the content of the result, and whether the goal was reached. */
export function renderReport(summary: RunSummary, screen: Screen): string[] {
  return ['', ...renderAgentTable(summary.agents, screen), ...renderOutcome(summary, screen)]
}

/** Writes the result and whether the goal was reached, without the table. */
export function renderOutcome(
  { reached, reason, result, elapsedMs, waiting }: RunSummary,
  { columns, paint }: Screen,
): string[] {
  const time = formatDurationMs(elapsedMs)
  const why = shorten(reason, Math.max(columns * 4, 320))
  // A system without a goal has done what it should when it comes to rest.
  const success = result === null ? `Done in ${time}: ${why}` : `Goal reached in ${time}`
  const missed =
    waiting.length > 0
      ? paint('warn', `Waiting after ${time}: ${why}`)
      : paint('bad', `Goal not reached after ${time}: ${why}`)
  const verdict = reached ? paint('good', success) : missed
  const heading = result === null ? [] : ['', paint('bold', `Result from ${escapeText(result.sender)}:`)]
  return [...heading, ...renderContent(result), '', verdict]
}

function renderContent(message: Message | null): string[] {
  if (message?.content === undefined) return []
  return toReadableLines(parseContent(message.content)).map((line) => `  ${line}`)
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
