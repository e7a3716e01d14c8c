import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import binaryen from 'binaryen'
import fc from 'fast-check'
import { isCaxtonError } from '../core/index.ts'
import { readModule, writeModule } from './index.ts'

const WAT = `(module $m (type $s (sub (struct (field (mut i32)) (field i8)))) (type $t (sub $s (struct (field (mut i32)) (field i8) (field (ref null $s)))))
  (rec (type $f (func (param i32 (ref null $g)) (result i32 i64))) (type $g (array (mut f64))))
  (import "m" "f" (func $i (param i64))) (memory 1 9) (memory i64 1) (table $t1 3 funcref) (table $t2 1 (ref null $s)) (tag $e (param i32))
  (global $x (mut i64) (i64.const 5)) (global (ref null $g) (ref.null $g)) (export "x" (global $x)) (start $st) (func $st)
  (elem (i32.const 0) func $st $st) (elem (table $t1) (i32.const 1) funcref (ref.func $st) (ref.null func)) (elem declare func $i) (elem func $st)
  (data (i32.const 1) "abc") (data "passive") (data (memory 1) (i64.const 3) "x")
  (func (param i32) (result i32) (local i64 i32) (block $b (result i32) (try_table (catch $e $b) (throw $e (local.get 0))) (i32.const 1))))`

function assemble(): Uint8Array {
  const module = binaryen.parseText(WAT)
  module.setFeatures(binaryen.Features.All)
  return Uint8Array.from(module.emitBinary())
}

const SAMPLE = assemble()
const QUICKJS = Uint8Array.from(readFileSync('node_modules/quickjs-wasi/quickjs.wasm')).subarray(0, 30_000)

/** Reads everything there is to read; only a CaxtonError may come out. */
function readAll(bytes: Uint8Array): boolean {
  try {
    const info = readModule(bytes)
    info.features()
    info.functionName(0)
    writeModule(
      info,
      info.sections.map(({ id }) => id).filter((id) => id !== 0),
    )
    return true
  } catch (error) {
    assert.ok(isCaxtonError(error), String((error as Error).stack))
    assert.match(error.code, /^ERR_WASM_/)
    assert.ok(Number.isInteger(error.data['offset']), error.message)
    assert.ok((error.data['offset'] as number) <= bytes.length, error.message)
    return false
  }
}

test('every truncation is refused with an offset in the file, unless it ends at a section', () => {
  assert.ok(readAll(SAMPLE))
  let readable = 0
  for (let length = 0; length < SAMPLE.length; length++) if (readAll(SAMPLE.slice(0, length))) readable += 1
  assert.ok(readable < 10, `${readable}`)
})

test('changed bytes never give anything but an error of the reader', () => {
  const change = fc.record({ at: fc.nat(SAMPLE.length - 1), byte: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = SAMPLE.slice()
      for (const { at, byte } of changes) bytes[at] = byte
      readAll(bytes)
    }),
    { numRuns: 3_000 },
  )
})

test('changed and cut bytes of a large module never give anything but an error of the reader', () => {
  fc.assert(
    fc.property(fc.nat(QUICKJS.length - 1), fc.nat(255), fc.nat(QUICKJS.length), (at, byte, length) => {
      const bytes = QUICKJS.slice(0, length)
      if (at < length) bytes[at] = byte
      readAll(bytes)
    }),
    { numRuns: 300 },
  )
})

test('random bytes behind a header are refused or read', () => {
  const header = SAMPLE.subarray(0, 8)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
      readAll(Uint8Array.of(...header, ...tail))
    }),
    { numRuns: 3_000 },
  )
})
