import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualTime } from '../../test/fakes/virtual-time.ts'
import type { Effects } from '../sandbox/index.ts'
import type { AgentStore } from './kept.ts'
import { AgentKept } from './kept.ts'

function createKept(stored: readonly [number, number][] = [], subscribed: readonly string[] = []) {
  const subscriptions: [string, boolean][][] = []
  const time = new VirtualTime(1_000)
  const fired: [number, number, number][] = []
  const pending: boolean[] = []
  const rows = new Map(stored)
  const store: AgentStore = {
    isBehind: false,
    onCaughtUp: () => {},
    dataOf: () => new Map(),
    dataBytesOf: () => 0,
    putData: () => {},
    timersOf: () => new Map(rows),
    subscriptions: { of: () => new Set(subscribed) },
    putTimers: (_agent, changes) => {
      for (const [id, dueMs] of changes) {
        if (dueMs === null) rows.delete(id)
        else rows.set(id, dueMs)
      }
    },
  }
  const parts = {
    clock: time,
    alarm: time,
    store,
    onStored: () => {},
    onDue: () => {
      for (let due = kept.takeDue(); due !== undefined; due = kept.takeDue()) {
        fired.push([due.id, due.setting, time.nowMs()])
        assert.ok(kept.endDue(due))
      }
    },
    onPending: (isPending: boolean) => void pending.push(isPending),
    onSubscribe: (changes: Effects['subscriptions']) => void subscriptions.push([...changes]),
  }
  const kept = new AgentKept(parts, { name: 'a', grants: { subscribe: ['a.*'] } })
  return { kept, time, fired, pending, rows, subscriptions }
}

function timers(...entries: [number, { delayMs: number; setting: number } | null][]): Effects {
  return { data: new Map(), timers: new Map(entries), subscriptions: new Map() }
}

test('a timer fires once, when it is due, and stays kept until its call has ended', () => {
  const { kept, time, fired, pending, rows } = createKept()
  kept.start()
  kept.apply(timers([1, { delayMs: 50, setting: 1 }], [2, { delayMs: 20, setting: 2 }]))
  time.advance(60)
  assert.deepEqual(fired, [
    [2, 2, 1_020],
    [1, 1, 1_050],
  ])
  assert.deepEqual(
    [...rows],
    [
      [1, 1_050],
      [2, 1_020],
    ],
  )
  kept.settle({ id: 2, setting: 2 })
  kept.settle({ id: 1, setting: 1 })
  assert.deepEqual([[...rows], pending], [[], [true, false]])
})

test('late timers fire at once when their agent starts, in the order in which they were due', () => {
  const { kept, fired, time } = createKept([
    [7, 900],
    [8, 500],
    [9, 5_000],
  ])
  assert.deepEqual(
    [...kept.kept().timers],
    [
      [7, 1],
      [8, 2],
      [9, 3],
    ],
  )
  assert.equal(kept.kept().lastSetting, 3)
  assert.deepEqual(fired, [])
  kept.start()
  assert.deepEqual(fired, [
    [8, 2, 1_000],
    [7, 1, 1_000],
  ])
  time.advance(4_000)
  assert.deepEqual(fired[2], [9, 3, 5_000])
})

test('a timer that is cancelled or set anew before it is due does not fire as it was', () => {
  const { kept, time, fired } = createKept()
  kept.start()
  kept.apply(timers([1, { delayMs: 50, setting: 1 }], [2, { delayMs: 50, setting: 2 }]))
  time.advance(30)
  kept.apply(timers([1, null], [2, { delayMs: 50, setting: 3 }]))
  time.advance(100)
  assert.deepEqual(fired, [[2, 3, 1_080]])
})

test('the end of an old call does not end the timer that was set anew meanwhile', () => {
  const { kept, time, fired, rows } = createKept()
  kept.start()
  kept.apply(timers([1, { delayMs: 10, setting: 1 }]))
  time.advance(10)
  kept.apply(timers([1, { delayMs: 10, setting: 2 }]))
  kept.settle({ id: 1, setting: 1 })
  assert.deepEqual([...rows], [[1, 1_020]])
  time.advance(10)
  assert.deepEqual(fired, [
    [1, 1, 1_010],
    [1, 2, 1_020],
  ])
})

test('nothing fires after the agent has stopped, and what is set stays kept', () => {
  const { kept, time, fired, pending, rows } = createKept()
  kept.start()
  kept.apply(timers([1, { delayMs: 10, setting: 1 }]))
  kept.stop()
  kept.stop()
  time.advance(100)
  assert.deepEqual([fired, [...rows], pending, time.pendingCount], [[], [[1, 1_010]], [true, false], 0])
})

test('a delay of weeks is waited for, though the host wakes early', () => {
  const { kept, time, fired } = createKept()
  time.longestMs = 1_000
  kept.start()
  kept.apply(timers([1, { delayMs: 10_000, setting: 1 }]))
  time.advance(9_999)
  assert.deepEqual(fired, [])
  time.advance(1)
  assert.deepEqual(fired, [[1, 1, 11_000]])
})

test('what it has subscribed to is told with what caused it, and is what an instance begins with', () => {
  const { kept, subscriptions } = createKept([], ['a.b'])
  kept.apply({ data: new Map(), timers: new Map(), subscriptions: new Map([['a.c', true]]) })
  assert.deepEqual(subscriptions, [[['a.c', true]]])
  assert.deepEqual(kept.kept().subscriptions, new Set(['a.b']))
})

test('a subscription from before that is not granted any more is ended', () => {
  const { kept, subscriptions } = createKept([], ['a.b', 'a.>', 'b'])
  assert.deepEqual(kept.kept().subscriptions, new Set(['a.b']))
  assert.deepEqual(subscriptions, [
    [
      ['a.>', false],
      ['b', false],
    ],
  ])
})
