import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeptTimers } from './kept-timers.ts'

test('a timer that is set again, or cancelled, is not called under its old number', () => {
  const timers = new KeptTimers(4, new Map(), 0)
  timers.set(1, 50)
  assert.deepEqual([...timers.take()], [[1, { delayMs: 50, setting: 1 }]])
  timers.set(1, 60)
  timers.set(2, 10)
  timers.take()
  assert.equal(timers.begin(1, 1), false)
  assert.equal(timers.begin(1, 2), true)
  assert.deepEqual([...timers.take()], [[1, null]])
  assert.equal(timers.cancel(2), true)
  assert.equal(timers.cancel(2), false)
  timers.take()
  assert.equal(timers.begin(2, 3), false)
})

test('a call that failed has set no timer and cancelled none, and its own is used up all the same', () => {
  const timers = new KeptTimers(
    2,
    new Map([
      [7, 0],
      [8, 1],
    ]),
    3,
  )
  assert.equal(timers.begin(7, 0), true)
  timers.set(7, 10)
  timers.cancel(8)
  timers.drop()
  assert.equal(timers.begin(7, 0), false)
  assert.equal(timers.cancel(7), false)
  assert.equal(timers.set(9, 10), true)
  assert.equal(timers.begin(8, 1), true)
})

test('a timer that is set and cancelled in one call leaves no change', () => {
  const timers = new KeptTimers(4, new Map(), 0)
  timers.set(1, 10)
  timers.cancel(1)
  assert.equal(timers.take().size, 0)
})

test('no more are set than are granted, and one may be set anew', () => {
  const timers = new KeptTimers(2, new Map([[1, 1]]), 1)
  assert.deepEqual([timers.set(2, 10), timers.set(3, 10), timers.set(1, 10)], [true, false, true])
  timers.cancel(2)
  assert.equal(timers.set(3, 10), true)
})

test('numbers go on after those that were ever used', () => {
  const timers = new KeptTimers(2, new Map([[1, 4]]), 9)
  timers.set(1, 10)
  assert.deepEqual([...timers.take()], [[1, { delayMs: 10, setting: 10 }]])
})
