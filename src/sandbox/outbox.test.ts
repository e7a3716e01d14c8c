import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessagePort } from 'node:worker_threads'
import { Heartbeat } from './heartbeat.ts'
import { Outbox } from './outbox.ts'
import type { FromWorker } from './protocol.ts'
import type { PostedReport } from './report.ts'
import { openReport, readReport } from './report.ts'
import { NO_USAGE } from './usage.ts'

/** What a worker tells, and what of it has been posted to a main thread that takes nothing by itself. */
function createOutbox() {
  const heartbeat = new Heartbeat()
  const posts: number[][] = []
  const port = {
    postMessage: (posted: PostedReport) => {
      const marks: number[] = []
      readReport(openReport(posted, heartbeat.slate), new Map(), (message: FromWorker) =>
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

test('numbers on the slate stay there until they have been read, and many go without it', () => {
  const heartbeat = new Heartbeat()
  const main = new Heartbeat(heartbeat.buffer)
  const posts: PostedReport[] = []
  const port = { postMessage: (report: PostedReport) => posts.push(structuredClone(report)) }
  const outbox = new Outbox(port as unknown as MessagePort, heartbeat)
  const postAll = (...fuels: number[]) => {
    for (const fuel of fuels)
      outbox.postOutcome(1, 1, { status: 0, ending: null, effects: null, usage: { ...NO_USAGE, fuel } })
    outbox.flush()
  }
  const fuelsOf = (posted: PostedReport | undefined) => {
    const fuels: number[] = []
    readReport(openReport(posted!, main.slate), new Map(), (told) =>
      fuels.push(told.type === 'outcome' ? told.usage.fuel : 0),
    )
    return fuels
  }
  postAll(1, 2)
  postAll(3)
  assert.deepEqual(
    posts.map(([numbers]) => typeof numbers),
    ['number', 'object'],
  )
  assert.deepEqual(posts.map(fuelsOf), [[1, 2], [3]])
  main.slates.noteTaken()
  postAll(4)
  const many = Array.from({ length: 100 }, (_, index) => index)
  assert.deepEqual([typeof posts[2]![0], fuelsOf(posts[2])], ['number', [4]])
  main.slates.noteTaken()
  postAll(...many)
  assert.deepEqual([typeof posts[3]![0], fuelsOf(posts[3])], ['object', many])
})
