import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOST_LIMITS } from './core/index.ts'
import { EventStream } from './event-stream.ts'
import type { RouterEvent } from './router/index.ts'

function log(text: string): RouterEvent {
  return { type: 'log', agent: 'a', level: 'info', text, elapsedMs: 1, timeMs: 2 }
}

function textOf(result: IteratorResult<unknown>): unknown {
  const event = result.value as { type: string; text?: string } | undefined
  return event?.type === 'log' ? event.text : event
}

test('events come in order, whether the reader waits or comes late', async () => {
  const stream = new EventStream(() => {})
  const early = stream.next()
  stream.push(log('1'))
  stream.push(log('2'))
  stream.push(log('3'))
  assert.deepEqual([textOf(await early), textOf(await stream.next()), textOf(await stream.next())], ['1', '2', '3'])
})

test('a slow reader loses the oldest events and is told how many', async () => {
  const stream = new EventStream(() => {})
  for (let count = 0; count < HOST_LIMITS.bufferedEvents + 5; count += 1) stream.push(log(String(count)))
  assert.deepEqual(textOf(await stream.next()), { type: 'dropped', count: 5, elapsedMs: 1, timeMs: 2 })
  assert.equal(textOf(await stream.next()), '5')
})

test('a slow reader of large events loses them by their bytes', async () => {
  const stream = new EventStream(() => {})
  const text = 'x'.repeat(2 ** 20)
  const count = HOST_LIMITS.bufferedEventBytes / 2 ** 20
  for (let index = 0; index < count; index += 1) stream.push(log(text))
  const first = (await stream.next()).value as { type: string; count: number }
  assert.equal(first.type, 'dropped')
  assert.ok(first.count >= count / 2 && first.count < count, `${first.count} of ${count}`)
  assert.equal(textOf(await stream.next()), text)
})

test('a closed stream gives what is left in it, then ends every reader', async () => {
  let closedCount = 0
  const stream = new EventStream(() => {
    closedCount += 1
  })
  stream.push(log('last'))
  stream.close()
  stream.close()
  stream.push(log('too late'))
  assert.equal(textOf(await stream.next()), 'last')
  assert.equal((await stream.next()).done, true)
  assert.equal(closedCount, 1)
})

test('readers that wait when the stream is closed end', async () => {
  const stream = new EventStream(() => {})
  const waiting = [stream.next(), stream.next()]
  stream.close()
  for (const result of await Promise.all(waiting)) assert.equal(result.done, true)
})

test('leaving a loop over a stream closes it', async () => {
  let isClosed = false
  const stream = new EventStream(() => {
    isClosed = true
  })
  stream.push(log('1'))
  stream.push(log('2'))
  for await (const _ of stream) break
  assert.ok(isClosed)
  assert.equal((await stream.next()).done, true)
})

test('a reader that keeps up for long keeps nothing behind', async () => {
  const stream = new EventStream(() => {})
  for (let count = 0; count < 10_000; count += 1) {
    stream.push(log(String(count)))
    assert.equal(textOf(await stream.next()), String(count))
  }
})
