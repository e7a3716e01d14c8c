import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isolationSchema } from './isolation.ts'

const VALUES = [
  { name: 'a thread', given: 'thread', read: { kind: 'thread' } },
  { name: 'a process of its own', given: 'process', read: { kind: 'process', tenant: null } },
  { name: 'the process of a tenant', given: 'process:acme-2', read: { kind: 'process', tenant: 'acme-2' } },
  { name: 'a tenant without a name', given: 'process:', read: null },
  { name: 'a tenant with a bad name', given: 'process:Acme Inc', read: null },
  { name: 'another wall', given: 'container', read: null },
  { name: 'more than the word', given: 'thread:acme', read: null },
  { name: 'no text', given: true, read: null },
] as const

for (const { name, given, read } of VALUES) {
  test(`isolation takes ${read === null ? 'not ' : ''}${name}`, () => {
    const result = isolationSchema.safeParse(given)
    assert.deepEqual(result.success ? result.data : null, read)
  })
}
