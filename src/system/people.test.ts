import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaxtonError } from '../core/index.ts'
import { DEFAULT_PERSON_LIMITS, PERSON_LIMITS } from '../core/index.ts'
import { parsePeople } from './people.ts'

test('a person that says nothing has every limit at its default', () => {
  assert.deepEqual(parsePeople({ ann: {} }), [{ name: 'ann', description: null, limits: DEFAULT_PERSON_LIMITS }])
  assert.deepEqual(parsePeople(), [])
})

test('limits are given with their units', () => {
  const [ann] = parsePeople({
    ann: { description: 'approves', mailbox: '2K', mailbox_bytes: '1MiB', message_bytes: 2_048, per_sender: 5 },
  })
  assert.equal(ann?.description, 'approves')
  assert.deepEqual(ann?.limits, {
    mailboxMessages: 2_000,
    mailboxBytes: 2 ** 20,
    messageBytes: 2_048,
    senderMessages: 5,
  })
  assert.ok(Object.isFrozen(ann?.limits))
})

for (const [name, { key, min, max }] of Object.entries(PERSON_LIMITS)) {
  test(`${name} is taken from ${min} to ${max} and refused beyond`, () => {
    for (const value of [min, max]) parsePeople({ ann: { [key]: value } })
    for (const value of [min - 1, max + 1]) assert.throws(() => parsePeople({ ann: { [key]: value } }), /people\.ann\./)
  })
}

test('everything that is wrong is reported together, with its place', () => {
  const people = { 'A b': {}, ann: { mailbox: 'many', colour: 'red' } } as never
  assert.throws(
    () => parsePeople(people),
    (error: CaxtonError) => {
      const problems = error.data['problems'] as readonly string[]
      assert.equal(error.code, 'ERR_CONFIG_INVALID')
      return ['people."A b"', 'people.ann.mailbox', 'people.ann.colour'].every((path) =>
        problems.some((line) => line.startsWith(`${path}:`)),
      )
    },
  )
})
