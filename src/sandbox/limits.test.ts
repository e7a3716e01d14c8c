import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { ErrorCode, ErrorFacts, Limits } from '../core/index.ts'
import type { Deployed } from './fixtures.test.ts'
import { agentWat, COUNTER, createPool, deploy, SPIN, sendWat } from './fixtures.test.ts'
import type { SandboxPool } from './index.ts'

interface Case {
  readonly name: string
  readonly wat: string
  readonly limits?: Partial<Limits>
  readonly code: ErrorCode
  readonly data: ErrorFacts
}

const LOG = '(import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))'
const SEND = sendWat({ performative: 'inform', receiver: 'user' })
const ENDLESS_SEND = sendWat(
  { performative: 'inform', receiver: 'user' },
  (call) => `(loop $again (drop ${call}) (br $again)) (unreachable)`,
)

const CASES: readonly Case[] = [
  {
    name: 'an endless loop uses up its fuel',
    wat: SPIN,
    limits: { fuel: 100_000 },
    code: 'ERR_LIMIT_FUEL',
    data: { limit: 100_000, used: 100_000, function: 'handle', functionIndex: 1 },
  },
  {
    name: 'an endless loop with fuel uses up its wall time',
    wat: SPIN,
    limits: { fuel: 1e15, wallMs: 20 },
    code: 'ERR_LIMIT_WALL',
    data: { limit: 20 },
  },
  {
    name: 'a guest that traps because no memory is left has reached its memory limit',
    wat: agentWat('(loop $again (br_if $again (i32.ne (memory.grow (i32.const 7)) (i32.const -1)))) (unreachable)'),
    limits: { memoryBytes: 2 ** 20 },
    code: 'ERR_LIMIT_MEMORY',
    data: { limit: 2 ** 20, asked: 22 * 65_536, function: 'handle' },
  },
  {
    name: 'an array larger than the memory limit is refused before it is allocated',
    wat: agentWat('(array.len (array.new_default $a (i32.const 0x7fffffff)))', '(type $a (array (mut i8)))'),
    limits: { fuel: 1e12 },
    code: 'ERR_LIMIT_MEMORY',
    data: { limit: 2 ** 24, asked: 2 ** 31 + 65_536 },
  },
  {
    name: 'endless recursion exhausts the stack',
    wat: agentWat('(i32.add (i32.const 1) (call $handle (local.get $ptr) (local.get $len)))'),
    limits: { fuel: 1e12 },
    code: 'ERR_LIMIT_STACK',
    data: { limit: 786_432, function: 'handle' },
  },
  {
    name: 'a limit of the stack that is given holds',
    wat: agentWat(
      '(global.set $depth (i32.add (global.get $depth) (i32.const 1))) (if (i32.gt_u (global.get $depth) (i32.const 120)) (then (unreachable))) (call $handle (local.get $ptr) (local.get $len))',
      '(global $depth (mut i32) (i32.const 0))',
    ),
    limits: { stackBytes: 16_384 },
    code: 'ERR_LIMIT_STACK',
    data: { limit: 16_384 },
  },
  {
    name: 'too many host calls end the guest',
    wat: agentWat(
      `(loop $again (drop (call $log (i32.const 9) (i32.const 0) (i32.const 0))) (br $again)) (unreachable)`,
      LOG,
    ),
    limits: { hostCalls: 10 },
    code: 'ERR_LIMIT_HOST_CALLS',
    data: { limit: 10, asked: 11, function: 'handle' },
  },
  {
    name: 'host calls cost fuel',
    wat: agentWat(
      `(loop $again (drop (call $log (i32.const 9) (i32.const 0) (i32.const 0))) (br $again)) (unreachable)`,
      LOG,
    ),
    limits: { fuel: 1_200 },
    code: 'ERR_LIMIT_FUEL',
    data: { limit: 1_200, used: 1_200 },
  },
  {
    name: 'the length of what is logged costs fuel',
    wat: agentWat('(call $log (i32.const 1) (i32.const 0) (i32.const 60000))', LOG),
    limits: { fuel: 10_000 },
    code: 'ERR_LIMIT_FUEL',
    data: { limit: 10_000, used: 10_000 },
  },
  {
    name: 'too many messages end the guest, also when their mailbox is full',
    wat: ENDLESS_SEND,
    limits: { messages: 5, outstandingMessages: 2 },
    code: 'ERR_LIMIT_MESSAGES',
    data: { limit: 5, asked: 6 },
  },
  {
    name: 'an unreachable instruction traps',
    wat: agentWat('(unreachable)'),
    code: 'ERR_GUEST_TRAP',
    data: { trap: 'unreachable', function: 'handle', functionIndex: 1 },
  },
  {
    name: 'an access outside of memory traps',
    wat: agentWat('(i32.load (i32.const 0x7fffffff))'),
    code: 'ERR_GUEST_TRAP',
    data: { trap: 'memory access out of bounds' },
  },
  {
    name: 'a division by zero traps',
    wat: agentWat('(i32.div_u (local.get $ptr) (i32.const 0))'),
    code: 'ERR_GUEST_TRAP',
    data: { trap: 'divide by zero' },
  },
  {
    name: 'an indirect call through an empty element traps',
    wat: agentWat('(call_indirect (result i32) (i32.const 0))', '(table 1 funcref)'),
    code: 'ERR_GUEST_TRAP',
    data: {},
  },
  {
    name: 'an exception that escapes ends the guest',
    wat: agentWat('(throw $oops)', '(tag $oops)'),
    code: 'ERR_GUEST_EXCEPTION',
    data: {},
  },
  {
    name: 'an allocator without room breaks the rules of the door',
    wat: COUNTER.replace('(i32.const 4096)', '(i32.const 0)'),
    code: 'ERR_GUEST_ABI',
    data: { pointer: 0 },
  },
  {
    name: 'an allocator that answers a place outside of memory breaks the rules of the door',
    wat: COUNTER.replace('(i32.const 4096)', '(i32.const 65530)'),
    code: 'ERR_GUEST_ABI',
    data: { pointer: 65_530 },
  },
  {
    name: 'an allocator that answers a negative number breaks the rules of the door',
    wat: COUNTER.replace('(i32.const 4096)', '(i32.const -8)'),
    code: 'ERR_GUEST_ABI',
    data: { pointer: 2 ** 32 - 8 },
  },
]

suite('limits of one guest', () => {
  let pool: SandboxPool
  let neighbour: Deployed
  let count = 0

  before(async () => {
    pool = createPool()
    pool.mailboxes.open('subject', { mailboxMessages: 10, mailboxBytes: 10_000, outstandingMessages: 2 })
    neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    await neighbour.sandbox.start()
  })
  after(() => pool.close())

  for (const { name, wat, limits, code, data } of CASES) {
    test(`${name}, and a neighbour in the same thread goes on`, async () => {
      const grants = { send: ['*'], log: 'debug' } as const
      const { sandbox, handle } = await deploy(pool, wat, { limits: limits ?? {}, grants })
      assert.equal((await sandbox.start()).error, null)
      const outcome = await handle()
      assert.ok(outcome.error)
      assert.equal(outcome.error.code, code, outcome.error.message)
      for (const [fact, value] of Object.entries(data)) assert.deepEqual(outcome.error.data[fact], value, fact)
      assert.equal(outcome.error.data['agent'], 'subject')
      assert.equal((await handle()).error, outcome.error)
      count += 1
      assert.equal((await neighbour.handle()).status, count)
      await sandbox.close()
    })
  }
})

test('a trap names the function and the offset in the original module', async () => {
  await using pool = createPool()
  const wat = agentWat('(call $deep) (i32.const 0)', '(func $deep (loop (br_if 0 (i32.const 0))) (unreachable))')
  const { handle } = await deploy(pool, wat)
  const { error } = await handle()
  assert.ok(error)
  assert.match(error.message, /unreachable, in function 'deep' at offset 0x[0-9a-f]+$/)
  assert.deepEqual(
    (error.data['stack'] as string[]).map((line) => line.replace(/0x.*/, '0x')),
    ['deep+0x', 'handle+0x'],
  )
})

test('an agent that logs too much is told so and goes on', async () => {
  await using pool = createPool()
  const wat = agentWat('(call $log (i32.const 1) (i32.const 0) (i32.const 60))', LOG)
  const { handle, logs, refusals } = await deploy(pool, wat, { limits: { logBytes: 50 }, grants: { log: 'info' } })
  assert.equal((await handle()).status, -7)
  assert.equal(logs.length, 0)
  assert.equal(refusals[0]?.code, 'ERR_LIMIT_LOG')
})

test('the start of an agent has limits too', async () => {
  await using pool = createPool()
  const wat = `${COUNTER.slice(0, -1)} (func $spin (loop (br 0))) (start $spin))`
  const { sandbox } = await deploy(pool, wat, { limits: { fuel: 5_000 } })
  assert.equal((await sandbox.start()).error?.code, 'ERR_LIMIT_FUEL')
})

test('usage tells what a call has used', async () => {
  await using pool = createPool()
  const { handle } = await deploy(pool, SEND, { grants: { send: ['user'] } })
  const { usage } = await handle()
  assert.equal(usage.messagesSent, 1)
  assert.equal(usage.hostCalls, 1)
  assert.equal(usage.memoryBytes, 65_536)
  assert.ok(usage.fuel > 1_000 && usage.fuel < 2_000, String(usage.fuel))
})

test('usage tells the bytes of all memories, those that the module does not show, too', async () => {
  await using pool = createPool()
  const wat = agentWat('(drop (memory.grow $hidden (i32.const 3))) (i32.const 0)', '(memory $hidden 2) (memory 5)')
  const { sandbox, handle } = await deploy(pool, wat)
  assert.equal((await sandbox.start()).usage.memoryBytes, (1 + 2 + 5) * 65_536)
  assert.equal((await handle()).usage.memoryBytes, (1 + 2 + 3 + 5) * 65_536)
})

test('what a guest asked for is beside all that it has, wherever that is', async () => {
  await using pool = createPool()
  const wat = agentWat('(drop (memory.grow $hidden (i32.const 12))) (unreachable)', '(memory $hidden 2)')
  const { handle } = await deploy(pool, wat, { limits: { memoryBytes: 8 * 65_536 } })
  const { error } = await handle()
  assert.equal(error?.code, 'ERR_LIMIT_MEMORY')
  assert.deepEqual([error.data['limit'], error.data['asked']], [8 * 65_536, 15 * 65_536])
})
