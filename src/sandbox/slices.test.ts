import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { GuestSteps } from './doors/door.ts'
import type { DeployOptions } from './fixtures.test.ts'
import { agentWat, assemble, COUNTER, createPool, deploy, SPIN } from './fixtures.test.ts'
import type { CallEnd } from './guest/sliced-call.ts'
import { SlicedCall } from './guest/sliced-call.ts'
import { TRAP } from './guest/trap.ts'
import { SandboxPool } from './index.ts'

const SPINNERS = 10

/** Counts down from five million with a call in each turn, then answers how often it was called. */
const WORK = agentWat(
  '(loop $again (call $turn) (br_if $again (i32.lt_u (global.get $turns) (i32.const 5000000)))) (global.get $turns)',
  `(global $turns (mut i32) (i32.const 0))
   (func $turn (global.set $turns (i32.add (global.get $turns) (i32.const 1))))`,
)

interface Spinner {
  readonly scheduling?: DeployOptions['scheduling']
  /** @default 30,000,000 */
  readonly fuel?: number
}

/** Lets agents use up their fuel at the same time and tells in which order they did. */
async function endOrder(pool: SandboxPool, agents: Readonly<Record<string, Spinner>>) {
  const order: string[] = []
  const spinners = []
  for (const [name, { scheduling, fuel = 30_000_000 }] of Object.entries(agents)) {
    spinners.push({ name, ...(await deploy(pool, SPIN, { name, limits: { fuel }, scheduling })) })
  }
  await Promise.all(spinners.map(({ name, handle }) => handle().then(() => order.push(name))))
  return order
}

suite('slices', () => {
  test('let an agent answer while others of its thread are in the middle of their calls', async () => {
    await using pool = createPool()
    const echo = await deploy(pool, COUNTER, { name: 'echo' })
    const order: string[] = []
    const spinners = []
    for (let index = 0; index < SPINNERS; index += 1) {
      spinners.push(await deploy(pool, SPIN, { name: `spinner-${index}`, limits: { fuel: 60_000_000 } }))
    }
    const spinning = spinners.map(({ handle }) => handle().then(({ error }) => order.push(error?.code ?? 'none')))
    const answers = [1, 2, 3].map(async (round) => {
      assert.equal((await echo.handle()).status, round)
      order.push('echo')
    })
    await Promise.all([...spinning, ...answers])
    assert.deepEqual(order.slice(0, 3), ['echo', 'echo', 'echo'])
    assert.deepEqual(new Set(order.slice(3)), new Set(['ERR_LIMIT_FUEL']))
  })

  test('change neither the answer of a call nor its fuel', async () => {
    const ends = []
    for (const sliceFuel of [10_000, 1_000_000, 1e12]) {
      await using pool = new SandboxPool({ run: 'test' }, { threads: 1, sliceFuel })
      const { handle } = await deploy(pool, WORK)
      const { status, usage } = await handle()
      ends.push({ status, fuel: usage.fuel })
    }
    assert.equal(ends[0]?.status, 5_000_000)
    assert.deepEqual(ends[0], ends[1])
    assert.deepEqual(ends[1], ends[2])
  })

  test('use up a budget to the last unit, however it is cut', async () => {
    for (const sliceFuel of [10_000, 1e12]) {
      await using pool = new SandboxPool({ run: 'test' }, { threads: 1, sliceFuel })
      const { handle } = await deploy(pool, SPIN, { limits: { fuel: 3_333_333 } })
      const { error, usage } = await handle()
      assert.equal(error?.code, 'ERR_LIMIT_FUEL')
      assert.equal(usage.fuel, 3_333_333)
    }
  })

  test('come sooner to agents of more weight', async () => {
    await using pool = createPool()
    const agents = { light: { scheduling: { weight: 100 } }, heavy: { scheduling: { weight: 400 } } }
    assert.deepEqual(await endOrder(pool, agents), ['heavy', 'light'])
  })

  test('are shared in proportion to weight', async () => {
    await using pool = createPool()
    const light = { scheduling: { weight: 100 } }
    const heavy = (fuel: number) => ({ scheduling: { weight: 400 }, fuel })
    assert.deepEqual(await endOrder(pool, { light, heavy: heavy(100_000_000) }), ['heavy', 'light'])
    assert.deepEqual(await endOrder(pool, { light, heavy: heavy(150_000_000) }), ['light', 'heavy'])
  })

  test('come to a quiet agent of little weight and low priority, however many loud ones there are', async () => {
    await using pool = createPool()
    const quiet = await deploy(pool, COUNTER, { name: 'quiet', scheduling: { weight: 1, priority: 'low' } })
    const loud = { scheduling: { weight: 10_000, priority: 'high' }, fuel: 100_000_000 } as const
    const loudest = Object.fromEntries(Array.from({ length: SPINNERS }, (_, index) => [`loud-${index}`, loud]))
    const order: string[] = []
    const spinning = endOrder(pool, loudest).then(() => order.push('loud'))
    for (let round = 1; round <= 3; round += 1) assert.equal((await quiet.handle()).status, round)
    order.push('quiet')
    await spinning
    assert.deepEqual(order, ['quiet', 'loud'])
  })

  test('come sooner to agents of higher priority', async () => {
    await using pool = createPool()
    const agents = {
      low: { scheduling: { priority: 'low' } },
      normal: {},
      high: { scheduling: { priority: 'high' } },
    } as const
    assert.deepEqual(await endOrder(pool, agents), ['high', 'normal', 'low'])
  })

  test('leave the calls of one agent in order, one at a time', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 1, sliceFuel: 10_000 })
    const handle = `(local $before i32) (local.set $before (global.get $turns)) (call $turn)
      (loop $wait (br_if $wait (i32.lt_u (local.tee $len (i32.add (local.get $len) (i32.const 1))) (i32.const 100000))))
      (if (i32.ne (global.get $turns) (i32.add (local.get $before) (i32.const 1))) (then (unreachable))) (global.get $turns)`
    const fields = `(global $turns (mut i32) (i32.const 0))
      (func $turn (global.set $turns (i32.add (global.get $turns) (i32.const 1))))`
    const agent = await deploy(pool, agentWat(handle, fields))
    const outcomes = await Promise.all([agent.handle(), agent.handle(), agent.handle()])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [1, 2, 3],
    )
  })

  test('end with an agent that is closed between two of them, and leave its neighbours alone', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    for (let round = 1; round <= 10; round += 1) {
      const agents = []
      for (const name of ['a', 'b', 'c']) agents.push(await deploy(pool, SPIN, { name, limits: { fuel: 1e15 } }))
      const spinning = agents.map(({ handle }) => handle())
      assert.equal((await neighbour.handle()).status, round)
      await Promise.all(agents.map(({ sandbox }) => sandbox.close()))
      for (const { error } of await Promise.all(spinning)) assert.equal(error?.code, 'ERR_SANDBOX_CLOSED')
    }
    assert.deepEqual(neighbour.restarts, [])
  })
})

suite('a call that is suspended', () => {
  const module = new WebAssembly.Module(
    assemble(`(module (import "host" "pause" (func $pause (param i64) (result i64)))
      (func (export "run") (result i32) (drop (call $pause (i64.const 0))) (i32.const 7)))`) as Uint8Array<ArrayBuffer>,
  )

  function begin(): { call: SlicedCall; ends: CallEnd[] } {
    const ends: CallEnd[] = []
    const pause = new WebAssembly.Suspending((() => call.suspend()) as (...args: never[]) => unknown)
    const { exports } = new WebAssembly.Instance(module, { host: { pause: pause as WebAssembly.ImportValue } })
    const run = WebAssembly.promising(exports['run'] as CallableFunction) as () => Promise<number>
    function* steps(): GuestSteps {
      return Number(yield { name: 'run', args: [] })
    }
    const call: SlicedCall = new SlicedCall({ steps: steps(), call: run, onEnd: (end) => ends.push(end) })
    call.start()
    return { call, ends }
  }

  test('goes on where it was', async () => {
    const { call, ends } = begin()
    assert.equal(call.isSuspended, true)
    call.resume(0n)
    await new Promise(setImmediate)
    assert.deepEqual(ends, [{ status: 7 }])
  })

  test('frees its stack when it is unwound, thousands of times, and ends with what unwound it', async () => {
    const countMaps = () => readFileSync('/proc/self/maps', 'utf8').split('\n').length
    const before = countMaps()
    for (let round = 0; round < 3_000; round += 1) {
      const { call, ends } = begin()
      call.unwind(TRAP)
      if (round % 50 !== 0) continue
      await new Promise(setImmediate)
      assert.deepEqual(ends, [{ thrown: TRAP }])
    }
    assert.ok(countMaps() - before < 1_000)
  })

  test('frees its stack when it is abandoned, thousands of times, and says nothing', async () => {
    const countMaps = () => readFileSync('/proc/self/maps', 'utf8').split('\n').length
    const before = countMaps()
    for (let round = 0; round < 3_000; round += 1) {
      const { call, ends } = begin()
      call.abandon()
      if (round % 50 === 0) await new Promise(setImmediate)
      assert.deepEqual(ends, [])
    }
    assert.ok(countMaps() - before < 1_000)
  })
})
