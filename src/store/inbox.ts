import { DatabaseSync } from 'node:sqlite'
import { guard } from './database.ts'
import { assertDataDirectory } from './directory.ts'

/** Milliseconds that a command waits for its turn to write. */
const BUSY_MS = 10_000

/**
 * Leaves an entry for the system on a data directory: one that runs takes it within a fraction of a second, else the next one
 * that is started.
 *
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_FAILED
 */
export function leaveInInbox(directory: string, kind: string, body: string): void {
  const file = assertDataDirectory(directory)
  guard(file, () => {
    const database = new DatabaseSync(file, { timeout: BUSY_MS })
    try {
      database.prepare('INSERT INTO inbox (kind, body, made_ms) VALUES (?, ?, ?)').run(kind, body, Date.now())
    } finally {
      database.close()
    }
  })
}
