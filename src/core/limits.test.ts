import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Limits } from './limits.ts'
import { DEFAULT_LIMITS, HOST_LIMITS, LIMITS, MODULE_LIMITS } from './limits.ts'

const NAMES = Object.keys(LIMITS) as (keyof Limits)[]

test('every limit has a row and a default', () => {
  assert.deepEqual(NAMES.toSorted(), Object.keys(DEFAULT_LIMITS).toSorted())
})

for (const name of NAMES) {
  test(`the default of ${name} lies in its range`, () => {
    const { min, max } = LIMITS[name]
    assert.ok(min >= 0 && min < max && Number.isSafeInteger(max))
    assert.ok(DEFAULT_LIMITS[name] >= min && DEFAULT_LIMITS[name] <= max)
  })
}

test('keys of system files are distinct words in snake case', () => {
  const keys = NAMES.map((name) => LIMITS[name].key)
  assert.equal(new Set(keys).size, keys.length)
  for (const key of keys) assert.match(key, /^[a-z]+(?:_[a-z]+)*$/)
})

test('units follow the names', () => {
  for (const name of NAMES) {
    const unit = name.endsWith('Bytes') ? 'bytes' : name.endsWith('Ms') ? 'ms' : 'count'
    assert.equal(LIMITS[name].unit, unit, name)
  }
})

test('sentences end with a full stop', () => {
  for (const name of NAMES) assert.match(LIMITS[name].sentence, /^[A-Z].*\.$/)
})

test('a message that may be sent fits into a mailbox by default', () => {
  assert.ok(DEFAULT_LIMITS.messageBytes <= DEFAULT_LIMITS.mailboxBytes)
})

test('bounds are whole, positive and frozen', () => {
  assert.ok([DEFAULT_LIMITS, MODULE_LIMITS, HOST_LIMITS].every(Object.isFrozen))
  for (const [name, value] of [...Object.entries(MODULE_LIMITS), ...Object.entries(HOST_LIMITS)]) {
    assert.ok(Number.isSafeInteger(value) && value > 0, name)
  }
})
