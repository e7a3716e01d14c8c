import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Opcode } from '../wasm/index.ts'
import { encodeU32, InstructionCursor, OPCODES, readLocals, readModule, rowOf } from '../wasm/index.ts'
import { ACTION, ACTION_BY_ROW } from './actions.ts'
import { BlockAnalysis } from './block-analysis.ts'
import { ExceptionEncoding } from './exception-encoding.ts'
import { assemble } from './kit.test.ts'
import { Arities, EFFECT_BY_ROW, readBlockType } from './operand-stack.ts'

const CONSTANTS: Readonly<Record<string, readonly number[]>> = {
  i32: [0x41, 0],
  i64: [0x42, 0],
  f32: [0x43, 0, 0, 0, 0],
  f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  v128: [0xfd, 12, ...new Array<number>(16).fill(0)],
}

/** A module with a memory, a table and one function without parameters and results. */
function moduleAround(body: readonly number[]): Uint8Array<ArrayBuffer> {
  const code = [2, 4, 0x7f, 1, 0x7e, ...body, 0x0b]
  const section = (id: number, contents: readonly number[]) => [id, ...encodeU32(contents.length), ...contents]
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(10, [1, ...encodeU32(code.length), ...code]),
  ])
}

/** Encodes an instruction with immediates that fit the module above; null for one that needs more than it has. */
function encode({ code, name, immediates }: Opcode): number[] | null {
  const prefix = code >>> 16
  const opcode = prefix === 0 ? [code] : [prefix, ...encodeU32(code & 0xffff)]
  switch (immediates) {
    case 'none':
      return opcode
    case 'memarg':
      return [...opcode, alignmentOf(name), 0]
    case 'memarg_lane':
      return [...opcode, 0, 0, 0]
    case 'lane':
      return [...opcode, 0]
    case 'bytes16':
      return [...opcode, ...new Array<number>(16).fill(0)]
    case 'i32':
    case 'i64':
      return [...opcode, 0]
    case 'f32':
      return [...opcode, 0, 0, 0, 0]
    case 'f64':
      return [...opcode, 0, 0, 0, 0, 0, 0, 0, 0]
    default:
      return null
  }
}

/** Atomic accesses must be aligned exactly. */
function alignmentOf(name: string): number {
  if (!name.includes('atomic')) return 0
  const bits = /(?:rmw|load|store|wait)(8|16|32|64)/.exec(name)?.[1] ?? (name.startsWith('i64') ? '64' : '32')
  return Math.log2(Number(bits) / 8)
}

/** Finds by trial what V8 says: the instruction is valid behind these constants and before that many drops. */
function effectByV8(instruction: readonly number[]): number | null {
  let stacks: (readonly number[])[] = [[]]
  for (let operands = 0; operands <= 3; operands++) {
    for (const stack of stacks) {
      for (let drops = 0; drops <= 1; drops++) {
        const body = [...stack, ...instruction, ...new Array<number>(drops).fill(0x1a)]
        if (WebAssembly.validate(moduleAround(body))) return drops - operands
      }
    }
    stacks = stacks.flatMap((stack) => Object.values(CONSTANTS).map((constant) => [...stack, ...constant]))
  }
  return null
}

test('the effect of every instruction on numbers, vectors and memory is what V8 says', () => {
  let checked = 0
  for (const opcode of OPCODES) {
    const instruction = encode(opcode)
    if (instruction === null || ACTION_BY_ROW[rowOf(opcode.code)] !== ACTION.plain) continue
    const effect = effectByV8(instruction)
    if (effect === null) continue
    assert.equal(EFFECT_BY_ROW[rowOf(opcode.code)], effect, opcode.name)
    checked += 1
  }
  assert.ok(checked > 440, `${checked} instructions`)
})

/** Follows the heights of all functions; at the end of each of them there are as many operands as results. */
function checkHeights(bytes: Uint8Array): number {
  const info = readModule(bytes)
  const analysis = new BlockAnalysis({
    cursor: new InstructionCursor(bytes),
    price: () => ({ helper: -1, fixed: 0 }),
    arities: new Arities(info),
    exceptions: new ExceptionEncoding(info),
  })
  for (let i = 0; i < info.code.count; i++) {
    const offset = info.code.offsets[i] as number
    const end = offset + (info.code.sizes[i] as number)
    analysis.analyse(readLocals(bytes, offset, end).offset, end)
    const results = info.functionType(info.importedFunctionCount + i)?.results.length
    if (analysis.endHeight >= 0) assert.equal(analysis.endHeight, results, `function ${i}`)
  }
  return info.code.count
}

test('heights at the ends of the functions of QuickJS are the numbers of their results', () => {
  assert.ok(checkHeights(Uint8Array.from(readFileSync('node_modules/quickjs-wasi/quickjs.wasm'))) > 1_000)
})

test('heights are followed through references, objects, exceptions and blocks with parameters', () => {
  checkHeights(
    assemble(`(module (type $t (func (param i32 i64) (result i64 i32))) (type $s (struct (field (mut i32)) (field i64)))
    (type $a (array (mut i32))) (tag $e (param i32 i64)) (table $tab 2 funcref) (elem declare func $f) (elem $el func $f) (data $d "abcd")
    (func $f (type $t) (local.get 1) (local.get 0))
    (func (result i32) (i32.const 1) (i64.const 2) (call $f) (drop) (drop)
      (i32.const 1) (i64.const 2) (call_ref $t (ref.func $f)) (call_indirect (type $f2) (i32.const 0)) (drop) (i32.wrap_i64))
    (type $f2 (func (param i64 i32) (result i64 i32)))
    (func (param anyref) (result i64) (local (ref null $s))
      (local.set 1 (struct.new $s (i32.const 1) (i64.const 2)))
      (struct.set $s 0 (local.get 1) (i32.const 3))
      (drop (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 3)))
      (array.set $a (array.new $a (i32.const 1) (i32.const 2)) (i32.const 0) (i32.const 4))
      (array.fill $a (array.new_default $a (i32.const 5)) (i32.const 0) (i32.const 9) (i32.const 5))
      (array.copy $a $a (array.new_default $a (i32.const 5)) (i32.const 0) (array.new_data $a $d (i32.const 0) (i32.const 1)) (i32.const 0) (i32.const 1))
      (drop (array.get $a (array.new_default $a (i32.const 5)) (i32.const 0)))
      (drop (i31.get_s (ref.i31 (i32.const 1))))
      (drop (ref.eq (ref.i31 (i32.const 1)) (ref.null eq)))
      (drop (ref.test (ref $s) (local.get 0)))
      (table.set $tab (i32.const 0) (ref.func $f)) (drop (table.grow $tab (ref.null func) (i32.const 1)))
      (table.fill $tab (i32.const 0) (table.get $tab (i32.const 1)) (i32.const 1))
      (table.init $tab $el (i32.const 0) (i32.const 0) (i32.const 1))
      (block $b (br_on_null $b (local.get 1)) (drop))
      (drop (block $c (result (ref $s)) (br_on_non_null $c (local.get 1)) (unreachable)))
      (block $h (result i32 i64) (try_table (catch $e $h) (throw $e (i32.const 1) (i64.const 2))) (unreachable))
      (drop) (drop)
      (struct.get $s 1 (local.get 1))))`),
  )
  checkHeights(
    assemble(`(module (tag $e (param i32)) (func (param i32) (result i32)
      (try (result i32) (do (throw $e (i32.const 2))) (catch $e) (catch_all (i32.const 3)))
      (if (param i32) (result i32) (local.get 0) (then (i32.const 1) (i32.add)) (else (i32.eqz)))))`),
  )
})

test('the type of a block is read from one byte, or from a number', () => {
  assert.equal(readBlockType(Uint8Array.of(0x40), 0), -1)
  assert.equal(readBlockType(Uint8Array.of(0x7f), 0), -2)
  assert.equal(readBlockType(Uint8Array.of(0x63, 0x70), 0), -2)
  assert.equal(readBlockType(Uint8Array.of(0x05), 0), 5)
  assert.equal(readBlockType(Uint8Array.of(0, 0xff, 0x00), 1), 127)
})
