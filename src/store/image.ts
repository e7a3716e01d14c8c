import type { DatabaseSync } from 'node:sqlite'
import type { Message } from '../core/index.ts'
import type { AcceptedMessage, DeadLetter, StoredMessage, StoredTimer } from './changes.ts'
import type { InboxEntry } from './writer-protocol.ts'

/** What a database holds that a system needs to go on. It crosses threads. */
export interface Image {
  /** Starts before this one, in a row, that the system did not get over. */
  readonly unfinishedStarts: number
  /** The highest sequence that was given out. */
  readonly sequence: number
  /** In the order of their sequences. */
  readonly messages: readonly StoredMessage[]
  readonly data: readonly { readonly agent: string; readonly key: string; readonly value: Uint8Array }[]
  readonly timers: readonly StoredTimer[]
  readonly records: readonly { readonly area: string; readonly key: string; readonly text: string }[]
  readonly seen: readonly string[]
  /** What commands have left and nobody has done, the oldest first. */
  readonly inbox: readonly InboxEntry[]
}

export function readImage(database: DatabaseSync): Omit<Image, 'unfinishedStarts'> {
  return {
    sequence: readSequence(database),
    messages: readMessages(database),
    data: rowsOf(database, 'SELECT agent, key, value FROM data ORDER BY agent, key'),
    timers: rowsOf(database, 'SELECT agent, id, due_ms AS dueMs FROM timers ORDER BY due_ms'),
    records: rowsOf(database, 'SELECT area, key, text FROM records ORDER BY area, key'),
    seen: rowsOf<{ id: string }>(database, 'SELECT id FROM seen ORDER BY seen_ms').map(({ id }) => id),
    inbox: readInbox(database, 0),
  }
}

function readSequence(database: DatabaseSync): number {
  return Number(database.prepare("SELECT value FROM meta WHERE key = 'sequence'").get()?.['value'] ?? 0)
}

const MESSAGE_COLUMNS = 'sequence, receiver, attempts, accepted_ms AS acceptedMs, header, content'

type MessageRow = Omit<AcceptedMessage, 'message'> & { readonly header: string; readonly content: string | null }

export function readMessages(database: DatabaseSync): StoredMessage[] {
  const sql = `SELECT ${MESSAGE_COLUMNS}, passage FROM messages ORDER BY sequence`
  const rows = rowsOf<MessageRow & Pick<StoredMessage, 'passage'>>(database, sql)
  return rows.map((row) => ({ ...toAcceptedMessage(row), passage: row.passage }))
}

const DEAD_COLUMNS = `${MESSAGE_COLUMNS}, dead_ms AS deadMs, reason, detail`

type DeadRow = MessageRow & Pick<DeadLetter, 'deadMs' | 'reason' | 'detail'>

/** Reads dead letters, the oldest first. */
export function readDeadLetters(database: DatabaseSync): DeadLetter[] {
  return rowsOf<DeadRow>(database, `SELECT ${DEAD_COLUMNS} FROM dead ORDER BY sequence`).map(toDeadLetter)
}

export function readDeadLetter(database: DatabaseSync, sequence: number): DeadLetter | null {
  const row = database.prepare(`SELECT ${DEAD_COLUMNS} FROM dead WHERE sequence = ?`).get(sequence)
  return row === undefined ? null : toDeadLetter(row as unknown as DeadRow)
}

function toDeadLetter(row: DeadRow): DeadLetter {
  return { ...toAcceptedMessage(row), deadMs: row.deadMs, reason: row.reason, detail: row.detail }
}

/** Reads what commands have left, behind the entry with that id. */
export function readInbox(database: DatabaseSync, afterId: number): InboxEntry[] {
  const sql = 'SELECT id, kind, body, made_ms AS madeMs FROM inbox WHERE id > ? ORDER BY id'
  return database.prepare(sql).all(afterId) as unknown as InboxEntry[]
}

/** Writes the header of a message: all of it but the content. */
export function formatHeader(message: Message): string {
  const { content: _, ...header } = message
  return JSON.stringify(header)
}

function toAcceptedMessage({ sequence, receiver, attempts, acceptedMs, header, content }: MessageRow): AcceptedMessage {
  const fields = JSON.parse(header) as Message
  const message: Message = content === null ? fields : { ...fields, content }
  return { sequence, receiver, attempts, acceptedMs, message }
}

export function rowsOf<Row>(database: DatabaseSync, sql: string): Row[] {
  return database.prepare(sql).all() as unknown as Row[]
}
