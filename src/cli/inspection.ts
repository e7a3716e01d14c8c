import { formatBytes } from '../core/index.ts'
import type { Inspection } from '../index.ts'
import { columnsOf, escapeText, padEnd, shorten } from './plain-text.ts'
import type { Screen } from './view.ts'

type Size = Inspection['memories'][number]

const PAGE_BYTES = 65_536
/** Entries of one kind that are shown; `--json` has all. */
const MAX_SHOWN = 200
/** Imports that are named as the reason for one grant. */
const MAX_SHOWN_OF_GRANT = 20

/** Writes an inspection for people. Names are the module's own: each is escaped and cut to the screen. */
export function renderInspection(inspection: Inspection, file: string, screen: Screen): string[] {
  const { paint } = screen
  const { doors, memories, tables, features, producers, grants } = inspection
  const required = grants.filter(({ isRequired }) => isRequired)
  const useful = grants.filter(({ isRequired }) => !isRequired)
  const facts: readonly (readonly [string, string])[] = [
    ['size', `${formatBytes(inspection.bytes)} (${inspection.bytes} bytes)`],
    ['SHA-256', inspection.digest],
    [
      'door',
      doors
        .filter(({ problem }) => problem === null)
        .map(({ name }) => name)
        .join(', ') || 'none',
    ],
    ['memories', memories.map(formatMemory).join('; ') || 'none'],
    ['tables', tables.map((table) => `${table.element} ${formatSize(table)}`).join('; ') || 'none'],
    ['features', features.join(', ')],
    ['producers', producers.map(({ name, version }) => `${name} ${version}`.trim()).join(', ') || 'not said'],
    ['grants', required.map(({ example }) => example).join(', ') || 'needs none'],
    ...(useful.length === 0 ? [] : [['could use', useful.map(({ name }) => name).join(', ')] as const]),
  ]
  return [
    paint('bold', shorten(file, screen.columns)),
    ...facts.map(([name, text]) => `  ${paint('dim', padEnd(name, 9))}  ${shorten(text, screen.columns - 13)}`),
    ...renderImports(inspection.imports, screen),
    ...renderExports(inspection, screen),
    ...renderDoors(doors, screen),
    ...renderRefusals(inspection, screen),
  ]
}

/** Writes which grants a module would need and why, then the line for a system file. */
export function renderGrants({ grants }: Inspection, file: string, screen: Screen): string[] {
  const { columns, paint } = screen
  const lines = grants.flatMap(({ name, sentence, isRequired, imports }) => {
    const need = isRequired ? 'refused without it' : 'runs without it, and gets less'
    const shown = `${imports.slice(0, MAX_SHOWN_OF_GRANT).join(', ')}${imports.length > MAX_SHOWN_OF_GRANT ? ', …' : ''}`
    return [
      `  ${paint(isRequired ? 'warn' : 'plain', name)}: ${need}`,
      paint('dim', `    ${shorten(sentence, columns - 4)}`),
      `    ${shorten(`imports ${shown}`, columns - 4)}`,
    ]
  })
  const required = grants.filter(({ isRequired }) => isRequired).map(({ example }) => example)
  const least =
    required.length === 0 ? 'needs no grant to start' : `least to start: grants = { ${required.join(', ')} }`
  return [paint('bold', shorten(file, columns)), ...lines, ...(lines.length === 0 ? [] : ['']), least]
}

function renderImports(imports: Inspection['imports'], screen: Screen): string[] {
  const rows = imports.slice(0, MAX_SHOWN).map(({ module, name, kind, type, offeredBy, grant }) => ({
    isBad: offeredBy === null,
    cells: [
      `${module}.${name}`,
      kind === 'function' ? type : kind,
      offeredBy === null ? 'nobody offers this' : 'offered',
      grant === null ? '' : `needs grant ${grant}`,
    ],
  }))
  return renderSection('imports', rows, imports.length, screen)
}

function renderExports({ exports }: Inspection, screen: Screen): string[] {
  const rows = exports.slice(0, MAX_SHOWN).map(({ name, kind, type }) => ({
    isBad: false,
    cells: [name, kind === 'function' ? type : kind],
  }))
  return renderSection('exports', rows, exports.length, screen)
}

interface Row {
  readonly isBad: boolean
  readonly cells: readonly string[]
}

function renderSection(title: string, rows: readonly Row[], count: number, { columns, paint }: Screen): string[] {
  if (rows.length === 0) return []
  const widest = Math.floor(columns / 2) - 4
  const laidOut = rows.map(({ isBad, cells }) => ({ isBad, cells: cells.map((cell) => shorten(cell, widest)) }))
  const columnCount = Math.max(...laidOut.map(({ cells }) => cells.length))
  const widths = Array.from({ length: columnCount }, (_, index) =>
    Math.max(...laidOut.map(({ cells }) => columnsOf(cells[index] ?? ''))),
  )
  const lines = laidOut.map(({ isBad, cells }) => {
    const text = cells.map((cell, index) => padEnd(cell, widths[index] ?? 0)).join('  ')
    return paint(isBad ? 'bad' : 'plain', `  ${text}`.trimEnd())
  })
  const rest = count > rows.length ? [paint('dim', `  … ${count - rows.length} more (--json shows all)`)] : []
  return ['', paint('bold', `${title} (${count})`), ...lines, ...rest]
}

function renderDoors(doors: Inspection['doors'], { paint }: Screen): string[] {
  if (doors.some(({ problem }) => problem === null)) return []
  const lines = doors.map(({ name, problem }) => paint('warn', `  ${escapeText(`${name}: ${problem ?? ''}`)}`))
  return ['', paint('bold', 'why it fits no door'), ...lines]
}

function renderRefusals({ refusals, doors }: Inspection, { paint }: Screen): string[] {
  if (refusals.length === 0) {
    const fits = doors.some(({ problem }) => problem === null)
    return fits ? ['', paint('good', 'nothing would be refused, given the grants above')] : []
  }
  const lines = refusals.slice(0, MAX_SHOWN).map(({ code, detail }) => {
    return paint('bad', `  ✗ ${code}${detail === undefined ? '' : `: ${escapeText(detail)}`}`)
  })
  return ['', paint('bold', 'would be refused'), ...lines]
}

function formatMemory({ initial, maximum }: Size): string {
  const most = maximum === null ? 'no maximum of its own' : `at most ${formatBytes(maximum * PAGE_BYTES)}`
  return `${formatBytes(initial * PAGE_BYTES)}, ${most}`
}

function formatSize({ initial, maximum }: Size): string {
  return `${initial}${maximum === null ? ', no maximum of its own' : `, at most ${maximum}`}`
}
