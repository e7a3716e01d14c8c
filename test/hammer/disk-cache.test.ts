import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const MAX_BYTES = 256 * 1_024
/** Each process has one for entries of its own and one for modules. */
const CACHES = 4

test('two processes on one directory read only what was written, and both keep to the bound', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-disk-hammer-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const main = join(import.meta.dirname, 'disk-cache-process.ts')
  const ended = [1, 2].map(() => once(fork(main, [directory, String(MAX_BYTES)]), 'exit'))
  assert.deepEqual(await Promise.all(ended), [
    [0, null],
    [0, null],
  ])
  const names = readdirSync(directory)
  const bytes = names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
  assert.ok(names.every((name) => /^[0-9a-f]{64}$/.test(name)))
  assert.ok(bytes > MAX_BYTES / 2 && bytes <= MAX_BYTES * (1 + (CACHES - 1) / 16), String(bytes))
})
