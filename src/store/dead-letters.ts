import { CaxtonError, HOST_LIMITS } from '../core/index.ts'
import type { AcceptedMessage, DeadLetter } from './changes.ts'
import { openForReading } from './database.ts'
import { assertDataDirectory } from './directory.ts'
import { formatHeader, readDeadLetter, readDeadLetters } from './image.ts'
import type { Journal } from './journal.ts'

/** Bytes that a dead letter takes besides its texts. */
const OVERHEAD_BYTES = 256

/**
 * Messages that were given up, with the reason.
 *
 * With a directory they are there and not in memory; without one the last HOST_LIMITS.deadLetters are kept.
 */
export class DeadLetters {
  readonly #directory: string | null
  readonly #journal: Journal | null
  readonly #kept = new Map<number, DeadLetter>()

  constructor(directory: string | null, journal: Journal | null) {
    this.#directory = directory
    this.#journal = journal
  }

  /** Gives a message up. A message that was pending is settled besides. */
  bury(entry: AcceptedMessage, error: CaxtonError, deadMs: number): void {
    const detail = error.detail?.slice(0, 1_024) ?? null
    if (this.#journal === null) {
      this.#kept.set(entry.sequence, { ...entry, deadMs, reason: error.code, detail })
      if (this.#kept.size > HOST_LIMITS.deadLetters) this.#kept.delete(this.#kept.keys().next().value!)
      return
    }
    const { sequence, receiver, attempts, acceptedMs, message } = entry
    const header = formatHeader(message)
    const content = message.content ?? null
    const bytes = OVERHEAD_BYTES + header.length + (content?.length ?? 0)
    this.#journal.changes.bury(
      [sequence, receiver, attempts, acceptedMs, header, content, deadMs, error.code, detail, bytes],
      bytes,
    )
    this.#journal.touch()
  }

  /** Lists dead letters, the oldest first. */
  async list(): Promise<readonly DeadLetter[]> {
    if (this.#journal === null) return [...this.#kept.values()]
    await this.#settled(this.#journal)
    return this.#read((database) => readDeadLetters(database))
  }

  /** Takes one out, so that it can be delivered again. @throws CaxtonError ERR_MESSAGE_UNKNOWN */
  async raise(sequence: number): Promise<DeadLetter> {
    const letter = await this.#find(sequence)
    if (letter === null) {
      const detail = `there is no dead letter ${sequence}`
      throw new CaxtonError('ERR_MESSAGE_UNKNOWN', { detail, data: { sequence } })
    }
    this.drop(sequence)
    return letter
  }

  /** Drops one for good; nothing happens if it is not there. */
  drop(sequence: number): void {
    this.#kept.delete(sequence)
    this.#journal?.changes.raise(sequence)
    this.#journal?.touch()
  }

  async #find(sequence: number): Promise<DeadLetter | null> {
    if (this.#journal === null) return this.#kept.get(sequence) ?? null
    await this.#settled(this.#journal)
    return this.#read((database) => readDeadLetter(database, sequence))
  }

  #settled(journal: Journal): Promise<void> {
    return new Promise((resolve, reject) => journal.whenCommitted(resolve, reject))
  }

  #read<T>(read: (database: ReturnType<typeof openForReading>) => T): T {
    const database = openForReading(assertDataDirectory(this.#directory!))
    try {
      return read(database)
    } finally {
      database.close()
    }
  }
}
