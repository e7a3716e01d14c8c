import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** How long what is over is kept. */
export interface RetentionOptions {
  /** Milliseconds that history is kept, and bytes of it; 0 keeps none. */
  readonly historyMs: number
  readonly historyBytes: number
  /** Milliseconds that dead letters are kept, and bytes of them. */
  readonly deadMs: number
  readonly deadBytes: number
  /** Milliseconds within which an id that comes again is known. */
  readonly windowMs: number
}

/** Milliseconds between two looks at ages. */
const LOOK_MS = 10_000
/** Share of a bound by which it may be passed until the oldest goes. */
const SLACK = 1 / 16

/** Drops the oldest of what is over. Runs inside the transactions of a writer. */
export class Retention {
  readonly #options: RetentionOptions
  readonly #database: DatabaseSync
  readonly #byAge: Readonly<Record<'history' | 'dead' | 'seen', StatementSync>>
  #historyBytes: number | null = null
  #deadBytes: number | null = null
  #lookedMs = 0

  constructor(database: DatabaseSync, options: RetentionOptions) {
    this.#database = database
    this.#options = options
    this.#byAge = {
      history: database.prepare(
        'DELETE FROM history WHERE number <= (SELECT max(number) FROM history WHERE last_ms < ?)',
      ),
      dead: database.prepare('DELETE FROM dead WHERE dead_ms < ?'),
      seen: database.prepare('DELETE FROM seen WHERE seen_ms < ?'),
    }
  }

  get keepsHistory(): boolean {
    return this.#options.historyBytes > 0 && this.#options.historyMs > 0
  }

  countHistory(bytes: number): void {
    if (this.#historyBytes !== null) this.#historyBytes += bytes
  }

  countDead(bytes: number): void {
    if (this.#deadBytes !== null) this.#deadBytes += bytes
  }

  /** What was counted in a transaction that was rolled back is counted again. */
  forget(): void {
    this.#historyBytes = null
    this.#deadBytes = null
  }

  enforce(nowMs: number): void {
    const { historyMs, historyBytes, deadMs, deadBytes, windowMs } = this.#options
    if (Math.abs(nowMs - this.#lookedMs) >= LOOK_MS) {
      this.#lookedMs = nowMs
      this.#byAge.history.run(nowMs - historyMs)
      this.#byAge.dead.run(nowMs - deadMs)
      this.#byAge.seen.run(nowMs - windowMs)
      this.forget()
    }
    this.#historyBytes ??= this.#sum('history')
    this.#deadBytes ??= this.#sum('dead')
    this.#historyBytes = this.#trim('history', 'number', this.#historyBytes, historyBytes)
    this.#deadBytes = this.#trim('dead', 'sequence', this.#deadBytes, deadBytes)
  }

  #sum(table: string): number {
    return Number(this.#database.prepare(`SELECT coalesce(sum(bytes), 0) AS bytes FROM ${table}`).get()?.['bytes'])
  }

  #trim(table: string, order: string, bytes: number, limit: number): number {
    if (bytes <= limit * (1 + SLACK)) return bytes
    let left = bytes
    let last: number | null = null
    for (const row of this.#database
      .prepare(`SELECT ${order} AS place, bytes FROM ${table} ORDER BY ${order}`)
      .iterate()) {
      if (left <= limit) break
      left -= Number(row['bytes'])
      last = Number(row['place'])
    }
    if (last !== null) this.#database.prepare(`DELETE FROM ${table} WHERE ${order} <= ?`).run(last)
    return left
  }
}
