import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { FakeSandbox, SOME_USAGE, settle } from '../../test/fakes/sandbox.ts'
import { NO_GRANTS } from '../capability/index.ts'
import type { RateLimits } from '../core/index.ts'
import { CaxtonError, completeDraft, DEFAULT_LIMITS } from '../core/index.ts'
import { Agent } from './agent.ts'
import type { AgentEvents } from './agent-parts.ts'
import { Supervisor } from './supervisor.ts'

/** What each incarnation of a guest does at its start, in order; the last one goes on. */
type Start = 'runs' | 'fails to start' | 'cannot be made'

interface World {
  readonly starts?: readonly Start[]
  readonly random?: number
  readonly rates?: RateLimits
  readonly max?: number
}

/** An agent under supervision whose guest traps whenever it gets a message. */
async function supervise({ mock }: TestContext, { starts = ['runs'], random = 1, rates = {}, max = 3 }: World = {}) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const time = { nowMs: 0 }
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs }
  const log: string[] = []
  const world = { underWay: 0, made: 0 }
  let current: Agent
  const events: AgentEvents = {
    onState: (_agent, _from, to) => log.push(to.phase),
    onSend: () => {},
    onLocal: () => {},
    onLocalLost: () => {},
    onLog: () => {},
    onSubscribe: () => {},
    onRegister: () => null,
    onRefuse: () => {},
    onRestart: () => {},
    onWarning: () => {},
    onThrottle: (_agent, { limit }) => log.push(`throttled ${limit}`),
    onDropped: () => {},
    onTimers: () => {},
    onFired: () => {},
    onHandled: () => {},
    onUndelivered: (_agent, _message, { code }) => log.push(`undelivered ${code}`),
  }
  const supervisor = new Supervisor(
    {
      clock,
      random: () => random,
      expect: () => {
        world.underWay += 1
        return () => {
          world.underWay -= 1
        }
      },
      onRestarting: (agent, { attempt, waitMs, reason }) => {
        assert.equal(agent, current)
        log.push(`restarting ${attempt} in ${waitMs} for ${reason.code}`)
      },
      replace: (failed) => {
        current = create(failed)
        return current.start()
      },
    },
    { max, withinMs: 60_000 },
  )
  function create(predecessor?: Agent): Agent {
    const start = starts[Math.min(world.made, starts.length - 1)]
    world.made += 1
    return new Agent(
      {
        createSandbox: (given) => {
          if (start === 'cannot be made') throw new CaxtonError('ERR_LIMIT_AGENTS')
          return new FakeSandbox(
            given,
            () => new CaxtonError('ERR_GUEST_TRAP'),
            () => (start === 'runs' ? 0 : 7),
          )
        },
        credit: { release: () => {} },
        clock,
        events: supervisor.watch(events),
        ...(predecessor === undefined ? {} : { predecessor }),
      },
      {
        name: 'one',
        limits: DEFAULT_LIMITS,
        rates,
        grants: NO_GRANTS,
      },
    )
  }
  current = create()
  await current.start().catch(() => {})
  return {
    supervisor,
    log,
    world,
    agent: () => current,
    deliver: () => {
      current.deliver(completeDraft({ performative: 'inform', receiver: 'one' }, 'two', 'm'), 100)
      return settle()
    },
    pass: (ms: number) => {
      time.nowMs += ms
      mock.timers.tick(ms)
      return settle()
    },
  }
}

test('an agent that fails is started anew after a pause, and something is under way until it runs', async (context) => {
  const { log, world, deliver, pass, agent } = await supervise(context)
  const first = agent()
  await deliver()
  assert.deepEqual(log, ['running', 'failed', 'restarting 1 in 100 for ERR_GUEST_TRAP'])
  assert.equal(world.underWay, 1)
  await pass(99)
  assert.equal(agent(), first)
  await pass(1)
  assert.notEqual(agent(), first)
  assert.deepEqual([agent().state.phase, world.underWay], ['running', 0])
})

test('messages that waited are given back; they are not handled by the one that comes after', async (context) => {
  const { log, deliver, pass, agent } = await supervise(context)
  const first = agent()
  first.deliver(completeDraft({ performative: 'inform', receiver: 'one' }, 'two', 'a'), 100)
  await deliver()
  await pass(100)
  assert.deepEqual(log.slice(1, 4), [
    'failed',
    'restarting 1 in 100 for ERR_GUEST_TRAP',
    'undelivered ERR_AGENT_NOT_RUNNING',
  ])
  assert.equal(agent().waitingMessages, 0)
})

test('the pause doubles up to a bound, and chance takes up to half of it away', async (context) => {
  const waits: string[] = []
  const { log, deliver, pass } = await supervise(context, { max: 10, random: 0 })
  for (let round = 0; round < 9; round += 1) {
    await deliver()
    waits.push(log.at(-1) ?? '')
    await pass(5_000)
  }
  assert.deepEqual(
    waits.map((line) => Number(line.split(' ')[3])),
    [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000],
  )
})

test('after so many starts within the time it stays failed', async (context) => {
  const { log, world, deliver, pass, agent } = await supervise(context)
  for (let round = 0; round < 4; round += 1) {
    await deliver()
    await pass(1_000)
  }
  assert.equal(log.at(-1), 'failed')
  assert.deepEqual([agent().state.phase, world.made, world.underWay], ['failed', 4, 0])
  assert.equal(agent().snapshot().reason?.code, 'ERR_GUEST_TRAP')
})

test('starts that are longer ago than the time do not count', async (context) => {
  const { world, deliver, pass, agent } = await supervise(context)
  for (let round = 0; round < 8; round += 1) {
    await deliver()
    await pass(30_000)
  }
  assert.deepEqual([agent().state.phase, world.made], ['running', 9])
})

test('a start anew that fails counts as a failure and is followed by another', async (context) => {
  const { log, deliver, pass, agent } = await supervise(context, {
    starts: ['runs', 'fails to start', 'cannot be made', 'runs'],
  })
  await deliver()
  await pass(100)
  await pass(200)
  await pass(400)
  assert.deepEqual(log.slice(2), [
    'restarting 1 in 100 for ERR_GUEST_TRAP',
    'failed',
    'restarting 2 in 200 for ERR_GUEST_STATUS',
    'failed',
    'restarting 3 in 400 for ERR_LIMIT_AGENTS',
    'running',
  ])
  assert.equal(agent().snapshot().recoveries, 3)
})

test('an agent that never ran is not started anew', async (context) => {
  const { log, world } = await supervise(context, { starts: ['fails to start'] })
  assert.deepEqual([log, world.underWay], [['failed'], 0])
})

test('an agent that is stopped, or fails while it drains, is not started anew', async (context) => {
  const stopped = await supervise(context)
  await stopped.agent().stop()
  assert.deepEqual(stopped.log, ['running', 'stopped'])
  context.mock.timers.reset()
  const draining = await supervise(context)
  const delivered = draining.deliver()
  void draining.agent().drain()
  await delivered
  assert.deepEqual([draining.log, draining.world.underWay], [['running', 'draining', 'failed'], 0])
})

test('closing the supervisor ends what waits and starts nothing any more', async (context) => {
  const { supervisor, log, world, deliver, pass } = await supervise(context)
  await deliver()
  supervisor.close()
  supervisor.close()
  await pass(10_000)
  assert.deepEqual([world.made, world.underWay, log.at(-1)], [1, 0, 'restarting 1 in 100 for ERR_GUEST_TRAP'])
})

test('sums go on, and so does what is owed to a limit over time', async (context) => {
  const HOUR_MS = 3_600_000
  const rates = { fuel: { amount: SOME_USAGE.fuel, periodMs: HOUR_MS, over: 'throttle' } } as const
  const { deliver, pass, agent } = await supervise(context, { rates })
  // The start has used what there is for an hour; so do the message and the start anew.
  await deliver()
  await pass(HOUR_MS)
  await pass(100)
  const { phase, messagesIn, failed, recoveries, fuel, timesThrottled } = agent().snapshot()
  assert.deepEqual([phase, messagesIn, failed, recoveries, timesThrottled], ['running', 1, 1, 1, 1])
  assert.equal(fuel, 3 * SOME_USAGE.fuel)
  await deliver()
  const { throttled } = agent().snapshot()
  assert.ok(throttled !== null && throttled.waitMs > HOUR_MS)
  await agent().stop()
})
