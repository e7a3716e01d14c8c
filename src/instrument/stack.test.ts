import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { assemble, call, Metered, PLENTY, STACK_BYTES } from './kit.test.ts'

/** V8 gives that much to a stack that can suspend, and to the main one. */
const V8_STACK_BYTES = 984 * 1_024
/** The highest limit an agent can have. */
const MOST_BYTES = 768 * 1_024

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ')

const DEEPER = '(global.set $depth (i32.add (global.get $depth) (i32.const 1)))'

interface Recursion {
  readonly name: string
  /** Fields of a module with an export `run` that never comes back by itself; `$depth` counts its calls. */
  readonly wat: string
}

const RECURSIONS: readonly Recursion[] = [
  { name: 'direct', wat: `(func $f (export "run") ${DEEPER} (call $f))` },
  {
    name: 'with a result that is used behind the call',
    wat: `(func $f (result i32) ${DEEPER} (i32.add (call $f) (i32.const 1))) (func (export "run") (drop (call $f)))`,
  },
  {
    name: 'mutual',
    wat: `(func $f (export "run") ${DEEPER} (call $g)) (func $g (local i64 i64) ${DEEPER} (call $h (i32.const 1))) (func $h (param i32) ${DEEPER} (call $f))`,
  },
  {
    name: 'indirect',
    wat: `(table 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") ${DEEPER} (call_indirect (i32.const 0)))`,
  },
  {
    name: 'by reference',
    wat: `(type $t (func)) (elem declare func $f) (func $f (export "run") (type $t) ${DEEPER} (call_ref $t (ref.func $f)))`,
  },
  {
    name: 'between calls of leaves',
    wat: `(func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (func $f (export "run") ${DEEPER} (drop (call $leaf (i32.const 1))) (call $f) (drop (call $leaf (i32.const 2))))`,
  },
  {
    name: 'with a tail call in each second frame',
    wat: `(func $f (export "run") ${DEEPER} (call $g)) (func $g (call $leaf) (return_call $f)) (func $leaf)`,
  },
  {
    name: 'inside of handlers',
    wat: `(tag $e) (func $f (export "run") ${DEEPER} (block $h (try_table (catch_all $h) (call $f))))`,
  },
  {
    name: 'inside of handlers of the older form',
    wat: `(tag $e) (func $f (export "run") ${DEEPER} (try (do (call $f)) (catch_all)))`,
  },
  {
    name: 'behind an exception that was thrown from far below',
    wat: `(tag $e)
      (func $dive (param i32) (if (i32.eqz (local.get 0)) (then (throw $e))) (call $dive (i32.sub (local.get 0) (i32.const 1))))
      (func $f (export "run") ${DEEPER} (block $h (try_table (catch_all $h) (call $dive (i32.const 50)))) (call $f))`,
  },
  {
    name: 'with 3,000 locals',
    wat: `(func $f (export "run") (local ${times(3_000, () => 'i64')}) ${DEEPER} (call $f) (local.set 7 (i64.add (local.get 2999) (local.get 8))))`,
  },
  {
    name: 'with 500 vectors that live across the call',
    wat: `(func $f (export "run") (local ${times(500, () => 'v128')}) ${DEEPER} ${times(500, (i) => `(local.set ${i} (i32x4.splat (global.get $depth)))`)}
      (call $f) ${times(499, (i) => `(local.set 0 (i32x4.add (local.get 0) (local.get ${i + 1})))`)} (global.set $depth (i32x4.extract_lane 0 (local.get 0))))`,
  },
  {
    name: 'with 1,000 parameters',
    wat: `(func $f (param ${times(1_000, () => 'i64')}) ${DEEPER} (call $f ${times(1_000, (i) => `(local.get ${i})`)}))
      (func (export "run") (call $f ${times(1_000, (i) => `(i64.const ${i})`)}))`,
  },
  {
    name: 'with 1,000 results',
    wat: `(type $t (func (result ${times(1_000, () => 'i64')}))) (func $f (type $t) ${DEEPER} (call $f))
      (func (export "run") (call $f) ${times(1_000, () => '(drop)')})`,
  },
  {
    name: 'with 300 operands below the call',
    wat: `(func $f (result i32) ${DEEPER} ${times(300, (i) => `(i32.add (i32.mul (global.get $depth) (i32.const ${i}))`)} (call $f) ${times(300, () => ')')})
      (func (export "run") (drop (call $f)))`,
  },
]

function moduleOf(wat: string, imports = ''): Uint8Array<ArrayBuffer> {
  return assemble(`(module ${imports} (global $depth (export "depth") (mut i32) (i32.const 0)) ${wat})`)
}

/** How deep the recursion came before our own check ended it. */
function depthIn(metered: Metered, outcome: unknown): number {
  const depth = metered.exports['depth'] as unknown as { value: number }
  assert.match(String(outcome), /trap: unreachable|RuntimeError: unreachable/)
  assert.ok(metered.stack < 0, 'the stack global is negative')
  assert.ok(metered.fuel > 0n, 'the fuel is not')
  const reached = depth.value
  depth.value = 0
  return reached
}

suite('a recursion without end stops at the limit of the stack, equally deep each time', () => {
  for (const { name, wat } of RECURSIONS) {
    test(name, async () => {
      const bytes = moduleOf(wat)
      const metered = new Metered(bytes)
      const first = depthIn(metered, metered.call('run').outcome)
      assert.ok(first > 1, `${first} calls`)
      for (let i = 0; i < 30; i++) {
        metered.fuel = PLENTY
        metered.stack = 4_096
        call(metered.exports, 'run')
      }
      depthIn(metered, 'trap: unreachable')
      assert.equal(depthIn(metered, metered.call('run').outcome), first, 'after V8 has seen it run')
      metered.fuel = PLENTY
      metered.stack = MOST_BYTES
      const suspendable = WebAssembly.promising(metered.exports['run'] as CallableFunction)
      const outcome = await suspendable().catch((error: unknown) => error)
      assert.ok(depthIn(metered, outcome) > first, 'on a stack that can suspend, with the highest limit')
    })
  }
})

test('a recursion through the host stops where the host sets the level anew', () => {
  const bytes = moduleOf(`(func (export "run") ${DEEPER} (call $again))`, '(import "host" "again" (func $again))')
  const hostBytes = 1_000
  const metered: Metered = new Metered(bytes, {
    host: {
      again: () => {
        metered.stack -= hostBytes
        ;(metered.exports as { run: () => void }).run()
      },
    },
  })
  const depth = depthIn(metered, metered.call('run').outcome)
  assert.ok(depth > STACK_BYTES / (hostBytes + 200) && depth < STACK_BYTES / hostBytes, `${depth}`)
})

test('a tail call takes no stack, however often', () => {
  const metered = new Metered(
    assemble(`(module (func $leaf) (func $f (export "run") (param i32) (result i32)
      (call $leaf) (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
      (call $host) (return_call $f (i32.sub (local.get 0) (i32.const 1)))) (func $host))`),
  )
  assert.equal(metered.call('run', 200_000).outcome, 7)
})

test('a loop that calls takes the stack of one call, whatever each call leaves', () => {
  const metered = new Metered(
    assemble(`(module (func $b (param i32) (if (local.get 0) (then (call $b (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "run") (param i32) (loop $l (call $b (i32.const 100)) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`),
  )
  assert.equal(metered.call('run', 5_000).outcome, undefined)
})

test('the last frame that fits runs, and with one byte less it does not', () => {
  const bytes = moduleOf(
    `(func $f (export "run") (param i32) ${DEEPER} (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))`,
  )
  const metered = new Metered(bytes)
  const fits = (stack: number) => {
    metered.fuel = PLENTY
    metered.stack = stack
    return call(metered.exports, 'run', 9) === undefined
  }
  let least = 0
  for (let step = 2 ** 16; step >= 1; step /= 2) if (!fits(least + step)) least += step
  assert.equal(fits(least + 1), true)
  assert.equal((least + 1) % 10, 0, 'ten frames of equal size')
})

test('the floor is where the stack was deepest, whatever was called before and behind it', () => {
  const dive = '(func $dive (param i32) (if (local.get 0) (then (call $dive (i32.sub (local.get 0) (i32.const 1))))))'
  const metered = new Metered(
    assemble(`(module ${dive} (func (export "run") (param i32 i32 i32)
      (call $dive (local.get 0)) (call $dive (local.get 1)) (call $dive (local.get 2))))`),
  )
  const deepest = (...calls: number[]) => {
    metered.stackFloor = STACK_BYTES
    metered.call('run', ...calls)
    return STACK_BYTES - metered.read('stackFloor')
  }
  const one = deepest(0, 1, 0) - deepest(0, 0, 0)
  assert.ok(one > 0)
  assert.equal(deepest(3, 90, 7), deepest(0, 0, 0) + 90 * one)
  assert.equal(deepest(90, 3, 89), deepest(0, 0, 0) + 90 * one)
  metered.stackFloor = 0
  metered.call('run', 90, 0, 0)
  assert.equal(metered.read('stackFloor'), 0, 'one that is at 0 stays there')
})

test('nothing that calls runs before the host has set the stack', () => {
  const metered = new Metered(moduleOf(`(func $g) (func (export "run") ${DEEPER} (call $g))`))
  metered.fuel = PLENTY
  metered.stack = 0
  assert.equal(depthIn(metered, call(metered.exports, 'run')), 0)
})

test('the bound of a frame is not below what V8 takes for it', () => {
  for (const { name, wat } of RECURSIONS.filter(({ wat }) => !wat.includes('try'))) {
    const metered = new Metered(moduleOf(wat))
    metered.fuel = PLENTY
    metered.stack = 2 ** 30
    assert.match(String(call(metered.exports, 'run')), /threw|RangeError/, name)
    const counted = 2 ** 30 - metered.stack
    assert.ok(counted > 0.9 * (V8_STACK_BYTES - 64 * 1_024), `${name}: ${counted} bytes counted`)
  }
})
