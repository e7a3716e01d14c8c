import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assemble, call, countSlowly, instantiate, Metered, SLOW_COUNT } from './kit.test.ts'

interface Program {
  readonly name: string
  readonly wat: string
  /** Arguments of the export `run`, call by call. */
  readonly calls: readonly (readonly unknown[])[]
  /** Fuel that may be charged and not run, because exceptions leave frames in the middle of a block. */
  readonly slack?: number
}

const NUMBERS = [[0], [1], [2], [3], [7], [10]]

const PROGRAMS: readonly Program[] = [
  { name: 'nothing', wat: '(module (func (export "run") (param i32)))', calls: [[1]] },
  {
    name: 'straight line',
    wat: '(module (func (export "run") (param i32) (result i32) (i32.div_u (i32.const 100) (i32.add (local.get 0) (i32.const 1)))))',
    calls: NUMBERS,
  },
  {
    name: 'a counted loop',
    wat: `(module (func (export "run") (param i32) (result i32) (local i32)
      (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get 1)))`,
    calls: [[1], [2], [3], [100]],
  },
  {
    name: 'continue and break in nested loops',
    wat: `(module (func (export "run") (param i32) (result i32) (local i32 i32)
      (block $out (loop $outer
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $out (i32.gt_u (local.get 1) (local.get 0)))
        (local.set 2 (i32.const 0))
        (block $inner (loop $l
          (local.set 2 (i32.add (local.get 2) (i32.const 1)))
          (br_if $outer (i32.eq (local.get 2) (i32.const 3)))
          (br_if $inner (i32.gt_u (local.get 2) (local.get 1)))
          (br $l)))
        (local.set 2 (i32.mul (local.get 2) (i32.const 5)))
        (br $outer)))
      (local.get 2)))`,
    calls: NUMBERS,
  },
  {
    name: 'if with and without else, code behind',
    wat: `(module (func (export "run") (param i32) (result i32)
      (if (i32.and (local.get 0) (i32.const 1)) (then (local.set 0 (i32.add (local.get 0) (i32.const 7)))))
      (if (result i32) (i32.gt_u (local.get 0) (i32.const 5))
        (then (i32.mul (local.get 0) (i32.const 3)))
        (else (nop) (i32.sub (local.get 0) (i32.const 3))))
      (i32.add (i32.const 1))))`,
    calls: NUMBERS,
  },
  {
    name: 'return and br out of the function',
    wat: `(module (func (export "run") (param i32) (result i32)
      (block (block
        (if (i32.eqz (local.get 0)) (then (return (i32.const 11))))
        (br_if 0 (i32.eq (local.get 0) (i32.const 1)))
        (drop (br_if 2 (i32.const 22) (i32.eq (local.get 0) (i32.const 2))))
        (br_if 1 (i32.eq (local.get 0) (i32.const 3)))
        (drop (i32.mul (local.get 0) (local.get 0))))
        (local.set 0 (i32.add (local.get 0) (i32.const 40))))
      (br 0 (local.get 0))))`,
    calls: NUMBERS,
  },
  {
    name: 'several results and a branch to the function',
    wat: `(module (func (export "run") (param i32) (result i32 i64)
      (br_if 0 (i32.const 1) (i64.const 2) (local.get 0))
      (drop) (drop) (i32.const 3) (i64.const 4)))`,
    calls: NUMBERS,
  },
  {
    name: 'br_table into blocks, a loop and the function',
    wat: `(module (func (export "run") (param i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (if (i32.gt_u (local.get 1) (i32.const 5)) (then (return)))
        (block $a (block $b (block $c
          (br_table $a $b $c $l 4 $a (local.get 0)))
          (local.set 0 (i32.const 1)) (br $l))
          (local.set 0 (i32.const 3)) (br $l))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1))))))`,
    calls: [...NUMBERS, [4], [5]],
  },
  {
    name: 'recursion',
    wat: `(module (func $fib (export "run") (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`,
    calls: NUMBERS,
  },
  {
    name: 'calls between branches, indirect calls, calls to the host',
    wat: `(module (import "host" "f" (func $f (param i32) (result i32)))
      (type $t (func (param i32) (result i32)))
      (table 2 funcref) (elem (i32.const 0) $a $b)
      (func $a (type $t) (i32.add (local.get 0) (i32.const 1)))
      (func $b (type $t) (loop $l (br_if $l (i32.gt_u (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 2)))) (local.get 0))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop $l
          (if (i32.and (local.get 1) (i32.const 1))
            (then (drop (call $f (local.get 1))) (drop (call $f (local.get 1))))
            (else (drop (i32.const 5))))
          (drop (call_indirect (type $t) (i32.const 20) (i32.and (local.get 1) (i32.const 1))))
          (block $skip
            (br_if $skip (i32.eq (local.get 1) (i32.const 2)))
            (drop (call $a (i32.const 1))))
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get 1) (local.get 0))))
        (call $f (local.get 1))))`,
    calls: NUMBERS,
  },
  {
    name: 'tail calls',
    wat: `(module (type $t (func (param i32 i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $odd)
      (func $even (export "run") (param i32) (result i32) (return_call $step (local.get 0) (i32.const 0)))
      (func $step (type $t) (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1) (i32.const 0)))
      (func $odd (type $t) (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $step (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))`,
    calls: NUMBERS,
  },
  {
    name: 'references and call_ref',
    wat: `(module (type $t (func (param i32) (result i32))) (elem declare func $a)
      (func $a (type $t) (i32.add (local.get 0) (i32.const 1)))
      (func $pick (param i32) (result (ref null $t)) (if (result (ref null $t)) (local.get 0) (then (ref.func $a)) (else (ref.null $t))))
      (func (export "run") (param i32) (result i32)
        (block $null
          (return (call_ref $t (local.get 0) (br_on_null $null (call $pick (local.get 0))))))
        (i32.const -1)))`,
    calls: NUMBERS,
  },
  {
    name: 'bulk instructions',
    wat: `(module (memory 1) (table $t 50 funcref) (table $u 50 funcref)
      (data $d "0123456789012345678901234567890123456789") (elem $e func 0 0 0 0)
      (func (export "run") (param i32) (local i32)
        (loop $l
          (memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get 0) (i32.const 100)))
          (memory.copy (i32.const 100) (i32.const 0) (local.get 0))
          (memory.init $d (i32.const 0) (i32.const 0) (local.get 0))
          (table.fill $t (i32.const 0) (ref.null func) (local.get 0))
          (table.copy $u $t (i32.const 0) (i32.const 5) (local.get 0))
          (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 3))
          (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 3))))))`,
    calls: NUMBERS,
  },
  {
    name: 'exceptions, exnref: thrown here, thrown below, rethrown, not thrown',
    wat: `(module (tag $e (param i32)) (tag $f)
      (func $thrower (param i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $e (i32.const 5))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $f))))
      (func $middle (param i32)
        (block $h (result exnref)
          (try_table (catch_all_ref $h) (call $thrower (local.get 0)) (return))
          (unreachable))
        (throw_ref))
      (func (export "run") (param i32) (result i32) (local i32)
        (block $out
        (loop $again
          (br_if $out (i32.eq (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 4)))
          (drop (block $e (result i32)
            (try_table (catch $e $e) (catch_all $again)
              (call $middle (local.get 0))
              (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $e (i32.const 9)))))
            (i32.const 1)))
          (drop (i32.mul (local.get 1) (i32.const 3)))
          (br $again)))
        (local.get 1)))`,
    calls: NUMBERS,
    slack: 60,
  },
  {
    name: 'exceptions to the label of the function and of an if',
    wat: `(module (tag $e)
      (func $thrower (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e))))
      (func $sub (param i32)
        (drop (i32.div_u (local.get 0) (i32.const 3)))
        (if (i32.gt_u (local.get 0) (i32.const 1)) (then
          (try_table (catch_all 0) (call $thrower (local.get 0)))
          (drop (i32.const 1))))
        (try_table (catch $e 0)
          (call $thrower (local.get 0))
          (drop (i32.const 4))
          (br_if 1 (i32.eq (local.get 0) (i32.const 4))))
        (drop (i32.const 9)))
      (func (export "run") (param i32) (call $sub (local.get 0)) (call $sub (i32.add (local.get 0) (i32.const 1)))))`,
    calls: [...NUMBERS, [4], [5]],
    slack: 40,
  },
  {
    name: 'exceptions, legacy: caught, rethrown, delegated',
    wat: `(module (tag $e (param i32))
      (func $thrower (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0)))))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop $l
          (try $t
            (do (try (do (call $thrower (local.get 0)) (drop (i32.const 1))) (delegate $t)) (drop (i32.const 2)))
            (catch $e (local.set 1 (i32.add (pop i32) (local.get 1))))
            (catch_all (drop (i32.const 3))))
          (try (do (try (do (call $thrower (local.get 0))) (catch_all (drop (i32.const 7)) (rethrow 0)))) (catch_all (local.set 1 (i32.add (local.get 1) (i32.const 1)))))
          (br_if $l (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
        (local.get 1)))`,
    calls: NUMBERS,
    slack: 60,
  },
]

for (const { name, wat, calls, slack } of PROGRAMS) {
  test(`fuel and results agree with the slow checker: ${name}`, () => {
    const bytes = assemble(wat)
    const imports = { host: { f: (x: number) => x + 1 } }
    const plain = instantiate(bytes, imports)
    const slow = instantiate(countSlowly(bytes), imports)
    const metered = new Metered(bytes, imports)
    for (const args of calls) {
      const counter = slow[SLOW_COUNT] as unknown as { value: bigint }
      counter.value = 0n
      const expected = call(plain, 'run', ...args)
      assert.deepEqual(call(slow, 'run', ...args), expected)
      const { outcome, used } = metered.call('run', ...args)
      assert.deepEqual(outcome, expected)
      const extra = Number(used - counter.value)
      assert.ok(extra >= 0 && extra <= (slack ?? 0) * 10, `run(${args}) ran ${counter.value}, was charged ${used}`)
      if (slack === undefined) assert.equal(used, counter.value)
    }
  })
}
