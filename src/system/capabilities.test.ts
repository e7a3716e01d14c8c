import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilities } from './capabilities.ts'

test('reads the strategies of capabilities, by name', () => {
  assert.deepEqual(parseCapabilities(undefined), new Map())
  assert.deepEqual(
    parseCapabilities({ count: { strategy: 'sticky' }, sort: {} }),
    new Map([
      ['count', 'sticky'],
      ['sort', 'round-robin'],
    ]),
  )
})

test('refuses what is none, with every problem', () => {
  const input = { ...JSON.parse('{"__proto__": {}}'), 'A B': {}, count: { strategy: 'best' }, sort: 7 }
  assert.throws(
    () => parseCapabilities(input),
    ({ code, data }) => {
      assert.equal(code, 'ERR_CONFIG_INVALID')
      const lines: readonly string[] = data.problems
      assert.deepEqual(
        lines.map((line) => line.split(': ')[0]),
        ['capabilities.__proto__', 'capabilities."A B"', 'capabilities.count.strategy', 'capabilities.sort'],
      )
      return true
    },
  )
})
