import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Refill } from '../core/index.ts'
import { createSliceHook } from '../core/index.ts'
import { assemble, attempt, call, countSlowly, instantiate, Metered, PLENTY, SLOW_COUNT } from './kit.test.ts'

const SLICE = 1_000n
const COUNT = `(module (global $turns (mut i32) (i32.const 0)) (export "turns" (global $turns))
  (func $turn (global.set $turns (i32.add (global.get $turns) (i32.const 1))))
  (func (export "run") (param i32) (result i32)
    (loop $l (call $turn) (br_if $l (i32.lt_u (global.get $turns) (local.get 0)))) (global.get $turns)))`
const SPIN = '(module (func (export "run") (loop $l (br $l))))'

/** A trap that a module made: no handler of a guest takes it. */
const TRAP = (() => {
  const { run } = instantiate(assemble('(module (func (export "run") (unreachable)))')) as { run: () => void }
  try {
    return run()
  } catch (thrown) {
    return thrown
  }
})()

function setHook(metered: Metered, refill: Refill | null): void {
  const global = metered.exports[metered.module.names.slice] as unknown as { value: CallableFunction | null }
  global.value = refill === null ? null : createSliceHook(refill)
}

function run(metered: Metered, ...args: readonly unknown[]): Promise<unknown> {
  return WebAssembly.promising(metered.exports['run'] as CallableFunction)(...args)
}

suite('the slice hook', () => {
  test('lets two endless loops take turns on one thread until they are ended', async () => {
    const turns: string[] = []
    const loops = ['a', 'b'].map(async (name) => {
      const metered = new Metered(assemble(SPIN))
      let slices = 0
      const refill = async (owed: bigint) => {
        turns.push(name)
        await null
        slices += 1
        if (slices === 5) throw TRAP
        return owed + SLICE
      }
      setHook(metered, new WebAssembly.Suspending(refill))
      metered.fuel = SLICE
      await assert.rejects(run(metered), /unreachable/)
      assert.ok(metered.fuel < 0n)
    })
    await Promise.all(loops)
    assert.equal(turns.join(''), 'ababababab')
  })

  test('changes neither result nor fuel, however long the slices are', async () => {
    const bytes = assemble(COUNT)
    const whole = new Metered(bytes).call('run', 500)
    for (const slice of [1n, 7n, 100n, 10_000n]) {
      const metered = new Metered(bytes)
      let granted = slice
      const refill = async (owed: bigint) => {
        const more = slice > -owed ? slice : -owed
        granted += more
        return owed + more
      }
      setHook(metered, new WebAssembly.Suspending(refill))
      metered.fuel = slice
      assert.equal(await run(metered, 500), whole.outcome)
      assert.equal(granted - metered.fuel, whole.used)
    }
  })

  test('is not called while there is fuel, in a plain call as in any other', () => {
    const metered = new Metered(assemble(COUNT))
    setHook(metered, new WebAssembly.Suspending(() => assert.fail('called')))
    const { outcome, used } = metered.call('run', 100)
    assert.equal(outcome, 100)
    assert.ok(used < PLENTY)
  })

  test('may answer at once, without suspending', () => {
    const bytes = assemble(COUNT)
    const slow = instantiate(countSlowly(bytes))
    assert.equal(call(slow, 'run', 300), 300)
    const metered = new Metered(bytes)
    let granted = SLICE
    setHook(metered, (owed) => {
      assert.equal(metered.fuel, owed)
      granted += SLICE
      return owed + SLICE
    })
    metered.fuel = SLICE
    assert.equal(call(metered.exports, 'run', 300), 300)
    assert.equal(granted - metered.fuel, (slow[SLOW_COUNT] as unknown as { value: bigint }).value)
  })

  test('traps the guest with a negative answer, which stays in the fuel global', () => {
    const metered = new Metered(assemble(SPIN))
    setHook(metered, () => -42n)
    metered.fuel = SLICE
    assert.match(String(call(metered.exports, 'run')), /trap: unreachable/)
    assert.equal(metered.fuel, -42n)
  })

  test('is asked by a bulk instruction, too, for as much as that costs', () => {
    const bytes = assemble(
      '(module (memory 1) (func (export "run") (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))))',
    )
    const metered = new Metered(bytes)
    const asked: bigint[] = []
    setHook(metered, (owed) => {
      asked.push(owed)
      return 0n
    })
    metered.fuel = 100n
    assert.equal(call(metered.exports, 'run'), undefined)
    assert.deepEqual(asked, [100n - 51n - 4_096n])
    assert.equal(metered.fuel, 0n)
  })

  const swallow = assemble(
    '(module (func $spin (loop $l (br $l))) (func (export "run") (loop $l (try (do (call $spin)) (catch_all)) (br $l))))',
  )
  const throwing: readonly { name: string; refill: Refill }[] = [
    { name: 'that throws', refill: () => assert.fail('the hook fails') },
    { name: 'that suspends in a plain call', refill: new WebAssembly.Suspending(async () => 10_000n) },
  ]
  for (const { name, refill } of throwing) {
    test(`${name} ends a guest that swallows exceptions at its next charge`, () => {
      const metered = new Metered(swallow)
      setHook(metered, refill)
      metered.fuel = SLICE
      assert.equal(
        attempt(() => (metered.exports as { run: () => void }).run()),
        'trap: unreachable',
      )
      assert.ok(metered.fuel < 0n)
    })
  }

  test('cannot be reached again while it runs', () => {
    const metered = new Metered(assemble(SPIN))
    let calls = 0
    setHook(metered, (owed) => {
      calls += 1
      assert.equal(call(metered.exports, 'run'), 'trap: unreachable')
      return calls === 3 ? owed : owed + SLICE
    })
    metered.fuel = SLICE
    assert.equal(call(metered.exports, 'run'), 'trap: unreachable')
    assert.equal(calls, 3)
  })
})
