import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createByteSource, NO_INPUT } from './streams.ts'

test('a source gives its bytes once, in pieces as asked, then ends', () => {
  const source = createByteSource(Uint8Array.of(1, 2, 3))
  const into = new Uint8Array(2)
  assert.equal(source.available, 3)
  assert.equal(source.read(into), 2)
  assert.deepEqual([...into], [1, 2])
  assert.equal(source.read(into), 1)
  assert.deepEqual([...into], [3, 2])
  assert.equal(source.read(into), 0)
  assert.equal(source.available, 0)
})

test('no input is at its end', () => {
  assert.equal(NO_INPUT.available, 0)
  assert.equal(NO_INPUT.read(new Uint8Array(4)), 0)
})
