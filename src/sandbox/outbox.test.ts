import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessagePort } from 'node:worker_threads'
import { Heartbeat } from './heartbeat.ts'
import { Outbox } from './outbox.ts'
import type { FromWorker } from './protocol.ts'
import type { Report } from './report.ts'
import { readReport } from './report.ts'

/** What a worker tells, and what of it has been posted to a main thread that takes nothing by itself. */
function createOutbox() {
  const heartbeat = new Heartbeat()
  const posts: number[][] = []
  const port = {
    postMessage: (report: Report) => {
      const marks: number[] = []
      readReport(report, new Map(), (message: FromWorker) =>
        marks.push(message.type === 'mark' ? message.mark : Number.NaN),
      )
      posts.push(marks)
    },
  }
  const outbox = new Outbox(port as unknown as MessagePort, heartbeat)
  const main = new Heartbeat(heartbeat.buffer)
  return { outbox, posts, takeReport: () => main.reports.noteTaken() }
}

test('what waits is posted between two calls once it has waited for a while', () => {
  const { outbox, posts } = createOutbox()
  outbox.post({ type: 'mark', mark: 1 })
  outbox.flushEarly(10)
  outbox.post({ type: 'mark', mark: 2 })
  outbox.flushEarly(10.01)
  assert.deepEqual(posts, [])
  outbox.post({ type: 'mark', mark: 3 })
  outbox.flushEarly(11)
  assert.deepEqual(posts, [[1, 2, 3]])
})

test('nothing is posted early while the main thread has not taken what was posted before', () => {
  const { outbox, posts, takeReport } = createOutbox()
  outbox.post({ type: 'mark', mark: 1 })
  outbox.flush()
  outbox.post({ type: 'mark', mark: 2 })
  outbox.flushEarly(10)
  outbox.flushEarly(20)
  assert.deepEqual(posts, [[1]])
  takeReport()
  outbox.flushEarly(20)
  assert.deepEqual(posts, [[1], [2]])
})

test('what has just begun to wait does not go early because of what waited before', () => {
  const { outbox, posts, takeReport } = createOutbox()
  outbox.post({ type: 'mark', mark: 1 })
  outbox.flushEarly(10)
  outbox.flush()
  takeReport()
  outbox.post({ type: 'mark', mark: 2 })
  outbox.flushEarly(20)
  assert.deepEqual(posts, [[1]])
})
