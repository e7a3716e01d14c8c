import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '../../core/index.ts'
import { Bonds } from './bonds.ts'

function createStore() {
  const records = new Map<string, string>()
  const putRecord = (_area: string, key: string, text: string | null) =>
    text === null ? void records.delete(key) : void records.set(key, text)
  return { records, recordsOf: () => records, putRecord }
}

const message = (sender: string, conversation: string): Message => ({
  performative: 'inform',
  sender,
  receiver: 'capability:x',
  message_id: 'm',
  conversation_id: conversation,
})

test('a conversation stays with its agent, under each capability, and is told apart from those of others', () => {
  const bonds = new Bonds(createStore())
  bonds.tie('x', message('a', 'one two'), null, 'p')
  bonds.tie('y', message('a', 'one two'), null, 'q')
  assert.equal(bonds.find('x', message('a', 'one two'), null), 'p')
  assert.equal(bonds.find('y', message('a', 'one two'), null), 'q')
  assert.equal(bonds.find('x', message('a', 'one'), null), null)
  assert.equal(bonds.find('x', message('b', 'one two'), null), null)
  bonds.tie('x', message('a', 'one two'), null, 'q')
  assert.equal(bonds.find('x', message('a', 'one two'), null), 'q')
  assert.equal(bonds.size, 2)
})

test('bonds are kept', () => {
  const store = createStore()
  new Bonds(store).tie('x', message('a', 'one two'), null, 'p')
  assert.equal(new Bonds(store).find('x', message('a', 'one two'), null), 'p')
})

test('when there are too many, whoever has the most loses the one that was longest of no use', () => {
  const store = createStore()
  const bonds = new Bonds(store, 4)
  bonds.tie('x', message('quiet', 'c'), null, 'p')
  for (const id of ['1', '2', '3']) bonds.tie('x', message('loud', id), null, 'p')
  assert.equal(bonds.find('x', message('loud', '1'), null), 'p')
  bonds.tie('x', message('loud', '4'), null, 'p')
  assert.equal(bonds.find('x', message('loud', '2'), null), null)
  for (const id of ['1', '3', '4']) assert.equal(bonds.find('x', message('loud', id), null), 'p')
  assert.equal(bonds.find('x', message('quiet', 'c'), null), 'p')
  assert.deepEqual([bonds.size, store.records.size], [4, 4])
})
