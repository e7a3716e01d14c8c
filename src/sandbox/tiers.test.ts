import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { NO_GRANTS, STATUS } from '../capability/index.ts'
import type { CompileMode, ErrorCode, ErrorFacts, Limits } from '../core/index.ts'
import { DEFAULT_LIMITS } from '../core/index.ts'
import type { DeployOptions } from './fixtures.test.ts'
import { agentWat, COUNTER, compileWat, createPool, deploy, SPIN, sendWat } from './fixtures.test.ts'
import type { Mailboxes } from './index.ts'
import { ProcessPool, SandboxPool } from './index.ts'

/** What every tier promises: the same cases for each. All agents of a test are neighbours. */
interface Tier {
  readonly pool: Pick<SandboxPool, 'create' | 'close' | 'agentCount'>
  readonly mailboxes: Mailboxes
  close(): Promise<void>
}

interface TierCase {
  readonly name: string
  readonly lostCode: ErrorCode
  open(): Tier
  /** A tier that loses whatever runs an agent whose wall time is used up. */
  openFragile(): Tier
}

const POWERLESS = { terminate: async () => false, close: () => {} }
/** Wall time that a call uses up, and that no instance takes to be made, however busy the machine is. */
const SHORT_MS = 400
const ENDLESS = { fuel: 1e15, wallMs: 60_000 }

const TIERS: readonly TierCase[] = [
  {
    name: 'thread',
    lostCode: 'ERR_SANDBOX_THREAD_LOST',
    open: () => openThreads(createPool()),
    openFragile: () =>
      openThreads(new SandboxPool({ run: 'test', terminator: POWERLESS }, { threads: 1, sliceFuel: 1e12 })),
  },
  ...(['start', 'speed'] as const).map((compile) => ({
    name: compile === 'start' ? 'process' : 'process compiled for speed',
    lostCode: 'ERR_SANDBOX_PROCESS_LOST' as const,
    open: () => openProcess(compile),
    openFragile: () => openMortalProcess(compile),
  })),
]

function openThreads(pool: SandboxPool): Tier {
  return { pool, mailboxes: pool.mailboxes, close: () => pool.close() }
}

function openProcess(compile: CompileMode): Tier & { readonly processes: ProcessPool } {
  const { mailboxes } = createPool()
  const processes = new ProcessPool({ run: 'test', mailboxes })
  const pool: Tier['pool'] = {
    create: (spec, events) => processes.create({ ...spec, compile }, events),
    close: () => processes.close(),
    get agentCount() {
      return processes.agentCount
    },
  }
  return { pool, mailboxes, processes, close: () => pool.close() }
}

/** Nothing in a process can make it mortal, so somebody kills it once its guest has run for a while. */
function openMortalProcess(compile: CompileMode): Tier {
  const { pool, processes, mailboxes, close } = openProcess(compile)
  const create: Tier['pool']['create'] = async (spec, events) => {
    const sandbox = await pool.create({ ...spec, limits: { ...spec.limits, wallMs: 60_000 } }, events)
    const kill = () => {
      for (const pid of processes.processIds.values()) process.kill(pid!)
    }
    if (spec.limits.wallMs === SHORT_MS) setTimeout(kill, 600)
    return sandbox
  }
  return { pool: { create, close, agentCount: 0 }, mailboxes, close }
}

function neighbour(tier: Tier, wat: string, options: DeployOptions = {}) {
  return deploy(tier.pool, wat, { tenant: 'tests', ...options })
}

/** Turns, branches and calls enough for V8 to optimise it after some messages; and the fuel that the instructions of one cost. */
const WORK = agentWat(
  `(local $i i32) (loop $again
     (if (i32.and (local.get $i) (i32.const 3))
       (then (local.set $len (call $mix (local.get $len) (local.get $i))))
       (else (memory.fill (i32.const 0) (local.get $len) (i32.and (local.get $i) (i32.const 255)))))
     (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
   (i32.const 0)`,
  '(func $mix (param i32 i32) (result i32) (i32.mul (i32.xor (local.get 0) (local.get 1)) (i32.const 16777619)))',
)
const WORK_FUEL = 702_446

interface LimitCase {
  readonly name: string
  readonly wat: string
  readonly limits?: Partial<Limits>
  readonly code: ErrorCode
  readonly data: ErrorFacts
}

const LOG = '(import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))'
const TO_USER = { performative: 'inform', receiver: 'user' }

const LIMIT_CASES: readonly LimitCase[] = [
  {
    name: 'fuel',
    wat: SPIN,
    limits: { fuel: 100_000 },
    code: 'ERR_LIMIT_FUEL',
    data: { limit: 100_000, used: 100_000, function: 'handle', functionIndex: 1 },
  },
  {
    name: 'wall time',
    wat: SPIN,
    limits: { fuel: 1e15, wallMs: SHORT_MS },
    code: 'ERR_LIMIT_WALL',
    data: { limit: SHORT_MS },
  },
  {
    name: 'memory',
    wat: agentWat('(loop $again (br_if $again (i32.ne (memory.grow (i32.const 7)) (i32.const -1)))) (unreachable)'),
    limits: { memoryBytes: 2 ** 20 },
    code: 'ERR_LIMIT_MEMORY',
    data: { limit: 2 ** 20, asked: 22 * 65_536, function: 'handle' },
  },
  {
    name: 'stack',
    wat: agentWat('(i32.add (i32.const 1) (call $handle (local.get $ptr) (local.get $len)))'),
    limits: { fuel: 1e12 },
    code: 'ERR_LIMIT_STACK',
    data: { function: 'handle' },
  },
  {
    name: 'host calls',
    wat: agentWat(
      '(loop $again (drop (call $log (i32.const 9) (i32.const 0) (i32.const 0))) (br $again)) (unreachable)',
      LOG,
    ),
    limits: { hostCalls: 10 },
    code: 'ERR_LIMIT_HOST_CALLS',
    data: { limit: 10, asked: 11, function: 'handle' },
  },
  {
    name: 'messages',
    wat: sendWat(TO_USER, (call) => `(loop $again (drop ${call}) (br $again)) (unreachable)`),
    limits: { messages: 5 },
    code: 'ERR_LIMIT_MESSAGES',
    data: { limit: 5, asked: 6 },
  },
  {
    name: 'a trap',
    wat: agentWat('(unreachable)'),
    code: 'ERR_GUEST_TRAP',
    data: { trap: 'unreachable', function: 'handle', functionIndex: 1 },
  },
]

for (const { name, lostCode, open, openFragile } of TIERS) {
  suite(`an agent in a ${name}`, () => {
    let tier: Tier
    before(async () => {
      tier = open()
      await neighbour(tier, COUNTER, { name: 'keeper' })
    })
    after(() => tier.close())

    test('starts, handles messages in order and remembers what it did', async () => {
      const { sandbox, handle } = await neighbour(tier, COUNTER)
      const started = await sandbox.start()
      assert.deepEqual([started.status, started.error], [0, null])
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => handle('"hello"')))
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
      assert.ok(outcomes.every(({ usage }) => usage.fuel > 0 && usage.memoryBytes === 65_536))
      await sandbox.close()
    })

    test('may have been started when it is there, and is started once', async () => {
      const init =
        '(func (export "agent_init") (result i32) (global.set $count (i32.add (global.get $count) (i32.const 1))) (i32.const 0))'
      const wat = `${COUNTER.slice(0, -1)} ${init})`
      const ahead = await neighbour(tier, wat, { startsAhead: true })
      assert.equal((await ahead.sandbox.start()).status, 0)
      assert.equal((await ahead.handle()).status, 2)
      await ahead.sandbox.close()
      const failing = `${COUNTER.slice(0, -1)} (func (export "agent_init") (result i32) (unreachable)))`
      const failed = await neighbour(tier, failing, { startsAhead: true })
      assert.equal((await failed.sandbox.start()).error?.code, 'ERR_GUEST_TRAP')
      assert.equal((await failed.handle()).error?.code, 'ERR_GUEST_TRAP')
    })

    for (const { name: limit, wat, limits, code, data } of LIMIT_CASES) {
      test(`is held to its limit and leaves its neighbour alone: ${limit}`, async () => {
        const other = await neighbour(tier, COUNTER, { name: 'other' })
        await other.handle()
        const subject = await neighbour(tier, wat, {
          ...(limits === undefined ? {} : { limits }),
          grants: { log: 'debug', send: ['*'] },
        })
        const { error } = await subject.handle()
        assert.equal(error?.code, code)
        assert.partialDeepStrictEqual(error.data, { agent: 'subject', ...data })
        assert.equal((await subject.handle()).error?.code, code)
        assert.equal((await other.handle()).status, 2)
        assert.deepEqual(other.restarts, [])
        await Promise.all([subject.sandbox.close(), other.sandbox.close()])
      })
    }

    test('is told what each call has used: tables, stack, host calls by name, and its instantiation with its start', async () => {
      const dive =
        '(func $dive (param i32) (if (local.get 0) (then (call $dive (i32.sub (local.get 0) (i32.const 1))))))'
      const body = `(drop (table.grow $t (ref.null func) (i32.const 5))) (call $dive (local.get $len))
        (drop (call $log (i32.const 1) (i32.const 0) (i32.const 1))) (drop (call $log (i32.const 1) (i32.const 0) (i32.const 1))) (i32.const 0)`
      const wat = agentWat(body, `${LOG} (table $t 3 funcref) ${dive} (data (i32.const 0) "${'x'.repeat(1_600)}")`)
      const { sandbox, handle } = await neighbour(tier, wat, { grants: { log: 'info' } })
      assert.equal((await sandbox.start()).usage.fuel, 3 + 100)
      const shallow = (await handle()).usage
      const deep = (await handle(`"${'x'.repeat(200)}"`)).usage
      assert.deepEqual([shallow.tableElements, deep.tableElements], [8, 13])
      assert.deepEqual([deep.hostCalls, deep.callsByName], [2, { log: 2 }])
      assert.ok(deep.stackBytes > shallow.stackBytes && shallow.stackBytes > 0)
      await sandbox.close()
    })

    test('uses the same fuel to the unit, by whatever V8 has compiled it and however hot it is', async () => {
      const { handle, sandbox } = await neighbour(tier, WORK)
      await sandbox.start()
      const used = new Set<number>()
      for (let message = 0; message < 100; message += 1) used.add((await handle()).usage.fuel)
      assert.deepEqual([...used], [WORK_FUEL])
      await sandbox.close()
    })

    test('cannot write more log than it may', async () => {
      const wat = agentWat('(call $log (i32.const 1) (i32.const 0) (i32.const 60000))', LOG)
      const { sandbox, handle, logs, refusals } = await neighbour(tier, wat, {
        grants: { log: 'debug' },
        limits: { logBytes: 100 },
      })
      assert.equal((await handle()).error, null)
      assert.deepEqual(logs, [])
      assert.equal(refusals[0]?.code, 'ERR_LIMIT_LOG')
      await sandbox.close()
    })

    test('sends under its own name and cannot send under another', async () => {
      const honest = await neighbour(tier, sendWat({ ...TO_USER, content: { a: 'ä"\\' } }))
      assert.equal((await honest.handle()).status, STATUS.OK)
      assert.equal(honest.sent[0]?.message.sender, 'subject')
      assert.equal(honest.sent[0]?.message.content, '{"a":"ä\\"\\\\"}')
      const forger = await neighbour(tier, sendWat({ ...TO_USER, sender: 'keeper' }), { name: 'forger' })
      assert.equal((await forger.handle()).status, STATUS.DENIED)
      assert.deepEqual(forger.sent, [])
      assert.equal(forger.refusals[0]?.code, 'ERR_MESSAGE_SENDER_FORGED')
      assert.partialDeepStrictEqual(forger.refusals[0]?.data, { agent: 'forger', claimed: 'keeper' })
      await Promise.all([honest.sandbox.close(), forger.sandbox.close()])
    })

    test('has no more messages under way than it may, and sends again when they are handled', async () => {
      const capacities = { mailboxMessages: 100, mailboxBytes: 100_000, outstandingMessages: 2 }
      tier.mailboxes.open('subject', capacities)
      const { sandbox, handle, sent } = await neighbour(tier, sendWat(TO_USER), { limits: { outstandingMessages: 2 } })
      const statuses = (await Promise.all([handle(), handle(), handle()])).map(({ status }) => status)
      assert.deepEqual(statuses, [STATUS.OK, STATUS.OK, STATUS.MAILBOX_FULL])
      assert.equal(tier.mailboxes.read('subject')?.outstanding, 2)
      tier.mailboxes.releaseSender('subject')
      await new Promise((resolve) => setTimeout(resolve, 5))
      assert.equal((await handle()).status, STATUS.OK)
      assert.equal(sent.length, 3)
      assert.equal(tier.mailboxes.read('subject')?.outstanding, 2)
      tier.mailboxes.close('subject')
      await sandbox.close()
    })

    test('is heard: log lines, capabilities and refusals', async () => {
      const wat = agentWat(
        '(drop (call $log (i32.const 1) (i32.const 100) (i32.const 5))) (call $register (i32.const 100) (i32.const 5))',
        `${LOG} (import "caxton" "register_capability" (func $register (param i32 i32) (result i32)))
         (data (i32.const 100) "count")`,
      )
      const granted = await neighbour(tier, wat, { grants: { log: 'debug', register: ['count'] } })
      assert.equal((await granted.handle()).status, STATUS.OK)
      assert.deepEqual(granted.logs, [{ level: 'info', text: 'count' }])
      assert.deepEqual([granted.registered, granted.registeredFor], [['count'], ['user']])
      const denied = await neighbour(tier, wat, { name: 'denied', grants: { log: 'debug', register: ['other'] } })
      assert.equal((await denied.handle()).status, STATUS.DENIED)
      assert.equal(denied.refusals[0]?.code, 'ERR_GRANT_MISSING')
      await Promise.all([granted.sandbox.close(), denied.sandbox.close()])
    })

    test('behind the command door writes its output byte for byte', async () => {
      const wat = `(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 16) "\\00\\ff\\0a\\80A")
        (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))))`
      const output: { stream: string; bytes: number[] }[] = []
      const sandbox = await tier.pool.create(
        {
          name: 'command',
          tenant: 'tests',
          compiled: await compileWat(wat),
          door: 'command',
          script: null,
          grants: { ...NO_GRANTS, log: 'info' },
          limits: DEFAULT_LIMITS,
          config: {},
          stdin: Buffer.from('unread'),
        },
        {
          onSend() {},
          onLog() {},
          onRegister() {},
          onRefuse() {},
          onOutput: (stream, bytes) => output.push({ stream, bytes: [...bytes] }),
        },
      )
      assert.equal((await sandbox.start()).error, null)
      assert.deepEqual(output, [{ stream: 'stdout', bytes: [0, 255, 10, 128, 65] }])
      await sandbox.close()
    })

    test('is refused where its module does not fit', async () => {
      const wat = agentWat('(call $log (i32.const 1) (i32.const 0) (i32.const 0))', LOG)
      await assert.rejects(neighbour(tier, wat), { code: 'ERR_GRANT_MISSING' })
      const overflowing = `${COUNTER.slice(0, -1)} (data (i32.const 65535) "ab"))`
      await assert.rejects(neighbour(tier, overflowing), { code: 'ERR_GUEST_TRAP' })
    })

    test('ends when it is closed while it runs', async () => {
      const other = await neighbour(tier, COUNTER, { name: 'other' })
      const spinning = await neighbour(tier, SPIN, { limits: ENDLESS })
      const calls = [spinning.handle(), spinning.handle()]
      const answered = other.handle()
      await new Promise((resolve) => setTimeout(resolve, 30))
      await spinning.sandbox.close()
      await spinning.sandbox.close()
      assert.deepEqual(
        (await Promise.all(calls)).map(({ error }) => error?.code),
        ['ERR_SANDBOX_CLOSED', 'ERR_SANDBOX_CLOSED'],
      )
      assert.equal((await answered).status, 1)
      assert.deepEqual(other.restarts, [])
      await other.sandbox.close()
    })

    test('leaves its place when it is closed', async () => {
      assert.equal(tier.pool.agentCount, 1)
    })
  })

  suite(`a ${name} that is lost`, () => {
    test('costs the agent that ran its life, and its neighbour its memory alone', async () => {
      const tier = openFragile()
      const other = await neighbour(tier, COUNTER, { name: 'other' })
      await other.sandbox.start()
      assert.equal((await other.handle()).status, 1)
      const subject = await neighbour(tier, SPIN, { limits: { fuel: 1e15, wallMs: SHORT_MS } })
      const running = subject.handle()
      const { error } = await running
      const queued = [other.handle(), other.handle()]
      assert.equal(error?.code, lostCode)
      assert.equal(error.data['agent'], 'subject')
      assert.deepEqual(
        (await Promise.all(queued)).map(({ status }) => status),
        [1, 2],
      )
      assert.equal(other.restarts.length, 1)
      assert.equal((await subject.handle()).error, error)
      await tier.close()
    })
  })

  suite(`a pool in the ${name} tier`, () => {
    test('ends every call that runs or waits when it is closed, and takes no more', async () => {
      const tier = open()
      const spinning = await neighbour(tier, SPIN, { limits: ENDLESS })
      const other = await neighbour(tier, COUNTER, { name: 'other' })
      const calls = [spinning.handle(), spinning.handle(), other.handle()]
      await tier.close()
      await tier.close()
      assert.deepEqual(
        (await Promise.all(calls)).map(({ error }) => error?.code),
        ['ERR_SANDBOX_CLOSED', 'ERR_SANDBOX_CLOSED', 'ERR_SANDBOX_CLOSED'],
      )
      assert.equal((await other.handle()).error?.code, 'ERR_SANDBOX_CLOSED')
      assert.equal(tier.pool.agentCount, 0)
      await assert.rejects(neighbour(tier, COUNTER), { code: 'ERR_SANDBOX_CLOSED' })
    })
  })
}
