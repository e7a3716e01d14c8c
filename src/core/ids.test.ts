import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM_CLOCK } from './clock.ts'
import { createIdSource, isName, RUNTIME_NAME, USER_NAME } from './ids.ts'

test('names are lower-case words joined by dash, underscore or dot', () => {
  for (const name of ['a', 'bidder', 'bidder-1', 'a_b.c-d', 'x9', 'x'.repeat(64)]) assert.ok(isName(name), name)
})

const NOT_NAMES = [
  '',
  'A',
  '1a',
  '-a',
  'a-',
  'a--b',
  'a..b',
  'a b',
  'a:b',
  'a/b',
  'ä',
  'a\n',
  'x'.repeat(65),
  '__proto__',
]
for (const text of NOT_NAMES) {
  test(`${JSON.stringify(text.slice(0, 12))} is no name`, () => assert.equal(isName(text), false))
}

test('the runtime and the user have names that could be agents, so they must be reserved', () => {
  assert.ok(isName(RUNTIME_NAME) && isName(USER_NAME))
})

test('ids of one source are unique and carry prefix and run', () => {
  const next = createIdSource('m', '4f2a')
  const ids = Array.from({ length: 1_000 }, next)
  assert.equal(new Set(ids).size, 1_000)
  assert.equal(ids[0], 'm-4f2a-1')
  assert.equal(ids[35], 'm-4f2a-10')
})

test('two sources count for themselves', () => {
  const [left, right] = [createIdSource('m', 'a'), createIdSource('m', 'b')]
  assert.deepEqual([left(), right(), left()], ['m-a-1', 'm-b-1', 'm-a-2'])
})

test('the clock of the host never goes back and tells the time of day', () => {
  const first = SYSTEM_CLOCK.monotonicMs()
  assert.ok(SYSTEM_CLOCK.monotonicMs() >= first)
  assert.ok(SYSTEM_CLOCK.nowMs() > Date.UTC(2024))
  assert.ok(Object.isFrozen(SYSTEM_CLOCK))
})
