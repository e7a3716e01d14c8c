import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPIC_LIMITS } from '../../core/index.ts'
import { KeptSubscriptions } from './kept-subscriptions.ts'

test('what a call has subscribed to and ended is its change, once', () => {
  const kept = new KeptSubscriptions(new Set())
  assert.deepEqual([kept.subscribe('a'), kept.subscribe('a'), kept.subscribe('b')], [true, true, true])
  assert.deepEqual(
    [...kept.take()],
    [
      ['a', true],
      ['b', true],
    ],
  )
  assert.equal(kept.subscribe('a'), true)
  assert.deepEqual([...kept.take()], [])
  assert.deepEqual([kept.unsubscribe('a'), kept.unsubscribe('a'), kept.unsubscribe('c')], [true, false, false])
  assert.deepEqual([...kept.take()], [['a', false]])
})

test('a call that failed has changed nothing', () => {
  const kept = new KeptSubscriptions(new Set(['a']))
  kept.subscribe('b')
  kept.unsubscribe('a')
  kept.drop()
  assert.deepEqual([...kept.take()], [])
  assert.deepEqual([kept.unsubscribe('b'), kept.unsubscribe('a')], [false, true])
})

test('one that is begun and ended in a call leaves no change, and one that is ended and begun does', () => {
  const kept = new KeptSubscriptions(new Set(['a']))
  kept.subscribe('b')
  kept.unsubscribe('b')
  assert.deepEqual([...kept.take()], [])
  kept.unsubscribe('a')
  kept.subscribe('a')
  assert.deepEqual([...kept.take()], [['a', true]])
})

test('a new instance that subscribes to what the one before it has is a change: it is brought what is retained', () => {
  const kept = new KeptSubscriptions(new Set(['a']))
  assert.equal(kept.subscribe('a'), true)
  assert.deepEqual([...kept.take()], [['a', true]])
  kept.subscribe('a')
  assert.deepEqual([...kept.take()], [])
})

test('there are no more than the limit allows, those from before included', () => {
  const most = TOPIC_LIMITS.subscriptionsPerAgent
  const kept = new KeptSubscriptions(new Set(Array.from({ length: most - 1 }, (_, index) => `a.${index}`)))
  assert.deepEqual([kept.subscribe('b'), kept.subscribe('c'), kept.subscribe('a.0')], [true, false, true])
  kept.unsubscribe('a.1')
  assert.equal(kept.subscribe('c'), true)
  kept.drop()
  assert.equal(kept.subscribe('b'), true)
})
