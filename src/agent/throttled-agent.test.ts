import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Behaviour } from '../../test/fakes/sandbox.ts'
import { FakeSandbox, SOME_USAGE, settle } from '../../test/fakes/sandbox.ts'
import { NO_GRANTS } from '../capability/index.ts'
import type { RateLimits } from '../core/index.ts'
import { completeDraft, DEFAULT_LIMITS } from '../core/index.ts'
import { Agent } from './agent.ts'

/** A message of the pretended guest uses SOME_USAGE: 10 of fuel. */
const FIVE_A_SECOND: RateLimits = { fuel: { amount: 5 * SOME_USAGE.fuel, periodMs: 1_000, over: 'throttle' } }

/** An agent whose time passes by `pass`, what it reported, and how many messages its guest has begun. */
async function startAgent({ mock }: TestContext, rates: RateLimits, behave: Behaviour = () => 0) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const time = { nowMs: 0 }
  const log: string[] = []
  let sandbox: FakeSandbox | undefined
  const agent = new Agent(
    {
      createSandbox: (events) => {
        sandbox = new FakeSandbox(events, behave)
        return sandbox
      },
      credit: { release: () => {} },
      clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs },
      events: {
        onState: (_agent, _from, to) => log.push(to.phase),
        onSend: () => {},
        onLocal: () => {},
        onLocalLost: () => {},
        onLog: () => {},
        onSubscribe: () => {},
        onRegister: () => null,
        onRefuse: () => {},
        onRestart: () => {},
        onWarning: (_agent, { limit, scope }) => log.push(`warning ${scope} ${limit}`),
        onThrottle: (_agent, { limit, waitMs }) => log.push(`throttled ${limit} ${waitMs}`),
        onDropped: () => {},
        onTimers: () => {},
        onFired: () => {},
        onHandled: () => {},
        onUndelivered: (_agent, _message, { code }) => log.push(`undelivered ${code}`),
      },
    },
    {
      name: 'one',
      limits: { ...DEFAULT_LIMITS, fuel: SOME_USAGE.fuel },
      rates,
      warn: 0,
      grants: NO_GRANTS,
    },
  )
  await agent.start()
  // The start uses as much as a message.
  time.nowMs += 1_000
  log.length = 0
  return {
    agent,
    log,
    begun: () => sandbox?.begun.length,
    handedOver: () => sandbox?.handedOver.length,
    deliver: (count: number) => {
      for (let index = 0; index < count; index += 1) {
        agent.deliver(completeDraft({ performative: 'inform', receiver: 'one' }, 'two', `m-${index}`), 100)
      }
      return settle()
    },
    pass: (ms: number) => {
      time.nowMs += ms
      mock.timers.tick(ms)
      return settle()
    },
  }
}

describe('an agent whose limit over time is used up', () => {
  test('handles what there is room for and the rest one after another, as room comes', async (context) => {
    const { agent, begun, deliver, log, pass } = await startAgent(context, FIVE_A_SECOND)
    await deliver(8)
    assert.deepEqual([begun(), agent.waitingMessages], [5, 3])
    assert.deepEqual(log, ['throttled fuel 20'])
    await pass(19)
    assert.equal(begun(), 5)
    await pass(1)
    assert.equal(begun(), 6)
    await pass(10_000)
    await pass(10_000)
    assert.deepEqual([begun(), agent.waitingMessages], [8, 0])
  })

  test('handles messages together only while there is room for all of them', async (context) => {
    const { handedOver, deliver } = await startAgent(context, FIVE_A_SECOND, () => new Promise(() => {}))
    await deliver(20)
    assert.equal(handedOver(), 5)
  })

  test('tells how long it waits, why, and for how long it has waited', async (context) => {
    const { agent, deliver, pass } = await startAgent(context, FIVE_A_SECOND)
    await deliver(6)
    await pass(5)
    const { throttled, timesThrottled, throttledMs } = agent.snapshot()
    assert.deepEqual(
      [throttled, timesThrottled, throttledMs],
      [{ limit: 'fuel', rate: FIVE_A_SECOND.fuel, waitMs: 15 }, 1, 5],
    )
    await pass(1_000)
    assert.deepEqual([agent.snapshot().throttled, agent.snapshot().throttledMs], [null, 1_005])
  })

  test('finishes what it has when it drains, at its own pace', async (context) => {
    const { agent, begun, deliver, log, pass } = await startAgent(context, FIVE_A_SECOND)
    await deliver(6)
    const drained = agent.drain()
    assert.equal(agent.state.phase, 'draining')
    await pass(20)
    await drained
    assert.deepEqual([begun(), agent.state.phase], [6, 'stopped'])
    assert.deepEqual(log.slice(1), ['draining', 'stopped'])
  })

  test('gives back what waits when the deadline of draining comes first', async (context) => {
    const { agent, begun, deliver, log, pass } = await startAgent(context, FIVE_A_SECOND)
    await deliver(7)
    const drained = agent.drain({ deadlineMs: 10 })
    await pass(10)
    await drained
    assert.equal(begun(), 5)
    assert.deepEqual(log.slice(2), [
      'stopped',
      'undelivered ERR_AGENT_NOT_RUNNING',
      'undelivered ERR_AGENT_NOT_RUNNING',
    ])
  })

  test('stops at once and begins nothing afterwards', async (context) => {
    const { agent, begun, deliver, pass } = await startAgent(context, FIVE_A_SECOND)
    await deliver(6)
    await agent.stop()
    assert.equal(agent.snapshot().throttled, null)
    await pass(10_000)
    assert.equal(begun(), 5)
  })

  test('fails if it was told to, after the message that went beyond', async (context) => {
    const rates = { fuel: { ...FIVE_A_SECOND.fuel!, amount: 15, over: 'fail' } } as const
    const { agent, begun, deliver, log } = await startAgent(context, rates)
    await deliver(5)
    assert.equal(begun(), 2)
    assert.deepEqual(log.slice(0, 2), ['failed', 'undelivered ERR_AGENT_NOT_RUNNING'])
    assert.deepEqual(agent.snapshot().reason, {
      code: 'ERR_LIMIT_RATE',
      detail: 'fuel 15/s',
      data: { agent: 'one', limit: 'fuel', amount: 15, periodMs: 1_000 },
    })
  })
})

test('a process lives while messages are held back, and not for an agent that has none', () => {
  const script = `
    import { Agent } from ${JSON.stringify(new URL('./agent.ts', import.meta.url).href)}
    import { FakeSandbox } from ${JSON.stringify(new URL('../../test/fakes/sandbox.ts', import.meta.url).href)}
    import { completeDraft, DEFAULT_LIMITS } from ${JSON.stringify(new URL('../core/index.ts', import.meta.url).href)}
    const events = new Proxy({}, { get: (_, name) => () => name === 'onThrottle' ? console.log('throttled') : null })
    const rates = { fuel: { amount: 10, periodMs: 100, over: 'throttle' } }
    const grants = { send: [], register: [], log: null, clock: null, random: null }
    const agent = new Agent(
      { createSandbox: (given) => new FakeSandbox(given, () => 0), credit: { release() {} }, events },
      { name: 'one', limits: DEFAULT_LIMITS, rates, grants },
    )
    await agent.start()
    for (const id of ['a', 'b', 'c']) {
      agent.deliver(completeDraft({ performative: 'inform', receiver: 'one' }, 'two', id), 1)
    }
    process.on('exit', () => console.log('handled', agent.snapshot().handled))`
  const child = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  })
  assert.equal(child.stderr, '')
  assert.match(child.stdout, /^(throttled\n)+handled 3\n$/)
})
