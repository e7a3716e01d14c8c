import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import { settle } from '../../test/fakes/sandbox.ts'
import { echo, trap, World } from '../../test/fakes/world.ts'
import type { AgentEvents } from '../agent/index.ts'
import { Supervisor } from '../agent/index.ts'
import type { CaxtonError, Message } from '../core/index.ts'
import { Store } from '../store/index.ts'

const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
const DURABLE = { guarantee: 'at-least-once' } as const
const contentOf = ({ content }: Message) => Number(content)

function sendAll(world: World, receiver: string, ...contents: number[]): void {
  for (const content of contents) world.router.send({ performative: 'inform', receiver, content: String(content) })
}

test('what was sent in a call that failed was not sent, and room and places are given back', async () => {
  const world = new World()
  await world.spawn('sink', () => 0)
  await world.spawn(
    'source',
    (message, guest) => {
      assert.equal(guest.send({ performative: 'inform', receiver: 'sink', content: message.content! }), true)
      return message.content === '1' ? 0 : 2
    },
    DURABLE,
  )
  sendAll(world, 'source', 0, 1, 2)
  await world.router.idle()
  assert.deepEqual(world.begun('sink').map(contentOf), [1])
  assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
})

test('what an agent has that fails waits for its successor, in order; what fails it three times is a dead letter', async () => {
  const world = new World()
  let lives = 0
  const handled: number[] = []
  const supervisor: Supervisor = new Supervisor(
    {
      clock,
      random: () => 0,
      expect: () => world.router.expect(),
      onRestarting: (agent, restarting) => world.router.announceRestart(agent, restarting),
      replace: () => begin().start(),
    },
    { max: 9, withinMs: 60_000 },
  )
  const begin = () => {
    lives += 1
    return world.add(
      'frail',
      (message) => {
        if (message.content === '1') return trap()
        handled.push(contentOf(message))
        return 0
      },
      { ...DURABLE, watch: (events) => supervisor.watch(events) },
    )
  }
  await begin().start()
  sendAll(world, 'frail', 0, 1, 2, 3)
  await world.router.idle()
  await settle()
  assert.deepEqual([handled, lives], [[0, 2, 3], 4])
  const dead = await world.store.dead.list()
  assert.deepEqual(
    dead.map(({ message, attempts, reason }) => [message.content, attempts, reason]),
    [['1', 3, 'ERR_GUEST_TRAP']],
  )
  assert.deepEqual(
    world.toUser.map(({ performative }) => performative),
    ['failure'],
  )
  assert.deepEqual(world.credit.mistakes, [])
})

for (const { name, status, handled } of [
  { name: 'was not sent in the end', status: 2, handled: ['1'] },
  { name: 'comes behind it', status: 0, handled: ['1', '2'] },
]) {
  test(`a message that waits for a successor gets the room that was held for one that ${name}`, async () => {
    const world = new World()
    const { promise, resolve } = Promise.withResolvers<number>()
    const source = { ...DURABLE, limits: { outstandingMessages: 1 } }
    let hold = () => {}
    await world.spawn(
      'source',
      (message, guest) => {
        const draft = { performative: 'inform', receiver: 'frail', content: message.content! } as const
        if (message.content === '1') return guest.send(draft) ? 0 : 2
        hold = () => assert.equal(guest.send(draft), true)
        return promise
      },
      source,
    )
    const frail = (behave: () => number | CaxtonError, watch?: (events: AgentEvents) => AgentEvents) =>
      world.add('frail', behave, { ...DURABLE, limits: { mailboxMessages: 1 }, ...(watch && { watch }) })
    const supervisor = new Supervisor(
      {
        clock,
        random: () => 0,
        expect: () => world.router.expect(),
        onRestarting: (agent, restarting) => world.router.announceRestart(agent, restarting),
        replace: async () => {
          const successor = frail(() => 0)
          hold()
          await successor.start()
          resolve(status)
        },
      },
      { max: 9, withinMs: 60_000 },
    )
    await frail(trap, (events) => supervisor.watch(events)).start()
    sendAll(world, 'source', 1, 2)
    await world.router.idle()
    assert.deepEqual(
      world.begun('frail').map(({ content }) => content),
      handled,
    )
    assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
  })
}

test('a notice gets the room that was held for a message that was not sent in the end', async () => {
  const world = new World()
  const { promise, resolve } = Promise.withResolvers<number>()
  let ask = () => {}
  await world.spawn('sink', () => 0, {
    limits: { mailboxMessages: 1 },
    init: (guest) => {
      ask = () => assert.equal(guest.send({ performative: 'request', receiver: 'nobody' }), true)
      return 0
    },
  })
  await world.spawn(
    'source',
    (_, guest) => {
      assert.equal(guest.send({ performative: 'inform', receiver: 'sink' }), true)
      return promise
    },
    DURABLE,
  )
  sendAll(world, 'source', 1)
  await settle()
  ask()
  resolve(2)
  await world.router.idle()
  assert.deepEqual(
    world.begun('sink').map(({ performative }) => performative),
    ['failure'],
  )
  assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
})

test('a message that is given up is a dead letter, one that finds no room is refused', async () => {
  const world = new World()
  await world.spawn('slow', () => new Promise<number>(() => {}), { ...DURABLE, limits: { mailboxMessages: 2 } })
  sendAll(world, 'slow', 1, 2, 3)
  assert.deepEqual(
    world.toUser.map(({ performative, content }) => [performative, Object(JSON.parse(content!)).reason]),
    [['refuse', 'ERR_LIMIT_MAILBOX']],
  )
  assert.deepEqual(await world.store.dead.list(), [])
  await world.router.agent('slow')?.stop()
  await settle()
  assert.deepEqual(
    (await world.store.dead.list()).map(({ reason }) => reason),
    ['ERR_AGENT_NOT_RUNNING', 'ERR_AGENT_NOT_RUNNING'],
  )
})

test('a dead letter is delivered again under its id', async () => {
  const world = new World()
  await world.spawn('gone', () => new Promise<number>(() => {}), DURABLE)
  sendAll(world, 'gone', 7)
  await world.router.agent('gone')?.stop()
  await settle()
  const [letter] = await world.store.dead.list()
  await world.spawn('gone', () => 0, DURABLE)
  await world.router.redeliver(letter!.sequence)
  await world.router.idle()
  assert.deepEqual(
    world.begun('gone').map(({ message_id }) => message_id),
    [letter!.message.message_id],
  )
  assert.deepEqual(await world.store.dead.list(), [])
  await assert.rejects(world.router.redeliver(letter!.sequence), { code: 'ERR_MESSAGE_UNKNOWN' })
})

test('an urgent message goes first, one that has expired goes nowhere, and a guarantee nobody gives is refused', async () => {
  const world = new World()
  const first = Promise.withResolvers<number>()
  await world.spawn('busy', (message) => (message.content === '0' ? first.promise : 0), {
    rates: { messages: { amount: 1_000, periodMs: 10, over: 'throttle' } },
  })
  const send = (content: number, extras: Record<string, string>) =>
    world.router.send({ performative: 'inform', receiver: 'busy', content: String(content), extras })
  sendAll(world, 'busy', 0)
  for (let content = 1; content <= 20; content += 1) send(content, { 'x-priority': 'low' })
  send(30, { 'x-priority': 'high' })
  send(31, { 'x-ttl': '0ms' })
  send(32, { 'x-delivery': 'at-least-once' })
  assert.throws(() => send(33, { 'x-priority': 'highest' }), { code: 'ERR_MESSAGE_INVALID' })
  first.resolve(0)
  await world.router.idle()
  const order = world.begun('busy').map(contentOf)
  assert.ok(order.indexOf(30) < order.indexOf(20), order.join())
  assert.deepEqual([order.includes(31), order.includes(32)], [false, false])
  const reasons = world.toUser.map(({ content }) => Object(JSON.parse(content!)).reason)
  assert.deepEqual(reasons.sort(), ['ERR_MESSAGE_EXPIRED', 'ERR_MESSAGE_GUARANTEE'])
})

test('what was accepted and not handled is delivered by the next system, before anything new, in order', async (context) => {
  const directory = createDirectory(context)
  {
    await using store = await Store.open({ clock }, { directory })
    const world = new World(undefined, {}, store)
    await world.spawn('later', () => new Promise<number>(() => {}), DURABLE)
    sendAll(world, 'later', 1, 2, 3)
    await store.flush()
    await world.router.close()
  }
  await using store = await Store.open({ clock }, { directory })
  const world = new World(undefined, {}, store)
  const agent = world.add('later', echo, DURABLE)
  sendAll(world, 'later', 4)
  await agent.start()
  await world.router.idle()
  await store.flush()
  assert.deepEqual(world.begun('later').map(contentOf), [1, 2, 3, 4])
  assert.deepEqual(world.toUser.map(contentOf), [1, 2, 3, 4])
  const sequences = world.of('delivered').flatMap(({ agent: to, sequence }) => (to === 'later' ? [sequence] : []))
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => Number(a) - Number(b)),
  )
  await world.router.close()
})

test('a conversation goes on by its protocol after a restart', async (context) => {
  const directory = createDirectory(context)
  {
    await using store = await Store.open({ clock }, { directory })
    const world = new World(undefined, {}, store)
    await world.spawn('server', () => new Promise<number>(() => {}), DURABLE)
    await world.spawn(
      'client',
      (message, guest) => {
        if (message.sender !== 'user') return 0
        const ask = { performative: 'request', receiver: 'server', conversation_id: 'c', reply_with: 'q' } as const
        return guest.send({ ...ask, protocol: 'fipa-request' }) ? 0 : 2
      },
      DURABLE,
    )
    sendAll(world, 'client', 1)
    await settle()
    await store.flush()
    await world.router.close()
  }
  await using store = await Store.open({ clock }, { directory })
  const world = new World(undefined, {}, store)
  const heard: string[] = []
  await world.spawn(
    'client',
    (message) => {
      heard.push(message.performative)
      return 0
    },
    DURABLE,
  )
  await world.spawn(
    'server',
    (message, guest) => {
      const answer = { receiver: 'client', conversation_id: 'c', in_reply_to: 'q', protocol: 'fipa-request' } as const
      if (message.sender !== 'client') return 0
      guest.send({ ...answer, performative: 'agree' })
      guest.send({ ...answer, performative: 'inform' })
      // Out of turn: the dialogue is over.
      guest.send({ ...answer, performative: 'agree' })
      return 0
    },
    DURABLE,
  )
  await world.router.idle()
  assert.deepEqual(heard, ['agree', 'inform'])
  await world.router.close()
})
