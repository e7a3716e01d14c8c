import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../test/fakes/sandbox.ts'
import { TurnCount } from './turn-count.ts'

test('counts by agent, and from nothing in the next turn', async () => {
  const count = new TurnCount()
  count.add('a', 2)
  count.add('a', 3)
  count.add('b', 1)
  assert.deepEqual([count.of('a'), count.of('b'), count.of('c')], [5, 1, 0])
  await settle()
  assert.deepEqual([count.of('a'), count.of('b')], [0, 0])
  count.add('a', 1)
  assert.equal(count.of('a'), 1)
  await settle()
  assert.equal(count.of('a'), 0)
})
