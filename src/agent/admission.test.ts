import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Admission } from './admission.ts'
import { WINDOW } from './mailbox.ts'

const throttle = { isEmpty: true, admits: () => true }

test('everything is admitted at once, and others may hand over, until somebody cares about the order', () => {
  const admission = new Admission({ throttle, retry: () => {}, events: {} }, 'at-most-once')
  assert.equal(admission.isFree, true)
  assert.equal(admission.admits(10_000), true)
  admission.want(() => null)
  assert.equal(admission.isFree, false)
  assert.deepEqual([admission.admits(WINDOW - 1), admission.admits(WINDOW)], [true, false])
})

test('what others have handed over is known before anything is held back', async () => {
  const admission = new Admission({ throttle, retry: () => {}, events: {} }, 'at-most-once')
  const shut = Promise.withResolvers<void>()
  let asked = 0
  for (let times = 0; times < 2; times += 1) {
    admission.want(() => {
      asked += 1
      return shut.promise
    })
  }
  assert.equal(admission.isFree, false)
  assert.equal(admission.admits(10_000), true)
  shut.resolve()
  await shut.promise
  assert.equal(admission.admits(WINDOW), false)
  assert.equal(asked, 1)
})

test('others hand over nothing to whoever is throttled or must lose nothing', () => {
  assert.equal(
    new Admission({ throttle: { ...throttle, isEmpty: false }, retry: () => {}, events: {} }, 'at-most-once').isFree,
    false,
  )
  assert.equal(new Admission({ throttle, retry: () => {}, events: {} }, 'at-least-once').isFree, false)
})
