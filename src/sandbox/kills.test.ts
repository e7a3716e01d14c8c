import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { agentWat, COUNTER, createPool, deploy, SPIN, sendWat } from './fixtures.test.ts'
import { SandboxPool } from './index.ts'

const ENDLESS = { fuel: 1e15, wallMs: 20 }

/** Fills the heap of the thread with a list that never ends. */
const GROW = '(loop $again (global.set $head (struct.new $node (global.get $head))) (br $again)) (unreachable)'
const LIST = '(type $node (struct (field (ref null $node)))) (global $head (mut (ref null $node)) (ref.null $node))'

/** Cannot stop anything: threads have to be ended. */
const POWERLESS = { terminate: async () => false, close: () => {} }

suite('kills', () => {
  test('a hundred kills in a row leave the thread and the state of a neighbour alone', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    for (let round = 1; round <= 100; round += 1) {
      const { handle, sandbox } = await deploy(pool, SPIN, { limits: { fuel: 1e15, wallMs: 1 } })
      const killed = handle()
      const answered = await neighbour.handle()
      assert.equal((await killed).error?.code, 'ERR_LIMIT_WALL')
      assert.equal(answered.status, round)
      await sandbox.close()
    }
    assert.deepEqual(neighbour.restarts, [])
    assert.equal(pool.threadCount, 1)
  })

  test('kills race with calls that end by themselves, and every call is answered', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const body = COUNTER.replace(
      '(func $handle',
      '(func $work (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))) (func $handle',
    )
    const busy = body.replace(
      '(param $len i32) (result i32)',
      '(param $len i32) (result i32) (call $work (i32.const 3000000))',
    )
    for (let round = 1; round <= 20; round += 1) {
      const { handle, sandbox } = await deploy(pool, busy, { limits: { fuel: 1e15, wallMs: 1 } })
      const outcomes = await Promise.all([handle(), handle(), handle(), handle()])
      for (const { error } of outcomes) assert.ok(error === null || error.code === 'ERR_LIMIT_WALL')
      assert.equal((await neighbour.handle()).status, round)
      await sandbox.close()
    }
    assert.equal(pool.threadCount, 1)
  })

  test('calls that wait behind a killed one end with the same error', async () => {
    await using pool = createPool()
    const { handle } = await deploy(pool, SPIN, { limits: ENDLESS })
    const outcomes = await Promise.all([handle(), handle(), handle()])
    assert.deepEqual(
      outcomes.map(({ error }) => error?.code),
      ['ERR_LIMIT_WALL', 'ERR_LIMIT_WALL', 'ERR_LIMIT_WALL'],
    )
  })

  test('wall time counts while a guest runs, not while it waits for its turn', async () => {
    await using pool = createPool()
    const spinning = await deploy(pool, SPIN, { name: 'spinning', limits: { fuel: 1e15, wallMs: 200 } })
    const waiting = await deploy(pool, COUNTER, { limits: { wallMs: 100 } })
    const killed = spinning.handle()
    assert.equal((await waiting.handle()).status, 1)
    assert.equal((await killed).error?.code, 'ERR_LIMIT_WALL')
  })

  test('closing an agent ends its endless call', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const { handle, sandbox } = await deploy(pool, SPIN, { limits: { fuel: 1e15, wallMs: 60_000 } })
    const running = handle()
    const answered = neighbour.handle()
    await new Promise((resolve) => setTimeout(resolve, 20))
    await sandbox.close()
    assert.equal((await running).error?.code, 'ERR_SANDBOX_CLOSED')
    assert.equal((await answered).status, 1)
  })

  test('a call that begins after its agent was closed is ended, and the thread goes on', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const limits = { fuel: 1e15, wallMs: 60_000 }
    const { handle, sandbox } = await deploy(pool, SPIN, { limits })
    for (let round = 0; round < 20; round += 1) void neighbour.handle()
    const spinning = handle()
    await sandbox.close()
    assert.equal((await spinning).error?.code, 'ERR_SANDBOX_CLOSED')
    assert.equal((await neighbour.handle()).status, 21)
  })
})

/** Slices so long that no guest is asked whether its wall time is used up. */
const UNSLICED = { threads: 1, sliceFuel: 1e12 }

suite('a thread that is lost', () => {
  test('costs the agent that ran its life, and the others their memory alone', async () => {
    await using pool = new SandboxPool({ run: 'test', terminator: POWERLESS }, UNSLICED)
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    await neighbour.sandbox.start()
    assert.equal((await neighbour.handle()).status, 1)
    const fresh = await deploy(pool, COUNTER, { name: 'fresh' })
    const { handle } = await deploy(pool, SPIN, { limits: ENDLESS })
    const lost = handle()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const queued = [neighbour.handle(), neighbour.handle()]
    const { error } = await lost
    assert.equal(error?.code, 'ERR_SANDBOX_THREAD_LOST')
    assert.equal(error.data['agent'], 'subject')
    assert.equal(error.data['reason'], 'ERR_LIMIT_WALL')
    assert.deepEqual(
      (await Promise.all(queued)).map(({ status }) => status),
      [1, 2],
    )
    assert.equal(neighbour.restarts.length, 1)
    assert.equal((await fresh.sandbox.start()).status, 0)
    assert.equal((await handle()).error, error)
    assert.equal(pool.threadCount, 1)
    assert.equal(pool.agentCount, 2)
  })

  test('ends the thread of a call that went on although it was said to be stopped', async () => {
    const lying = { terminate: async () => true, settleMs: 50, close: () => {} }
    await using pool = new SandboxPool({ run: 'test', terminator: lying }, UNSLICED)
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const { handle } = await deploy(pool, SPIN, { limits: ENDLESS })
    const { error } = await handle()
    assert.equal(error?.code, 'ERR_SANDBOX_THREAD_LOST')
    assert.deepEqual([error.data['agent'], error.data['reason']], ['subject', 'ERR_LIMIT_WALL'])
    assert.equal((await neighbour.handle()).status, 1)
    assert.equal(neighbour.restarts.length, 1)
  })

  const capacities = { mailboxMessages: 10, mailboxBytes: 10_000, outstandingMessages: 10 }
  const draft = { performative: 'inform', receiver: 'other' }

  test('a message that was accepted a slice before is delivered and keeps its room', async () => {
    // The first slice ends while it waits; the second is long enough to fill the heap before anybody looks at it.
    await using pool = new SandboxPool({ run: 'test' }, { threads: 1, sliceFuel: 500_000_000 })
    pool.mailboxes.open('other', capacities)
    const next = '(local.tee $len (i32.add (local.get $len) (i32.const 1)))'
    const wait = `(loop $wait (br_if $wait (i32.lt_u ${next} (i32.const 80000000))))`
    const wat = sendWat(draft, (call) => `(drop ${call}) ${wait} ${GROW}`, LIST)
    const { handle, sent } = await deploy(pool, wat, {
      limits: { fuel: 1e15, wallMs: 60_000, memoryBytes: 65_536 },
      grants: { send: ['*'] },
    })
    assert.equal((await handle()).error?.code, 'ERR_SANDBOX_THREAD_LOST')
    assert.equal(sent.length, 1)
    assert.equal(pool.mailboxes.read('other')?.messages, 1)
  })

  test('a message that was accepted in the last slice is lost with it and gives its room back', async () => {
    await using pool = new SandboxPool({ run: 'test', terminator: POWERLESS }, UNSLICED)
    pool.mailboxes.open('subject', capacities)
    pool.mailboxes.open('other', capacities)
    const twice = (call: string) => `(drop ${call}) (drop ${call}) (loop $again (br $again)) (unreachable)`
    const { handle, sent } = await deploy(pool, sendWat(draft, twice), { limits: ENDLESS, grants: { send: ['*'] } })
    assert.equal((await handle()).error?.code, 'ERR_SANDBOX_THREAD_LOST')
    assert.equal(sent.length, 0)
    assert.deepEqual(pool.mailboxes.read('other'), { messages: 0, bytes: 0, outstanding: 0 })
    assert.equal(pool.mailboxes.read('subject')?.outstanding, 0)
  })

  test('a guest that fills the heap of its thread is the one that fails', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 1, heapMiB: 16 })
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    await neighbour.handle()
    const { handle } = await deploy(pool, agentWat(GROW, LIST), { limits: { fuel: 1e15, wallMs: 60_000 } })
    assert.equal((await handle()).error?.code, 'ERR_LIMIT_MEMORY')
    assert.equal((await neighbour.handle()).status, 2)
    assert.deepEqual(neighbour.restarts, [])
  })
})
