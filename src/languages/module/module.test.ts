import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCaxtonError } from '../../core/index.ts'
import { toGuest } from '../index.ts'

/** A module that exports one function of no arguments under a name. */
function exporting(name: string): Uint8Array {
  const text = Buffer.from(name)
  const exports = [1, text.length, ...text, 0, 0]
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  return new Uint8Array([
    ...header,
    1,
    4,
    1,
    0x60,
    0,
    0,
    3,
    2,
    1,
    0,
    7,
    exports.length,
    ...exports,
    10,
    4,
    1,
    2,
    0,
    0x0b,
  ])
}

test('the exports of a module tell its door', () => {
  assert.equal(toGuest(exporting('handle_message'), 'a.wasm').door, 'caxton')
  assert.equal(toGuest(exporting('_start'), 'a.wasm').door, 'stdio')
})

test('a module that fits no door is refused with what it lacks', () => {
  const lacking = (error: unknown) =>
    isCaxtonError(error, 'ERR_MODULE_DOOR_UNKNOWN') &&
    /neither the function handle_message .* nor _start/.test(error.message)
  assert.throws(() => toGuest(exporting('main'), 'a.wasm'), lacking)
})

test('bytes that are no module are refused as such', () => {
  assert.throws(
    () => toGuest(Buffer.from('not a module'), 'a.wasm'),
    (error) => isCaxtonError(error, 'ERR_WASM_MALFORMED'),
  )
})
