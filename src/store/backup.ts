import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { CaxtonError } from '../core/index.ts'
import { assertWhole, guard, openDatabase, openForReading } from './database.ts'
import { assertDataDirectory, databaseFile, lockDirectory } from './directory.ts'

/**
 * Writes a copy of what a system keeps into one new file: all that was committed at one moment, whether the system runs or
 * not. A system that runs is not held up.
 *
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_EXISTS for a file that is there, ERR_STORE_FAILED
 */
export function backupDirectory(directory: string, file: string): void {
  const source = assertDataDirectory(directory)
  if (existsSync(file)) throw existsError(file)
  const partial = `${file}.partial`
  rmSync(partial, { force: true })
  const database = openForReading(source)
  try {
    guard(partial, () => {
      database.prepare('VACUUM INTO ?').run(partial)
      renameSync(partial, file)
    })
  } finally {
    database.close()
    rmSync(partial, { force: true })
  }
}

/**
 * Makes a data directory of a backup. Everything of the backup is checked first.
 *
 * @throws CaxtonError ERR_STORE_EXISTS for a directory that has data, ERR_STORE_LOCKED, ERR_STORE_CORRUPT, ERR_STORE_VERSION
 */
export function restoreDirectory(file: string, directory: string): void {
  const target = databaseFile(directory)
  if (!existsSync(file)) throw new CaxtonError('ERR_STORE_MISSING', { detail: file, data: { file } })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = lockDirectory(directory)
  const partial = `${target}.partial`
  try {
    if (existsSync(target)) throw existsError(target)
    rmSync(partial, { force: true })
    const source = openForReading(file)
    try {
      assertWhole(source, file, 'integrity_check')
      guard(partial, () => source.prepare('VACUUM INTO ?').run(partial))
    } finally {
      source.close()
    }
    // Brings an older backup to the present version while it still has another name.
    openDatabase(partial, 'full').close()
    renameSync(partial, target)
  } finally {
    for (const name of ['', '-wal', '-shm']) rmSync(`${partial}${name}`, { force: true })
    lock.release()
  }
}

/** What a check of a data directory has found. */
export interface DirectoryReport {
  readonly file: string
  readonly pending: number
  readonly dead: number
  readonly dataKeys: number
  readonly timers: number
  readonly historyBytes: number
}

/**
 * Checks every page and index of a data directory, also while a system runs on it.
 *
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_CORRUPT, ERR_STORE_VERSION
 */
export function checkDirectory(directory: string): DirectoryReport {
  const file = assertDataDirectory(directory)
  const database = openForReading(file)
  try {
    return guard(file, () => {
      assertWhole(database, file, 'integrity_check')
      const count = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? { none: 0 })[0])
      return {
        file,
        pending: count('SELECT count(*) FROM messages'),
        dead: count('SELECT count(*) FROM dead'),
        dataKeys: count('SELECT count(*) FROM data'),
        timers: count('SELECT count(*) FROM timers'),
        historyBytes: count('SELECT coalesce(sum(bytes), 0) FROM history'),
      }
    })
  } finally {
    database.close()
  }
}

function existsError(file: string): CaxtonError {
  return new CaxtonError('ERR_STORE_EXISTS', { detail: file, data: { file } })
}
