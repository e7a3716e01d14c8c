import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { CaxtonError, FILE_LIMITS } from '../core/index.ts'
import type { CeilingLimits, Need } from './ceilings.ts'
import { Ceilings, defaultCeilings, needOf } from './ceilings.ts'
import { agentWat, COUNTER, compileWat, deploy, SPIN } from './fixtures.test.ts'
import { SandboxPool } from './index.ts'
import { ProcessPool } from './process/process-pool.ts'

const NEED: Need = { memories: 1, stacks: 1, memoryBytes: 65_536, fileBytes: 0, descriptors: 100, heapBytes: 1_000 }
const PLENTY: CeilingLimits = {
  agents: 1e6,
  memories: 1e6,
  maps: 1e6,
  processMaps: 1e6,
  memoryBytes: 1e12,
  descriptors: 1e6,
  heapShare: 1,
}

function refusalOf(act: () => unknown): Readonly<Record<string, unknown>> | null {
  try {
    act()
    return null
  } catch (error) {
    assert.ok(error instanceof CaxtonError && error.code === 'ERR_LIMIT_AGENTS', String(error))
    return error.data
  }
}

function open(limits: Partial<CeilingLimits>) {
  const ceilings = new Ceilings({ ...PLENTY, ...limits })
  const thread = { name: 'thread' }
  ceilings.addThread(thread, 10)
  const add = (need: Partial<Need> = {}, into: object = thread) => {
    ceilings.check('subject', { ...NEED, ...need }, into, 10)
    const seat = ceilings.createSeat({ ...NEED, ...need })
    seat.enter(into)
    return seat
  }
  return { ceilings, thread, add }
}

suite('ceilings', () => {
  const CASES: readonly { limits: Partial<CeilingLimits>; ceiling: string; asked: number; limit: number }[] = [
    { limits: { agents: 3 }, ceiling: 'agents', asked: 4, limit: 3 },
    { limits: { memories: 3 }, ceiling: 'memories', asked: 4, limit: 3 },
    { limits: { maps: 3 * 5 }, ceiling: 'maps', asked: 20, limit: 15 },
    { limits: { processMaps: 30 + 3 * 5 }, ceiling: 'processMaps', asked: 50, limit: 45 },
    { limits: { memoryBytes: 3 * 65_536 + 1 }, ceiling: 'memoryBytes', asked: 4 * 65_536, limit: 3 * 65_536 + 1 },
    { limits: { descriptors: 399 }, ceiling: 'descriptors', asked: 400, limit: 399 },
    { limits: { heapShare: 3_000 / (10 * 2 ** 20) }, ceiling: 'heapShare', asked: 4_000, limit: 3_000 },
  ]
  for (const { limits, ceiling, asked, limit } of CASES) {
    test(`hold three agents and refuse the fourth by ${ceiling}, until one has left`, () => {
      const { thread, add } = open(limits)
      const seats = [add(), add(), add()]
      assert.deepEqual(refusalOf(add), { agent: 'subject', ceiling, asked, limit })
      seats[1]!.leave(thread)
      assert.equal(refusalOf(add), null)
    })
  }

  test('count 2 maps for a memory and 3 for a stack', () => {
    const { ceilings, add } = open({})
    assert.equal(ceilings.maps, 0)
    add({ memories: 4, stacks: 0 })
    assert.equal(ceilings.maps, 4 * 2)
    add({ memories: 0, stacks: 1 })
    assert.equal(ceilings.maps, 4 * 2 + 3)
  })

  test('count the stacks that V8 keeps when their agents are gone, until their thread is', () => {
    const { ceilings, thread, add } = open({})
    for (const seat of [add(), add(), add()]) seat.leave(thread)
    assert.equal(ceilings.maps, 3 * 3)
    add()
    assert.equal(ceilings.maps, 3 * 3 + 2)
    ceilings.removeThread(thread)
    assert.equal(ceilings.maps, 2)
  })

  test('count a thread that is still to be started', () => {
    const ceilings = new Ceilings({ ...PLENTY, processMaps: 34 })
    assert.deepEqual(refusalOf(() => ceilings.check('a', NEED, null, 10))?.['asked'], 35)
    assert.equal(
      refusalOf(() => ceilings.check('a', { ...NEED, stacks: 0 }, null, 10)),
      null,
    )
  })

  test('count all files in memory from the beginning, beside the memory there is', () => {
    const { ceilings, add } = open({ memoryBytes: 1_000_000 })
    const seat = add({ fileBytes: 500_000 })
    seat.noteMemory(400_000)
    assert.equal(
      refusalOf(() => ceilings.check('a', NEED, null, 10)),
      null,
    )
    assert.equal(refusalOf(() => ceilings.check('a', { ...NEED, fileBytes: 50_000 }, null, 10))?.['asked'], 1_015_536)
  })

  test('count no more descriptors for a thread than it lets its agents hold, and those of all threads', () => {
    const { ceilings, add } = open({ descriptors: 2 * FILE_LIMITS.hostDescriptorsPerThread })
    const other = { name: 'another thread' }
    ceilings.addThread(other, 10)
    for (let agent = 0; agent < 40; agent += 1) add()
    for (let agent = 0; agent < 40; agent += 1) add({}, other)
    assert.equal(refusalOf(add), null)
    const refusal = refusalOf(() => ceilings.check('a', NEED, null, 10))
    assert.deepEqual(
      [refusal?.['ceiling'], refusal?.['asked']],
      ['descriptors', 2 * FILE_LIMITS.hostDescriptorsPerThread + 100],
    )
  })

  test('allow at most half of the descriptors that the system allows the process', () => {
    const { descriptors } = defaultCeilings()
    assert.ok(descriptors > 0 && descriptors <= 65_536)
  })

  test('count memory as it has become', () => {
    const { add } = open({ memoryBytes: 950_000 })
    const seat = add()
    seat.noteMemory(900_000)
    seat.noteMemory(700_000)
    assert.equal(refusalOf(add)?.['asked'], 900_000 + 65_536)
    assert.equal(refusalOf(() => add({ memoryBytes: 50_001 }))?.['ceiling'], 'memoryBytes')
  })

  test('allow 10,000 agents that can be suspended, in two threads of the default heap', () => {
    const { maps, processMaps } = defaultCeilings()
    const ceilings = new Ceilings({ maps, processMaps: Math.max(processMaps, 63_530), memoryBytes: 1e12 })
    const threads = [{ id: 1 }, { id: 2 }] as const
    for (const thread of threads) ceilings.addThread(thread, 256)
    const need = { ...NEED, descriptors: 0, heapBytes: 12_500 }
    for (let agent = 0; agent < 10_000; agent += 1) {
      const thread = threads[agent % 2]!
      ceilings.check('subject', need, thread, 256)
      ceilings.createSeat(need).enter(thread)
    }
    assert.equal(refusalOf(() => ceilings.check('subject', need, threads[0], 256))?.['ceiling'], 'agents')
  })

  test('know what an instance takes of a heap from what its module declares', async () => {
    const plain = (await compileWat(COUNTER)).instrumented.info
    const tables = (await compileWat(agentWat('(i32.const 0)', '(table 10 20 funcref) (table 5 funcref)'))).instrumented
    assert.equal(needOf(tables.info, 1_000, true).heapBytes - needOf(plain, 1_000, true).heapBytes, 8 * 1_000 - 64)
    assert.deepEqual([needOf(plain, 0, false).stacks, needOf(plain, 0, true).stacks], [0, 1])
    assert.equal(needOf(plain, 0, true).memoryBytes, 65_536)
  })
})

test('agents that may open files of the host are refused beyond the descriptors of the process, and no other', async () => {
  const most = FILE_LIMITS.hostDescriptors
  await using pool = new SandboxPool({ run: 'test' }, { threads: 2, ceilings: { descriptors: 2 * most } })
  await using folder = await mkdtempDisposable(join(tmpdir(), 'caxton-ceilings-'))
  const mounts = [{ kind: 'host', at: '/', path: folder.path, access: 'ro', bytes: 0, files: 0 }] as const
  await deploy(pool, COUNTER, { name: 'first', mounts })
  const { sandbox } = await deploy(pool, COUNTER, { name: 'second', mounts })
  const data = { ceiling: 'descriptors', limit: 2 * most, asked: 3 * most, agent: 'third' }
  await assert.rejects(deploy(pool, COUNTER, { name: 'third', mounts }), { code: 'ERR_LIMIT_AGENTS', data })
  await deploy(pool, COUNTER, { name: 'third' })
  await sandbox.close()
  await deploy(pool, COUNTER, { name: 'fourth', mounts })
})

for (const [tier, createPool] of [
  ['thread', (ceilings: Partial<CeilingLimits>) => new SandboxPool({ run: 'test' }, { threads: 1, ceilings })],
  [
    'process',
    (ceilings: Partial<CeilingLimits>) => {
      const mailboxes = new SandboxPool({ run: 'test' }).mailboxes
      return new ProcessPool({ run: 'test', mailboxes }, { ceilings })
    },
  ],
] as const) {
  suite(`deployment in a ${tier}`, () => {
    test('is refused beyond a ceiling, and what runs is left alone', async () => {
      await using pool = createPool({ memories: 2 })
      const first = await deploy(pool, COUNTER, { name: 'first', tenant: 't' })
      const second = await deploy(pool, SPIN, { name: 'second', tenant: 't', limits: { fuel: 1_000 } })
      const data = { ceiling: 'memories', limit: 2, asked: 3, agent: 'third' }
      await assert.rejects(deploy(pool, COUNTER, { name: 'third', tenant: 't' }), { code: 'ERR_LIMIT_AGENTS', data })
      assert.equal((await first.handle()).status, 1)
      assert.equal((await second.handle()).error?.code, 'ERR_LIMIT_FUEL')
      const third = await deploy(pool, COUNTER, { name: 'third', tenant: 't' })
      assert.equal((await third.handle()).status, 1)
    })

    test('counts what an agent has grown to', async () => {
      const grow = agentWat('(memory.grow (i32.const 15))')
      await using pool = createPool({ memoryBytes: 17 * 65_536 })
      const { handle } = await deploy(pool, grow, { name: 'first', tenant: 't' })
      const { sandbox } = await deploy(pool, COUNTER, { name: 'second', tenant: 't' })
      await sandbox.close()
      await handle()
      await deploy(pool, COUNTER, { name: 'third', tenant: 't' })
      const refused = deploy(pool, COUNTER, { name: 'fourth', tenant: 't' })
      await assert.rejects(refused, {
        code: 'ERR_LIMIT_AGENTS',
        data: { ceiling: 'memoryBytes', limit: 17 * 65_536, asked: 18 * 65_536, agent: 'fourth' },
      })
    })
  })
}
