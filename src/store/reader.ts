import type { DatabaseSync } from 'node:sqlite'
import type { DeadLetter, StoredMessage } from './changes.ts'
import { guard, openForReading } from './database.ts'
import { assertDataDirectory } from './directory.ts'
import { readDeadLetters, readMessages } from './image.ts'

/** Reads a data directory, whether a system runs on it or not; what it reads is what was committed at the time of the call. */
export class StoreReader implements Disposable {
  readonly #file: string
  readonly #database: DatabaseSync

  /** @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_VERSION, ERR_STORE_CORRUPT */
  constructor(directory: string) {
    this.#file = assertDataDirectory(directory)
    this.#database = openForReading(this.#file)
  }

  /** Messages that are accepted and not yet handled, in their order. */
  pending(): StoredMessage[] {
    return guard(this.#file, () => readMessages(this.#database))
  }

  /** Messages that were given up, the oldest first. */
  dead(): DeadLetter[] {
    return guard(this.#file, () => readDeadLetters(this.#database))
  }

  /** What an agent has stored, by key. */
  data(agent: string): Map<string, Uint8Array> {
    const sql = 'SELECT key, value FROM data WHERE agent = ? ORDER BY key'
    const rows = guard(this.#file, () => this.#database.prepare(sql).all(agent))
    return new Map(rows.map(({ key, value }) => [String(key), value as Uint8Array]))
  }

  /** What happened, the oldest first: JSON objects as they were noted, at most as long as retention keeps them. */
  *history(): Generator<Readonly<Record<string, unknown>>> {
    for (const row of this.#database.prepare('SELECT lines FROM history ORDER BY number').iterate()) {
      for (const line of String(row['lines']).split('\n')) yield JSON.parse(line) as Record<string, unknown>
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
