import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Grants } from './grants.ts'
import { GRANTS, hasGrant, maySend, NO_GRANTS } from './grants.ts'

test('without grants nothing is allowed', () => {
  for (const name of Object.keys(GRANTS) as (keyof Grants)[]) assert.equal(hasGrant(NO_GRANTS, name), false, name)
  for (const receiver of ['a', 'user', 'capability:x', '*']) assert.equal(maySend(NO_GRANTS, receiver), false)
})

test('a send grant names exactly whom it allows', () => {
  const grants: Grants = { ...NO_GRANTS, send: ['a', 'capability:count'] }
  assert.ok(maySend(grants, 'a'))
  assert.ok(maySend(grants, 'capability:count'))
  assert.equal(maySend(grants, 'ab'), false)
  assert.equal(maySend(grants, 'count'), false)
  assert.equal(maySend(grants, 'user'), false)
  assert.ok(maySend({ ...NO_GRANTS, send: ['*'] }, 'user'))
})
