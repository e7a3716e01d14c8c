import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PerSecond } from './recent-use.ts'
import { RecentUse } from './recent-use.ts'

function createRecent(startMs = 500) {
  const time = { nowMs: startMs }
  const recent = new RecentUse({ nowMs: () => time.nowMs, monotonicMs: () => time.nowMs })
  const sums = { handled: 0, messagesIn: 0, messagesOut: 0, fuel: 0, cpuMs: 0, hostCalls: 0, logBytes: 0 }
  const add = (more: Partial<PerSecond>) => {
    recent.sample(sums)
    for (const name of Object.keys(more) as (keyof PerSecond)[]) sums[name] += more[name] ?? 0
  }
  return { time, add, average: () => recent.average(sums) }
}

test('nothing is used by an agent that does nothing', () => {
  const { time, average } = createRecent()
  time.nowMs += 3_600_000
  assert.ok(Object.values(average()).every((amount) => amount === 0))
})

test('use is averaged over the time since the agent began, a second at least', () => {
  const { time, add, average } = createRecent()
  add({ fuel: 4 })
  assert.equal(average().fuel, 4)
  time.nowMs += 4_000
  assert.equal(average().fuel, 1)
})

test('what is older than ten seconds is forgotten', () => {
  const { time, add, average } = createRecent(0)
  for (; time.nowMs < 60_000; time.nowMs += 250) add({ fuel: 25 })
  time.nowMs = 59_999
  const { fuel } = average()
  assert.ok(Math.abs(fuel - 100) < 0.1, String(fuel))
  time.nowMs += 5_000
  assert.ok(Math.abs(average().fuel - 50) < 6)
  time.nowMs += 10_000
  assert.equal(average().fuel, 0)
})

test('what was used before a pause is not recent after it', () => {
  const { time, add, average } = createRecent(0)
  add({ fuel: 1_000 })
  time.nowMs = 10_000
  add({ fuel: 9 })
  time.nowMs = 10_999
  assert.ok(average().fuel < 1)
})

test('everything is averaged under its name', () => {
  const { add, average } = createRecent()
  const use = { handled: 1, messagesIn: 2, messagesOut: 3, fuel: 4, cpuMs: 5, hostCalls: 6, logBytes: 7 }
  add(use)
  assert.deepEqual(average(), use)
})
