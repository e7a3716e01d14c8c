import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Deadline } from './deadline-queue.ts'
import { DeadlineQueue } from './deadline-queue.ts'

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), atMs: fc.nat(50) }),
  fc.record({ kind: fc.constant('remove' as const), index: fc.nat(30) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20) }),
)

test('what is due happens once, in the order of its time, and what was taken back never', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let nowMs = 0
      const queue = new DeadlineQueue({ nowMs: () => nowMs, keepsAlive: false })
      const open = new Map<number, { atMs: number; deadline: Deadline }>()
      let happened: number[] = []
      steps.forEach((one, id) => {
        if (one.kind === 'add') {
          const atMs = nowMs + one.atMs
          open.set(id, { atMs, deadline: queue.add(atMs, () => happened.push(id)) })
        } else if (one.kind === 'remove') {
          const [key, entry] = [...open][one.index % Math.max(1, open.size)] ?? []
          if (key === undefined || entry === undefined) return
          queue.remove(entry.deadline)
          queue.remove(entry.deadline)
          open.delete(key)
        } else {
          nowMs += one.ms
          happened = []
          queue.run()
          const due = [...open].filter(([, { atMs }]) => atMs <= nowMs)
          assert.deepEqual(happened.toSorted(), due.map(([key]) => key).toSorted())
          const times = happened.map((key) => open.get(key)!.atMs)
          assert.deepEqual(
            times,
            times.toSorted((a, b) => a - b),
          )
          for (const [key] of due) open.delete(key)
        }
        assert.equal(queue.size, open.size)
      })
      queue.clear()
      assert.equal(queue.size, 0)
    }),
  )
})

test('a timer does it, for times beyond what a timer takes as well', async () => {
  const queue = new DeadlineQueue({ nowMs: Date.now, keepsAlive: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  queue.add(Date.now() + 1e12, () => assert.fail('too early'))
  queue.add(Date.now() + 5, resolve)
  await promise
  assert.equal(queue.size, 1)
  queue.clear()
})
