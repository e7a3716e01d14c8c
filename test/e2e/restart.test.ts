import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { Caxton } from '../../src/index.ts'

/** Traps on a message of more than 1,000 bytes; of others it tells how many it has handled, by its status: 0, then 1, … */
const FLAKY = binaryen
  .parseText(`(module
    (global $handled (mut i32) (i32.const -1))
    (memory (export "memory") 1)
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
      (if (i32.gt_u (local.get $len) (i32.const 1000)) (then (unreachable)))
      (global.set $handled (i32.add (global.get $handled) (i32.const 1)))
      (global.get $handled)))`)
  .emitBinary()

const small = { performative: 'inform', receiver: 'flaky' } as const
const large = { ...small, content: 'x'.repeat(2_000) }

test('an agent that traps is started anew with a fresh instance and goes on, until it has failed too often', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'flaky', bytes: FLAKY, restart: { max: 2, within: '60s' } })
  const seen: string[] = []
  caxton.subscribe((event) => {
    if (event.type === 'handled') seen.push(event.error?.code ?? String(event.status))
    if (event.type === 'restarting') seen.push(`restarting ${event.attempt} of ${event.max}`)
  })
  for (const message of [small, small, large, small, large, large]) {
    caxton.send(message)
    await caxton.idle()
  }
  assert.deepEqual(seen, [
    ...['0', '1', 'restarting 1 of 2', 'ERR_GUEST_TRAP'],
    ...['0', 'restarting 2 of 2', 'ERR_GUEST_TRAP'],
    'ERR_GUEST_TRAP',
  ])
  const [info] = caxton.agents()
  assert.deepEqual([info?.phase, info?.recoveries, info?.messagesIn, info?.failed], ['failed', 2, 6, 3])
})

test('an agent is replaced while it waits to be started anew, and closing does not wait for it', async () => {
  const caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'flaky', bytes: FLAKY, restart: {} })
  const failed = new Promise<void>((resolve) => {
    caxton.subscribe(({ type }) => type === 'restarting' && resolve())
  })
  caxton.send(large)
  await failed
  await caxton.deploy({ name: 'flaky', bytes: FLAKY })
  await caxton.idle()
  assert.deepEqual([caxton.agents()[0]?.phase, caxton.agents()[0]?.recoveries], ['running', 0])
  await caxton.deploy({ name: 'other', bytes: FLAKY, restart: {} })
  caxton.send({ ...large, receiver: 'other' })
  await caxton.drain()
  assert.equal(caxton.agents().find(({ name }) => name === 'other')?.phase, 'failed')
})
