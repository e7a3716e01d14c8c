import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Warning } from './warnings.ts'
import { Warnings } from './warnings.ts'

function createWarnings(share: number) {
  const heard: Warning[] = []
  return { heard, warnings: new Warnings(share, (warning) => heard.push(warning)) }
}

test('a share of a limit is warned of when it is reached', () => {
  const { heard, warnings } = createWarnings(0.8)
  warnings.check('message', 'fuel', 79, 100)
  assert.deepEqual(heard, [])
  warnings.check('message', 'fuel', 80, 100)
  assert.deepEqual(heard, [{ limit: 'fuel', scope: 'message', used: 80, bound: 100 }])
})

test('it is warned of once until use has come down, and a little less is not down', () => {
  const { heard, warnings } = createWarnings(0.8)
  for (const used of [85, 100, 79, 60, 81, 59, 80, 90]) warnings.check('message', 'fuel', used, 100)
  assert.deepEqual(
    heard.map(({ used }) => used),
    [85, 80],
  )
  assert.equal(warnings.count, 2)
})

test('limits and what they are for are told apart', () => {
  const { heard, warnings } = createWarnings(0.5)
  warnings.check('message', 'fuel', 5, 10)
  warnings.check('rate', 'fuel', 5, 10)
  warnings.check('message', 'logBytes', 5, 10)
  warnings.check('message', 'fuel', 6, 10)
  assert.deepEqual(
    heard.map(({ scope, limit }) => `${scope} ${limit}`),
    ['message fuel', 'rate fuel', 'message logBytes'],
  )
})

test('a share of 0 warns never, and a bound of 0 is not come near to', () => {
  const never = createWarnings(0)
  never.warnings.check('message', 'fuel', 100, 100)
  const { heard, warnings } = createWarnings(0.8)
  warnings.check('message', 'messages', 0, 0)
  assert.deepEqual([never.heard, heard], [[], []])
})

test('a share of 1 warns at the limit itself', () => {
  const { heard, warnings } = createWarnings(1)
  warnings.check('agent', 'memoryBytes', 99, 100)
  warnings.check('agent', 'memoryBytes', 100, 100)
  assert.equal(heard.length, 1)
})
