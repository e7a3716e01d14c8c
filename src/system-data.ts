import { resolve } from 'node:path'
import type { CaxtonOptions } from './caxton-options.ts'
import type { CaxtonError } from './core/index.ts'
import { asCaxtonError, SYSTEM_CLOCK } from './core/index.ts'
import { takeLeft } from './people-left.ts'
import type { Router } from './router/index.ts'
import type { DeadLetter, InboxEntry, StoreParts } from './store/index.ts'
import { backupDirectory, Store } from './store/index.ts'

/** Which dead letters are meant. */
export type DeadLetterChoice = number | 'all'

const RUN = 'run'

/** What a running system keeps, for whoever runs it. */
export class SystemData {
  readonly #store: Store
  readonly #router: Pick<Router, 'redeliver' | 'people'>
  readonly #directory: string | null
  readonly #nowMs: () => number

  constructor(
    store: Store,
    router: Pick<Router, 'redeliver' | 'people'>,
    directory: string | null,
    nowMs: () => number,
  ) {
    this.#store = store
    this.#router = router
    this.#directory = directory
    this.#nowMs = nowMs
  }

  /** Whether what is kept survives the process. */
  get isDurable(): boolean {
    return this.#store.isDurable
  }

  /** Resolves when everything that has happened until now survives. @throws CaxtonError ERR_STORE_FAILED */
  flush(): Promise<void> {
    return this.#store.flush()
  }

  /** Messages that were given up and had been promised to be delivered, the oldest first. */
  deadLetters(): Promise<readonly DeadLetter[]> {
    return this.#store.dead.list()
  }

  /**
   * Delivers dead letters again: to the receivers that they had, with the ids that they had.
   *
   * @returns how many
   * @throws CaxtonError ERR_MESSAGE_UNKNOWN, ERR_RUNTIME_CLOSED
   */
  async redeliver(choice: DeadLetterChoice): Promise<number> {
    const sequences = await this.#choose(choice)
    for (const sequence of sequences) await this.#router.redeliver(sequence)
    return sequences.length
  }

  /** Drops dead letters for good. Returns how many there were. */
  async purge(choice: DeadLetterChoice): Promise<number> {
    const sequences = await this.#choose(choice)
    for (const sequence of sequences) this.#store.dead.drop(sequence)
    return sequences.length
  }

  /** Writes a copy of everything that survives until now into one new file. @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_EXISTS */
  async backup(file: string): Promise<void> {
    await this.#store.flush()
    backupDirectory(this.#directory ?? '', resolve(file))
  }

  /** What a run that has not come to its end noted of itself; null when there is none. */
  interruptedRun(): readonly string[] | null {
    const text = this.#store.recordsOf(RUN).get('conversations')
    return text === undefined ? null : (JSON.parse(text) as string[])
  }

  /** Notes that a run has begun and not ended, with its first conversations; null that it has ended. */
  noteRun(conversations: Iterable<string> | null): void {
    this.#store.putRecord(RUN, 'conversations', conversations === null ? null : JSON.stringify([...conversations]))
  }

  /** Does what a command has asked for; what a system that closes cannot do is left for the next one. Returns why it could not be done. */
  async takeInbox(entry: InboxEntry): Promise<CaxtonError | null> {
    const { id, kind, body } = entry
    const choice = body === 'all' ? body : Number(body)
    try {
      if (kind === 'redeliver') await this.redeliver(choice)
      else if (kind === 'purge') await this.purge(choice)
      // In one turn with its end: it is done once, whatever happens.
      else takeLeft(this.#router.people, entry)
      this.#store.finish(id)
      return null
    } catch (caught) {
      const error = asCaxtonError(caught)
      if (error.code === 'ERR_RUNTIME_CLOSED') return error
      this.#store.note(
        JSON.stringify({ type: 'left-refused', at: this.#nowMs(), entry: id, kind, error: error.toData() }),
      )
      this.#store.finish(id)
      return error
    }
  }

  async #choose(choice: DeadLetterChoice): Promise<number[]> {
    if (choice !== 'all') return [choice]
    return (await this.#store.dead.list()).map(({ sequence }) => sequence)
  }
}

/** Opens the store of a system and makes the system; the store is closed again if that fails. */
export async function withStore<System>(
  options: CaxtonOptions,
  listeners: Pick<StoreParts, 'onFailure' | 'onInbox'>,
  create: (store: Store) => System,
): Promise<System> {
  const { clock = SYSTEM_CLOCK, dataDirectory: directory = null } = options
  const store = await Store.open({ clock, ...listeners }, { ...options.store, directory })
  try {
    return create(store)
  } catch (error) {
    await store.close()
    throw error
  }
}
