import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Directory } from './directory.ts'

const any = () => true

test('agents take turns in the order in which they registered', () => {
  const directory = new Directory()
  for (const agent of ['a', 'b', 'c']) directory.register('count', agent)
  assert.deepEqual(
    Array.from({ length: 7 }, () => directory.pick('count', any)),
    ['a', 'b', 'c', 'a', 'b', 'c', 'a'],
  )
})

test('whoever does not take is passed over and keeps its place in the round', () => {
  const directory = new Directory()
  for (const agent of ['a', 'b', 'c']) directory.register('count', agent)
  assert.equal(
    directory.pick('count', (agent) => agent !== 'a'),
    'b',
  )
  assert.equal(directory.pick('count', any), 'c')
  assert.equal(directory.pick('count', any), 'a')
})

test('nobody is picked where nobody offers or takes', () => {
  const directory = new Directory()
  directory.register('count', 'a')
  assert.equal(directory.pick('sort', any), null)
  assert.equal(
    directory.pick('count', () => false),
    null,
  )
})

test('registering twice changes nothing', () => {
  const directory = new Directory()
  assert.equal(directory.register('count', 'a'), true)
  assert.equal(directory.register('count', 'a'), false)
  assert.deepEqual(directory.agentsFor('count'), ['a'])
})

test('who leaves is never picked, and the turns of the others stay fair', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('join', 'leave', 'pick'), fc.nat(5))), (steps) => {
      const directory = new Directory()
      const members = new Set<string>()
      for (const [action, index] of steps) {
        const agent = `a${index}`
        if (action === 'join') {
          directory.register('x', agent)
          members.add(agent)
        } else if (action === 'leave') {
          directory.unregister(['x', 'y'], agent)
          members.delete(agent)
        } else {
          const round = [...members].map(() => directory.pick('x', any))
          assert.deepEqual(new Set(round), members)
        }
      }
    }),
  )
})
