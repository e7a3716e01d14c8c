import { DatabaseSync } from 'node:sqlite'
import { guard } from './database.ts'
import { assertDataDirectory } from './directory.ts'
import { StoreReader } from './reader.ts'

/** Milliseconds that a command waits for its turn to write. */
const BUSY_MS = 10_000

/**
 * Leaves an entry for the system on a data directory: one that runs takes it within a fraction of a second, else the next one
 * that is started.
 *
 * @param admit looks at the directory first, while nobody else can write to it; what it throws leaves nothing
 * @returns the id of the entry
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_FAILED, and what `admit` throws
 */
export function leaveInInbox(
  directory: string,
  kind: string,
  body: string,
  admit: (reader: StoreReader) => void = () => {},
): number {
  const file = assertDataDirectory(directory)
  return guard(file, () => {
    const database = new DatabaseSync(file, { timeout: BUSY_MS })
    try {
      database.exec('BEGIN IMMEDIATE')
      using reader = new StoreReader(directory)
      admit(reader)
      const sql = 'INSERT INTO inbox (kind, body, made_ms) VALUES (?, ?, ?)'
      const { lastInsertRowid } = database.prepare(sql).run(kind, body, Date.now())
      database.exec('COMMIT')
      return Number(lastInsertRowid)
    } finally {
      database.close()
    }
  })
}
