import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Batch } from './changes.ts'
import { ACCEPTED_CELLS, BURIED_CELLS } from './changes.ts'
import type { RetentionOptions } from './retention.ts'
import { Retention } from './retention.ts'
import { forgetStarts } from './starts.ts'

/** Writes batches, each in one transaction. */
export class BatchWriter {
  readonly #database: DatabaseSync
  readonly #retention: Retention
  readonly #statements: Readonly<Record<keyof typeof SQL, StatementSync>>

  constructor(database: DatabaseSync, retention: RetentionOptions) {
    this.#database = database
    this.#retention = new Retention(database, retention)
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)])
    this.#statements = Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>
  }

  /** Writes all of a batch or nothing. Throws what SQLite throws. */
  write(batch: Batch): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      this.#writeMessages(batch)
      this.#writeKept(batch)
      this.#writeHistory(batch)
      if (batch.isOverStart) forgetStarts(this.#database)
      this.#retention.enforce(batch.timeMs)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#retention.forget()
      // SQLite has rolled back some failures by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #writeMessages({ accepted, settled, retried, buried, raised }: Batch): void {
    const { accept, settle, settleRange, retry, bury, raise } = this.#statements
    for (let at = 0; at < accepted.length; at += ACCEPTED_CELLS) {
      accept.run(
        accepted[at]!,
        accepted[at + 1]!,
        accepted[at + 2]!,
        accepted[at + 3]!,
        accepted[at + 4]!,
        accepted[at + 5]!,
        accepted[at + 6]!,
      )
    }
    forEachRange(settled, (first, last) => {
      if (first === last) settle.run(first)
      else settleRange.run(first, last)
    })
    for (let at = 0; at < retried.length; at += 2) retry.run(retried[at + 1]!, retried[at]!)
    for (let at = 0; at < buried.length; at += BURIED_CELLS) {
      bury.run(...(buried.slice(at, at + BURIED_CELLS) as SQLInputValue[]))
      this.#retention.countDead(Number(buried[at + 9]))
    }
    for (const sequence of raised) raise.run(sequence)
  }

  #writeKept({ data, timers, records, seen, done, timeMs, sequence }: Batch): void {
    const { putData, dropData, putTimer, dropTimer, putRecord, dropRecord, remember, finish, putSequence } =
      this.#statements
    for (const { agent, key, value } of data) {
      if (value === null) dropData.run(agent, key)
      else putData.run(agent, key, value)
    }
    for (let at = 0; at < timers.length; at += 3) {
      if (timers[at + 2] === null) dropTimer.run(timers[at]!, timers[at + 1]!)
      else putTimer.run(timers[at]!, timers[at + 1]!, timers[at + 2]!)
    }
    for (let at = 0; at < records.length; at += 3) {
      if (records[at + 2] === null) dropRecord.run(records[at]!, records[at + 1]!)
      else putRecord.run(records[at]!, records[at + 1]!, records[at + 2]!)
    }
    for (const id of seen) remember.run(id, timeMs)
    for (const id of done) finish.run(id)
    putSequence.run(String(sequence))
  }

  #writeHistory({ history, timeMs }: Batch): void {
    if (history === '' || !this.#retention.keepsHistory) return
    const bytes = Buffer.byteLength(history)
    this.#statements.note.run(timeMs, timeMs, bytes, history)
    this.#retention.countHistory(bytes)
  }
}

const SQL = {
  accept: `INSERT INTO messages (sequence, receiver, attempts, accepted_ms, header, content, passage)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
  settle: 'DELETE FROM messages WHERE sequence = ?',
  settleRange: 'DELETE FROM messages WHERE sequence BETWEEN ? AND ?',
  retry: 'UPDATE messages SET attempts = ? WHERE sequence = ?',
  bury: `INSERT OR REPLACE INTO dead (sequence, receiver, attempts, accepted_ms, header, content, dead_ms, reason, detail, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  raise: 'DELETE FROM dead WHERE sequence = ?',
  putData:
    'INSERT INTO data (agent, key, value) VALUES (?, ?, ?) ON CONFLICT (agent, key) DO UPDATE SET value = excluded.value',
  dropData: 'DELETE FROM data WHERE agent = ? AND key = ?',
  putTimer:
    'INSERT INTO timers (agent, id, due_ms) VALUES (?, ?, ?) ON CONFLICT (agent, id) DO UPDATE SET due_ms = excluded.due_ms',
  dropTimer: 'DELETE FROM timers WHERE agent = ? AND id = ?',
  putRecord:
    'INSERT INTO records (area, key, text) VALUES (?, ?, ?) ON CONFLICT (area, key) DO UPDATE SET text = excluded.text',
  dropRecord: 'DELETE FROM records WHERE area = ? AND key = ?',
  remember: 'INSERT OR REPLACE INTO seen (id, seen_ms) VALUES (?, ?)',
  finish: 'DELETE FROM inbox WHERE id = ?',
  putSequence:
    "INSERT INTO meta (key, value) VALUES ('sequence', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  note: 'INSERT INTO history (first_ms, last_ms, bytes, lines) VALUES (?, ?, ?, ?)',
} as const

/** Calls `take` for each run of numbers that follow each other. */
function forEachRange(numbers: readonly number[], take: (first: number, last: number) => void): void {
  let first = 0
  for (let index = 1; index <= numbers.length; index += 1) {
    if (index < numbers.length && numbers[index] === numbers[index - 1]! + 1) continue
    take(numbers[first]!, numbers[index - 1]!)
    first = index
  }
}
