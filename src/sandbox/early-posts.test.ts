import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../core/index.ts'
import { createPool, deploy, sendWat } from './fixtures.test.ts'

/** Lets other threads run, and nothing here. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a thread begins with much that it is given while the turn in which it is given goes on', async () => {
  await using pool = createPool()
  pool.mailboxes.open('other', DEFAULT_LIMITS)
  const draft = { performative: 'inform', receiver: 'other' }
  const { handle } = await deploy(pool, sendWat(draft), { grants: { send: ['other'] } })
  const outcomes = Array.from({ length: 64 }, () => handle())
  for (let waits = 0; waits < 20_000 && pool.mailboxes.read('other')!.messages === 0; waits += 1) blockFor(1)
  assert.ok(pool.mailboxes.read('other')!.messages > 0)
  for (const outcome of await Promise.all(outcomes)) assert.equal(outcome.error, null)
  assert.equal(pool.mailboxes.read('other')!.messages, 64)
})
