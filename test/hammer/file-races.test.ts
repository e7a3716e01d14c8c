import assert from 'node:assert/strict'
import { test } from 'node:test'
import { raceFiles } from './file-races.ts'

/** `npm run hammer -- files` makes 100,000. */
const ATTEMPTS = 2_000

test('nothing escapes while a second process swaps directories and files for links', {
  skip: process.platform === 'linux' ? false : 'directories of the host are offered on Linux alone',
}, async () => {
  const { escapes } = await raceFiles(ATTEMPTS)
  assert.deepEqual(escapes, [])
})
