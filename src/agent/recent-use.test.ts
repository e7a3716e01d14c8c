import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SOME_USAGE } from '../../test/fakes/sandbox.ts'
import { RecentUse } from './recent-use.ts'

function createRecent(startMs = 500) {
  const time = { nowMs: startMs }
  const recent = new RecentUse({ nowMs: () => time.nowMs, monotonicMs: () => time.nowMs })
  return { time, recent }
}

test('nothing is used by an agent that does nothing', () => {
  const { time, recent } = createRecent()
  time.nowMs += 3_600_000
  assert.ok(Object.values(recent.perSecond()).every((amount) => amount === 0))
})

test('use is averaged over the time since the agent began, a second at least', () => {
  const { time, recent } = createRecent()
  recent.add('messagesIn', 4)
  assert.equal(recent.perSecond().messagesIn, 4)
  time.nowMs += 4_000
  assert.equal(recent.perSecond().messagesIn, 1)
})

test('what is older than ten seconds is forgotten', () => {
  const { time, recent } = createRecent(0)
  for (; time.nowMs < 60_000; time.nowMs += 250) recent.addUsage({ ...SOME_USAGE, fuel: 25 })
  time.nowMs = 59_999
  const { fuel } = recent.perSecond()
  assert.ok(Math.abs(fuel - 100) < 0.1, String(fuel))
  time.nowMs += 5_000
  assert.ok(Math.abs(recent.perSecond().fuel - 50) < 6)
  time.nowMs += 10_000
  assert.equal(recent.perSecond().fuel, 0)
})

test('a slot that is used again begins with nothing', () => {
  const { time, recent } = createRecent(0)
  recent.add('handled', 1_000)
  time.nowMs = 10_000
  recent.add('handled', 9)
  time.nowMs = 10_999
  assert.ok(recent.perSecond().handled < 1)
})

test('everything a message uses is counted under its name', () => {
  const { recent } = createRecent()
  recent.addUsage(SOME_USAGE)
  recent.add('messagesOut', 2)
  recent.add('handled', 1)
  const { fuel, cpuMs, hostCalls, logBytes } = SOME_USAGE
  assert.deepEqual(recent.perSecond(), { handled: 1, messagesIn: 0, messagesOut: 2, fuel, cpuMs, hostCalls, logBytes })
})
