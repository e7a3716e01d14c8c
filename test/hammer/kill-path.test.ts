import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorCode, Limits } from '../../src/core/index.ts'
import type { Deployed } from '../../src/sandbox/fixtures.test.ts'
import { agentWat, COUNTER, deploy, SPIN } from '../../src/sandbox/fixtures.test.ts'
import { ProcessPool, SandboxPool } from '../../src/sandbox/index.ts'

/** Slices so long that no guest is asked whether its time is used up. */
const UNSLICED = { threads: 1, sliceFuel: 1e12 }
const POWERLESS = { terminate: async () => false, close: () => {} }
const ENDLESS = { fuel: 1e15, wallMs: 20 }

/** Catches everything there is to catch and asks the host again and again. */
const STUBBORN = agentWat(
  '(loop $again (block $caught (try_table (catch_all $caught) (drop (call $log (i32.const 1) (i32.const 0) (i32.const 0))))) (br $again)) (unreachable)',
  '(import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))',
)

interface Step {
  readonly name: string
  readonly wat: string
  readonly limits: Partial<Limits>
  readonly code: ErrorCode
  /** What the neighbour counts afterwards: 2 where it keeps what it knew. */
  readonly remembers: boolean
  open(): SandboxPool | ProcessPool
}

/** Each step with a guest that no step before it can stop, because that one has no reason to or no power over it. */
const STEPS: readonly Step[] = [
  {
    name: 'fuel: an endless loop whose time is not up',
    wat: SPIN,
    limits: { fuel: 1_000_000, wallMs: 3_600_000 },
    code: 'ERR_LIMIT_FUEL',
    remembers: true,
    open: () => new SandboxPool({ run: 'test', terminator: POWERLESS }, UNSLICED),
  },
  {
    name: 'a trap out of a host call: a loop that catches whatever is thrown, with all the fuel there is',
    wat: STUBBORN,
    limits: { fuel: 1e15, wallMs: 3_600_000, hostCalls: 1_000 },
    code: 'ERR_LIMIT_HOST_CALLS',
    remembers: true,
    open: () => new SandboxPool({ run: 'test', terminator: POWERLESS }, UNSLICED),
  },
  {
    name: 'termination of what runs: an endless loop with all the fuel there is, which asks nobody',
    wat: SPIN,
    limits: ENDLESS,
    code: 'ERR_LIMIT_WALL',
    remembers: true,
    open: () => new SandboxPool({ run: 'test' }, UNSLICED),
  },
  {
    name: 'the end of the thread: the same where termination has no effect',
    wat: SPIN,
    limits: ENDLESS,
    code: 'ERR_SANDBOX_THREAD_LOST',
    remembers: false,
    open: () => new SandboxPool({ run: 'test', terminator: POWERLESS }, UNSLICED),
  },
  {
    name: 'the end of the process: a process that is stopped and answers nobody',
    wat: COUNTER,
    limits: ENDLESS,
    code: 'ERR_SANDBOX_PROCESS_LOST',
    remembers: true,
    open: () => {
      const { mailboxes } = new SandboxPool({ run: 'test' })
      return new ProcessPool({ run: 'test', mailboxes }, { silenceMs: 200 })
    },
  },
]

/** Waits until the process uses less than half of a processor; false if it never does. */
async function comesToRest(): Promise<boolean> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const before = process.cpuUsage()
    await sleep(100)
    const { user, system } = process.cpuUsage(before)
    if (user + system < 50_000) return true
  }
  return false
}

suite('a guest is stopped by', () => {
  for (const { name, wat, limits, code, remembers, open } of STEPS) {
    test(name, async () => {
      await using pool = open()
      const neighbour = await deploy(pool, COUNTER, { name: 'neighbour', tenant: 'neighbour' })
      assert.equal((await neighbour.handle()).status, 1)
      const subject = await deploy(pool, wat, { limits, tenant: 'subject', grants: { log: 'debug' } })
      if (pool instanceof ProcessPool) process.kill(pool.processIds.get('subject')!, 'SIGSTOP')
      assert.equal((await subject.handle()).error?.code, code)
      assert.equal((await neighbour.handle()).status, remembers ? 2 : 1)
      assert.ok(await comesToRest(), 'the processor is at rest')
    })
  }
})

function countMaps(): number {
  return readFileSync('/proc/self/maps', 'latin1').split('\n').length
}

suite('thousands of kills', { skip: process.platform === 'linux' ? false : 'maps are read from /proc' }, () => {
  const pool = new SandboxPool({ run: 'test' }, { threads: 1 })
  after(() => pool.close())

  /** Deploys a guest, lets it be killed, and closes it. */
  type Kill = () => Promise<void>
  const KILLS: Readonly<Record<string, { readonly rounds: number; readonly kill: Kill }>> = {
    'by fuel': {
      rounds: 1_500,
      kill: async () => killed(await deploy(pool, SPIN, { limits: { fuel: 10_000 } }), 'ERR_LIMIT_FUEL'),
    },
    'by host calls': {
      rounds: 500,
      kill: async () =>
        killed(
          await deploy(pool, STUBBORN, { limits: { hostCalls: 3 }, grants: { log: 'debug' } }),
          'ERR_LIMIT_HOST_CALLS',
        ),
    },
    'in the middle of a call that is suspended': {
      rounds: 1_000,
      kill: async () => {
        const { sandbox, handle } = await deploy(pool, SPIN, { limits: { fuel: 1e15, wallMs: 60_000 } })
        const handled = handle()
        await sandbox.close()
        assert.equal((await handled).error?.code, 'ERR_SANDBOX_CLOSED')
      },
    },
    'by termination': {
      rounds: 100,
      kill: async () => killed(await deploy(pool, SPIN, { limits: { fuel: 1e15, wallMs: 1 } }), 'ERR_LIMIT_WALL'),
    },
  }

  async function killed({ sandbox, handle }: Deployed, code: ErrorCode): Promise<void> {
    assert.equal((await handle()).error?.code, code)
    await sandbox.close()
  }

  for (const [name, { rounds, kill }] of Object.entries(KILLS)) {
    test(`${name} leave no maps, no stacks and no agents behind, and the thread is the same`, async () => {
      const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
      assert.equal((await neighbour.handle()).status, 1)
      for (let round = 0; round < rounds / 10; round += 1) await kill()
      const before = countMaps()
      for (let round = 0; round < rounds; round += 20) {
        await Promise.all(Array.from({ length: Math.min(20, rounds - round) }, kill))
      }
      // Memories that V8 has not collected yet are among them; a stack or a memory for each kill would be thousands.
      assert.ok(countMaps() - before < 1_000, `${countMaps() - before} maps more`)
      assert.equal((await neighbour.handle()).status, 2)
      assert.deepEqual(neighbour.restarts, [])
      await neighbour.sandbox.close()
      assert.equal(pool.agentCount, 0)
    })
  }
})
