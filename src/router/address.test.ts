import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCaxtonError } from '../core/index.ts'
import { parseAddress } from './address.ts'

test('names, capabilities, topics, people, the user and the runtime are addresses', () => {
  assert.deepEqual(parseAddress('bidder-1'), { kind: 'agent', name: 'bidder-1' })
  assert.deepEqual(parseAddress('capability:count'), { kind: 'capability', name: 'count' })
  assert.deepEqual(parseAddress('topic:prices.Gold'), { kind: 'topic', name: 'prices.Gold' })
  assert.deepEqual(parseAddress('human:ann'), { kind: 'person', name: 'ann' })
  assert.deepEqual(parseAddress('user'), { kind: 'user' })
  assert.deepEqual(parseAddress('caxton'), { kind: 'runtime' })
})

/** None of them is anybody. */
const PEOPLE = [
  'human:',
  'human:../x',
  'human:__proto__',
  'human:*',
  'human:Ann',
  'human:ann ',
  'human:user\0',
  'HUMAN:ann',
]
const REFUSED = [
  '',
  ':',
  'Bidder',
  'a b',
  'topic:',
  'topic:a..b',
  'topic:*',
  'topic:a.>',
  'topic:a b',
  'http://x',
  'capability:',
  'capability:A',
  'capability:a:b',
  ':a',
  ...PEOPLE,
]

for (const text of [...REFUSED, 'x'.repeat(65), `capability:${'x'.repeat(65)}`]) {
  test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(
      () => parseAddress(text),
      (error) => isCaxtonError(error, 'ERR_MESSAGE_ADDRESS'),
    )
  })
}

test('quotes at most 128 characters of a wrong address', () => {
  assert.throws(
    () => parseAddress('x'.repeat(1_000)),
    (error) => isCaxtonError(error) && error.message.length < 300,
  )
})
