import { DatabaseSync } from 'node:sqlite'
import { CaxtonError } from '../core/index.ts'
import { MIGRATIONS } from './schema.ts'

/**
 * When a commit counts. `normal`: when the operating system has it, which a killed process survives; when power is lost the
 * last commits may be missing, never a part of one. `full`: when the disk has it.
 */
export type Synchronous = 'normal' | 'full'

/** Milliseconds that a statement waits for another process that writes. */
const BUSY_MS = 5_000
/** Pages in the write-ahead log before they are copied into the database: 16 MiB. */
const CHECKPOINT_PAGES = 4_096
const WAL_BYTES = 64 * 2 ** 20

/**
 * Opens a database for writing, checks it and brings it to the present version.
 *
 * @throws CaxtonError ERR_STORE_CORRUPT, ERR_STORE_VERSION, ERR_STORE_FAILED
 */
export function openDatabase(file: string, synchronous: Synchronous): DatabaseSync {
  return guard(file, () => {
    const database = new DatabaseSync(file, { timeout: BUSY_MS })
    try {
      database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = OFF`)
      database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${WAL_BYTES}`)
      assertWhole(database, file, 'quick_check')
      migrate(database, file)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Opens a database for reading, also while a system writes to it. @throws CaxtonError as `openDatabase` */
export function openForReading(file: string): DatabaseSync {
  return guard(file, () => {
    const database = new DatabaseSync(file, { timeout: BUSY_MS, readOnly: true })
    try {
      const version = readVersion(database)
      if (version !== MIGRATIONS.length) throw versionError(file, version)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** @throws CaxtonError ERR_STORE_CORRUPT with the first things that are wrong */
export function assertWhole(database: DatabaseSync, file: string, check: 'quick_check' | 'integrity_check'): void {
  const rows = database.prepare(`PRAGMA ${check}(10)`).all()
  const problems = rows.map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
  if (problems.length === 0) return
  throw new CaxtonError('ERR_STORE_CORRUPT', { detail: `${file}: ${problems.join('; ')}`, data: { file, problems } })
}

function migrate(database: DatabaseSync, file: string): void {
  const version = readVersion(database)
  if (version > MIGRATIONS.length) throw versionError(file, version)
  for (let step = version; step < MIGRATIONS.length; step += 1) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[step]}; PRAGMA user_version = ${step + 1}; COMMIT`)
  }
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

function versionError(file: string, found: number): CaxtonError {
  const known = MIGRATIONS.length
  const detail = `${file} has version ${found}, this caxton knows ${known}`
  return new CaxtonError('ERR_STORE_VERSION', { detail, data: { file, found, known } })
}

/** SQLite's numbers for a file that is no database, or is damaged. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26])
/** Full, busy, locked, an input or output error: the same may work later. */
const PASSING: ReadonlySet<number> = new Set([5, 6, 10, 13])

/** The primary code of an error of SQLite; undefined for any other value. */
function sqliteCode(error: unknown): number | undefined {
  const { errcode } = Object(error) as { readonly errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}

/** Tells whether what failed may work later: a disk that is full now. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(sqliteCode(error) ?? -1)
}

/** Runs something on a database; what SQLite throws becomes a `CaxtonError`. */
export function guard<T>(file: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw toStoreError(error, file)
  }
}

export function toStoreError(error: unknown, file: string): CaxtonError {
  if (error instanceof CaxtonError) return error
  const code = DAMAGED.has(sqliteCode(error) ?? -1) ? 'ERR_STORE_CORRUPT' : 'ERR_STORE_FAILED'
  const detail = `${file}: ${error instanceof Error ? error.message : String(error)}`
  return new CaxtonError(code, { detail, data: { file, sqlite: sqliteCode(error) ?? null }, cause: error })
}
