import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusals } from './refusals.ts'

test('an agent that was refused nothing has no last refusal and no codes', () => {
  const refusals = new Refusals()
  assert.deepEqual([refusals.total, refusals.last, refusals.byCode()], [0, null, {}])
})

test('refusals are counted by their code, and the last one is kept', () => {
  const refusals = new Refusals()
  refusals.add({ code: 'ERR_MESSAGE_SENDER_FORGED', detail: 'first' })
  refusals.add({ code: 'ERR_GRANT_MISSING', detail: 'second', data: { grant: 'send' } })
  refusals.add({ code: 'ERR_MESSAGE_SENDER_FORGED', detail: 'third' })
  assert.equal(refusals.total, 3)
  assert.deepEqual(refusals.last, { code: 'ERR_MESSAGE_SENDER_FORGED', detail: 'third' })
  assert.deepEqual(refusals.byCode(), { ERR_MESSAGE_SENDER_FORGED: 2, ERR_GRANT_MISSING: 1 })
})

test('a refusal that stands for many counts as many and is not the last one itself', () => {
  const refusals = new Refusals()
  refusals.add({ code: 'ERR_LIMIT_MAILBOX', data: { receiver: 'slow' } })
  refusals.add({ code: 'ERR_LIMIT_MAILBOX', detail: '96 more', data: { unreported: 96 } })
  assert.equal(refusals.total, 97)
  assert.deepEqual(refusals.byCode(), { ERR_LIMIT_MAILBOX: 97 })
  assert.deepEqual(refusals.last?.data, { receiver: 'slow' })
})

test('what is given out cannot be changed', () => {
  const refusals = new Refusals()
  refusals.add({ code: 'ERR_GRANT_MISSING' })
  assert.ok(Object.isFrozen(refusals.last) && Object.isFrozen(refusals.byCode()))
})
