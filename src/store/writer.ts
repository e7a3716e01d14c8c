import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { BatchWriter } from './batch-writer.ts'
import type { Batch } from './changes.ts'
import { isPassing, openDatabase, toStoreError } from './database.ts'
import type { DirectoryLock } from './directory.ts'
import { databaseFile, lockDirectory } from './directory.ts'
import { readImage } from './image.ts'
import type { FromWriter, InboxEntry, ToWriter, WriterData } from './writer-protocol.ts'

/*
 * Entry of the writer thread: the only one that writes to the database of a system that runs.
 *
 * 1. Batches are committed in their order, each whole or not at all. One that fails and may succeed later is tried until it
 *    does, before any that follows; after any other failure nothing is committed.
 * 2. The directory is locked from before the database is opened until after it is closed.
 */

/** Milliseconds between two tries of a batch, and between two looks at the inbox. */
const RETRY_MS = 500
const LOOK_MS = 250

const port = parentPort!
const { directory, synchronous, retention } = workerData as WriterData
const file = databaseFile(directory)
const waiting: Batch[] = []
let lock: DirectoryLock | null = null
let database: DatabaseSync | null = null
let writer: BatchWriter | null = null
let timer: NodeJS.Timeout | null = null
let isClosing = false
let lastInboxId = 0
let version: unknown = null

open()

function open(): void {
  try {
    lock = lockDirectory(directory)
    database = openDatabase(file, synchronous)
    writer = new BatchWriter(database, retention)
    tell({ type: 'opened', image: readImage(database) })
  } catch (error) {
    fail(error)
    return
  }
  port.on('message', receive)
  timer = setInterval(look, LOOK_MS)
}

function receive(message: ToWriter): void {
  if (message.type === 'commit') waiting.push(message.batch)
  else isClosing = true
  // One that is tried again goes first.
  if (waiting.length <= 1) commit()
}

function commit(): void {
  for (let batch = waiting[0]; batch !== undefined; batch = waiting[0]) {
    if (writer === null) return
    try {
      writer.write(batch)
    } catch (error) {
      fail(error)
      return
    }
    waiting.shift()
    tell({ type: 'committed', number: batch.number })
  }
  if (isClosing) close()
}

function fail(error: unknown): void {
  const passing = isPassing(error) && !isClosing && writer !== null
  tell({ type: 'failed', error: toStoreError(error, file).toData(), passing })
  if (passing) setTimeout(commit, RETRY_MS)
  else close()
}

/** Looks for what commands have left: SQLite tells cheaply whether somebody else has written. */
function look(): void {
  if (database === null) return
  try {
    const found = database.prepare('PRAGMA data_version').get()?.['data_version']
    if (found === version) return
    version = found
    const sql = 'SELECT id, kind, body FROM inbox WHERE id > ? ORDER BY id LIMIT 1000'
    const entries = database.prepare(sql).all(lastInboxId) as unknown as InboxEntry[]
    if (entries.length === 0) return
    lastInboxId = entries.at(-1)!.id
    tell({ type: 'inbox', entries })
  } catch {
    // Looked at again: `version` is left as it was only if reading it failed.
    version = null
  }
}

function close(): void {
  if (timer !== null) clearInterval(timer)
  writer = null
  try {
    database?.close()
  } finally {
    database = null
    lock?.release()
    lock = null
    tell({ type: 'closed' })
    port.close()
  }
}

function tell(message: FromWriter): void {
  port.postMessage(message)
}
