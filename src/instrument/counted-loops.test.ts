import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { createSliceHook } from '../core/index.ts'
import { InstructionCursor, OPCODE_BY_ROW, readLocals, readModule } from '../wasm/index.ts'
import { LoopCounter } from './counted-loops.ts'
import { instrumentModule } from './index.ts'
import { assemble, call, countSlowly, instantiate, Metered, RULES, SLOW_COUNT } from './kit.test.ts'

/** A turn that stores behind the end of the memory traps: 65,536 bytes, so many at a time. */
const BYTES_A_TURN = 256
const MOST_TURNS = 65_536 / BYTES_A_TURN

/**
 * A module that runs one loop. Locals: 0 is what steps, 1 the bound, 2 the step, 3 counts the turns; the global counts them,
 * too. The loop traps in its 257th turn at the latest.
 */
function program(type: 'i32' | 'i64', body: string, condition: string): Uint8Array<ArrayBuffer> {
  return assemble(`(module (memory 1) (global $turns (mut i32) (i32.const 0)) (export "turns" (global $turns))
    (func (export "run") (param ${type} ${type} ${type}) (result ${type}) (local i32)
      (loop $l
        (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
        (i32.store8 (i32.mul (local.get 3) (i32.const ${BYTES_A_TURN})) (i32.const 1))
        (local.set 3 (i32.add (local.get 3) (i32.const 1)))
        ${body}
        (br_if $l ${condition}))
      (local.get 0)))`)
}

/** Finds out whether the only loop of a module is counted, and where its end is known. */
function isCounted(bytes: Uint8Array): boolean {
  const { code } = readModule(bytes)
  const offset = code.offsets[0] as number
  const end = offset + (code.sizes[0] as number)
  const cursor = new InstructionCursor(bytes, readLocals(bytes, offset, end).offset, end)
  let body = -1
  while (cursor.next()) {
    const name = OPCODE_BY_ROW[cursor.row]?.name
    if (name === 'loop') body = cursor.offset
    if (name === 'br_if') return new LoopCounter(bytes).find(body, cursor.start) !== null
  }
  return assert.fail('no loop')
}

const STEP = (type: string, step: string | number): string =>
  `(local.set 0 (${type}.add (local.get 0) ${typeof step === 'number' ? `(${type}.const ${step})` : step}))`

const SHAPES: readonly { name: string; body: string; condition: string; counted: boolean }[] = [
  {
    name: 'up to a constant',
    body: STEP('i32', 1),
    condition: '(i32.lt_u (local.get 0) (i32.const 90))',
    counted: true,
  },
  { name: 'down to 0', body: STEP('i32', -1), condition: '(local.get 0)', counted: true },
  {
    name: 'the step and the comparison in one',
    body: '',
    condition: '(i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (local.get 1))',
    counted: true,
  },
  {
    name: 'the comparison before the step',
    body: `(local.set 3 (local.get 3)) ${STEP('i32', 1)}`,
    condition: '(i32.gt_s (local.get 1) (i32.sub (local.get 0) (i32.const 1)))',
    counted: true,
  },
  {
    name: 'a step in a local',
    body: STEP('i32', '(local.get 2)'),
    condition: '(i32.lt_u (local.get 0) (local.get 1))',
    counted: true,
  },
  {
    name: 'a comparison turned around',
    body: STEP('i32', 3),
    condition: '(i32.eqz (i32.ge_u (local.get 0) (i32.const 200)))',
    counted: true,
  },
  {
    name: 'numbers computed from the one that steps',
    body: STEP('i32', 2),
    condition:
      '(i32.le_s (i32.add (i32.add (local.get 0) (local.get 2)) (i32.const 7)) (i32.add (local.get 1) (i32.const 1)))',
    counted: true,
  },
  {
    name: 'a bound that the loop writes',
    body: `${STEP('i32', 1)} (local.set 1 (i32.sub (local.get 1) (i32.const 1)))`,
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'a step that the loop writes',
    body: `${STEP('i32', '(local.get 2)')} (local.set 2 (i32.const 1))`,
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'two steps',
    body: `${STEP('i32', 1)} ${STEP('i32', 1)}`,
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: true,
  },
  {
    name: 'no step',
    body: '(local.set 0 (local.get 0))',
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'a counter that doubles',
    body: STEP('i32', '(local.get 0)'),
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'a counter that is set anew',
    body: '(local.set 0 (i32.load8_u (i32.const 5)))',
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'a counter that goes the other way',
    body: STEP('i32', -1),
    condition: '(i32.lt_s (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'turns while it is equal',
    body: STEP('i32', 1),
    condition: '(i32.eq (local.get 0) (local.get 1))',
    counted: false,
  },
  {
    name: 'a bound that every number keeps to',
    body: STEP('i32', 1),
    condition: '(i32.le_u (local.get 0) (i32.const -1))',
    counted: false,
  },
  {
    name: 'a bound below 0',
    body: STEP('i32', -1),
    condition: '(i32.ge_u (local.get 0) (i32.const 0))',
    counted: false,
  },
]

const LITTLE = 50n

/** Runs a loop plain, counted slowly, metered with all the fuel, in slices, and with too little fuel, and compares. */
function check(bytes: Uint8Array<ArrayBuffer>, args: readonly unknown[]): void {
  const slow = instantiate(countSlowly(bytes))
  const expected = call(slow, 'run', ...args)
  const trapped = typeof expected === 'string'
  const turnsOf = (exports: WebAssembly.Exports) => (exports['turns'] as unknown as { value: number }).value
  const count = (slow[SLOW_COUNT] as unknown as { value: bigint }).value
  const metered = new Metered(bytes)
  const { outcome, used } = metered.call('run', ...args)
  assert.deepEqual(outcome, expected)
  assert.equal(turnsOf(metered.exports), turnsOf(slow))
  if (!trapped) assert.equal(used, count)
  assert.deepEqual(runInSlices(bytes, args), { outcome: expected, used: trapped ? null : count })
  checkLittle(bytes, args, { count, expected, turns: turnsOf(slow) })
}

/** With too little fuel no turn runs that was not paid; with exactly enough all do. */
function checkLittle(
  bytes: Uint8Array<ArrayBuffer>,
  args: readonly unknown[],
  { count, expected, turns }: { count: bigint; expected: unknown; turns: number },
): void {
  const cost = count / BigInt(turns)
  for (const fuel of [0n, LITTLE, count / 2n, count - 1n, count, count + 1n]) {
    const metered = new Metered(bytes)
    metered.fuel = fuel
    const outcome = call(metered.exports, 'run', ...args)
    const { value } = metered.exports['turns'] as unknown as { value: number }
    if (typeof expected === 'string') {
      // A loop that traps charges up to a turn that it does not finish.
      assert.ok(BigInt(value) * (cost - 1n) <= fuel, `${value} turns of ${cost} on ${fuel}`)
      continue
    }
    if (fuel >= count) assert.deepEqual([outcome, value, metered.fuel], [expected, turns, fuel - count])
    else {
      assert.deepEqual([outcome, metered.fuel < 0n], ['trap: unreachable', true])
      assert.ok(BigInt(value) * (cost - 1n) <= fuel, `${value} turns of ${cost} on ${fuel}`)
    }
  }
}

/** Runs a program that gets its fuel in small slices; what it used, if it did not trap. */
function runInSlices(
  bytes: Uint8Array<ArrayBuffer>,
  args: readonly unknown[],
): { outcome: unknown; used: bigint | null } {
  const metered = new Metered(bytes)
  let granted = LITTLE
  const hook = createSliceHook((owed) => {
    const more = LITTLE > -owed ? LITTLE : -owed
    granted += more
    return owed + more
  })
  Object.assign(metered.exports[metered.module.names.slice] as object, { value: hook })
  metered.fuel = LITTLE
  const outcome = call(metered.exports, 'run', ...args)
  return { outcome, used: typeof outcome === 'string' ? null : granted - metered.fuel }
}

suite('counted loops', () => {
  for (const { name, body, condition, counted } of SHAPES) {
    test(`${name}: ${counted ? 'counted' : 'not counted'}, and charged for each turn`, () => {
      const bytes = program('i32', body, condition)
      assert.equal(isCounted(bytes), counted)
      const numbers = [0, 1, 89, -2, 2 ** 31 - 1]
      for (const start of numbers) {
        for (const bound of numbers) for (const step of [0, 3, -1]) check(bytes, [start, bound, step])
      }
    })
  }

  test('a turn that traps in the middle leaves what a loop that is not counted would leave', () => {
    const bytes = program('i32', STEP('i32', 1), '(i32.lt_u (local.get 0) (i32.const 1000))')
    assert.ok(isCounted(bytes))
    const metered = new Metered(bytes)
    const { outcome } = metered.call('run', 0, 0, 0)
    assert.match(String(outcome), /out of bounds/)
    assert.equal((metered.exports['turns'] as unknown as { value: number }).value, MOST_TURNS + 1)
    // Memory and globals are as they were when it trapped, and the next call is charged as if nothing had been.
    const { used } = metered.call('run', 999, 0, 0)
    assert.equal(used, new Metered(bytes).call('run', 999, 0, 0).used)
  })

  test('a module of nothing but loops does not grow without bounds', () => {
    const loop = '(loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))'
    const text = (count: number) => `(module ${`(func (param i32) ${loop.repeat(count)})`.repeat(20)})`
    const growthOf = (count: number) => {
      const bytes = assemble(text(count))
      return instrumentModule(bytes, RULES).bytes.length - bytes.length
    }
    const few = growthOf(50) / 50
    assert.ok(growthOf(1_000) / 1_000 < few / 2)
  })

  test('a loop that is longer than a slice is interrupted wherever the next turn cannot be paid', () => {
    const bytes = program('i32', STEP('i32', 1), '(i32.ne (local.get 0) (i32.const 100))')
    assert.ok(isCounted(bytes))
    const turnsOf = (start: number) => new Metered(bytes).call('run', start, 0, 0).used
    const cost = turnsOf(98) - turnsOf(99)
    const entry = turnsOf(99) - cost
    for (const slice of [cost, 3n * cost + 1n, 99n * cost, 100n * cost, 101n * cost]) {
      const expected: number[] = []
      for (let turn = 0, fuel = slice - entry; turn < 100; turn++) {
        fuel -= cost
        if (fuel >= 0n) continue
        expected.push(turn)
        fuel += slice
      }
      const metered = new Metered(bytes)
      const turns: number[] = []
      const hook = createSliceHook((owed) => {
        turns.push((metered.exports['turns'] as unknown as { value: number }).value)
        return owed + slice
      })
      Object.assign(metered.exports[metered.module.names.slice] as object, { value: hook })
      metered.fuel = slice
      assert.equal(call(metered.exports, 'run', 0, 0, 0), 100)
      assert.deepEqual(turns, expected)
    }
  })
})

const edges = (type: 'i32' | 'i64'): readonly (number | bigint)[] => {
  const bits = type === 'i32' ? 31 : 63
  const top = 2n ** BigInt(bits)
  const all = [0n, 1n, 2n, 3n, 7n, 100n, -1n, -2n, -3n, -100n, top - 1n, top - 2n, top - 100n, -top, 1n - top, 3n - top]
  return type === 'i32' ? all.map(Number) : [...all, 2n ** 40n, 2n ** 40n - 1n, -(2n ** 40n), 2n ** 32n]
}
const COMPARISONS = ['ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u', 'eq']

/** Loops over numbers near the edges, by steps of all kinds: those that end, those that do not, those that wrap around. */
function loops(type: 'i32' | 'i64') {
  const number = fc.oneof(fc.constantFrom(...edges(type)), fc.integer({ min: -300, max: 300 }))
  const own = (value: number | bigint) => (type === 'i32' ? Number(value) : BigInt(value))
  return fc.record({
    comparison: fc.constantFrom(...COMPARISONS),
    negated: fc.boolean(),
    swapped: fc.boolean(),
    before: fc.boolean(),
    step: fc.oneof(fc.constant(null), fc.constantFrom(1, -1, 2, 4, -8, 3, -7, 64), number),
    constantBound: fc.boolean(),
    addend: fc.constantFrom<number | bigint>(0, 0, 1, -1, 100),
    start: number.map(own),
    bound: number.map(own),
    runtimeStep: number.map(own),
  })
}

for (const type of ['i32', 'i64'] as const) {
  test(`random loops over ${type} are charged exactly what they run, with all the fuel, in slices and with too little`, () => {
    let counted = 0
    fc.assert(
      fc.property(loops(type), (loop) => {
        const step = loop.step === null ? '(local.get 2)' : `(${type}.const ${loop.step})`
        const stepping = `(local.set 0 (${type}.add (local.get 0) ${step}))`
        const tested =
          loop.addend === 0 ? '(local.get 0)' : `(${type}.add (${type}.const ${loop.addend}) (local.get 0))`
        const bound = loop.constantBound ? `(${type}.const ${loop.bound})` : '(local.get 1)'
        const compared = `(${type}.${loop.comparison} ${loop.swapped ? `${bound} ${tested}` : `${tested} ${bound}`})`
        const [body, condition] = loop.before ? [`${compared} ${stepping}`, ''] : [stepping, compared]
        const bytes = program(type, `${body} ${condition}`, loop.negated ? '(i32.eqz)' : '')
        if (isCounted(bytes)) counted += 1
        check(bytes, [loop.start, loop.bound, loop.runtimeStep])
      }),
      { numRuns: 400 },
    )
    assert.ok(counted > 80, `${counted} of 400 were counted`)
  })
}
