import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSliceHook } from '../core/index.ts'
import { assemble, call, countSlowly, instantiate, Metered, SLOW_COUNT } from './kit.test.ts'

/** Statements as text, given how many labels there are around them. */
type Statement = (labels: number) => string

/** Loops end: each turn takes one off a global, and at zero the function returns. */
const GUARD =
  '(global.set 0 (i32.sub (global.get 0) (i32.const 1))) (if (i32.lt_s (global.get 0) (i32.const 0)) (then (return (i32.const 99))))'

const condition = fc.nat(7).map((bit) => `(i32.and (i32.shr_u (local.get 0) (i32.const ${bit})) (i32.const 1))`)

/** A conditional branch; to the function's own label, which takes a value, with one. */
function branchIf(to: number, labels: number, when: string): string {
  return to === labels ? `(drop (br_if ${to} (local.get 0) ${when}))` : `(br_if ${to} ${when})`
}

/** Loops that end, by their numbers: they are paid for at once where the fuel is enough. */
const counted: fc.Arbitrary<Statement> = fc
  .record({
    turns: fc.nat(20),
    bound: fc.integer({ min: -9, max: 40 }),
    step: fc.constantFrom(1, 2, 3, 5, -1, -4),
    equal: fc.boolean(),
    body: fc.constantFrom(
      '(i32.store8 (i32.and (local.get 1) (i32.const 1023)) (i32.const 1))',
      '(local.set 0 (i32.add (local.get 0) (local.get 1)))',
      '',
    ),
  })
  .map(({ turns, bound, step, equal, body }) => () => {
    const compare = equal ? 'ne' : step > 0 ? 'lt_s' : 'ge_s'
    return `(local.set 1 (i32.const ${bound - (turns + 1) * step}))
      (loop ${body} (br_if 0 (i32.${compare} (local.tee 1 (i32.add (local.get 1) (i32.const ${step}))) (i32.const ${bound}))))`
  })

function statements(withExceptions: boolean): fc.Arbitrary<Statement> {
  const { body } = fc.letrec<{ body: Statement; statement: Statement }>((tie) => {
    const inner = tie('body')
    const simple: fc.Arbitrary<Statement> = fc
      .nat(1_000)
      .map((k) => () => `(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 5)) (i32.const ${k})))`)
    const label = fc.nat(20)
    const options: fc.Arbitrary<Statement>[] = [
      simple,
      simple,
      fc.constant(() => '(local.set 0 (call $leaf (local.get 0)))'),
      fc.tuple(label, condition).map(
        ([to, when]) =>
          (labels) =>
            branchIf(to % (labels + 1), labels, when),
      ),
      fc.tuple(label, label, label).map(
        ([a, b, c]) =>
          (labels) =>
            labels === 0
              ? ''
              : `(block (br_table ${[a, b, c].map((to) => 1 + (to % labels)).join(' ')} (i32.and (local.get 0) (i32.const 3))))`,
      ),
      fc.tuple(condition, inner, inner).map(
        ([when, yes, no]) =>
          (labels) =>
            `(if ${when} (then ${yes(labels + 1)}) (else ${no(labels + 1)}))`,
      ),
      fc.tuple(condition, inner).map(
        ([when, yes]) =>
          (labels) =>
            `(if ${when} (then ${yes(labels + 1)}))`,
      ),
      inner.map((code) => (labels) => `(block ${code(labels + 1)})`),
      fc.tuple(inner, condition).map(
        ([code, again]) =>
          (labels) =>
            `(loop ${GUARD} ${code(labels + 1)} (br_if 0 ${again}))`,
      ),
      fc.tuple(label, condition).map(
        ([to, when]) =>
          (labels) =>
            `(if ${when} (then ${labels === 0 ? '(return (i32.const 5))' : `(br ${1 + (to % labels)})`} (nop)))`,
      ),
      condition.map((when) => () => `(if ${when} (then (return (local.get 0))))`),
      counted,
      fc.constant(() => '(memory.fill (i32.const 0) (i32.const 1) (i32.and (local.get 0) (i32.const 1023)))'),
    ]
    const throwing: fc.Arbitrary<Statement>[] = [
      condition.map((when) => () => `(if ${when} (then (throw $e)))`),
      fc.constant(() => '(call $thrower (local.get 0))'),
      fc.tuple(inner, label).map(
        ([code, to]) =>
          (labels) =>
            labels === 0 ? code(labels) : `(try_table (catch_all ${to % labels}) ${code(labels + 1)})`,
      ),
      fc.tuple(inner, label).map(
        ([code, to]) =>
          (labels) =>
            labels === 0 ? code(labels) : `(try_table (catch $e ${to % labels}) ${code(labels + 1)})`,
      ),
    ]
    return {
      statement: fc.oneof({ depthSize: 'medium', maxDepth: 5 }, ...options, ...(withExceptions ? throwing : [])),
      body: fc
        .array(tie('statement'), { maxLength: 6 })
        .map((parts) => (labels: number) => parts.map((part) => part(labels)).join('\n')),
    }
  })
  return body
}

function program(body: string, leaf: string, withExceptions: boolean): string {
  const thrower = '(func $thrower (param i32) (if (i32.and (local.get 0) (i32.const 4)) (then (throw $e))))'
  return `(module ${withExceptions ? `(tag $e) ${thrower}` : ''} (memory 1) (global (mut i32) (i32.const 40)) (export "guard" (global 0))
    (func $leaf (param i32) (result i32) (local i32) ${leaf} (local.get 0))
    (func (export "run") (param i32) (result i32) (local i32) ${body} (local.get 0)))`
}

const SLICE = 37n

/** Runs a program that gets its fuel in small slices. */
function runInSlices(bytes: Uint8Array<ArrayBuffer>, argument: number): { outcome: unknown; used: bigint } {
  const metered = new Metered(bytes)
  let granted = SLICE
  const hook = createSliceHook((owed) => {
    const more = SLICE > -owed ? SLICE : -owed
    granted += more
    return owed + more
  })
  Object.assign(metered.exports[metered.module.names.slice] as object, { value: hook })
  metered.fuel = SLICE
  const outcome = call(metered.exports, 'run', argument)
  return { outcome, used: granted - metered.fuel }
}

for (const withExceptions of [false, true]) {
  const kind = withExceptions
    ? 'with exceptions are charged at least what they run'
    : 'are charged exactly what they run'
  test(`random programs ${kind}, and answer the same`, () => {
    const code = statements(withExceptions)
    const leaf = statements(false)
    fc.assert(
      fc.property(code, leaf, fc.nat(1_000), (body, leafBody, argument) => {
        const bytes = assemble(
          program(body(0), leafBody(0).replaceAll('(local.set 0 (call $leaf (local.get 0)))', ''), withExceptions),
        )
        const expected = call(instantiate(bytes), 'run', argument)
        const slow = instantiate(countSlowly(bytes))
        assert.deepEqual(call(slow, 'run', argument), expected)
        const { value: count } = slow[SLOW_COUNT] as unknown as { value: bigint }
        const { outcome, used } = new Metered(bytes).call('run', argument)
        assert.deepEqual(outcome, expected)
        assert.deepEqual(runInSlices(bytes, argument), { outcome: expected, used })
        if (withExceptions) assert.ok(used >= count, `ran ${count}, was charged ${used}`)
        else assert.equal(used, count)
      }),
      { numRuns: 250 },
    )
  })
}
