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

test('what is opened gets the lowest free number behind the standard streams, never theirs', () => {
  const table = new DescriptorTable([[1, createDescriptor()]])
  assert.deepEqual(
    [table.open(createDescriptor()), table.open(createDescriptor()), table.open(createDescriptor())],
    [3, 4, 5],
  )
  table.close(1)
  table.close(4)
  assert.equal(table.open(createDescriptor()), 4)
  assert.equal(table.open(createDescriptor()), 6)
  table.renumber(6, 3)
  assert.equal(table.open(createDescriptor()), 6)
})

test('closing, replacing and the end of the agent close what a descriptor leads to, once', () => {
  const closed: string[] = []
  const file = (name: string): Descriptor => ({
    ...createDescriptor(),
    file: { type: 'file', position: 0, file: { close: () => closed.push(name) } as never },
  })
  const table = new DescriptorTable([])
  for (const name of ['a', 'b', 'c']) table.open(file(name))
  table.close(3)
  table.renumber(4, 5)
  table.closeAll()
  table.closeAll()
  assert.deepEqual(closed, ['a', 'c', 'b'])
  assert.equal(table.size, 0)
})
