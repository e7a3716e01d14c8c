import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { inspectModule } from './index.ts'
import { WASI_PREVIEW1 } from './wasi/preview1/module.ts'
import { USED_GRANTS } from './wasi/preview1/used-grants.ts'

const AGENT = `(memory (export "memory") 1 4)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 0))
  (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0))`

function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(`(module ${wat})`)
  module.setFeatures(binaryen.Features.All)
  return Uint8Array.from(module.emitBinary())
}

/** `producers`: language C. */
const PRODUCERS = [0, 25, 9, ...Buffer.from('producers'), 1, 8, ...Buffer.from('language'), 1, 1, 0x43, 1, 0x31]

test('an inspection tells imports with their grants, exports, memories, features, producers and the door', () => {
  const wat = `(import "caxton" "now_micros" (func (result i64))) (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) ${AGENT}
    (func (param v128))`
  const seen = inspectModule(Uint8Array.from([...assemble(wat), ...PRODUCERS]))
  assert.deepEqual(
    seen.imports.map(({ module, name, type, offeredBy, grant }) => [module, name, type, offeredBy, grant]),
    [
      ['caxton', 'now_micros', '() -> i64', 'caxton', 'clock'],
      ['wasi_snapshot_preview1', 'sched_yield', '() -> i32', 'wasi_snapshot_preview1', null],
    ],
  )
  assert.deepEqual(
    seen.grants.map(({ name, isRequired, imports }) => ({ name, isRequired, imports })),
    [{ name: 'clock', isRequired: true, imports: ['caxton.now_micros'] }],
  )
  assert.deepEqual(seen.memories, [{ initial: 1, maximum: 4 }])
  assert.deepEqual(
    seen.exports.map(({ name, kind }) => `${kind} ${name}`),
    ['memory memory', 'function caxton_alloc', 'function handle_message'],
  )
  assert.ok(seen.features.includes('simd'))
  assert.deepEqual(seen.producers, [{ field: 'language', name: 'C', version: '1' }])
  assert.deepEqual(
    seen.doors.map(({ name, problem }) => [name, problem === null]),
    [
      ['caxton', true],
      ['stdio', false],
    ],
  )
  assert.deepEqual(seen.refusals, [])
})

test('an inspection tells grants that a module starts without, and the imports that get less then', () => {
  // Of two imports in a row from one module binaryen makes a compact one, which no engine reads.
  const wat = `(import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))
    (import "caxton" "send_message" (func (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))) ${AGENT}`
  assert.deepEqual(
    inspectModule(assemble(wat)).grants.map(({ name, isRequired, imports }) => ({ name, isRequired, imports })),
    [
      { name: 'send', isRequired: false, imports: ['caxton.send_message'] },
      { name: 'clock', isRequired: false, imports: ['wasi_snapshot_preview1.clock_time_get'] },
      { name: 'random', isRequired: false, imports: ['wasi_snapshot_preview1.random_get'] },
    ],
  )
})

test('every grant that is said to be used by WASI is used by a function that exists', () => {
  const offered = new Set(WASI_PREVIEW1.functions.map(({ name }) => name))
  for (const name of USED_GRANTS.keys()) assert.ok(offered.has(name), name)
})

const REFUSED = [
  {
    name: 'an import that nobody offers',
    wat: `(import "env" "f" (func)) ${AGENT}`,
    code: 'ERR_MODULE_IMPORT_UNKNOWN',
  },
  {
    name: 'an import of another type',
    wat: `(import "caxton" "now_micros" (func (result i32))) ${AGENT}`,
    code: 'ERR_MODULE_IMPORT_TYPE',
  },
  { name: 'a reserved export', wat: `${AGENT} (func (export "caxton:fuel"))`, code: 'ERR_INSTRUMENT_NAME_TAKEN' },
  { name: 'a shared memory', wat: '(memory 1 1 shared)', code: 'ERR_INSTRUMENT_MEMORY_REFUSED' },
]

for (const { name, wat, code } of REFUSED) {
  test(`an inspection tells that ${name} would be refused`, () => {
    const codes = inspectModule(assemble(wat)).refusals.map((refusal) => refusal.code)
    assert.deepEqual(codes, [code])
  })
}
