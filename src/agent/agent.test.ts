import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Behaviour } from '../../test/fakes/sandbox.ts'
import { createGate, FakeSandbox, SOME_USAGE, settle } from '../../test/fakes/sandbox.ts'
import { NO_GRANTS } from '../capability/index.ts'
import type { ErrorCode, Message } from '../core/index.ts'
import { CaxtonError, completeDraft, DEFAULT_LIMITS } from '../core/index.ts'
import type { SandboxEvents } from '../sandbox/index.ts'
import { Agent } from './agent.ts'
import type { AgentPhase } from './state.ts'

let messageCount = 0
function messageFrom(sender: string): Message {
  messageCount += 1
  return completeDraft({ performative: 'inform', receiver: 'one' }, sender, `m-${messageCount}`)
}

/** An agent, what it reported, and how much credit it holds. */
function createAgent(
  behave: Behaviour,
  startWith: () => unknown = () => 0,
  createSandbox?: (events: SandboxEvents) => FakeSandbox | Promise<FakeSandbox>,
) {
  const log: string[] = []
  const sandboxes: FakeSandbox[] = []
  const credit = { held: 0 }
  const make = createSandbox ?? ((events) => new FakeSandbox(events, behave, startWith))
  const agent = new Agent(
    {
      createSandbox: async (events) => {
        const sandbox = await make(events)
        sandboxes.push(sandbox)
        return sandbox
      },
      credit: {
        release: (_receiver, _sender, bytes) => {
          credit.held -= bytes
        },
      },
      events: {
        onState: (who, from, to) => {
          assert.equal(who.state, to, 'the state changes before anybody is told')
          log.push(`${from.phase} -> ${to.phase}`)
        },
        onSend: (_agent, message, reserved) => log.push(`send ${message.message_id} ${reserved}`),
        onLocal: () => {},
        onLocalLost: () => {},
        onLog: (_agent, line) => log.push(`log ${line.text}`),
        onSubscribe: () => {},
        onRegister: (agent, capability) => {
          log.push(`register ${capability} while ${agent.state.phase}`)
          return capability === 'one-too-many' ? { code: 'ERR_LIMIT_CAPABILITIES' } : null
        },
        capabilitiesOf: () => ['count'],
        onRefuse: (_agent, { code }) => log.push(`refuse ${code}`),
        onRestart: (_agent, { code }) => log.push(`restart ${code}`),
        onWarning: (_agent, { limit, scope }) => log.push(`warning ${scope} ${limit}`),
        onThrottle: (_agent, { limit, waitMs }) => log.push(`throttle ${limit} ${waitMs}`),
        onDropped: () => {},
        onTimers: () => {},
        onFired: () => {},
        onHandled: (_agent, { message_id }, { status, error }) =>
          log.push(`handled ${message_id} ${error?.code ?? status}`),
        onUndelivered: (_agent, { message_id }, { code }) => log.push(`undelivered ${message_id} ${code}`),
      },
    },
    {
      name: 'one',
      limits: DEFAULT_LIMITS,
      grants: { ...NO_GRANTS, register: ['count', 'sort', 'one-too-many'] },
    },
  )
  return {
    agent,
    log,
    credit,
    sandbox: () => sandboxes[0]!,
    deliver: (sender = 'two') => {
      const message = messageFrom(sender)
      credit.held += 100
      agent.deliver(message, 100)
      return message.message_id
    },
    states: () => log.filter((line) => line.includes(' -> ')),
  }
}

const rejectsWith = (promise: Promise<unknown>, code: ErrorCode) =>
  assert.rejects(promise, (error) => error instanceof CaxtonError && error.code === code)

describe('every call in every phase', () => {
  /** Brings an agent into a phase; a message that is delivered while it drains never ends. */
  const reach: Readonly<Record<AgentPhase, () => Promise<ReturnType<typeof createAgent>>>> = {
    loaded: async () => createAgent(() => 0),
    running: async () => {
      const made = createAgent(() => 0)
      await made.agent.start()
      return made
    },
    draining: async () => {
      const made = createAgent(() => new Promise(() => {}))
      await made.agent.start()
      made.deliver()
      void made.agent.drain()
      return made
    },
    stopped: async () => {
      const made = createAgent(() => 0)
      await made.agent.start()
      await made.agent.stop()
      return made
    },
    failed: async () => {
      const made = createAgent(() => new CaxtonError('ERR_GUEST_TRAP'))
      await made.agent.start()
      made.deliver()
      await settle()
      return made
    },
  }
  const calls: Readonly<Record<string, (made: Awaited<ReturnType<typeof createAgent>>) => unknown>> = {
    start: ({ agent }) => agent.start().catch((error: CaxtonError) => error.code),
    deliver: ({ deliver, log }) => {
      const id = deliver()
      return settle().then(() => log.find((line) => line.includes(` ${id} `))?.replace(id, 'm') ?? 'kept')
    },
    drain: ({ agent }) => Promise.race([agent.drain().then(() => 'ended'), settle().then(() => 'waits')]),
    stop: ({ agent }) => agent.stop().then(() => 'ended'),
    snapshot: ({ agent }) => agent.snapshot().phase,
  }
  const expected: Readonly<Record<AgentPhase, Readonly<Record<string, readonly [unknown, AgentPhase]>>>> = {
    loaded: {
      start: [undefined, 'running'],
      deliver: ['kept', 'loaded'],
      drain: ['ended', 'stopped'],
      stop: ['ended', 'stopped'],
      snapshot: ['loaded', 'loaded'],
    },
    running: {
      start: ['ERR_AGENT_STATE', 'running'],
      deliver: ['handled m 0', 'running'],
      drain: ['ended', 'stopped'],
      stop: ['ended', 'stopped'],
      snapshot: ['running', 'running'],
    },
    draining: {
      start: ['ERR_AGENT_STATE', 'draining'],
      deliver: ['undelivered m ERR_AGENT_NOT_RUNNING', 'draining'],
      drain: ['waits', 'draining'],
      stop: ['ended', 'stopped'],
      snapshot: ['draining', 'draining'],
    },
    stopped: {
      start: ['ERR_AGENT_STATE', 'stopped'],
      deliver: ['undelivered m ERR_AGENT_NOT_RUNNING', 'stopped'],
      drain: ['ended', 'stopped'],
      stop: ['ended', 'stopped'],
      snapshot: ['stopped', 'stopped'],
    },
    failed: {
      start: ['ERR_AGENT_STATE', 'failed'],
      deliver: ['undelivered m ERR_AGENT_NOT_RUNNING', 'failed'],
      drain: ['ended', 'failed'],
      stop: ['ended', 'failed'],
      snapshot: ['failed', 'failed'],
    },
  }
  for (const phase of Object.keys(reach) as AgentPhase[]) {
    for (const [call, run] of Object.entries(calls)) {
      test(`${call} while ${phase}`, async () => {
        const made = await reach[phase]()
        assert.equal(made.agent.state.phase, phase)
        const answer = await run(made)
        assert.deepEqual([answer, made.agent.state.phase], expected[phase][call])
        await made.agent.stop()
        assert.equal(made.credit.held, 0, 'all credit was released')
      })
    }
  }
})

describe('start', () => {
  test('a status other than 0 fails the agent', async () => {
    const { agent, states } = createAgent(
      () => 0,
      () => 7,
    )
    await rejectsWith(agent.start(), 'ERR_GUEST_STATUS')
    assert.deepEqual(states(), ['loaded -> failed'])
    assert.equal(agent.snapshot().reason?.data?.['status'], 7)
  })

  test('an error fails the agent, frees the sandbox, and gives back what waited', async () => {
    const { agent, log, sandbox, deliver, credit } = createAgent(
      () => 0,
      () => new CaxtonError('ERR_LIMIT_FUEL'),
    )
    const id = deliver()
    await rejectsWith(agent.start(), 'ERR_LIMIT_FUEL')
    assert.deepEqual(log, ['loaded -> failed', `undelivered ${id} ERR_AGENT_NOT_RUNNING`])
    await agent.stop()
    assert.equal(sandbox().closeCount, 1)
    assert.equal(credit.held, 0)
  })

  test('a sandbox that cannot be made fails the agent', async () => {
    const { agent, states } = createAgent(
      () => 0,
      () => 0,
      async () => {
        throw new CaxtonError('ERR_LIMIT_AGENTS')
      },
    )
    await rejectsWith(agent.start(), 'ERR_LIMIT_AGENTS')
    assert.deepEqual(states(), ['loaded -> failed'])
    await agent.stop()
  })

  test('a second start is refused while the first is under way', async () => {
    const { agent } = createAgent(() => 0)
    const first = agent.start()
    await rejectsWith(agent.start(), 'ERR_AGENT_STATE')
    await first
    assert.equal(agent.state.phase, 'running')
  })

  test('messages that came before are handled after it, in order', async () => {
    const { agent, log, deliver } = createAgent(() => 0)
    const ids = [deliver(), deliver(), deliver()]
    assert.equal(agent.snapshot().waitingMessages, 3)
    await agent.start()
    await settle()
    assert.deepEqual(log, ['loaded -> running', ...ids.map((id) => `handled ${id} 0`)])
  })

  test('a stop meanwhile ends it and closes the sandbox', async () => {
    const gate = createGate()
    const { agent, sandbox, states } = createAgent(
      () => 0,
      () => gate.passed.then(() => 0),
    )
    const started = agent.start()
    await settle()
    const stopped = agent.stop()
    await rejectsWith(started, 'ERR_AGENT_STATE')
    await stopped
    assert.deepEqual(states(), ['loaded -> stopped'])
    assert.equal(sandbox().closeCount, 1)
  })

  test('a stop before the sandbox exists closes it as soon as it does', async () => {
    const gate = createGate()
    const { agent, sandbox } = createAgent(
      () => 0,
      () => 0,
      async (events) => {
        await gate.passed
        return new FakeSandbox(events, () => 0)
      },
    )
    const started = agent.start()
    const stopped = agent.stop()
    gate.open()
    await rejectsWith(started, 'ERR_AGENT_STATE')
    await stopped
    assert.equal(sandbox().closeCount, 1)
    assert.equal(sandbox().begun.length, 0)
  })
})

describe('handling', () => {
  test('every message is handed over at once, all are handled in order', async () => {
    const gate = createGate()
    const { agent, log, sandbox, deliver } = createAgent(() => gate.passed.then(() => 0))
    await agent.start()
    const ids = Array.from({ length: 50 }, () => deliver())
    await settle()
    assert.equal(sandbox().handedOver.length, 50)
    assert.equal(sandbox().begun.length, 1)
    assert.equal(agent.snapshot().waitingMessages, 50)
    assert.equal(agent.snapshot().waitingBytes, 5_000)
    gate.open()
    await settle()
    assert.deepEqual(
      log.slice(1),
      ids.map((id) => `handled ${id} 0`),
    )
  })

  test('statuses leave the agent running and are counted', async () => {
    const statuses = [0, 1, 2, -3]
    const { agent, deliver, credit } = createAgent(() => statuses.shift() ?? 0)
    await agent.start()
    for (let count = 0; count < 4; count += 1) deliver()
    await settle()
    const info = agent.snapshot()
    assert.equal(info.phase, 'running')
    assert.deepEqual([info.messagesIn, info.handled, info.notUnderstood, info.failed], [4, 4, 1, 2])
    assert.equal(credit.held, 0)
  })

  test('an error fails the agent: its message is reported with it, the rest is given back', async () => {
    let count = 0
    const { agent, log, deliver, credit, sandbox } = createAgent(() => {
      count += 1
      return count === 2 ? new CaxtonError('ERR_GUEST_TRAP') : 0
    })
    await agent.start()
    const ids = Array.from({ length: 20 }, () => deliver())
    await settle()
    assert.deepEqual(log, [
      'loaded -> running',
      `handled ${ids[0]} 0`,
      'running -> failed',
      `handled ${ids[1]} ERR_GUEST_TRAP`,
      ...ids.slice(2).map((id) => `undelivered ${id} ERR_AGENT_NOT_RUNNING`),
    ])
    assert.equal(agent.snapshot().reason?.code, 'ERR_GUEST_TRAP')
    assert.equal(agent.snapshot().undelivered, 18)
    assert.equal(credit.held, 0)
    assert.equal(sandbox().closeCount, 1)
  })

  test('a sandbox that rejects counts as an error', async () => {
    const { agent, log, deliver } = createAgent(() => Promise.reject(new TypeError('broken')))
    await agent.start()
    const id = deliver()
    await settle()
    assert.deepEqual(log.slice(1), ['running -> failed', `handled ${id} ERR_INTERNAL`])
  })

  test('usage adds up from the start on', async () => {
    const { agent, deliver } = createAgent(() => 0)
    await agent.start()
    deliver()
    deliver()
    await settle()
    const info = agent.snapshot()
    assert.equal(info.fuel, 3 * SOME_USAGE.fuel)
    assert.equal(info.cpuMs, 3 * SOME_USAGE.cpuMs)
    assert.equal(info.hostCalls, 3 * SOME_USAGE.hostCalls)
    assert.equal(info.logBytes, 3 * SOME_USAGE.logBytes)
    assert.equal(info.wallMsMax, SOME_USAGE.wallMs)
    assert.equal(info.peakMemoryBytes, SOME_USAGE.memoryBytes)
  })

  test('a snapshot is frozen and survives structured clone', async () => {
    const { agent, deliver } = createAgent(() => new CaxtonError('ERR_GUEST_TRAP'))
    await agent.start()
    deliver()
    await settle()
    const info = agent.snapshot()
    assert.ok(Object.isFrozen(info) && Object.isFrozen(info.capabilities) && Object.isFrozen(info.reason))
    assert.deepEqual(structuredClone(info), info)
  })
})

describe('drain', () => {
  test('handles what waits, then stops', async () => {
    const gate = createGate()
    const { agent, log, deliver } = createAgent(() => gate.passed.then(() => 0))
    await agent.start()
    const ids = Array.from({ length: 20 }, () => deliver())
    const drained = agent.drain()
    const late = deliver()
    gate.open()
    await drained
    assert.deepEqual(log, [
      'loaded -> running',
      'running -> draining',
      `undelivered ${late} ERR_AGENT_NOT_RUNNING`,
      ...ids.map((id) => `handled ${id} 0`),
      'draining -> stopped',
    ])
  })

  test('a deadline gives back what is left', async () => {
    const { agent, log, deliver, credit } = createAgent(() => new Promise(() => {}))
    await agent.start()
    const ids = [deliver(), deliver()]
    await agent.drain({ deadlineMs: 1 })
    assert.deepEqual(log.slice(2), [
      'draining -> stopped',
      ...ids.map((id) => `undelivered ${id} ERR_AGENT_NOT_RUNNING`),
    ])
    assert.equal(credit.held, 0)
  })

  test('a later drain may bring a deadline', async () => {
    const { agent, deliver } = createAgent(() => new Promise(() => {}))
    await agent.start()
    deliver()
    const first = agent.drain()
    await agent.drain({ deadlineMs: 0 })
    await first
    assert.equal(agent.state.phase, 'stopped')
  })

  test('a deadline out of range changes nothing', async () => {
    const { agent } = createAgent(() => 0)
    await agent.start()
    for (const deadlineMs of [-1, Number.NaN, 2 ** 31]) {
      await rejectsWith(agent.drain({ deadlineMs }), 'ERR_CONFIG_INVALID')
    }
    assert.equal(agent.state.phase, 'running')
    await agent.stop()
  })

  test('while starting: what waits is handled once it runs, nothing new is taken', async () => {
    const gate = createGate()
    const { agent, log, deliver } = createAgent(
      () => 0,
      () => gate.passed.then(() => 0),
    )
    const early = deliver()
    const started = agent.start()
    const drained = agent.drain()
    assert.equal(agent.takesMessages, false)
    const late = deliver()
    gate.open()
    await started
    await drained
    assert.deepEqual(log, [
      `undelivered ${late} ERR_AGENT_NOT_RUNNING`,
      'loaded -> running',
      'running -> draining',
      `handled ${early} 0`,
      'draining -> stopped',
    ])
  })

  test('an agent that fails meanwhile ends it as well', async () => {
    const { agent, deliver } = createAgent(() => new CaxtonError('ERR_LIMIT_WALL'))
    await agent.start()
    deliver()
    await agent.drain()
    assert.equal(agent.state.phase, 'failed')
  })
})

describe('what a guest asks for', () => {
  test('a capability is registered at once, while the agent starts too, and shown', async () => {
    const { agent, log } = createAgent(
      () => 0,
      () => 0,
      (events) =>
        new FakeSandbox(
          events,
          () => 0,
          () => {
            events.onRegister('count', null)
            return 0
          },
        ),
    )
    await agent.start()
    assert.deepEqual(log, ['register count while loaded', 'loaded -> running'])
    assert.deepEqual(agent.snapshot().capabilities, ['count'])
  })

  test('a capability that is not granted is refused', async () => {
    const { agent, log, sandbox } = createAgent(() => 0)
    await agent.start()
    sandbox().events.onRegister('rule-the-world', null)
    assert.deepEqual(log.slice(1), ['refuse ERR_GRANT_MISSING'])
    const { refusals, lastRefusal } = agent.snapshot()
    assert.deepEqual(
      [refusals, lastRefusal?.code, lastRefusal?.data?.['capability']],
      [1, 'ERR_GRANT_MISSING', 'rule-the-world'],
    )
  })

  test('a capability for which there is no room is refused', async () => {
    const { agent, log, sandbox } = createAgent(() => 0)
    await agent.start()
    sandbox().events.onRegister('one-too-many', null)
    assert.deepEqual(log.slice(1), ['register one-too-many while running', 'refuse ERR_LIMIT_CAPABILITIES'])
    assert.equal(agent.snapshot().refusals, 1)
  })

  test('an agent that has ended registers nothing', async () => {
    const { agent, log, sandbox } = createAgent(() => 0)
    await agent.start()
    await agent.stop()
    sandbox().events.onRegister('count', null)
    assert.deepEqual(log, ['loaded -> running', 'running -> stopped'])
  })

  test('messages, log lines, refusals and restarts are passed on and counted', async () => {
    const { agent, log, sandbox } = createAgent(() => 0)
    await agent.start()
    const { events } = sandbox()
    events.onSend({ ...messageFrom('one'), message_id: 'x' }, true)
    events.onLog({ level: 'info', text: 'hello' })
    events.onRefuse({ code: 'ERR_LIMIT_MAILBOX' })
    events.onRestart?.(new CaxtonError('ERR_SANDBOX_THREAD_LOST'))
    assert.deepEqual(log.slice(1), [
      'send x true',
      'log hello',
      'refuse ERR_LIMIT_MAILBOX',
      'restart ERR_SANDBOX_THREAD_LOST',
    ])
    const info = agent.snapshot()
    assert.deepEqual([info.messagesOut, info.refusals, info.restarts], [1, 1, 1])
    assert.deepEqual(info.refusalsByCode, { ERR_LIMIT_MAILBOX: 1 })
    assert.deepEqual(info.lastRefusal, { code: 'ERR_LIMIT_MAILBOX' })
  })
})
