import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { ByteWriter } from './byte-writer.ts'
import type { ModuleInfo } from './index.ts'
import {
  readModule,
  readNames,
  readProducers,
  SECTION_WRITERS,
  writeModule,
  writeNames,
  writeProducers,
} from './index.ts'

const ALL = Object.keys(SECTION_WRITERS).map(Number)
const FILES = globSync(
  '{node_modules/quickjs-wasi/**/*.wasm,node_modules/@yowasp/clang/**/*.wasm,guests/**/*.wasm,examples/**/*.wasm}',
)

const MODULES: readonly { readonly name: string; readonly wat: string }[] = [
  { name: 'nothing', wat: '(module)' },
  {
    name: 'recursive types',
    wat: `(module (rec (type $a (sub (struct (field (ref null $b)) (field (mut i8))))) (type $b (sub final $a (struct (field (ref null $b)) (field (mut i8)) (field i16)))))
      (type $c (array (mut (ref null any)))) (global (ref null $a) (struct.new_default $b)) (global (ref null $c) (ref.null $c)))`,
  },
  {
    name: 'every abstract reference',
    wat: `(module (global funcref (ref.null func)) (global externref (ref.null extern)) (global anyref (ref.null any)) (global eqref (ref.null eq))
      (global i31ref (ref.null i31)) (global structref (ref.null struct)) (global arrayref (ref.null array)) (global exnref (ref.null exn))
      (global nullref (ref.null none)) (global nullfuncref (ref.null nofunc)) (global nullexternref (ref.null noextern)) (global (ref i31) (ref.i31 (i32.const 1))))`,
  },
  {
    name: 'imports of every kind',
    wat: '(module (type $t (func (param v128))) (import "a" "f" (func (type $t))) (import "b" "t" (table 1 2 externref)) (import "c" "m" (memory i64 1 2)) (import "d" "g" (global (mut f32))) (import "e" "e" (tag (param i32))))',
  },
  {
    name: 'element and data segments of every mode',
    wat: `(module (table $t 9 funcref) (table $u 9 (ref null func)) (memory 1) (memory i64 1 4) (func $f)
      (elem (table $t) (i32.const 0) func $f $f) (elem (table $u) (i32.const 1) func $f) (elem func $f) (elem declare func $f)
      (elem (table $t) (i32.const 1) funcref (ref.func $f) (ref.null func)) (elem (table $u) (i32.const 1) funcref (ref.null func)) (elem funcref (ref.null func))
      (data (i32.const 0) "abc") (data "def") (data (memory 1) (i64.const 5) "ghi") (func (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0))))`,
  },
  {
    name: 'tags, start and names',
    wat: '(module $module (tag $e (param i32)) (start $begin) (func $begin (local $here i32)) (export "e" (tag $e)) (export "b" (func $begin)))',
  },
]

function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat)
  module.setFeatures(binaryen.Features.All)
  return Uint8Array.from(module.emitBinary())
}

/** What was read, without where it was. */
function facts(info: ModuleInfo): unknown {
  const strip = (_key: string, value: unknown): unknown => {
    if (value instanceof Uint32Array) return [...value]
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
    return 'offset' in value ? { size: (value as { size?: number }).size } : value
  }
  const { types, imports, functions, tables, memories, tags, globals, exports, start, elements, dataCount, data } = info
  const all = {
    types,
    imports,
    functions,
    tables,
    memories,
    tags,
    globals,
    exports,
    start,
    elements,
    dataCount,
    data,
    sizes: info.code.sizes,
  }
  return JSON.parse(JSON.stringify(all, strip), (key, value: unknown) =>
    key.toLowerCase().endsWith('range') ? undefined : value,
  )
}

for (const file of FILES) {
  test(`${file} comes back byte by byte when nothing is changed`, () => {
    const bytes = readFileSync(file)
    assert.ok(bytes.equals(writeModule(readModule(bytes))))
  })
  test(`${file} says the same when every section is written anew`, {}, () => {
    const info = readModule(readFileSync(file))
    const rewritten = writeModule(info, ALL)
    assert.deepEqual(facts(readModule(rewritten)), facts(info))
    assert.ok(WebAssembly.validate(rewritten))
  })
}

for (const { name, wat } of MODULES) {
  test(`${name}: what is canonical comes back byte by byte from what was read`, () => {
    const bytes = assemble(wat)
    assert.ok(WebAssembly.validate(Uint8Array.from(bytes)))
    const info = readModule(bytes)
    assert.deepEqual(facts(readModule(writeModule(info, ALL))), facts(info))
    assert.deepEqual(Array.from(writeModule(info, ALL)), Array.from(bytes))
  })
}

test('numbers longer than need be stay so where nothing is changed, and are shortened where it is', () => {
  const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0x85, 0x00, 0x81, 0x00, 0x60, 0x00, 0x00)
  assert.deepEqual(writeModule(readModule(bytes)), bytes)
  assert.deepEqual(Array.from(writeModule(readModule(bytes), ALL)).slice(8), [1, 4, 1, 0x60, 0, 0])
})

test('names and producers come back', () => {
  const names = {
    module: 'm',
    functions: new Map([
      [0, 'f'],
      [7, 'ü'],
    ]),
    locals: new Map([[7, new Map([[1, 'x']])]]),
  }
  const producers = [
    { field: 'language', name: 'C', version: '' },
    { field: 'processed-by', name: 'clang', version: '22' },
    { field: 'processed-by', name: 'lld', version: '1' },
  ]
  const writer = new ByteWriter()
  writeNames(writer, names)
  const bytes = writer.finish()
  assert.deepEqual(readNames(bytes, { id: 0, start: 0, offset: 0, size: bytes.length, name: 'name' }), names)
  const other = new ByteWriter()
  writeProducers(other, producers)
  const contents = other.finish()
  assert.deepEqual(
    readProducers(contents, { id: 0, start: 0, offset: 0, size: contents.length, name: 'producers' }),
    producers,
  )
})

test('names of functions, locals and the module are found', () => {
  const module = binaryen.parseText('(module $m (func $f (param $p i32) (local $l i64) (local.set $l (i64.const 1))))')
  binaryen.setDebugInfo(true)
  const info = readModule(Uint8Array.from(module.emitBinary()))
  binaryen.setDebugInfo(false)
  assert.equal(info.functionName(0), 'f')
  assert.equal(info.functionName(1), null)
  assert.equal(info.localNames(0).get(0), 'p')
})

test('features are found in declarations and in code', () => {
  const features = (wat: string) => [...readModule(assemble(wat)).features()].sort()
  assert.deepEqual(features('(module (memory 1) (func (drop (i32.load (i32.const 0)))))'), ['mvp'])
  assert.deepEqual(features('(module (func (return_call 0)))'), ['mvp', 'tail-call'])
  assert.deepEqual(features('(module (memory 1) (memory 1))'), ['multi-memory', 'mvp'])
  assert.deepEqual(features('(module (memory i64 1) (func (drop (v128.load (i64.const 0)))))'), [
    'memory64',
    'mvp',
    'simd',
  ])
  assert.deepEqual(features('(module (global i32 (i32.add (i32.const 1) (i32.const 2))))'), ['extended-const', 'mvp'])
})
