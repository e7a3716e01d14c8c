import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallClock, ThreadClock } from './thread-clock.ts'

test('a call begins at the last look of its thread', () => {
  const thread = new ThreadClock()
  const call = new CallClock(thread)
  const begunMs = thread.look()
  call.begin()
  assert.equal(call.ranMs(), thread.nowMs - begunMs)
  call.begin()
  const againMs = thread.nowMs
  assert.equal(call.ranMs(), thread.nowMs - againMs)
})

test('a call that is suspended does not run', () => {
  const thread = new ThreadClock()
  const call = new CallClock(thread)
  const begunMs = thread.look()
  call.begin()
  call.stop()
  const ranMs = thread.nowMs - begunMs
  thread.look()
  assert.equal(call.ranMs(), ranMs)
  call.resume()
  const resumedMs = thread.nowMs
  assert.equal(call.ranMs(), ranMs + thread.nowMs - resumedMs)
})

test('the CPU time of a short call is its time', () => {
  const thread = new ThreadClock()
  const call = new CallClock(thread)
  thread.look()
  call.begin()
  assert.equal(call.cpuMs(3), 3)
})
