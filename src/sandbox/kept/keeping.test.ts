import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { STATUS } from '../../capability/index.ts'
import { agentWat, createPool, type Deployed, deploy, SPIN, toMessage } from '../fixtures.test.ts'
import type { Outcome } from '../index.ts'
import { ProcessPool, SandboxPool } from '../index.ts'
import type { Kept } from './kept.ts'

/*
 * The content of a message says what the guest does: a digit for each step.
 * 1 stores "one" under "k", 2 stores "two" there, 3 deletes it, 4 answers what is loaded, 5 fails, 6 traps, 7 lists,
 * 8 sets timer 5, 9 cancels it.
 */
const FIELDS = `
  (import "caxton" "store_data" (func $store (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "load_data" (func $load (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "delete_data" (func $delete (param i32 i32) (result i32)))
  (import "caxton" "list_data" (func $list (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "set_timer" (func $set (param i32 i64) (result i32)))
  (import "caxton" "cancel_timer" (func $cancel (param i32) (result i32)))
  (data (i32.const 16) "k") (data (i32.const 32) "one") (data (i32.const 48) "two")
  (func (export "handle_timer") (param $id i32) (result i32)
    (drop (call $store (i32.const 16) (i32.const 1) (i32.const 48) (i32.const 3)))
    (drop (call $set (local.get $id) (i64.const 10)))
    (i32.const 0))`
const STEPS = `
  (local $at i32) (local $step i32) (local $answer i32)
  (local.set $at (local.get $ptr))
  (loop $next
    (local.set $step (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $step) (i32.const 49))
      (then (local.set $answer (call $store (i32.const 16) (i32.const 1) (i32.const 32) (i32.const 3)))))
    (if (i32.eq (local.get $step) (i32.const 50))
      (then (local.set $answer (call $store (i32.const 16) (i32.const 1) (i32.const 48) (i32.const 3)))))
    (if (i32.eq (local.get $step) (i32.const 51)) (then (local.set $answer (call $delete (i32.const 16) (i32.const 1)))))
    (if (i32.eq (local.get $step) (i32.const 52)) (then
      (i32.store8 (i32.const 100) (i32.const 0))
      (drop (call $load (i32.const 16) (i32.const 1) (i32.const 100) (i32.const 8)))
      (if (i32.ne (i32.load8_u (i32.const 100)) (i32.const 111))
        (then (if (i32.ne (i32.load8_u (i32.const 100)) (i32.const 116)) (then (return (i32.const 20)))) (return (i32.const 22))))
      (return (i32.const 21))))
    (if (i32.eq (local.get $step) (i32.const 53)) (then (return (i32.const 5))))
    (if (i32.eq (local.get $step) (i32.const 54)) (then (unreachable)))
    (if (i32.eq (local.get $step) (i32.const 55))
      (then (return (call $list (i32.const 16) (i32.const 1) (i32.const 100) (i32.const 8)))))
    (if (i32.eq (local.get $step) (i32.const 56)) (then (local.set $answer (call $set (i32.const 5) (i64.const 20)))))
    (if (i32.eq (local.get $step) (i32.const 57)) (then (local.set $answer (call $cancel (i32.const 5)))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $at) (i32.add (local.get $ptr) (local.get $len)))))
  (if (result i32) (i32.lt_s (local.get $answer) (i32.const 0)) (then (local.get $answer)) (else (i32.const 0)))`
/** Steps are read from the content alone: it comes last in the message, behind a text without digits. */
const KEEPER = agentWat(STEPS, FIELDS)
const GRANTS = { store: { bytes: 100, keys: 2 }, timers: 2 }
const bytes = (text: string) => new TextEncoder().encode(text)

interface Tier {
  readonly name: string
  open(): Pick<SandboxPool, 'create' | 'close'>
}

const TIERS: readonly Tier[] = [
  { name: 'thread', open: createPool },
  { name: 'process', open: () => new ProcessPool({ run: 'test', mailboxes: createPool().mailboxes }) },
]

for (const { name, open } of TIERS) {
  suite(`an agent that keeps data, in a ${name}`, () => {
    let pool: ReturnType<Tier['open']>
    before(() => {
      pool = open()
    })
    after(() => pool.close())

    const start = async (kept?: Kept, wat = KEEPER): Promise<(steps: string) => Promise<Outcome>> => {
      const agent = await deploy(pool, wat, { name: 'keeper', tenant: 'tests', grants: GRANTS, ...(kept && { kept }) })
      assert.equal((await agent.sandbox.start()).status, 0)
      current = agent
      return (steps) => agent.sandbox.handle(bare(steps))
    }
    let current: Deployed

    test('what it stores comes with the outcome of the call, once', async () => {
      const act = await start()
      const { status, effects } = await act('1')
      assert.equal(status, 0)
      assert.deepEqual([...effects!.data], [['k', bytes('one')]])
      assert.deepEqual((await act('')).effects, null)
      assert.equal((await act('4')).status, 21)
      assert.deepEqual([...(await act('23')).effects!.data], [['k', null]])
      assert.equal((await act('4')).status, 20)
      await current.sandbox.close()
    })

    test('what a call that failed has stored is gone', async () => {
      const act = await start({
        data: new Map([['k', bytes('one')]]),
        timers: new Map(),
        lastSetting: 0,
        subscriptions: new Set(),
      })
      assert.equal((await act('4')).status, 21)
      const failed = await act('25')
      assert.deepEqual([failed.status, failed.effects], [5, null])
      assert.equal((await act('4')).status, 21)
      assert.deepEqual([(await act('35')).effects, (await act('4')).status], [null, 21])
      assert.equal((await act('7')).status, 2)
      const trapped = await act('26')
      assert.deepEqual([trapped.error?.code, trapped.effects], ['ERR_GUEST_TRAP', null])
    })

    test('timers come with the outcome, and only one that is still set is called', async () => {
      const act = await start()
      const { effects } = await act('8')
      assert.deepEqual([...effects!.timers], [[5, { delayMs: 20, setting: 1 }]])
      const fired = await current.sandbox.fire(5, 1)
      assert.deepEqual([...fired.effects!.data], [['k', bytes('two')]])
      assert.deepEqual([...fired.effects!.timers], [[5, { delayMs: 10, setting: 2 }]])
      assert.deepEqual((await current.sandbox.fire(5, 1)).effects, null)
      assert.deepEqual([...(await act('9')).effects!.timers], [[5, null]])
      assert.deepEqual((await current.sandbox.fire(5, 2)).effects, null)
      assert.equal((await act('9')).status, STATUS.NOT_FOUND)
      await current.sandbox.close()
    })

    test('a timer whose call fails is used up, and leaves room for another one', async () => {
      const wat = agentWat(
        '(call $set (i32.load8_u (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 3))) (i64.const 20))',
        `(import "caxton" "set_timer" (func $set (param i32 i64) (result i32)))
         (func (export "handle_timer") (param i32) (result i32)
           (drop (call $set (local.get 0) (i64.const 10)))
           (i32.const 1))`,
      )
      const grants = { timers: 1 }
      const { sandbox } = await deploy(pool, wat, { name: 'late', tenant: 'tests', grants })
      const set = async (id: string) => sandbox.handle(toMessage('late', JSON.stringify(id)))
      assert.equal((await sandbox.start()).status, 0)
      assert.equal((await set('a')).effects?.timers.size, 1)
      const fired = await sandbox.fire(97, 1)
      assert.deepEqual([fired.status, fired.effects], [1, null])
      const after = await set('b')
      assert.deepEqual([after.error, after.status, after.effects?.timers.size], [null, 0, 1])
      assert.equal((await set('c')).status, STATUS.LIMIT)
      await sandbox.close()
    })

    test('an instance that begins knows what was kept', async () => {
      const act = await start({
        data: new Map([['k', bytes('two')]]),
        timers: new Map([[5, 8]]),
        lastSetting: 9,
        subscriptions: new Set(),
      })
      assert.equal((await act('4')).status, 22)
      assert.equal((await current.sandbox.fire(5, 7)).effects, null)
      assert.deepEqual([...(await act('8')).effects!.timers], [[5, { delayMs: 20, setting: 10 }]])
      await current.sandbox.close()
    })
  })
}

test('a module that sets timers and has no handler for them is refused', async () => {
  await using pool = new SandboxPool({ run: 'test' }, { threads: 1 })
  const wat = agentWat('(i32.const 0)', '(import "caxton" "set_timer" (func $set (param i32 i64) (result i32)))')
  await assert.rejects(deploy(pool, wat, { grants: GRANTS }), { code: 'ERR_MODULE_EXPORT_MISSING' })
  await assert.rejects(deploy(pool, wat), { code: 'ERR_MODULE_EXPORT_MISSING' })
})

test('without the grants a module that stores or sets timers is refused', async () => {
  await using pool = new SandboxPool({ run: 'test' }, { threads: 1 })
  await assert.rejects(deploy(pool, KEEPER, { grants: { store: GRANTS.store } }), { code: 'ERR_GRANT_MISSING' })
  await assert.rejects(deploy(pool, KEEPER, { grants: { timers: 1 } }), { code: 'ERR_GRANT_MISSING' })
})

test('a call that is killed has changed nothing', async () => {
  await using pool = new SandboxPool({ run: 'test' }, { threads: 1 })
  const store = '(drop (call $store (i32.const 16) (i32.const 1) (i32.const 16) (i32.const 1)))'
  const agent = await deploy(pool, SPIN.replace('(loop', `${store}(loop`).replace('(module', `(module ${FIELDS}`), {
    grants: GRANTS,
    limits: { fuel: 1e12, wallMs: 200 },
  })
  await agent.sandbox.start()
  const { error, effects } = await agent.handle()
  assert.deepEqual([error?.code, effects], ['ERR_LIMIT_WALL', null])
})

/** A message whose whole text is its steps: no other digit is in it. */
function bare(steps: string) {
  const none = { message_id: 'm', conversation_id: 'm' }
  return { performative: 'inform', sender: 'user', receiver: 'keeper', content: `"${steps}"`, ...none } as const
}
