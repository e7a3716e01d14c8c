import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCaxtonError } from '../core/index.ts'
import { instrumentModule } from './index.ts'
import { assemble, RULES } from './kit.test.ts'

const SAMPLE =
  assemble(`(module (type $s (struct (field i32))) (type $a (array (mut i8))) (memory 1) (table 2 funcref) (tag $e (param i32))
  (global (ref $a) (array.new_default $a (i32.const 9))) (elem $el func 0) (data $d "abc") (start $f) (func $f)
  (func (param i32) (result i32) (local i64)
    (block $b (result i32) (try_table (catch $e $b) (throw $e (local.get 0))) (i32.const 1))
    (drop (struct.new $s (i32.const 1))) (drop (array.new $a (i32.const 1) (local.get 0)))
    (loop $l (br_if $l (local.get 0)) (block (br_table 0 1 $l (local.get 0))))
    (if (local.get 0) (then (call $f)) (else (return_call 1 (i32.const 5))))
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (table.init $el (i32.const 0) (i32.const 0) (i32.const 1))
    (drop (memory.grow (i32.const 1)))))`)
const QUICKJS = Uint8Array.from(readFileSync('node_modules/quickjs-wasi/quickjs.wasm'))

/** Rewrites; only a CaxtonError may come out. What was valid and is rewritten is valid. */
function rewrite(bytes: Uint8Array<ArrayBuffer>): void {
  try {
    const { bytes: rewritten } = instrumentModule(bytes, RULES)
    if (WebAssembly.validate(bytes)) assert.ok(WebAssembly.validate(rewritten), Buffer.from(bytes).toString('hex'))
  } catch (error) {
    assert.ok(isCaxtonError(error), String((error as Error).stack))
    assert.notEqual(error.code, 'ERR_INTERNAL')
  }
}

test('changed bytes give an error with a code or a module as valid as it was', () => {
  const change = fc.record({ at: fc.nat(SAMPLE.length - 1), byte: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = SAMPLE.slice()
      for (const { at, byte } of changes) bytes[at] = byte
      rewrite(bytes)
    }),
    { numRuns: 4_000 },
  )
})

test('changed bytes of a large module give an error with a code or a module as valid as it was', () => {
  fc.assert(
    fc.property(fc.nat(QUICKJS.length - 1), fc.nat(255), (at, byte) => {
      const bytes = QUICKJS.slice()
      bytes[at] = byte
      rewrite(bytes)
    }),
    { numRuns: 40 },
  )
})

test('every truncation gives an error with a code or a module as valid as it was', () => {
  for (let length = 0; length <= SAMPLE.length; length++) rewrite(SAMPLE.slice(0, length))
})
