import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hammerConversations } from './conversations/hammer.ts'

/** More of them by `CAXTON_RUNS=1000`, or by `npm run hammer -- conversations`. */
const runs = Number(process.env['CAXTON_RUNS'] ?? 80)

test('whatever fails, dies or is full: nothing is lost, doubled, out of order, stuck or beyond its budgets', async () => {
  assert.equal(await hammerConversations({ runs, seed: Math.floor(Math.random() * 1e9) }), null)
})
