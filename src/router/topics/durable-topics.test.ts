import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDirectory } from '../../../test/fakes/data-directory.ts'
import { settle } from '../../../test/fakes/sandbox.ts'
import type { Guest, GuestBehaviour, Spawn } from '../../../test/fakes/world.ts'
import { trap, World } from '../../../test/fakes/world.ts'
import type { AgentEvents } from '../../agent/index.ts'
import { Supervisor } from '../../agent/index.ts'
import type { Draft, Message } from '../../core/index.ts'
import { Store } from '../../store/index.ts'

const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
const DURABLE = { guarantee: 'at-least-once' } as const
const quiet: GuestBehaviour = () => 0
const contents = (messages: readonly Message[]) =>
  messages.map(({ content }) => JSON.parse(content ?? 'null') as unknown)

function subscribing(...patterns: string[]): Spawn {
  const init = (guest: Guest) => {
    for (const pattern of patterns) guest.subscribe(pattern)
    return 0
  }
  return { ...DURABLE, init }
}

function publication(topic: string, content: unknown, extras: Draft['extras'] = {}): Draft {
  return { performative: 'inform', receiver: `topic:${topic}`, content: JSON.stringify(content), extras }
}

const RETAINED = { 'x-retain': 'true' }

/** Publishes what a call is told to, and then ends as it is told to. */
const source: GuestBehaviour = (message, guest) => {
  if (message.sender !== 'user') return 0
  guest.send(publication('t', message.content))
  return message.content === '"bad"' ? 2 : 0
}

async function openWorld(directory: string): Promise<World> {
  return new World(undefined, {}, await Store.open({ clock }, { directory }))
}

async function end(world: World): Promise<void> {
  await world.router.close()
  await world.store.close()
}

test('a publication of a call that failed was not published', async () => {
  const world = new World()
  await world.spawn('sink', quiet, subscribing('t'))
  await world.spawn('source', source, DURABLE)
  for (const content of ['good', 'bad', 'well']) {
    world.router.send({ performative: 'request', receiver: 'source', content: JSON.stringify(content) })
  }
  await world.router.idle()
  assert.deepEqual(contents(world.begun('sink')), ['"good"', '"well"'])
  assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
})

test('subscriptions, what is retained and copies that were not handled survive the end of a system', async (context) => {
  const directory = createDirectory(context)
  const first = await openWorld(directory)
  const never: GuestBehaviour = () => new Promise<number>(() => {})
  await first.spawn('sink', never, subscribing('prices.*', 'other.>'))
  first.router.send(publication('prices.gold', 1, RETAINED))
  first.router.send(publication('prices.gold', 2))
  first.router.send(publication('prices.silver', 'a\n"b"', RETAINED))
  await settle()
  await end(first)

  const second = await openWorld(directory)
  await second.spawn('sink', quiet, DURABLE)
  await second.spawn('late', quiet, subscribing('prices.*'))
  second.router.send(publication('prices.gold', 4))
  await second.router.idle()
  assert.deepEqual(contents(second.begun('sink')), [1, 2, 'a\n"b"', 4])
  assert.deepEqual(contents(second.begun('late')), [1, 'a\n"b"', 4])
  assert.ok(second.begun('sink').every(({ receiver, sender }) => receiver.startsWith('topic:') && sender === 'user'))
  assert.deepEqual(second.of('undelivered'), [])
  await end(second)

  const third = await openWorld(directory)
  assert.deepEqual([...third.store.subscriptions.of('sink')], ['prices.*', 'other.>'])
  await end(third)
})

test('a copy from before the end of a system that fails its subscriber is answered by nobody', async (context) => {
  const directory = createDirectory(context)
  const first = await openWorld(directory)
  await first.spawn('sink', () => new Promise<number>(() => {}), subscribing('t'))
  await first.spawn('source', source, DURABLE)
  first.router.send({ performative: 'request', receiver: 'source', content: '"one"' })
  await settle()
  await settle()
  await end(first)

  const second = await openWorld(directory)
  await second.spawn('source', source, DURABLE)
  await second.spawn('sink', () => 2, DURABLE)
  await second.router.idle()
  assert.deepEqual(contents(second.begun('sink')), ['"one"'])
  assert.deepEqual(second.begun('source'), [])
  await end(second)
})

test('a copy that is lost for want of room is a dead letter of its subscriber, and can be delivered again', async (context) => {
  const directory = createDirectory(context)
  const world = await openWorld(directory)
  const gate = Promise.withResolvers<number>()
  let isOpen = false
  const behave = () => (isOpen ? 0 : gate.promise)
  await world.spawn('slow', behave, { ...subscribing('t'), limits: { mailboxMessages: 1 } })
  for (const content of [1, 2]) world.router.send(publication('t', content))
  await settle()
  const [letter, ...more] = await world.store.dead.list()
  assert.deepEqual([letter?.receiver, letter?.reason, letter?.message.content], ['slow', 'ERR_LIMIT_MAILBOX', '2'])
  assert.deepEqual(more, [])
  isOpen = true
  gate.resolve(0)
  await world.router.idle()
  await world.router.redeliver(letter!.sequence)
  await world.router.idle()
  assert.deepEqual(contents(world.begun('slow')), [1, 2])
  await end(world)
})

test('a subscriber that is started anew is brought what was published meanwhile, and what is retained again', async () => {
  const world = new World()
  let lives = 0
  const handled: unknown[] = []
  const supervisor: Supervisor = new Supervisor(
    {
      clock,
      random: () => 0,
      expect: () => world.router.expect(),
      onRestarting: (agent, restarting) => {
        world.router.announceRestart(agent, restarting)
        world.router.send(publication('t', 'meanwhile'))
      },
      replace: () => begin().start(),
    },
    { max: 9, withinMs: 60_000 },
  )
  const begin = () => {
    lives += 1
    return world.add(
      'frail',
      (message) => {
        if (message.content === '"bad"' && lives === 1) return trap()
        handled.push(JSON.parse(message.content ?? 'null'))
        return 0
      },
      { ...subscribing('t'), watch: (events: AgentEvents) => supervisor.watch(events) },
    )
  }
  world.router.send(publication('t', 'retained', RETAINED))
  await begin().start()
  world.router.send(publication('t', 'bad'))
  await world.router.idle()
  assert.equal(lives, 2)
  assert.deepEqual(handled.toSorted(), ['bad', 'meanwhile', 'retained', 'retained'])
  assert.deepEqual(
    handled.filter((one) => one === 'bad' || one === 'meanwhile'),
    ['bad', 'meanwhile'],
  )
  assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
})
