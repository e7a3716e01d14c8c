import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InstructionCursor, readLocals, readModule } from '../wasm/index.ts'
import { instrumentModule } from './index.ts'
import { assemble, attempt, Metered, RULES } from './kit.test.ts'
import { OffsetMap } from './offset-map.ts'

const WAT = `(module (import "host" "f" (func $f)) (memory 1)
  (func $first (param i32) (result i32) (call $f) (call $f) (i32.add (local.get 0) (i32.const 1)))
  (func $second (export "run") (param i32) (result i32)
    (loop $l (call $f) (br_if $l (i32.eq (local.get 0) (i32.const 77))))
    (if (result i32) (local.get 0) (then (i32.load (i32.const -4))) (else (unreachable)))))`

/** Offset of an instruction of an opcode in a function's body. */
function find(bytes: Uint8Array, body: number, opcode: number): number {
  const { code } = readModule(bytes)
  const offset = code.offsets[body] as number
  const end = offset + (code.sizes[body] as number)
  const cursor = new InstructionCursor(bytes, readLocals(bytes, offset, end).offset, end)
  while (cursor.next()) if (cursor.row === opcode) return cursor.start
  return assert.fail('no such instruction')
}

test('a trap names the original instruction and function', () => {
  const bytes = assemble(WAT)
  const metered = new Metered(bytes, { host: { f: () => {} } })
  const { offsetMap } = metered.module
  for (const [argument, opcode] of [
    [1, 0x28],
    [0, 0x00],
  ] as const) {
    metered.fuel = 1_000n
    const run = metered.exports['run'] as (x: number) => unknown
    let stack = ''
    attempt(() => {
      try {
        run(argument)
      } catch (error) {
        stack = String((error as { stack?: unknown }).stack)
        throw error
      }
    })
    const [, functionIndex, hex] = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/.exec(stack) ?? []
    const original = offsetMap.originalOf(Number.parseInt(hex ?? '', 16))
    assert.equal(original, find(bytes, 1, opcode))
    assert.equal(offsetMap.functionAt(original), Number(functionIndex))
  }
})

test('every original instruction has its place in the rewritten file, in order', () => {
  const bytes = assemble(WAT)
  const rewritten = instrumentModule(bytes, RULES)
  const { code } = rewritten.info
  const found = new Set<number>()
  for (let offset = 0, last = -1; offset < rewritten.bytes.length + 10; offset++) {
    const original = rewritten.offsetMap.originalOf(offset)
    if (original < 0) continue
    assert.ok(original >= last)
    last = original
    if (rewritten.bytes[offset] === bytes[original]) found.add(original)
  }
  for (let i = 0; i < code.count; i++) {
    const offset = code.offsets[i] as number
    const end = offset + (code.sizes[i] as number)
    const cursor = new InstructionCursor(bytes, readLocals(bytes, offset, end).offset, end)
    while (cursor.next()) {
      assert.ok(found.has(cursor.start), `0x${cursor.start.toString(16)}`)
      assert.equal(rewritten.offsetMap.functionAt(cursor.start), i + 1)
    }
  }
})

test('offsets outside of the code have no original and no function', () => {
  const bytes = assemble(WAT)
  const { offsetMap, info, bytes: rewritten } = instrumentModule(bytes, RULES)
  assert.equal(offsetMap.originalOf(0), -1)
  assert.equal(offsetMap.originalOf(rewritten.length - 1), -1)
  assert.equal(offsetMap.functionAt(0), -1)
  assert.equal(offsetMap.functionAt((info.code.offsets[0] as number) - 1), -1)
  assert.equal(offsetMap.functionAt(bytes.length), -1)
})

test('both copies of a counted loop lead to the same original, through a stored map, too', () => {
  const bytes = assemble(`(module (memory 1) (func (param i32)
    (loop $l (i32.store (local.get 0) (i32.const 7))
      (br_if $l (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const 400))))
    (drop (i32.const 1))))`)
  const { bytes: rewritten, offsetMap, info } = instrumentModule(bytes, RULES)
  for (const map of [offsetMap, OffsetMap.fromBytes(offsetMap.toBytes(), info)]) {
    const { code } = readModule(rewritten)
    const offset = code.offsets[0] as number
    const end = offset + (code.sizes[0] as number)
    const cursor = new InstructionCursor(rewritten, readLocals(rewritten, offset, end).offset, end)
    const originals: number[] = []
    const stores: number[] = []
    while (cursor.next()) {
      const original = map.originalOf(cursor.start)
      originals.push(original)
      if (cursor.row === 0x36) stores.push(original)
    }
    const store = find(bytes, 0, 0x36)
    assert.deepEqual(stores, [store, store])
    // Apart from the one step back to the head of the loop the code is in order, and what stands in between is the loop's.
    assert.equal(originals.filter((original, index) => original < (originals[index - 1] ?? 0)).length, 1)
    assert.ok(originals.every((original) => original >= 0 && info.code.offsets[0]! <= original))
  }
})
