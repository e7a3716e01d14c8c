import type { DatabaseSync } from 'node:sqlite'
import type { DeadLetter, StoredMessage } from './changes.ts'
import { guard, openForReading } from './database.ts'
import { assertDataDirectory } from './directory.ts'
import { readDeadLetters, readInbox, readMessages } from './image.ts'
import type { InboxEntry } from './writer-protocol.ts'

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

  /** What a part of the runtime keeps of itself, by key. */
  records(area: string): Map<string, string> {
    const sql = 'SELECT key, text FROM records WHERE area = ? ORDER BY key'
    const rows = guard(this.#file, () => this.#database.prepare(sql).all(area))
    return new Map(rows.map(({ key, text }) => [String(key), String(text)]))
  }

  /** What commands have left and no system has done yet, the oldest first. */
  inbox(): InboxEntry[] {
    return guard(this.#file, () => readInbox(this.#database, 0))
  }

  /** What an agent has stored, by key. */
  data(agent: string): Map<string, Uint8Array> {
    const sql = 'SELECT key, value FROM data WHERE agent = ? ORDER BY key'
    const rows = guard(this.#file, () => this.#database.prepare(sql).all(agent))
    return new Map(rows.map(({ key, value }) => [String(key), value as Uint8Array]))
  }

  /**
   * What happened, the oldest first: JSON objects as they were noted, at most as long as retention keeps them.
   *
   * @param sinceMs leaves out what was committed before, milliseconds since 1970
   */
  *history(sinceMs = 0): Generator<Readonly<Record<string, unknown>>> {
    const sql = 'SELECT lines FROM history WHERE last_ms >= ? ORDER BY number'
    for (const row of this.#database.prepare(sql).iterate(sinceMs)) {
      for (const line of String(row['lines']).split('\n')) yield JSON.parse(line) as Record<string, unknown>
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
