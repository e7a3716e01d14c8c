import type { Output } from './output.ts'
import { columnsOf, padEnd, padStart, shorten, toJsonLine } from './plain-text.ts'

export interface TableColumn<Row> {
  readonly title: string
  readonly align: 'left' | 'right'
  readonly maxColumns: number
  readonly cell: (row: Row) => string
}

/** Lays rows out under their titles; each cell is escaped and cut. The first line is that of the titles. */
export function layOutTable<Row>(rows: readonly Row[], columns: readonly TableColumn<Row>[]): string[] {
  const laidOut = columns.map(({ title, align, maxColumns, cell }) => {
    const cells = [title, ...rows.map((row) => shorten(cell(row), maxColumns))]
    const width = Math.max(...cells.map(columnsOf))
    return cells.map((text) => (align === 'left' ? padEnd(text, width) : padStart(text, width)))
  })
  return Array.from({ length: rows.length + 1 }, (_, index) =>
    laidOut
      .map((cells) => cells[index] ?? '')
      .join('  ')
      .trimEnd(),
  )
}

/** Writes rows under their titles; without rows it says on the error output that there are none. */
export function writeTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  none: string,
  output: Output,
): void {
  if (rows.length === 0) {
    output.errorLine(none)
    return
  }
  const [head = '', ...lines] = layOutTable(rows, columns)
  output.line(output.paint('bold', head))
  for (const line of lines) output.line(line)
}

/** Writes rows as one JSON object a line, or as `writeTable` does. */
export function writeRows<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  json: true | undefined,
  none: string,
  output: Output,
): void {
  if (json) for (const row of rows) output.line(toJsonLine(row))
  else writeTable(rows, columns, none, output)
}
