import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCaxtonError } from './core/index.ts'
import type { CauseTree } from './message-log.ts'
import { MessageLog } from './message-log.ts'

interface Sent {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly cause?: string
  readonly conversation?: string
}

function sent({ id, from, to, cause, conversation = 'c' }: Sent, at: number) {
  const header = { message_id: id, conversation_id: conversation, performative: 'request', sender: from, receiver: to }
  return { type: 'sent', at, sequence: at, ...(cause === undefined ? {} : { cause }), message: header }
}

function handled(id: string, agent: string, at: number, error?: string) {
  return { type: 'handled', at, id, agent, status: error === undefined ? 0 : -1, fuel: 10, ...(error ? { error } : {}) }
}

const LINES = [
  sent({ id: '1', from: 'user', to: 'a' }, 1),
  sent({ id: '2', from: 'a', to: 'capability:b', cause: '1' }, 2),
  sent({ id: '3', from: 'a', to: 'c', cause: '1', conversation: 'd' }, 3),
  handled('1', 'a', 4),
  { type: 'something else' },
  sent({ id: '4', from: 'b', to: 'a', cause: '2' }, 5),
  handled('2', 'b', 6),
  handled('3', 'c', 7, 'ERR_LIMIT_FUEL'),
  handled('nothing known', 'c', 8),
]

function shape({ message, effects }: CauseTree): unknown {
  return effects.length === 0 ? message.id : { [message.id]: effects.map(shape) }
}

test('conversations are told with who took part, what they cost, and what was lost', () => {
  assert.deepEqual(new MessageLog(LINES).conversations(), [
    {
      id: 'c',
      protocol: null,
      startedMs: 1,
      lastMs: 5,
      messages: 3,
      participants: ['user', 'a', 'b'],
      fuel: 20,
      last: 'request',
      failed: 0,
    },
    {
      id: 'd',
      protocol: null,
      startedMs: 3,
      lastMs: 3,
      messages: 1,
      participants: ['a', 'c'],
      fuel: 10,
      last: 'request',
      failed: 1,
    },
  ])
})

test('a trace begins with the first cause, whichever message is asked for, and crosses conversations', () => {
  const log = new MessageLog(LINES)
  for (const id of ['1', '2', '3', '4']) assert.deepEqual(shape(log.trace(id)), { 1: [{ 2: ['4'] }, '3'] }, id)
})

test('a trace whose first cause is no longer kept begins with what is', () => {
  const log = new MessageLog(LINES.slice(1))
  assert.deepEqual(shape(log.trace('4')), { 2: ['4'] })
})

test('causes in a circle and chains longer than the stack end', () => {
  const circle = new MessageLog([
    sent({ id: '1', from: 'a', to: 'b', cause: '2' }, 1),
    sent({ id: '2', from: 'b', to: 'a', cause: '1' }, 2),
  ])
  assert.deepEqual(shape(circle.trace('1')), { 1: ['2'] })
  const count = 50_000
  const chain = new MessageLog(
    Array.from({ length: count }, (_, index) =>
      sent({ id: `${index}`, from: 'a', to: 'b', ...(index === 0 ? {} : { cause: `${index - 1}` }) }, index),
    ),
  )
  let depth = 0
  for (let node = chain.trace(`${count - 1}`); node.effects[0] !== undefined; node = node.effects[0]) depth += 1
  assert.equal(depth, count - 1)
})

function copied(id: string, of: string, agent: string, at: number) {
  return { type: 'copied', at, sequence: null, id, of, agent }
}

test('copies say what they are copies of, whom they are for, and come of it, before or after it is noted', () => {
  const log = new MessageLog([
    sent({ id: '1', from: 'user', to: 'a' }, 1),
    copied('3', '2', 'b', 2),
    copied('4', '2', 'c', 2),
    sent({ id: '2', from: 'a', to: 'topic:t', cause: '1' }, 2),
    copied('5', '2', 'd', 3),
    handled('4', 'c', 4),
    sent({ id: '6', from: 'c', to: 'a', cause: '4' }, 5),
    copied('7', 'forgotten', 'c', 6),
  ])
  assert.deepEqual(shape(log.trace('6')), { 1: [{ 2: ['3', { 4: ['6'] }, '5'] }] })
  const copies = log.messages().filter(({ copyFor }) => copyFor !== null)
  assert.deepEqual(
    copies.map(({ id, sender, receiver, copyFor, end }) => [id, sender, receiver, copyFor, end?.agent ?? null]),
    [
      ['3', 'a', 'topic:t', 'b', null],
      ['4', 'a', 'topic:t', 'c', 'c'],
      ['5', 'a', 'topic:t', 'd', null],
    ],
  )
  assert.deepEqual(log.conversations()[0]?.participants, ['user', 'a', 'topic:t', 'b', 'c', 'd'])
})

test('what is not known is said', () => {
  const log = new MessageLog(LINES)
  assert.throws(
    () => log.conversation('x'),
    (error) => isCaxtonError(error, 'ERR_CONVERSATION_UNKNOWN'),
  )
  assert.throws(
    () => log.trace('x'),
    (error) => isCaxtonError(error, 'ERR_MESSAGE_UNKNOWN'),
  )
})

test('a message that went nowhere says why', () => {
  const refusal = { type: 'undelivered', at: 2, id: '1', error: 'ERR_PROTOCOL_TURN', detail: 'agree out of turn' }
  const log = new MessageLog([sent({ id: '1', from: 'a', to: 'b' }, 1), refusal])
  assert.deepEqual(log.trace('1').message.end, {
    atMs: 2,
    agent: 'b',
    status: -1,
    fuel: 0,
    error: 'ERR_PROTOCOL_TURN',
    detail: 'agree out of turn',
  })
  assert.equal(log.conversations()[0]?.failed, 1)
})
