import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CaxtonError } from '../core/index.ts'

/** The files of a data directory. */
export const DATABASE_FILE = 'caxton.sqlite'
const LOCK_FILE = 'lock.sqlite'

export function databaseFile(directory: string): string {
  return join(directory, DATABASE_FILE)
}

/** @throws CaxtonError ERR_STORE_MISSING for a directory that no system has run on */
export function assertDataDirectory(directory: string): string {
  const file = databaseFile(directory)
  if (existsSync(file)) return file
  throw new CaxtonError('ERR_STORE_MISSING', {
    detail: `there is no ${DATABASE_FILE} in ${directory}`,
    data: { directory },
  })
}

/** That one process has a data directory to itself. Readers need no lock. */
export interface DirectoryLock {
  release(): void
}

/**
 * Locks a data directory against every other process that would write to it; makes it if it is not there.
 *
 * The lock is one of SQLite's on a file of its own: the operating system takes it back when its process dies, however it does.
 *
 * @throws CaxtonError ERR_STORE_LOCKED, ERR_STORE_FAILED
 */
export function lockDirectory(directory: string): DirectoryLock {
  let lock: DatabaseSync | null = null
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 })
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock?.close()
    const isBusy = Object(cause).errcode === 5
    const detail = isBusy ? `another system runs on ${directory}` : `${directory}: ${Object(cause).message}`
    throw new CaxtonError(isBusy ? 'ERR_STORE_LOCKED' : 'ERR_STORE_FAILED', { detail, data: { directory }, cause })
  }
  const held = lock
  return { release: () => held.close() }
}
