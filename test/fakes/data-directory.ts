import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Makes a directory that is gone when the test has ended. */
export function createDirectory(context: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-data-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
