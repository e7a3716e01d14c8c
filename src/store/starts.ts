import type { DatabaseSync } from 'node:sqlite'

const KEY = 'starts'

/**
 * Counts a start, before anybody gets a message.
 *
 * @returns starts before it, in a row, that neither were told to be forgotten nor came to a good end
 */
export function countStart(database: DatabaseSync): number {
  const row = database.prepare('SELECT value FROM meta WHERE key = ?').get(KEY)
  const count = Number(row?.['value'] ?? 0)
  const sql = 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'
  database.prepare(sql).run(KEY, String(count + 1))
  return count
}

/** The system has got over its start, or has come to a good end. */
export function forgetStarts(database: DatabaseSync): void {
  database.prepare('DELETE FROM meta WHERE key = ?').run(KEY)
}
