import { columnsOf, padEnd, padStart, shorten } from './plain-text.ts'

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
