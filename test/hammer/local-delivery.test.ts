import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AgentEvents, AgentInfo } from '../../src/agent/index.ts'
import { Agent, Supervisor } from '../../src/agent/index.ts'
import { NO_GRANTS } from '../../src/capability/index.ts'
import type { Limits, Message, RateLimits } from '../../src/core/index.ts'
import { DEFAULT_CONVERSATION_LIMITS, DEFAULT_LIMITS, NO_RATE_LIMITS, SYSTEM_CLOCK } from '../../src/core/index.ts'
import type { RouterEvent } from '../../src/router/index.ts'
import { Router } from '../../src/router/index.ts'
import { agentWat, compileWat } from '../../src/sandbox/fixtures.test.ts'
import type { SandboxPoolOptions, SandboxPoolParts } from '../../src/sandbox/index.ts'
import { messageBytes, SandboxPool } from '../../src/sandbox/index.ts'

interface Talk {
  /** Messages that it sends for each it gets. */
  readonly drafts?: readonly object[]
  /** It sends for so many messages, then it only listens. */
  readonly rounds?: number
  /** What it does with the message of that number: `(unreachable)` or an endless loop. */
  readonly at?: number
  readonly act?: string
  readonly status?: number
}

const SPIN = '(loop $spin (br $spin))'

/** Says its drafts again and again; whatever `send_message` answers is fine. */
function talkerWat({ drafts = [], rounds = 0, at = -1, act = '', status = 0 }: Talk): string {
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
     (if (i32.le_u (global.get $n) (i32.const ${rounds})) (then ${calls.join(' ')}))
     (if (i32.eq (global.get $n) (i32.const ${at})) (then ${act}))
     (i32.const ${status})`,
    `(import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
     (global $n (mut i32) (i32.const 0)) ${data.join('\n')}`,
  )
}

interface Deployment {
  readonly limits?: Partial<Limits>
  readonly rates?: RateLimits
  readonly restarts?: number
}

/** A router over real threads, with everything that happened in it. */
class Stage implements AsyncDisposable {
  readonly pool: SandboxPool
  readonly router: Router
  readonly events: RouterEvent[] = []
  /** What each agent sent, and while handling what. */
  readonly causes: { readonly sender: string; readonly cause: string | null }[] = []

  constructor(
    options: SandboxPoolOptions,
    parts: Partial<SandboxPoolParts> = {},
    limits = DEFAULT_CONVERSATION_LIMITS,
  ) {
    this.pool = new SandboxPool({ run: 'h', ...parts }, options)
    const routed = { credit: this.pool.mailboxes, clock: SYSTEM_CLOCK, sizeOf: messageBytes }
    this.router = new Router(routed, { run: 'h', conversations: { limits } })
    this.router.subscribe((event) => this.events.push(event))
  }

  async deploy(name: string, talk: Talk, { limits: some = {}, rates, restarts = 0 }: Deployment = {}): Promise<void> {
    const limits = { ...DEFAULT_LIMITS, ...some }
    const compiled = await compileWat(talkerWat(talk), limits)
    const grants = { ...NO_GRANTS, send: ['*'], register: ['x'] }
    const spec = { name, compiled, door: 'caxton' as const, script: null, grants, limits, config: {} }
    const create = (predecessor?: Agent) =>
      new Agent(
        {
          createSandbox: (given) => this.pool.create(spec, given),
          credit: this.pool.mailboxes,
          events: supervisor.watch(this.#listen()),
          ...(predecessor === undefined ? {} : { predecessor }),
        },
        { name, limits, grants, rates: rates ?? NO_RATE_LIMITS },
      )
    const supervisor: Supervisor = new Supervisor(
      {
        clock: SYSTEM_CLOCK,
        random: () => 0,
        expect: () => this.router.expect(),
        onRestarting: (agent, restarting) => this.router.announceRestart(agent, restarting),
        replace: (failed) => {
          const next = create(failed)
          this.router.add(next)
          return next.start()
        },
      },
      { max: restarts, withinMs: 60_000 },
    )
    const agent = create()
    this.router.add(agent)
    await agent.start()
  }

  #listen(): AgentEvents {
    const events = this.router.agentEvents
    const note = ({ sender }: Message, cause: Message | null) =>
      this.causes.push({ sender, cause: cause?.message_id ?? null })
    return {
      ...events,
      onSend: (agent, message, reserved, cause) => {
        note(message, cause)
        events.onSend(agent, message, reserved, cause)
      },
      onLocal: (agent, message, cause) => {
        note(message, cause)
        events.onLocal(agent, message, cause)
      },
    }
  }

  info(name: string): AgentInfo {
    return this.router.agents().find((agent) => agent.name === name)!
  }

  tell(receiver: string): void {
    this.router.send({ performative: 'inform', receiver })
  }

  /** What must hold once everything has come to rest. */
  check(): void {
    const { events, pool, router } = this
    const sentAt = new Map<string, number>()
    const ends = new Map<string, number>()
    const last = new Map<string, number>()
    for (const [index, event] of events.entries()) {
      if (event.type === 'sent') {
        assert.equal(sentAt.has(event.message.message_id), false, 'no id twice')
        sentAt.set(event.message.message_id, index)
      }
      if (event.type !== 'handled' && event.type !== 'undelivered' && event.type !== 'delivered') continue
      const { message_id: id, sender, receiver } = event.message
      assert.ok(sentAt.has(id), `${event.type} after sent`)
      if (event.type === 'delivered' && receiver !== 'user') continue
      ends.set(id, (ends.get(id) ?? 0) + 1)
      if (event.type !== 'handled' || sender === 'caxton') continue
      const pair = `${sender} to ${event.agent}`
      assert.ok((last.get(pair) ?? -1) < sentAt.get(id)!, `${pair}: in the order in which they were sent`)
      last.set(pair, sentAt.get(id)!)
    }
    assert.deepEqual(new Set(ends.keys()), new Set(sentAt.keys()), 'all end')
    assert.ok(
      [...ends.values()].every((count) => count === 1),
      'once',
    )
    for (const { name, phase, waitingMessages } of router.agents()) {
      assert.equal(waitingMessages, 0, name)
      const use = pool.mailboxes.read(name)
      if (phase === 'running') assert.deepEqual(use, { messages: 0, bytes: 0, outstanding: 0 }, name)
      else assert.equal(use, null, name)
    }
  }

  count(type: RouterEvent['type'], agent: string): number {
    return this.events.filter((event) => event.type === type && 'agent' in event && event.agent === agent).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router.close()
    await this.pool.close()
  }
}

const inform = (receiver: string, fields: object = {}) => ({ performative: 'inform', receiver, ...fields })
const both = (receiver: string) => [inform(receiver), inform(receiver, { 'x-way': 'main' }), inform(receiver)]

suite('messages inside a thread and through the router', () => {
  for (const threads of [1, 2]) {
    test(`mix in ${threads} threads without loss, doubles or disorder, whoever traps, spins, drains, stops or is throttled`, async () => {
      await using stage = new Stage({ threads, sliceFuel: 100_000 })
      const limits = { mailboxMessages: 60, outstandingMessages: 40 }
      await stage.deploy('sink', {}, { limits })
      await stage.deploy('dull', { status: 1 }, { limits })
      await stage.deploy('slow', {}, { limits, rates: { messages: { amount: 1_000, periodMs: 10, over: 'throttle' } } })
      await stage.deploy('drain', { drafts: both('sink'), rounds: 50 }, { limits })
      await stage.deploy('self', { drafts: [inform('self'), inform('sink')], rounds: 200 }, { limits })
      await stage.deploy('chain', { drafts: [...both('sink'), inform('pair')], rounds: 150 }, { limits })
      await stage.deploy('pair', { drafts: [inform('chain'), ...both('dull')], rounds: 150 }, { limits })
      await stage.deploy(
        'traps',
        { drafts: both('pair'), rounds: 400, at: 40, act: '(unreachable)' },
        { limits, restarts: 2 },
      )
      await stage.deploy(
        'spins',
        { drafts: both('sink'), rounds: 400, at: 30, act: SPIN },
        { limits: { ...limits, fuel: 1e15, wallMs: 20 } },
      )
      await stage.deploy(
        'mixed',
        {
          drafts: [...both('traps'), inform('nobody'), inform('capability:x'), inform('slow'), inform('drain')],
          rounds: 120,
        },
        { limits },
      )
      const names = ['drain', 'self', 'chain', 'pair', 'traps', 'spins', 'mixed']
      for (let round = 0; round < 60; round += 1) {
        for (const name of names) stage.tell(name)
        await new Promise((resolve) => setImmediate(resolve))
        if (round === 20) void stage.router.agent('drain')?.drain()
        if (round === 40) void stage.router.agent('chain')?.stop()
      }
      await stage.router.idle()
      stage.check()
      assert.ok(stage.count('handled', 'sink') > 30)
      assert.ok(stage.count('handled', 'self') > 30)
      assert.equal(stage.info('drain').phase, 'stopped')
      assert.equal(stage.info('drain').undelivered, 0)
      assert.equal(stage.info('chain').phase, 'stopped')
      assert.equal(stage.info('spins').reason?.code, 'ERR_LIMIT_WALL')
    })
  }

  test('are lost with their thread together with what caused them, or kept, and give their credit back', async () => {
    const terminator = { terminate: async () => false, close: () => {} }
    await using stage = new Stage({ threads: 1, sliceFuel: 1e12 }, { terminator })
    const limits = { mailboxMessages: 200, outstandingMessages: 200 }
    await stage.deploy('sink', {}, { limits })
    await stage.deploy('chain', { drafts: [...both('sink'), inform('pair')], rounds: 100 }, { limits })
    await stage.deploy('pair', { drafts: [inform('chain'), inform('sink'), inform('spins')], rounds: 100 }, { limits })
    await stage.deploy(
      'spins',
      { drafts: both('sink'), rounds: 100, at: 25, act: SPIN },
      { limits: { ...limits, fuel: 1e15, wallMs: 20 }, restarts: 2 },
    )
    for (let round = 0; round < 10; round += 1) {
      stage.tell('chain')
      await new Promise((resolve) => setImmediate(resolve))
    }
    await stage.router.idle()
    stage.check()
    assert.ok(stage.events.some(({ type }) => type === 'restarted'))
    assert.ok(stage.count('handled', 'sink') > 100)
  })

  test('are told with the message that caused each of them', async () => {
    await using stage = new Stage({ threads: 1 })
    await stage.deploy('sink', {})
    await stage.deploy('relay', { drafts: both('sink'), rounds: 100 })
    const ids: string[] = []
    for (let round = 0; round < 30; round += 1) {
      ids.push(stage.router.send({ performative: 'inform', receiver: 'relay' }).message_id)
    }
    await stage.router.idle()
    assert.deepEqual(
      stage.causes.map(({ cause }) => cause),
      ids.flatMap((id) => [id, id, id]),
    )
  })

  test('fill no mailbox beyond its bounds, and a guest that floods is told so', async () => {
    await using stage = new Stage({ threads: 1 })
    const limits = { mailboxMessages: 5, outstandingMessages: 100 }
    await stage.deploy('sink', {}, { limits })
    await stage.deploy('flood', { drafts: Array(40).fill(inform('sink')), rounds: 1 }, { limits })
    stage.tell('flood')
    await stage.router.idle()
    stage.check()
    assert.equal(stage.count('handled', 'sink'), 5)
    assert.equal(stage.info('flood').refusalsByCode['ERR_LIMIT_MAILBOX'], 35)
    assert.equal(stage.info('sink').peakWaitingMessages, 5)
  })

  test('are handed over under no other name', async () => {
    await using stage = new Stage({ threads: 1 })
    await stage.deploy('sink', {})
    await stage.deploy('forge', { drafts: [inform('sink', { sender: 'user' }), inform('sink')], rounds: 3 })
    for (let round = 0; round < 3; round += 1) stage.tell('forge')
    await stage.router.idle()
    stage.check()
    assert.equal(stage.info('forge').refusalsByCode['ERR_MESSAGE_SENDER_FORGED'], 3)
    const senders = stage.events.flatMap((event) =>
      event.type === 'handled' && event.agent === 'sink' ? [event.message.sender] : [],
    )
    assert.deepEqual(senders, ['forge', 'forge', 'forge'])
  })

  test('leave nothing behind when their senders are killed in the middle of it', async () => {
    await using stage = new Stage({ threads: 1, sliceFuel: 1e12 })
    const limits = { mailboxMessages: 50, outstandingMessages: 1_000, messages: 1_000_000, hostCalls: 1e9 }
    await stage.deploy('sink', {}, { limits })
    const draft = inform('sink')
    const send = `(drop (call $send (i32.const 8192) (i32.const ${JSON.stringify(draft).length})))`
    for (let index = 0; index < 12; index += 1) {
      const name = `spray-${index}`
      const talk = { drafts: [draft], rounds: 1, at: 1, act: `(loop $again ${send} (br $again))` }
      await stage.deploy(name, talk, { limits: { ...limits, fuel: 1e15, wallMs: 150 + index } })
      stage.tell(name)
    }
    await stage.router.idle()
    stage.check()
    for (let index = 0; index < 12; index += 1) {
      assert.equal(stage.info(`spray-${index}`).reason?.code, 'ERR_LIMIT_WALL')
    }
    assert.equal(stage.pool.threadCount, 1)
    assert.equal(stage.info('sink').restarts, 0)
    assert.ok(stage.count('handled', 'sink') > 50)
  })

  test('that wait for an agent which fails come back to their senders', async () => {
    await using stage = new Stage({ threads: 1 })
    await stage.deploy('fails', { at: 1, act: '(unreachable)' })
    await stage.deploy('flood', { drafts: Array(20).fill(inform('fails')), rounds: 1 })
    stage.tell('flood')
    await stage.router.idle()
    stage.check()
    assert.equal(stage.info('fails').undelivered, 19)
    const notices = stage.events.filter(
      ({ type, ...event }) => type === 'handled' && JSON.stringify(event).includes('"failure"'),
    )
    assert.equal(notices.length, 20)
  })

  test('that an agent has when it is asked to drain are handled before it stops', async () => {
    await using stage = new Stage({ threads: 1 })
    await stage.deploy('sink', {})
    await stage.deploy('self', { drafts: [inform('self'), inform('sink')], rounds: 2_000 })
    stage.tell('self')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await Promise.all(['self', 'sink'].map((name) => stage.router.agent(name)!.drain()))
    await stage.router.idle()
    stage.check()
    for (const name of ['self', 'sink']) assert.equal(stage.info(name).undelivered, 0)
  })

  test('of two that never stop leave a quiet neighbour its turns', async () => {
    await using stage = new Stage({ threads: 1 }, {}, { ...DEFAULT_CONVERSATION_LIMITS, hops: 1e9, messages: 1e9 })
    await stage.deploy('quiet', {})
    await stage.deploy('ping', { drafts: [inform('pong')], rounds: 1e9 })
    await stage.deploy('pong', { drafts: [inform('ping')], rounds: 1e9 })
    stage.tell('ping')
    for (let round = 0; round < 20; round += 1) {
      const handled = stage.info('quiet').handled
      const before = stage.info('ping').handled
      stage.tell('quiet')
      while (stage.info('quiet').handled === handled) await new Promise((resolve) => setImmediate(resolve))
      assert.ok(stage.info('ping').handled - before < 20_000)
    }
    assert.equal(stage.info('ping').phase, 'running')
    assert.ok(stage.info('ping').waitingMessages + stage.info('pong').waitingMessages > 0)
    for (const name of ['ping', 'pong']) await stage.router.agent(name)!.stop()
    await stage.router.idle()
    stage.check()
  })
})
