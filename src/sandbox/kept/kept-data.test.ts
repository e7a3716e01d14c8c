import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { entryBytes, KeptData } from './kept-data.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const GRANT = { bytes: 40, keys: 3 }

type Model = Map<string, Uint8Array>

const key = fc.constantFrom('a', 'ab', 'b', 'ü', 'c\u{1f600}')
const step = fc.oneof(
  fc.record({ type: fc.constant('store' as const), key, value: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({ type: fc.constant('list' as const), prefix: fc.constantFrom('', 'a', 'b', 'x') }),
  fc.record({ type: fc.constant('end' as const), succeeds: fc.boolean() }),
)

function sizeOf(model: Model): number {
  return [...model].reduce((sum, [name, value]) => sum + entryBytes(name, value), 0)
}

test('data behaves like a map that is put back when a call fails, and never holds more than its grant', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const data = new KeptData(GRANT, new Map())
      let kept: Model = new Map()
      let now: Model = new Map()
      for (const next of steps) {
        if (next.type === 'store') {
          const wanted = new Map(now).set(next.key, next.value)
          const fits = sizeOf(wanted) <= GRANT.bytes && wanted.size <= GRANT.keys
          assert.equal(data.store(next.key, next.value) === null, fits)
          if (fits) now = wanted
        } else if (next.type === 'delete') {
          assert.equal(data.delete(next.key), now.delete(next.key))
        } else if (next.type === 'list') {
          assert.deepEqual(
            data.list(next.prefix),
            [...now.keys()].filter((name) => name.startsWith(next.prefix)).sort(),
          )
        } else if (next.succeeds) {
          for (const [name, value] of data.take()) {
            if (value === null) kept.delete(name)
            else kept.set(name, value)
          }
          assert.deepEqual([...kept].sort(), [...now].sort())
          kept = new Map(now)
        } else {
          data.drop()
          now = new Map(kept)
        }
        for (const name of ['a', 'ab', 'b', 'ü']) assert.deepEqual(data.load(name), now.get(name))
        assert.equal(data.keyCount, now.size)
      }
    }),
    { numRuns: 300 },
  )
})

test('what is stored is a copy', () => {
  const data = new KeptData(GRANT, new Map())
  const value = bytes('abc')
  data.store('k', value)
  value.fill(0)
  assert.deepEqual(data.load('k'), bytes('abc'))
})

test('says which bound a value would pass', () => {
  const data = new KeptData(GRANT, new Map([['old', bytes('x'.repeat(30))]]))
  assert.deepEqual(data.store('k', bytes('x'.repeat(7))), { bound: 'bytes', limit: 40, asked: 41 })
  assert.equal(data.store('k', bytes('x'.repeat(6))), null)
  assert.equal(data.store('old', bytes('')), null)
  assert.equal(data.store('l', bytes('')), null)
  assert.deepEqual(data.store('m', bytes('')), { bound: 'keys', limit: 3, asked: 4 })
})

test('data beyond a grant that has shrunk is kept, and may only become less', () => {
  const data = new KeptData({ bytes: 4, keys: 1 }, new Map([['old', bytes('x'.repeat(30))]]))
  assert.deepEqual(data.store('old', bytes('x'.repeat(20))), { bound: 'bytes', limit: 4, asked: 23 })
  assert.equal(data.delete('old'), true)
  assert.equal(data.store('k', bytes('abc')), null)
})
