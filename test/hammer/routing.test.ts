import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent } from '../../src/agent/index.ts'
import { NO_GRANTS } from '../../src/capability/index.ts'
import { ModuleCache } from '../../src/compile/index.ts'
import { DEFAULT_LIMITS, SYSTEM_CLOCK } from '../../src/core/index.ts'
import type { RouterEvent } from '../../src/router/index.ts'
import { Router } from '../../src/router/index.ts'
import { agentWat, assemble } from '../../src/sandbox/fixtures.test.ts'
import { messageBytes, SandboxPool } from '../../src/sandbox/index.ts'

/** Sends `drafts` for each of its first 150 messages (the notices it gets are messages too); traps at the one given, 0 never. */
function senderWat(drafts: readonly object[], trapAt: number): string {
  let offset = 8_192
  const data: string[] = []
  const calls = drafts.map((draft) => {
    const text = JSON.stringify(draft)
    data.push(`(data (i32.const ${offset}) "${text.replaceAll('"', '\\"')}")`)
    const call = `(drop (call $send (i32.const ${offset}) (i32.const ${text.length})))`
    offset += text.length
    return call
  })
  return agentWat(
    `(global.set $n (i32.add (global.get $n) (i32.const 1)))
     ${trapAt > 0 ? `(if (i32.eq (global.get $n) (i32.const ${trapAt})) (then (unreachable)))` : ''}
     (if (i32.le_u (global.get $n) (i32.const 150)) (then ${calls.join(' ')}))
     (i32.const 0)`,
    `(import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
     (global $n (mut i32) (i32.const 0)) ${data.join('\n')}`,
  )
}

test('agents in several threads lose no message and no credit, whoever traps or stops', async () => {
  await using pool = new SandboxPool({ run: 'h' }, { threads: 2 })
  const cache = new ModuleCache()
  const events: RouterEvent[] = []
  const router = new Router({ credit: pool.mailboxes, clock: SYSTEM_CLOCK, sizeOf: messageBytes }, { run: 'h' })
  router.subscribe((event) => events.push(event))
  const limits = { ...DEFAULT_LIMITS, mailboxMessages: 20, outstandingMessages: 30 }
  const deploy = async (name: string, wat: string) => {
    const compiled = await cache.compile(assemble(wat), limits)
    const grants = { ...NO_GRANTS, send: ['*'] }
    const spec = { name, compiled, door: 'caxton' as const, script: null, grants, limits, config: {} }
    const agent = new Agent(
      { createSandbox: (given) => pool.create(spec, given), credit: pool.mailboxes, events: router.agentEvents },
      { name, limits, grants },
    )
    router.add(agent)
    await agent.start()
  }
  const inform = (receiver: string) => ({ performative: 'inform', receiver })
  const quiet = agentWat('(i32.const 0)')
  for (const name of ['sink', 'drain']) await deploy(name, quiet)
  await deploy('dull', agentWat('(i32.const 1)'))
  for (const [index, trapAt] of [0, 0, 30, 60].entries()) {
    const drafts = [inform('sink'), inform('drain'), inform('nobody'), inform('capability:x'), inform('sink')]
    await deploy(`source-${index}`, senderWat(index === 1 ? [...drafts, inform('dull')] : drafts, trapAt))
  }
  for (let round = 0; round < 200; round += 1) {
    for (let index = 0; index < 4; index += 1) router.send({ performative: 'inform', receiver: `source-${index}` })
    if (round % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (round === 120) void router.agent('drain')?.drain()
    if (round === 150) void router.agent('source-0')?.stop()
  }
  await router.idle()

  const sent = new Set<string>()
  const ended = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'sent') sent.add(event.message.message_id)
    const isEnd =
      event.type === 'handled' ||
      event.type === 'undelivered' ||
      (event.type === 'delivered' && event.message.receiver === 'user')
    if (isEnd) ended.set(event.message.message_id, (ended.get(event.message.message_id) ?? 0) + 1)
  }
  assert.ok(sent.size > 1_000)
  assert.deepEqual(new Set(ended.keys()), sent)
  assert.ok([...ended.values()].every((count) => count === 1))
  for (const { name, phase, waitingMessages } of router.agents()) {
    assert.equal(waitingMessages, 0)
    const use = pool.mailboxes.read(name)
    if (phase === 'running') assert.deepEqual(use, { messages: 0, bytes: 0, outstanding: 0 })
    else assert.equal(use, null)
  }
  assert.deepEqual(
    router.agents().map(({ name, phase }) => `${name} ${phase}`),
    [
      'sink running',
      'drain stopped',
      'dull running',
      'source-0 stopped',
      'source-1 running',
      'source-2 failed',
      'source-3 failed',
    ],
  )
  await router.close()
})
