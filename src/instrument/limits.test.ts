import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instrumentModule } from './index.ts'
import { assemble, attempt, call, fails, instantiate, Metered, RULES } from './kit.test.ts'

const ENDLESS: readonly { name: string; wat: string; deep?: true }[] = [
  { name: 'br', wat: '(module (func (export "run") (loop $l (br $l))))' },
  { name: 'br_if', wat: '(module (func (export "run") (loop $l (br_if $l (i32.const 1)))))' },
  { name: 'br_table', wat: '(module (func (export "run") (loop $l (br_table $l $l (i32.const 1)))))' },
  { name: 'br_on_null', wat: '(module (func (export "run") (loop $l (drop (br_on_null $l (ref.null func))))))' },
  {
    name: 'br_on_cast',
    wat: '(module (func (export "run") (loop $l (drop (block $b (result eqref) (br_on_cast_fail $b eqref (ref i31) (ref.null eq)))) (br $l))))',
  },
  { name: 'recursion', wat: '(module (func $f (export "run") (call $f)))', deep: true },
  { name: 'tail call', wat: '(module (func $f (export "run") (return_call $f)))' },
  {
    name: 'indirect tail call',
    wat: '(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") (return_call_indirect (i32.const 0))))',
  },
  {
    name: 'tail call by reference',
    wat: '(module (type $t (func)) (elem declare func $f) (func $f (type $t) (return_call_ref $t (ref.func $f))) (export "run" (func $f)))',
  },
  {
    name: 'throw to a loop',
    wat: '(module (tag $e) (func (export "run") (loop $l (try_table (catch $e $l) (throw $e)))))',
  },
  {
    name: 'throw below to a loop',
    wat: '(module (tag $e) (func $t (throw $e)) (func (export "run") (loop $l (try_table (catch_all $l) (call $t)))))',
  },
  {
    name: 'legacy handler',
    wat: '(module (tag $e) (func $t (throw $e)) (func (export "run") (loop $l (try (do (call $t)) (catch_all)) (br $l))))',
  },
  {
    name: 'loop in a handler',
    wat: '(module (tag $e) (func (export "run") (try (do (throw $e)) (catch $e (loop $l (br $l))))))',
  },
  { name: 'calls in a loop', wat: '(module (func $n) (func (export "run") (loop $l (call $n) (br $l))))' },
  {
    name: 'memory.fill',
    wat: '(module (memory 256) (func (export "run") (loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 16777216)) (br $l))))',
  },
  {
    name: 'memory.grow that fails',
    wat: '(module (memory 1) (func (export "run") (loop $l (drop (memory.grow (i32.const 65000))) (br $l))))',
  },
  {
    name: 'handlers that swallow traps',
    wat: '(module (func $f (loop $l (br $l))) (func (export "run") (loop $l (try (do (call $f)) (catch_all)) (br $l))))',
  },
]

for (const { name, wat, deep } of ENDLESS) {
  test(`stops an endless loop: ${name}`, () => {
    const metered = new Metered(assemble(wat))
    metered.fuel = deep ? 5_000n : 100_000n
    const outcome = call(metered.exports, 'run')
    assert.match(String(outcome), /trap: unreachable/)
    assert.ok(metered.fuel < 0n, 'the fuel global is negative')
    assert.match(String(call(metered.exports, 'run')), /trap: unreachable/, 'it stays stopped')
  })
}

test('runs nothing before the host has set the fuel', () => {
  const bytes = assemble(
    '(module (global $g (mut i32) (i32.const 0)) (export "g" (global $g)) (start $s) (func $s (global.set $g (i32.const 7))))',
  )
  const metered = new Metered(bytes)
  const global = metered.exports['g'] as unknown as { value: number }
  assert.equal(global.value, 0)
  assert.equal(metered.module.names.start, 'caxton:start')
  assert.match(String(call(metered.exports, 'caxton:start')), /unreachable/)
  assert.equal(global.value, 0)
  metered.call('caxton:start')
  assert.equal(global.value, 7)
})

test('fuel that is just enough is enough, one less is not, and nothing of the block runs', () => {
  const bytes = assemble(
    '(module (global $g (mut i32) (i32.const 0)) (export "g" (global $g)) (func (export "run") (global.set $g (i32.const 7))))',
  )
  const metered = new Metered(bytes)
  const { used } = metered.call('run')
  assert.equal(used, 2n)
  const again = new Metered(bytes)
  again.fuel = used - 1n
  assert.match(String(call(again.exports, 'run')), /unreachable/)
  assert.equal((again.exports['g'] as unknown as { value: number }).value, 0)
  assert.equal(again.fuel, -1n)
  again.fuel = used
  assert.equal(call(again.exports, 'run'), undefined)
  assert.equal(again.fuel, 0n)
})

test('a length that no counter can pay stops before the instruction runs', () => {
  const wide = assemble(
    '(module (memory i64 1) (func (export "run") (param i64) (memory.fill (i64.const 0) (i32.const 1) (local.get 0))))',
  )
  const narrow = assemble(
    '(module (memory 1) (func (export "run") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))',
  )
  for (const length of [2n ** 63n, -1n, 2n ** 52n, 2n ** 40n]) {
    const metered = new Metered(wide)
    metered.fuel = 10_000n
    assert.match(String(call(metered.exports, 'run', length)), /unreachable/)
    assert.ok(metered.fuel < 0n)
  }
  const metered = new Metered(narrow)
  metered.fuel = 10_000n
  assert.match(String(call(metered.exports, 'run', -1)), /unreachable/)
  metered.fuel = 10_000n
  assert.equal(call(metered.exports, 'run', 65_536), undefined)
})

test('objects on the heap are paid by size', () => {
  const bytes = assemble(`(module (type $a (array (mut i8))) (type $s (struct (field i64) (field i32)))
    (func (export "array") (param i32) (drop (array.new_default $a (local.get 0))))
    (func (export "struct") (drop (struct.new_default $s))))`)
  const metered = new Metered(bytes)
  assert.equal(metered.call('array', 1_000).used, 1_000n + 16n + 10n + 2n)
  assert.equal(metered.call('struct').used, 12n + 16n + 8n + 1n)
})

test('memory grows to the cap and no further, and the refusal is remembered', () => {
  const bytes = assemble(
    '(module (memory (export "memory") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
  )
  const metered = new Metered(bytes, {}, { ...RULES, memoryMaxBytes: 10 * 65_536 + 5 })
  assert.deepEqual(metered.call('grow', 4), { outcome: 1, used: 4n * 4_096n + 501n })
  assert.equal(metered.refusedPages, 0n)
  assert.deepEqual(metered.call('grow', 6), { outcome: -1, used: 501n })
  assert.equal(metered.refusedPages, 6n)
  assert.equal(metered.call('grow', 5).outcome, 5)
  assert.equal(metered.call('grow', -1).outcome, -1)
  assert.equal(metered.refusedPages, 6n, 'what the module itself could never have is not the cap’s doing')
})

test('what a new instance costs is known beforehand', () => {
  const fuelOf = (fields: string) => instrumentModule(assemble(`(module ${fields})`), RULES).instantiationFuel
  assert.equal(fuelOf('(memory 100)'), 0)
  assert.equal(fuelOf(`(memory 1) (data (i32.const 0) "${'x'.repeat(33)}")`), 3)
  assert.equal(fuelOf(`(memory 1) (data "${'x'.repeat(33)}")`), 0)
  assert.equal(fuelOf('(table 9 funcref) (elem (i32.const 0) $f $f $f) (func $f)'), 9 + 3 * 128)
  assert.equal(fuelOf('(table 10000 externref)'), 10_000)
  assert.equal(fuelOf('(global i32 (i32.const 1)) (global i64 (i64.const 1))'), 2)
  const long = `${'(i32.add (i32.const 1) '.repeat(100)}(i32.const 1)${')'.repeat(100)}`
  // 100 times two bytes of a constant and one of an addition, a constant more, and the end.
  assert.equal(fuelOf(`(global i32 ${long})`), Math.ceil((100 * 3 + 3) / 16))
  assert.equal(fuelOf(`(memory 1) (data (offset ${long}) "x")`), 1 + Math.floor((100 * 3 + 3) / 16))
  assert.equal(fuelOf('(type $a (array i32)) (global (ref $a) (array.new $a (i32.const 0) (i32.const 99)))'), 1 + 1_600)
})

test('a module’s own maximum below the cap stays', () => {
  const bytes = assemble(
    '(module (memory 1 2) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
  )
  const metered = new Metered(bytes)
  assert.equal(metered.call('grow', 2).outcome, -1)
  assert.equal(metered.refusedPages, 0n)
  assert.equal(metered.call('grow', 1).outcome, 1)
})

test('several memories and tables share their caps', () => {
  const bytes = assemble(`(module (memory 1) (memory 2 3) (memory i64 1) (table 5 funcref) (table 1 funcref)
    (func (export "a") (result i32) (memory.grow 0 (i32.const 9))) (func (export "b") (result i32) (memory.grow 1 (i32.const 1)))
    (func (export "c") (result i64) (memory.grow 2 (i64.const 7)))
    (func (export "t") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))`)
  const { info, bytes: rewritten } = instrumentModule(bytes, { memoryMaxBytes: 20 * 65_536, tableMaxElements: 16 })
  assert.equal(info.memories.length, 3)
  const metered = new Metered(bytes, {}, { memoryMaxBytes: 20 * 65_536, tableMaxElements: 16 })
  assert.ok(WebAssembly.validate(rewritten))
  assert.equal(metered.call('a').outcome, -1)
  assert.equal(metered.refusedPages, 9n)
  assert.equal(metered.call('b').outcome, 2)
  assert.equal(metered.call('c').outcome, 1n)
  assert.equal(metered.call('t', 6).outcome, -1)
  assert.equal(metered.read('tableGrowth'), 0)
  assert.equal(metered.call('t', 5).outcome, 5)
  assert.equal(metered.read('tableGrowth'), 5)
  assert.equal(metered.call('t', 1).outcome, -1)
  assert.equal(metered.read('tableGrowth'), 5)
})

test('a module that starts larger than the cap is refused with the sizes', () => {
  const memory = fails('ERR_LIMIT_MEMORY', () =>
    instrumentModule(assemble('(module (memory 2) (memory 3))'), { ...RULES, memoryMaxBytes: 4 * 65_536 }),
  )
  assert.deepEqual({ limit: memory.data['limit'], asked: memory.data['asked'] }, { limit: 262_144, asked: 327_680 })
  const table = fails('ERR_LIMIT_TABLE', () =>
    instrumentModule(assemble('(module (table 5 funcref) (table 6 funcref))'), { ...RULES, tableMaxElements: 10 }),
  )
  assert.deepEqual({ limit: table.data['limit'], asked: table.data['asked'] }, { limit: 10, asked: 11 })
})

test('constant expressions cannot allocate more than the cap', () => {
  const array = (length: string) =>
    assemble(`(module (type $a (array (mut i64))) (global (ref $a) (array.new_default $a ${length})))`)
  assert.ok(instrumentModule(array('(i32.const 1000)'), RULES))
  fails('ERR_LIMIT_MEMORY', () => instrumentModule(array('(i32.const 100000000)'), RULES))
  fails('ERR_LIMIT_MEMORY', () => instrumentModule(array('(i32.const -1)'), RULES))
  fails('ERR_INSTRUMENT_OPCODE_REFUSED', () => instrumentModule(array('(i32.add (i32.const 1) (i32.const 2))'), RULES))
})

const REFUSED: readonly { name: string; wat: string; code: Parameters<typeof fails>[0]; data: object }[] = [
  {
    name: 'an imported memory',
    wat: '(module (import "m" "n" (memory 1)))',
    code: 'ERR_INSTRUMENT_IMPORT_REFUSED',
    data: { module: 'm', name: 'n', kind: 'memory', offset: 11 },
  },
  {
    name: 'an imported table',
    wat: '(module (import "m" "n" (table 1 funcref)))',
    code: 'ERR_INSTRUMENT_IMPORT_REFUSED',
    data: { module: 'm', name: 'n', kind: 'table', offset: 11 },
  },
  {
    name: 'an imported global',
    wat: '(module (import "m" "n" (global i32)))',
    code: 'ERR_INSTRUMENT_IMPORT_REFUSED',
    data: { module: 'm', name: 'n', kind: 'global', offset: 11 },
  },
  {
    name: 'an imported tag',
    wat: '(module (import "m" "n" (tag)))',
    code: 'ERR_INSTRUMENT_IMPORT_REFUSED',
    data: { module: 'm', name: 'n', kind: 'tag', offset: 17 },
  },
  {
    name: 'a shared memory',
    wat: '(module (memory 1 2 shared))',
    code: 'ERR_INSTRUMENT_MEMORY_REFUSED',
    data: { offset: 11 },
  },
  {
    name: 'a reserved export',
    wat: '(module (func (export "caxton:fuel")))',
    code: 'ERR_INSTRUMENT_NAME_TAKEN',
    data: { name: 'caxton:fuel', offset: 21 },
  },
]

for (const { name, wat, code, data } of REFUSED) {
  test(`refuses ${name}`, () => {
    assert.deepEqual(fails(code, () => instrumentModule(assemble(wat), RULES)).data, data)
  })
}

test('a host error in a call leaves the fuel right for the handler', () => {
  const bytes = assemble(`(module (import "host" "f" (func $f))
    (func (export "run") (block $h (try_table (catch_all $h) (call $f))) (drop (i32.const 1))))`)
  const host = { f: () => assert.fail('host') }
  assert.equal(call(instantiate(bytes, { host }), 'run'), undefined)
  const metered = new Metered(bytes, { host })
  assert.deepEqual(metered.call('run'), { outcome: undefined, used: 6n })
})

test('a host function that takes fuel is seen by the code behind the call', () => {
  const bytes = assemble(
    '(module (import "host" "f" (func $f)) (func (export "run") (drop (i32.const 1)) (call $f) (loop (drop (i32.const 1)))))',
  )
  const metered: Metered = new Metered(bytes, {
    host: {
      f: () => {
        metered.fuel -= 100n
      },
    },
  })
  assert.equal(metered.call('run').used, 2n + 4n + 2n + 100n)
  assert.equal(
    attempt(() => metered.fuel > 0n),
    true,
  )
})
