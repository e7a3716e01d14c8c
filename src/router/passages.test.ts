import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '../core/index.ts'
import { Passages } from './passages.ts'
import type { Passage } from './undertaking.ts'

const message: Message = { performative: 'inform', sender: 'a', receiver: 'b', message_id: 'm', conversation_id: 'm' }
const passage = { hops: 1 } as Passage

test('a passage goes with its message and with no copy of it, and nobody sees it', () => {
  const one = { ...message }
  assert.equal(Passages.get(one), undefined)
  Passages.set(one, passage)
  assert.equal(Passages.get(one), passage)
  Passages.set(one, { ...passage, hops: 2 })
  assert.equal(Passages.get(one)?.hops, 2)
  assert.deepEqual(one, message)
  for (const copy of [{ ...one }, structuredClone(one), JSON.parse(JSON.stringify(one)) as Message]) {
    assert.deepEqual(copy, message)
    assert.equal(Passages.get(copy), undefined)
  }
})
