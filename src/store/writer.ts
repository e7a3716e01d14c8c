import type { DatabaseSync } from 'node:sqlite'
import type { Alarm } from '../core/index.ts'
import { BatchWriter } from './batch-writer.ts'
import type { Batch } from './changes.ts'
import type { Synchronous } from './database.ts'
import { isPassing, toStoreError } from './database.ts'
import type { DirectoryLock } from './directory.ts'
import { databaseFile } from './directory.ts'
import { readImage, readInbox } from './image.ts'
import { countStart, forgetStarts } from './starts.ts'
import type { FromWriter, ToWriter, WriterData } from './writer-protocol.ts'

/*
 * Writes to the database of a system that runs; nobody else does. Runs in a thread of its own.
 *
 * 1. Batches are committed in their order, each whole or not at all. One that fails and may succeed later is tried until it
 *    does, before any that follows; after any other failure nothing is committed.
 * 2. The directory is locked from before the database is opened until after it is closed.
 */

export interface WriterParts {
  readonly alarm: Alarm
  lockDirectory(directory: string): DirectoryLock
  /** Opens the database for writing. */
  openDatabase(file: string, synchronous: Synchronous): DatabaseSync
  tell(message: FromWriter): void
  /** The directory is let go of: nothing is told any more. */
  onEnd(): void
}

/** Milliseconds between two tries of a batch, and between two looks at the inbox. */
const RETRY_MS = 500
const LOOK_MS = 250

export class Writer {
  readonly #parts: WriterParts
  readonly #data: WriterData
  readonly #file: string
  readonly #waiting: Batch[] = []
  #lock: DirectoryLock | null = null
  #database: DatabaseSync | null = null
  #batches: BatchWriter | null = null
  #cancelLook: () => void = () => {}
  #isClosing = false
  #lastInboxId = 0
  #version: unknown = null

  constructor(parts: WriterParts, data: WriterData) {
    this.#parts = parts
    this.#data = data
    this.#file = databaseFile(data.directory)
  }

  /** Tells `opened` with what there is, or why it cannot be opened. */
  open(): void {
    const { directory, synchronous, retention } = this.#data
    try {
      this.#lock = this.#parts.lockDirectory(directory)
      this.#database = this.#parts.openDatabase(this.#file, synchronous)
      this.#batches = new BatchWriter(this.#database, retention)
      const image = readImage(this.#database)
      this.#lastInboxId = image.inbox.at(-1)?.id ?? 0
      const unfinishedStarts = countStart(this.#database)
      this.#parts.tell({ type: 'opened', image: { ...image, unfinishedStarts } })
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#lookLater()
  }

  receive(message: ToWriter): void {
    if (message.type === 'commit') this.#waiting.push(message.batch)
    else this.#isClosing = true
    // One that is tried again goes first.
    if (this.#waiting.length <= 1) this.#commit()
  }

  #commit(): void {
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      if (this.#batches === null) return
      try {
        this.#batches.write(batch)
      } catch (error) {
        this.#fail(error)
        return
      }
      this.#waiting.shift()
      this.#parts.tell({ type: 'committed', number: batch.number })
    }
    if (this.#isClosing) this.#close()
  }

  #fail(error: unknown): void {
    const passing = isPassing(error) && !this.#isClosing && this.#batches !== null
    this.#parts.tell({ type: 'failed', error: toStoreError(error, this.#file).toData(), passing })
    if (passing) this.#parts.alarm.set(RETRY_MS, () => this.#commit())
    else this.#close()
  }

  #lookLater(): void {
    this.#cancelLook = this.#parts.alarm.set(LOOK_MS, () => {
      this.#look()
      this.#lookLater()
    })
  }

  /** Looks for what commands have left: SQLite tells cheaply whether somebody else has written. */
  #look(): void {
    if (this.#database === null) return
    try {
      const found = this.#database.prepare('PRAGMA data_version').get()?.['data_version']
      if (found === this.#version) return
      this.#version = found
      const entries = readInbox(this.#database, this.#lastInboxId)
      if (entries.length === 0) return
      this.#lastInboxId = entries.at(-1)!.id
      this.#parts.tell({ type: 'inbox', entries })
    } catch {
      // Looked at again: `version` is left as it was only if reading it failed.
      this.#version = null
    }
  }

  #close(): void {
    this.#cancelLook()
    this.#batches = null
    const database = this.#database
    try {
      if (database !== null && this.#isClosing && this.#waiting.length === 0) forgetStarts(database)
      database?.close()
    } finally {
      this.#database = null
      this.#lock?.release()
      this.#lock = null
      this.#parts.tell({ type: 'closed' })
      this.#parts.onEnd()
    }
  }
}
