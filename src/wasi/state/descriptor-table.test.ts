import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Descriptor } from './descriptor-table.ts'
import { DescriptorTable } from './descriptor-table.ts'
import { NO_INPUT } from './streams.ts'

function createDescriptor(): Descriptor {
  return { file: { type: 'input', source: NO_INPUT }, rightsBase: 0n, rightsInheriting: 0n, flags: 0 }
}

test('renumbering moves a descriptor onto another open one, or changes nothing', () => {
  const [first, second] = [createDescriptor(), createDescriptor()]
  const table = new DescriptorTable([
    [0, first],
    [1, second],
  ])
  assert.equal(table.renumber(0, 2), false)
  assert.equal(table.renumber(2, 0), false)
  assert.equal(table.get(0), first)
  assert.equal(table.renumber(0, 0), true)
  assert.equal(table.get(0), first)
  assert.equal(table.renumber(0, 1), true)
  assert.deepEqual([table.get(0), table.get(1), table.size], [undefined, first, 1])
})

test('a descriptor closes once', () => {
  const table = new DescriptorTable([[5, createDescriptor()]])
  assert.equal(table.close(5), true)
  assert.equal(table.close(5), false)
})
