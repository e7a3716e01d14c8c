import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '../core/index.ts'
import { AwaitedReplies } from './awaited-replies.ts'

function message(sender: string, receiver: string, more: Partial<Message> = {}): Message {
  return { performative: 'inform', sender, receiver, message_id: 'm', conversation_id: 'm', ...more }
}

const FOREVER = new AbortController().signal

test('hands over the reply of whoever got the request, and of nobody else', async () => {
  const replies = new AwaitedReplies()
  const waiting = replies.wait('one', 'r', 0, FOREVER)
  const reply = (sender: string, more: Partial<Message> = {}) => message(sender, 'one', { in_reply_to: 'r', ...more })
  assert.equal(replies.claim('one', reply('two')), false)
  replies.assign(message('one', 'capability:x', { reply_with: 'r' }), 'two')
  // Only the first message with that mark is the request.
  replies.assign(message('one', 'three', { reply_with: 'r' }), 'three')
  assert.equal(replies.claim('one', reply('three')), false)
  assert.equal(replies.claim('other', reply('two')), false)
  assert.equal(replies.claim('one', reply('two', { in_reply_to: 'q' })), false)
  assert.equal(replies.claim('one', reply('two', { performative: 'agree' })), false)
  assert.equal(replies.claim('one', reply('two')), true)
  assert.equal((await waiting)?.sender, 'two')
  assert.equal(replies.claim('one', reply('two')), false)
})

test('takes the word of the runtime, before and after somebody got the request', async () => {
  const replies = new AwaitedReplies()
  const waiting = replies.wait('one', 'r', 0, FOREVER)
  assert.equal(replies.claim('one', message('caxton', 'one', { performative: 'failure', in_reply_to: 'r' })), true)
  assert.equal((await waiting)?.performative, 'failure')
})

test('is not confused by messages without marks, of agents that wait and of others', () => {
  const replies = new AwaitedReplies()
  void replies.wait('one', 'r', 0, FOREVER)
  replies.assign(message('two', 'three'), 'three')
  replies.assign(message('one', 'three'), 'three')
  replies.assign(message('three', 'one'), 'one')
  assert.equal(replies.claim('one', message('three', 'one')), false)
  assert.equal(replies.claim('two', message('three', 'two')), false)
})

test('gives up at the deadline, and when nobody waits any more', async () => {
  const replies = new AwaitedReplies()
  assert.equal(await replies.wait('one', 'r', 1, FOREVER), null)
  const call = new AbortController()
  const waiting = replies.wait('one', 'r', 0, call.signal)
  call.abort()
  assert.equal(await waiting, null)
  assert.equal(await replies.wait('one', 'r', 0, call.signal), null)
  assert.equal(replies.claim('one', message('caxton', 'one', { in_reply_to: 'r' })), false)
})
