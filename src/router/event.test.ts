import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { RouterEvent } from './event.ts'
import { callSafely, EventHub } from './event.ts'

function createHub() {
  let now = 100
  const asked: string[] = []
  const hub = new EventHub({
    nowMs: () => {
      asked.push('wall')
      return 5_000
    },
    monotonicMs: () => {
      now += 1
      return now
    },
  })
  return { hub, asked }
}

test('events carry the time since the start and the time of day', () => {
  const { hub } = createHub()
  const heard: RouterEvent[] = []
  hub.subscribe((event) => heard.push(event))
  hub.emit({ type: 'unregistered', agent: 'a', capability: 'count', cause: 'lapsed' })
  assert.deepEqual(heard, [
    { type: 'unregistered', agent: 'a', capability: 'count', cause: 'lapsed', elapsedMs: 1, timeMs: 5_000 },
  ])
})

test('nothing is made while nobody listens', () => {
  const { hub, asked } = createHub()
  assert.equal(hub.isHeard, false)
  hub.emit({ type: 'unregistered', agent: 'a', capability: 'count', cause: 'lapsed' })
  assert.deepEqual(asked, [])
})

test('one listener given twice hears twice until each is taken back', () => {
  const { hub } = createHub()
  let heard = 0
  const listener = () => {
    heard += 1
  }
  const first = hub.subscribe(listener)
  const second = hub.subscribe(listener)
  hub.emit({ type: 'unregistered', agent: 'a', capability: 'count', cause: 'lapsed' })
  first()
  first()
  hub.emit({ type: 'unregistered', agent: 'a', capability: 'count', cause: 'lapsed' })
  second()
  hub.emit({ type: 'unregistered', agent: 'a', capability: 'count', cause: 'lapsed' })
  assert.equal(heard, 3)
  assert.equal(hub.isHeard, false)
})

test('what foreign code throws surfaces outside of the caller', async () => {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const caught = once(process, 'uncaughtException')
  callSafely(() => {
    throw new TypeError('of the listener')
  }, null)
  const [error] = await caught
  for (const listener of listeners) process.on('uncaughtException', listener)
  assert.match(String(error), /of the listener/)
})
