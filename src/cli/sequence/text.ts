import { columnsOf, escapeText, padEnd, shorten } from '../plain-text.ts'
import type { Screen } from '../view.ts'
import type { Arrow, Diagram } from './diagram.ts'

const MIN_COLUMN = 12
const MAX_COLUMN = 32
const TIME_COLUMNS = 10

/** Draws a sequence diagram for a terminal. Names and acts are the agents' own: each is escaped and cut to its column. */
export function drawText(diagram: Diagram, { columns, paint }: Screen): string[] {
  const { participants, arrows, left } = diagram
  const room = Math.floor((columns - TIME_COLUMNS) / Math.max(1, participants.length))
  const wanted = Math.max(...arrows.map(wantedWidth), ...participants.map((name) => columnsOf(escapeText(name)) + 2))
  const width = Math.max(MIN_COLUMN, Math.min(MAX_COLUMN, room, wanted))
  const head = participants.map((name) => padEnd(shorten(name, width - 2), width)).join('')
  const lines = arrows.flatMap((arrow) => drawArrow(arrow, participants.length, width, paint))
  return [
    paint('bold', shorten(diagram.title, columns)),
    '',
    paint('name', `${' '.repeat(TIME_COLUMNS)}${head}`.trimEnd()),
    ...lines,
    ...(left === 0 ? [] : [paint('dim', `… ${left} more (--json shows all)`)]),
  ]
}

function wantedWidth({ from, to, label }: Arrow): number {
  return Math.ceil((columnsOf(escapeText(label)) + 4) / Math.max(1, Math.abs(to - from)))
}

/** An arrow is two lines: what is said above what shows who says it to whom. */
function drawArrow(arrow: Arrow, count: number, width: number, paint: Screen['paint']): string[] {
  const tone = arrow.failed ? 'bad' : 'plain'
  const time = `+${Math.round(arrow.afterMs)} ms`
  const [label, line] = arrow.from === arrow.to ? drawLoop(arrow, count, width) : drawStraight(arrow, count, width)
  return [
    paint('dim', ' '.repeat(TIME_COLUMNS)) + paint(tone, label.trimEnd()),
    paint('dim', padEnd(shorten(time, TIME_COLUMNS - 1), TIME_COLUMNS)) + paint(tone, line.trimEnd()),
  ]
}

function drawStraight({ from, to, label }: Arrow, count: number, width: number): [string, string] {
  const start = Math.min(from, to)
  const end = Math.max(from, to)
  const span = (end - start) * width
  const text = padEnd(shorten(label, span - 3), span - 2)
  const shaft = from < to ? `├${'─'.repeat(span - 1)}▶` : `◀${'─'.repeat(span - 1)}┤`
  const rest = `${' '.repeat(width - 1)}${lifelines(count - end - 1, width)}`
  return [
    `${lifelines(start, width)}│ ${text}${lifelines(count - end, width)}`,
    `${lifelines(start, width)}${shaft}${rest}`,
  ]
}

function drawLoop({ from, label }: Arrow, count: number, width: number): [string, string] {
  const text = padEnd(shorten(label, width - 4), width - 4)
  const rest = lifelines(count - from - 1, width)
  return [`${lifelines(from, width)}│ ${text}  ${rest}`, `${lifelines(from, width)}├─↺${' '.repeat(width - 3)}${rest}`]
}

function lifelines(count: number, width: number): string {
  return `│${' '.repeat(width - 1)}`.repeat(count)
}
