import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, runSystem } from './run-system.ts'

test('every seller of a contract net has answered once in the end, whatever its manner', async () => {
  const run = await runSystem(join(ROOT, 'examples/net/caxton.toml'))
  assert.equal(run.exitCode, 0, run.stderr)
  const sent = run.lines.flatMap(({ type, message }) => (type === 'sent' && message !== undefined ? [message] : []))
  const result = sent.find(({ sender, receiver }) => sender === 'buyer' && receiver === 'user')
  assert.deepEqual(result?.content, {
    seller: 'cheap',
    price: 25,
    answers: { propose: 3, refuse: 3, failure: 2 },
  })
  const told = sent.filter(({ sender, receiver }) => sender === 'caxton' && receiver === 'buyer')
  assert.deepEqual(told.map(({ performative }) => performative).toSorted(), ['failure', 'failure', 'refuse', 'refuse'])
  const liar = sent.find(({ receiver, performative }) => receiver === 'liar' && performative === 'not-understood')
  assert.equal((liar?.content as { reason?: string } | undefined)?.reason, 'ERR_PROTOCOL_TURN')
})
