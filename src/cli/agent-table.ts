import type { ErrorData } from '../core/index.ts'
import { ERRORS, formatBytes, formatCount, formatDurationMs } from '../core/index.ts'
import type { Tone } from './paint.ts'
import { columnsOf, shorten } from './plain-text.ts'
import type { TableColumn } from './table.ts'
import { layOutTable } from './table.ts'
import type { AgentRow, Screen } from './view.ts'

const MAX_NAME_COLUMNS = 32
const MAX_NUMBER_COLUMNS = 16
const MIN_WHY_COLUMNS = 24
/** Kinds of refusals that are named for one agent. */
const MAX_CODES = 3

const COLUMNS: readonly TableColumn<AgentRow>[] = [
  { title: 'agent', align: 'left', maxColumns: MAX_NAME_COLUMNS, cell: ({ name }) => name },
  { title: 'state', align: 'left', maxColumns: 12, cell: ({ phase }) => phase },
  { title: 'in', align: 'right', maxColumns: MAX_NUMBER_COLUMNS, cell: ({ messagesIn }) => formatCount(messagesIn) },
  { title: 'out', align: 'right', maxColumns: MAX_NUMBER_COLUMNS, cell: ({ messagesOut }) => formatCount(messagesOut) },
  { title: 'refused', align: 'right', maxColumns: MAX_NUMBER_COLUMNS, cell: ({ refusals }) => formatCount(refusals) },
  { title: 'fuel', align: 'right', maxColumns: MAX_NUMBER_COLUMNS, cell: ({ fuel }) => formatCount(fuel) },
  { title: 'CPU', align: 'right', maxColumns: MAX_NUMBER_COLUMNS, cell: ({ cpuMs }) => formatDurationMs(cpuMs) },
  {
    title: 'peak memory',
    align: 'right',
    maxColumns: MAX_NUMBER_COLUMNS,
    cell: ({ peakMemoryBytes }) => formatBytes(peakMemoryBytes),
  },
]

/** Writes one line per agent with what it did and used, and behind it why it failed, or else what it was refused and how it was held back. */
export function renderAgentTable(agents: readonly AgentRow[], { columns, paint }: Screen): string[] {
  const [head = '', ...rows] = layOutTable(agents, COLUMNS)
  const used = columnsOf(head) + 2
  const lines = agents.map((agent, index) => {
    const why = shorten(explain(agent), Math.max(MIN_WHY_COLUMNS, columns - used))
    return paint(toneOf(agent), `${rows[index]}  ${why}`.trimEnd())
  })
  return [paint('bold', `${head}  why`), ...lines]
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
