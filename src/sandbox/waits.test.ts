import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { DeployOptions } from './fixtures.test.ts'
import { agentWat, COUNTER, createPool, deploy, SPIN } from './fixtures.test.ts'
import { DOORS, listHostModules, ProcessPool, SandboxPool } from './index.ts'

const CLOCK = { clock: { resolutionMicros: 1_000 } }
/** Fuel that fits into one slice: only the import makes such a guest one that can be suspended. */
const SMALL = { fuel: 1_000_000 }

const POLL = '(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))'
const YIELD = '(import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))'

/** `$sleep` waits so many milliseconds; `$woken` is what it answered. */
function sleepFields(ms: number, more = ''): string {
  return `${POLL} (global $handled (mut i32) (i32.const 0)) ${more}
    (func $sleep (result i32)
      (i32.store (i32.const 1040) (i32.const 1)) (i64.store (i32.const 1048) (i64.const ${BigInt(ms) * 1_000_000n}))
      (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072)))`
}

/** Sleeps in the middle of each message, and answers how many it has handled, or 1000 and what the sleep answered. */
function sleeperWat(ms: number, more = ''): string {
  return agentWat(
    `(local $errno i32) (local $before i32)
    (local.set $before (global.get $handled))
    (local.set $errno (call $sleep))
    (if (local.get $errno) (then (return (i32.add (i32.const 1000) (local.get $errno)))))
    (if (i32.ne (global.get $handled) (local.get $before)) (then (unreachable)))
    (global.set $handled (i32.add (global.get $handled) (i32.const 1))) (global.get $handled)`,
    sleepFields(ms, more),
  )
}

const DAY_MS = 86_400_000
const SLEEPER: DeployOptions = { grants: CLOCK, limits: { ...SMALL, waitMs: DAY_MS } }

function countMaps(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('\n').length
}

suite('a host call that waits', () => {
  test('lets others of its thread run meanwhile, and its own calls wait in order', async () => {
    await using pool = createPool()
    const sleeper = await deploy(pool, sleeperWat(50), { ...SLEEPER, name: 'sleeper' })
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const order: string[] = []
    const handled = [1, 2, 3].map(() =>
      sleeper.handle().then(({ status, error }) => order.push(error?.code ?? `sleeper ${status}`)),
    )
    await neighbour.handle().then(() => order.push('neighbour'))
    await Promise.all(handled)
    assert.deepEqual(order, ['neighbour', 'sleeper 1', 'sleeper 2', 'sleeper 3'])
  })

  test('is no wall time and no CPU time, and counts as a host call', async () => {
    await using pool = createPool()
    const { handle } = await deploy(pool, sleeperWat(120), { grants: CLOCK, limits: { ...SMALL, wallMs: 100 } })
    const { status, error, usage } = await handle()
    assert.equal(error, null)
    assert.equal(status, 1)
    assert.ok(usage.wallMs < 100)
    assert.equal(usage.hostCalls, 1)
  })

  test('costs the same fuel whatever the slices are', async () => {
    const fuels = []
    for (const sliceFuel of [10_000, 1e12]) {
      await using pool = new SandboxPool({ run: 'test' }, { threads: 1, sliceFuel })
      const { handle } = await deploy(pool, sleeperWat(1), SLEEPER)
      fuels.push((await handle()).usage.fuel)
    }
    assert.equal(fuels[0], fuels[1])
  })

  test('ends the guest when its time to wait is used up, by one wait or by many', async () => {
    await using pool = createPool()
    const many = agentWat('(loop $l (drop (call $sleep)) (br $l)) (unreachable)', sleepFields(5))
    for (const wat of [sleeperWat(DAY_MS), many]) {
      const { handle } = await deploy(pool, wat, { grants: CLOCK, limits: { waitMs: 40 } })
      const { error } = await handle()
      assert.equal(error?.code, 'ERR_LIMIT_WAIT')
      assert.equal(error.data['limit'], 40)
    }
  })

  test('has all of its time again for the next message', async () => {
    await using pool = createPool()
    const { handle } = await deploy(pool, sleeperWat(30), { grants: CLOCK, limits: { waitMs: 400 } })
    for (let round = 1; round <= 15; round += 1) assert.equal((await handle()).status, round)
  })

  test('cannot be caught by the guest when it is ended', async () => {
    await using pool = createPool()
    const wat = agentWat(
      '(block $caught (try_table (catch_all $caught) (drop (call $sleep)))) (loop $l (br $l)) (unreachable)',
      sleepFields(DAY_MS),
    )
    const { handle } = await deploy(pool, wat, { grants: CLOCK, limits: { waitMs: 20, fuel: 1e12 } })
    const { error, usage } = await handle()
    assert.equal(error?.code, 'ERR_LIMIT_WAIT')
    assert.ok(usage.fuel < 100_000)
  })

  test('works in the start function of a module and in agent_init', async () => {
    await using pool = createPool()
    const wat = agentWat(
      '(global.get $handled)',
      sleepFields(
        5,
        `(start $begin)
        (func $begin (drop (call $sleep)) (global.set $handled (i32.add (global.get $handled) (i32.const 1))))
        (func (export "agent_init") (result i32) (call $begin) (i32.const 0))`,
      ),
    )
    const { sandbox, handle } = await deploy(pool, wat, SLEEPER)
    assert.deepEqual([(await sandbox.start()).error, (await handle()).status], [null, 2])
  })

  test('that needs no waiting suspends nobody: the fixed clock is moved at once', async () => {
    await using pool = createPool()
    const { handle } = await deploy(pool, sleeperWat(DAY_MS), { limits: SMALL })
    assert.equal((await handle()).status, 1)
  })

  test('answers an i32, because the gate can pass on nothing else', () => {
    for (const door of Object.values(DOORS)) {
      for (const { functions } of listHostModules(door)) {
        for (const { name, waits, result } of functions) if (waits === true) assert.equal(result, 'i32', name)
      }
    }
  })

  test('of zero length gives the turn to others: a loop of yields starves nobody and pays for itself', async () => {
    await using pool = createPool()
    const wat = agentWat('(loop $l (drop (call $yield)) (br $l)) (unreachable)', YIELD)
    const yielding = await deploy(pool, wat, {
      name: 'yielding',
      limits: { ...SMALL, fuel: 50_000_000, hostCalls: 5_000 },
    })
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const order: string[] = []
    const ended = yielding.handle().then(({ error }) => order.push(error?.code ?? 'none'))
    for (let round = 1; round <= 5; round += 1) await neighbour.handle().then(() => order.push('neighbour'))
    await ended
    assert.deepEqual(order, [...Array(5).fill('neighbour'), 'ERR_LIMIT_HOST_CALLS'])
  })
})

suite('a guest that waits', () => {
  test('is closed at once, its calls end, and its neighbours know nothing of it', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    for (let round = 1; round <= 10; round += 1) {
      const { sandbox, handle } = await deploy(pool, sleeperWat(DAY_MS), SLEEPER)
      const waiting = [handle(), handle()]
      assert.equal((await neighbour.handle()).status, round)
      await sandbox.close()
      for (const { error } of await Promise.all(waiting)) assert.equal(error?.code, 'ERR_SANDBOX_CLOSED')
    }
    assert.deepEqual(neighbour.restarts, [])
    assert.equal(pool.threadCount, 1)
  })

  test('is closed with the pool', async () => {
    const pool = createPool()
    const { handle } = await deploy(pool, sleeperWat(DAY_MS), SLEEPER)
    const waiting = handle()
    await pool.close()
    assert.equal((await waiting).error?.code, 'ERR_SANDBOX_CLOSED')
  })

  test('is not touched by the kill of a neighbour', async () => {
    await using pool = createPool()
    const sleeper = await deploy(pool, sleeperWat(60), { ...SLEEPER, name: 'sleeper' })
    for (let round = 1; round <= 3; round += 1) {
      const waiting = sleeper.handle()
      const { handle } = await deploy(pool, SPIN, { name: `spin-${round}`, limits: { fuel: 1e15, wallMs: 20 } })
      assert.equal((await handle()).error?.code, 'ERR_LIMIT_WALL')
      assert.equal((await waiting).status, round)
    }
  })

  test('is killed when it spins after its wait, and only it', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const wat = agentWat('(drop (call $sleep)) (loop $l (br $l)) (unreachable)', sleepFields(10))
    for (let round = 1; round <= 20; round += 1) {
      const limits = { fuel: 1e15, wallMs: 5 }
      const { handle } = await deploy(pool, wat, { name: `s-${round}`, grants: CLOCK, limits })
      assert.equal((await handle()).error?.code, 'ERR_LIMIT_WALL')
      assert.equal((await neighbour.handle()).status, round)
    }
    assert.deepEqual(neighbour.restarts, [])
  })

  test('begins again elsewhere when its thread is lost', async () => {
    const terminator = { terminate: async () => false, close: () => {} }
    await using pool = new SandboxPool({ run: 'test', terminator }, { threads: 1, sliceFuel: 1e12 })
    const sleeper = await deploy(pool, sleeperWat(300), { ...SLEEPER, name: 'sleeper' })
    const waiting = sleeper.handle()
    const spin = await deploy(pool, SPIN, { name: 'spin', limits: { fuel: 1e12, wallMs: 20 } })
    assert.equal((await spin.handle()).error?.code, 'ERR_SANDBOX_THREAD_LOST')
    assert.equal((await waiting).status, 1)
    assert.equal(sleeper.restarts.length, 1)
  })

  test('leaves no stack behind, thousands of times: answered, ended or closed', async () => {
    await using pool = createPool()
    const yields = agentWat(
      '(loop $l (drop (call $yield)) (br_if $l (local.tee $len (i32.sub (local.get $len) (i32.const 1))))) (i32.const 0)',
      YIELD,
    )
    const yielding = await deploy(pool, yields, { name: 'yielding', limits: SMALL })
    await yielding.handle()
    const before = countMaps()
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => yielding.handle()))
    }
    const wat = sleeperWat(DAY_MS)
    for (let round = 0; round < 30; round += 1) {
      const agents = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          deploy(pool, wat, {
            ...SLEEPER,
            name: `s-${index}`,
            limits: { ...SMALL, waitMs: round % 2 === 0 ? 1 : DAY_MS },
          }),
        ),
      )
      const waiting = agents.map(({ handle }) => handle())
      if (round % 2 === 1) for (const { sandbox } of agents) void sandbox.close()
      await Promise.all(waiting)
      await Promise.all(agents.map(({ sandbox }) => sandbox.close()))
    }
    // An instance that is gone has its two until its thread collects garbage; a stack that leaks has two or three for ever.
    assert.ok(countMaps() - before < 1_700, `${countMaps() - before} more maps`)
  })

  test('waits, is ended and is closed in a process of its own, too', async () => {
    const { mailboxes } = createPool()
    await using pool = new ProcessPool({ run: 'test', mailboxes })
    const tenant = 'tests'
    const sleeper = await deploy(pool, sleeperWat(20), { ...SLEEPER, name: 'sleeper', tenant })
    assert.deepEqual([(await sleeper.handle()).status, (await sleeper.handle()).status], [1, 2])
    const late = await deploy(pool, sleeperWat(DAY_MS), { grants: CLOCK, limits: { waitMs: 20 }, name: 'late', tenant })
    assert.equal((await late.handle()).error?.code, 'ERR_LIMIT_WAIT')
    const closed = await deploy(pool, sleeperWat(DAY_MS), { ...SLEEPER, name: 'closed', tenant })
    const waiting = closed.handle()
    await closed.sandbox.close()
    assert.equal((await waiting).error?.code, 'ERR_SANDBOX_CLOSED')
  })
})
