import type { ErrorData } from '../core/index.ts'
import { ERRORS, formatBytes, formatCount, formatDurationMs } from '../core/index.ts'
import type { Tone } from './paint.ts'
import { columnsOf, padEnd, padStart, shorten } from './plain-text.ts'
import type { AgentRow, Screen } from './view.ts'

interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  readonly cell: (agent: AgentRow) => string
}

const MAX_NAME_COLUMNS = 32
const MIN_WHY_COLUMNS = 24
/** Kinds of refusals that are named for one agent. */
const MAX_CODES = 3

const COLUMNS: readonly Column[] = [
  { title: 'agent', align: 'left', cell: ({ name }) => shorten(name, MAX_NAME_COLUMNS) },
  { title: 'state', align: 'left', cell: ({ phase }) => shorten(phase, 12) },
  { title: 'in', align: 'right', cell: ({ messagesIn }) => formatCount(messagesIn) },
  { title: 'out', align: 'right', cell: ({ messagesOut }) => formatCount(messagesOut) },
  { title: 'refused', align: 'right', cell: ({ refusals }) => formatCount(refusals) },
  { title: 'fuel', align: 'right', cell: ({ fuel }) => formatCount(fuel) },
  { title: 'CPU', align: 'right', cell: ({ cpuMs }) => formatDurationMs(cpuMs) },
  { title: 'peak memory', align: 'right', cell: ({ peakMemoryBytes }) => formatBytes(peakMemoryBytes) },
]

/** Writes one line per agent with what it did and used, and behind it why it failed, or else what it was refused and how it was held back. */
export function renderAgentTable(agents: readonly AgentRow[], { columns, paint }: Screen): string[] {
  const laidOut = COLUMNS.map(({ title, align, cell }) => {
    const cells = [title, ...agents.map(cell)]
    const width = Math.max(...cells.map(columnsOf))
    return cells.map((text) => (align === 'left' ? padEnd(text, width) : padStart(text, width)))
  })
  const row = (index: number) => laidOut.map((cells) => cells[index] ?? '').join('  ')
  const used = columnsOf(row(0)) + 2
  const lines = agents.map((agent, index) => {
    const why = shorten(explain(agent), Math.max(MIN_WHY_COLUMNS, columns - used))
    return paint(toneOf(agent), `${row(index + 1)}  ${why}`.trimEnd())
  })
  return [paint('bold', `${row(0)}  why`), ...lines]
}

function explain(agent: AgentRow): string {
  if (agent.reason !== null) return explainError(agent.reason)
  const { lastRefusal, timesThrottled, throttledMs } = agent
  const times = timesThrottled === 1 ? 'once' : `${formatCount(timesThrottled)} times`
  const held = timesThrottled === 0 ? [] : [`throttled ${times}, ${formatDurationMs(throttledMs)} in all`]
  return [...held, ...(lastRefusal === null ? [] : [explainRefusals(agent, lastRefusal)])].join('; ')
}

/** Names the refusals, the most frequent kind first, and describes the last one. */
function explainRefusals({ refusals, refusalsByCode }: AgentRow, last: ErrorData): string {
  if (refusals === 1) return `refused ${explainError(last)}`
  const kinds = Object.entries(refusalsByCode).sort(([, a], [, b]) => b - a)
  if (kinds.length === 1) return `refused ${formatCount(refusals)}: last ${explainError(last)}`
  const shown = kinds.slice(0, MAX_CODES).map(([code, count]) => `${code} ×${formatCount(count)}`)
  const more = kinds.length > shown.length ? [`${kinds.length - shown.length} more kinds`] : []
  return `refused ${[...shown, ...more].join(', ')}: last ${explainError(last)}`
}

function explainError({ code, detail }: ErrorData): string {
  return `${code}: ${detail ?? ERRORS[code].message}`
}

function toneOf({ phase, refusals }: AgentRow): Tone {
  return phase === 'failed' ? 'bad' : refusals > 0 ? 'warn' : 'plain'
}
