import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Ask, AskHandler } from '../capability/index.ts'
import { STATUS } from '../capability/index.ts'
import type { DeployOptions } from './fixtures.test.ts'
import { agentWat, COUNTER, deploy, SPIN } from './fixtures.test.ts'
import { ProcessPool, SandboxPool } from './index.ts'

const GRANTS: NonNullable<DeployOptions['grants']> = { tools: ['one/*'], log: 'info' }

const IMPORTS = `
  (import "caxton" "call_tool" (func $tool (param i32 i32 i32 i32) (result i32)))
  (import "caxton" "take_result" (func $take (param i32 i32) (result i32)))
  (import "caxton" "log" (func $log (param i32 i32 i32) (result i32)))
  (data (i32.const 8192) "one/tool")`

/** Calls a tool with the message as its arguments, logs the result, and answers its length or the status. */
const CALLER = agentWat(
  `(local $n i32)
  (local.set $n (call $tool (i32.const 8192) (i32.const 8) (local.get $ptr) (local.get $len)))
  (if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (local.get $n))))
  (drop (call $take (i32.const 16384) (i32.const 40000)))
  (drop (call $log (i32.const 1) (i32.const 16384) (local.get $n)))
  (local.get $n)`,
  IMPORTS,
)

function answer(text: string): Answer {
  const bytes = new Uint8Array(Buffer.from(text))
  return { status: bytes.length, bytes }
}

/** Asks that were taken, with what ends them; nobody is answered until the test does. */
class Desk {
  readonly asks: { readonly ask: Ask; readonly signal: AbortSignal; settle(answer: Answer): void }[] = []
  #arrived = Promise.withResolvers<void>()

  readonly take: AskHandler = (ask, signal) => {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.asks.push({ ask, signal, settle: resolve })
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers<void>()
    return promise
  }

  /** Resolves when so many asks have come. */
  async has(count: number): Promise<void> {
    while (this.asks.length < count) await this.#arrived.promise
  }
}

type Pool = Pick<SandboxPool, 'create' | 'mailboxes'> & AsyncDisposable

const TIERS: readonly { readonly name: string; create(): Pool }[] = [
  { name: 'thread', create: () => new SandboxPool({ run: 'test' }, { threads: 1 }) },
  {
    name: 'process',
    create: () => {
      const threads = new SandboxPool({ run: 'test' }, { threads: 1 })
      const processes = new ProcessPool({ run: 'test', mailboxes: threads.mailboxes })
      return {
        mailboxes: threads.mailboxes,
        create: (spec, events) => processes.create(spec, events),
        async [Symbol.asyncDispose]() {
          await processes.close()
          await threads.close()
        },
      }
    },
  },
]

for (const tier of TIERS) {
  suite(`a guest in a ${tier.name} that asks the main thread`, () => {
    test('gets the length of the answer and takes its bytes, while others of its thread run', async () => {
      await using pool = tier.create()
      const desk = new Desk()
      const caller = await deploy(pool, CALLER, { grants: GRANTS, onAsk: desk.take, tenant: 't' })
      const neighbour = await deploy(pool, COUNTER, { name: 'neighbour', tenant: 't' })
      const handled = caller.handle('{"a":1}')
      await desk.has(1)
      assert.equal((await neighbour.handle()).status, 1)
      const [{ ask, settle }] = desk.asks as [Desk['asks'][0]]
      assert.equal(ask.service, 'call_tool')
      assert.equal(ask.text, 'one/tool')
      assert.match(Buffer.from(ask.bytes).toString(), /"content":\{"a":1\}/)
      settle(answer('the “result”'))
      const { status, error, usage } = await handled
      assert.equal(error, null)
      assert.equal(status, 16)
      assert.equal(usage.callsByName['call_tool'], 1)
      assert.deepEqual(caller.logs, [{ level: 'info', text: 'the “result”' }])
    })

    test('gets a negative status as it is, and FAILED where the handler breaks its promise', async () => {
      await using pool = tier.create()
      const statuses = [STATUS.TIMEOUT, STATUS.DENIED]
      const onAsk: AskHandler = async () => {
        const status = statuses.shift()
        if (status === undefined) throw new TypeError('broken')
        return { status, bytes: new Uint8Array() }
      }
      const { handle } = await deploy(pool, CALLER, { grants: GRANTS, onAsk })
      assert.equal((await handle()).status, STATUS.TIMEOUT)
      assert.equal((await handle()).status, STATUS.DENIED)
      assert.equal((await handle()).status, STATUS.FAILED)
      const nobody = await deploy(pool, CALLER, { grants: GRANTS, name: 'nobody' })
      assert.equal((await nobody.handle()).status, STATUS.DENIED)
    })

    test('is cancelled when it is closed, and its neighbours go on', async () => {
      await using pool = tier.create()
      const desk = new Desk()
      const caller = await deploy(pool, CALLER, { grants: GRANTS, onAsk: desk.take, tenant: 't' })
      const neighbour = await deploy(pool, CALLER, { grants: GRANTS, onAsk: desk.take, name: 'two', tenant: 't' })
      const handled = caller.handle()
      const other = neighbour.handle()
      await desk.has(2)
      await caller.sandbox.close()
      assert.equal((await handled).error?.code, 'ERR_SANDBOX_CLOSED')
      assert.equal(desk.asks[0]!.signal.aborted, true)
      assert.equal(desk.asks[1]!.signal.aborted, false)
      desk.asks[0]!.settle(answer('late'))
      desk.asks[1]!.settle(answer('in time'))
      assert.equal((await other).status, 7)
      assert.equal(desk.asks[1]!.signal.aborted, true)
    })

    test('is ended when its time to wait is over, and nothing of a late answer is used', async () => {
      await using pool = tier.create()
      const desk = new Desk()
      const caller = await deploy(pool, CALLER, { grants: GRANTS, onAsk: desk.take, limits: { waitMs: 30 } })
      const { error } = await caller.handle()
      assert.equal(error?.code, 'ERR_LIMIT_WAIT')
      assert.equal(desk.asks[0]!.signal.aborted, true)
      desk.asks[0]!.settle(answer('late'))
      await sleep(5)
      assert.equal((await caller.handle()).error?.code, 'ERR_LIMIT_WAIT')
    })

    test('asks for one thing after another, and each call for itself', async () => {
      await using pool = tier.create()
      let count = 0
      const signals = new Set<AbortSignal>()
      const onAsk: AskHandler = async (ask, signal) => {
        signals.add(signal)
        assert.equal(ask.id, count + 1)
        count += 1
        return answer(String(count))
      }
      const flood = agentWat(
        `(local $i i32)
        (loop $again
          (drop (call $tool (i32.const 8192) (i32.const 8) (i32.const 0) (i32.const 0)))
          (br_if $again (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
        (call $take (i32.const 16384) (i32.const 40000))`,
        IMPORTS,
      )
      const { handle } = await deploy(pool, flood, { grants: GRANTS, onAsk })
      for (const _ of [1, 2, 3]) assert.equal((await handle()).error, null)
      assert.equal(count, 150)
      assert.equal(signals.size, 3)
    })

    test('ends at its limit of host calls', async () => {
      await using pool = tier.create()
      const forever = agentWat(
        `(loop $again (drop (call $tool (i32.const 8192) (i32.const 8) (i32.const 0) (i32.const 0))) (br $again))
        (unreachable)`,
        IMPORTS,
      )
      const onAsk: AskHandler = async () => answer('x')
      const { handle } = await deploy(pool, forever, { grants: GRANTS, onAsk, limits: { hostCalls: 100 } })
      assert.equal((await handle()).error?.code, 'ERR_LIMIT_HOST_CALLS')
    })

    test('asks for no more than its messages may have', async () => {
      await using pool = tier.create()
      const large = agentWat(
        '(call $tool (i32.const 8192) (i32.const 8) (i32.const 0) (i32.const 2000))',
        `${IMPORTS} (export "unused" (func $take))`,
      )
      const onAsk: AskHandler = async () => answer('x')
      const { handle } = await deploy(pool, large, { grants: GRANTS, onAsk, limits: { messageBytes: 1_024 } })
      assert.equal((await handle()).status, STATUS.TOO_LARGE)
    })
  })
}

test('a guest whose thread is lost while it waits asks again elsewhere, and nobody works for the one that is gone', async () => {
  // Nothing can be stopped here, so that a thread with a call that must end is lost; in one slice it does not end by itself.
  const terminator = { terminate: async () => false, close: () => {} }
  await using pool = new SandboxPool({ run: 'test', terminator }, { threads: 1, sliceFuel: 1e12 })
  const desk = new Desk()
  const caller = await deploy(pool, CALLER, { grants: GRANTS, onAsk: desk.take })
  const spinner = await deploy(pool, SPIN, { name: 'spinner', limits: { fuel: 1e12, wallMs: 20 } })
  const handled = caller.handle()
  await desk.has(1)
  assert.notEqual((await spinner.handle()).error, null)
  await desk.has(2)
  assert.deepEqual(
    desk.asks.map(({ signal }) => signal.aborted),
    [true, false],
  )
  desk.asks[0]!.settle(answer('for the one that is gone'))
  desk.asks[1]!.settle(answer('hello'))
  assert.equal((await handled).status, 5)
  assert.equal(caller.restarts.length, 1)
})

test('a guest goes on waiting while a neighbour in its thread is killed', async () => {
  await using pool = new SandboxPool({ run: 'test' }, { threads: 1, sliceFuel: 1e12 })
  const desk = new Desk()
  const caller = await deploy(pool, CALLER, { grants: GRANTS, onAsk: desk.take })
  const spinner = await deploy(pool, SPIN, { name: 'spinner', limits: { fuel: 1e12, wallMs: 20 } })
  const handled = caller.handle()
  await desk.has(1)
  assert.equal((await spinner.handle()).error?.code, 'ERR_LIMIT_WALL')
  desk.asks[0]!.settle(answer('hello'))
  assert.equal((await handled).status, 5)
})

suite('take_result', () => {
  const TAKE = agentWat(
    `(local $n i32) (local $m i32)
    (if (i32.ne (call $take (i32.const 0) (i32.const 100)) (i32.const ${STATUS.NOT_FOUND})) (then (unreachable)))
    (local.set $n (call $tool (i32.const 8192) (i32.const 8) (i32.const 0) (i32.const 0)))
    ;; too small: nothing is written, and the result stays
    (i32.store8 (i32.const 16384) (i32.const 7))
    (if (i32.ne (call $take (i32.const 16384) (i32.const 1)) (local.get $n)) (then (unreachable)))
    (if (i32.ne (i32.load8_u (i32.const 16384)) (i32.const 7)) (then (unreachable)))
    ;; outside of the memory: the result stays
    (if (i32.ne (call $take (i32.const 65534) (i32.const 100)) (i32.const ${STATUS.FAULT})) (then (unreachable)))
    (if (i32.ne (call $take (i32.const -1) (i32.const -1)) (i32.const ${STATUS.FAULT})) (then (unreachable)))
    ;; exactly at the end of the memory
    (local.set $m (call $take (i32.sub (i32.const 65536) (local.get $n)) (local.get $n)))
    (if (i32.ne (local.get $m) (local.get $n)) (then (unreachable)))
    ;; once
    (if (i32.ne (call $take (i32.const 16384) (i32.const 100)) (i32.const ${STATUS.NOT_FOUND})) (then (unreachable)))
    ;; left for the next message, which must not find it
    (drop (call $tool (i32.const 8192) (i32.const 8) (i32.const 0) (i32.const 0)))
    (i32.const 0)`,
    IMPORTS,
  )

  test('copies once, whole or not at all, and keeps nothing for the next message', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 1 })
    const { handle } = await deploy(pool, TAKE, { grants: GRANTS, onAsk: async () => answer('result') })
    for (const _ of [1, 2]) {
      const { status, error } = await handle()
      assert.equal(error, null)
      assert.equal(status, 0)
    }
  })

  test('cannot be asked for where nobody may wait: in a start function', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 1 })
    const inStart = agentWat(
      '(global.get $status)',
      `${IMPORTS}
      (global $status (mut i32) (i32.const 0))
      (func $begin (global.set $status (call $tool (i32.const 8192) (i32.const 8) (i32.const 0) (i32.const 0))))
      (start $begin) (export "unused" (func $take))`,
    )
    const { sandbox, handle } = await deploy(pool, inStart, { grants: GRANTS, onAsk: async () => answer('result') })
    assert.equal((await sandbox.start()).error, null)
    assert.ok([6, STATUS.DENIED].includes((await handle()).status as never))
  })
})
