import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Uptake } from './uptake.ts'

test('what is posted is taken when the other has taken as much, and not before', () => {
  const word = new Int32Array(new SharedArrayBuffer(4))
  const poster = new Uptake(word)
  const taker = new Uptake(word)
  assert.equal(poster.isTaken, true)
  poster.posted += 2
  taker.noteTaken()
  assert.equal(poster.isTaken, false)
  taker.noteTaken()
  assert.equal(poster.isTaken, true)
})
