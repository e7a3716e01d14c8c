import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createDirectory } from '../../../test/fakes/data-directory.ts'
import { createGate, settle } from '../../../test/fakes/sandbox.ts'
import type { GuestBehaviour, Spawn } from '../../../test/fakes/world.ts'
import { trap, World } from '../../../test/fakes/world.ts'
import type { AgentEvents } from '../../agent/index.ts'
import { Supervisor } from '../../agent/index.ts'
import type { Message } from '../../core/index.ts'
import { DEFAULT_CONVERSATION_LIMITS, replyTo } from '../../core/index.ts'
import { Store } from '../../store/index.ts'
import type { OfferTerms } from './offer.ts'
import type { WatchNotice } from './watches.ts'

const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
const quiet: GuestBehaviour = () => 0
const terms = (capability: string, said: Partial<OfferTerms> = {}): OfferTerms => ({
  capability,
  properties: {},
  ontology: null,
  untilMs: null,
  ...said,
})
const noticesIn = (messages: readonly Message[]) =>
  messages
    .filter(({ sender, ontology }) => sender === 'caxton' && ontology === 'caxton-directory')
    .map(({ content }) => JSON.parse(content ?? '') as WatchNotice)

describe('events', () => {
  test('tell what is offered, what is said anew, what is taken back and what lapses, and nothing of renewals', async () => {
    const world = new World()
    const agent = await world.spawn('a', quiet, { offers: ['count'] })
    const { directory } = world.router
    directory.offer('a', terms('sort', { untilMs: world.nowMs + 500, ontology: 'o' }))
    directory.offer('a', terms('sort', { untilMs: world.nowMs + 1_000, ontology: 'o' }))
    directory.offer('a', terms('count', { properties: { fast: true } }))
    directory.withdraw('a', 'count')
    world.pass(1_000)
    directory.register('a', 'count')
    await agent.stop()
    assert.deepEqual(
      world.of('registered').map(({ capability, properties, ontology }) => [capability, properties, ontology]),
      [
        ['count', {}, null],
        ['sort', {}, 'o'],
        ['count', { fast: true }, null],
        ['count', {}, null],
      ],
    )
    assert.deepEqual(
      world.of('unregistered').map(({ capability, cause }) => [capability, cause]),
      [
        ['count', 'withdrawn'],
        ['sort', 'lapsed'],
      ],
    )
    assert.deepEqual(world.router.agents()[0]?.capabilities, [])
  })
})

describe('an agent that fails and is started anew', () => {
  test('offers again what it offered in answer to messages, and what its start says', async () => {
    const world = new World()
    const offered: string[][] = []
    const see = () => offered.push(world.router.directory.offersOf('frail').map(({ capability }) => capability))
    const supervisor: Supervisor = new Supervisor(
      {
        clock,
        random: () => 0,
        expect: () => world.router.expect(),
        onRestarting: (agent, restarting) => {
          see()
          assert.deepEqual(world.router.directory.agentsFor('later'), [])
          world.router.announceRestart(agent, restarting)
        },
        replace: () => begin().start(),
      },
      { max: 9, withinMs: 60_000 },
    )
    const begin = () =>
      world.add('frail', (message) => (message.content === '"bad"' ? trap() : 0), {
        offers: ['from-start'],
        mayOffer: ['from-start', 'later'],
        watch: (events: AgentEvents) => supervisor.watch(events),
      })
    await begin().start()
    world.router.directory.offer('frail', terms('later'))
    world.router.directory.offer('frail', terms('not-granted'))
    see()
    world.router.send({ performative: 'inform', receiver: 'frail', content: '"bad"' })
    await world.router.idle()
    see()
    assert.deepEqual(offered, [
      ['from-start', 'later', 'not-granted'],
      ['later', 'not-granted'],
      ['later', 'from-start'],
    ])
    assert.deepEqual(world.router.directory.agentsFor('later'), ['frail'])
    await world.router.close()
  })
})

test('what is kept of an agent whose start fails is there when another start does not', async () => {
  const world = new World()
  await world.spawn('a', trap, { mayOffer: ['later'] })
  world.router.directory.offer('a', terms('later'))
  world.router.send({ performative: 'inform', receiver: 'a' })
  await world.router.idle()
  const broken = world.add('a', quiet, { offers: ['from-start'], mayOffer: ['from-start', 'later'], init: () => 2 })
  await assert.rejects(broken.start())
  world.router.remove('a')
  assert.deepEqual(
    world.router.directory.offersOf('a').map(({ capability }) => capability),
    ['later'],
  )
  await world.spawn('a', quiet, { mayOffer: ['later'] })
  assert.deepEqual(world.router.directory.agentsFor('later'), ['a'])
})

describe('a watch', () => {
  const WATCHER: Spawn = { limits: { mailboxMessages: 1 } }

  async function spawnWatcher(world: World, behave: GuestBehaviour = quiet, options: Spawn = WATCHER) {
    await world.spawn('w', behave, { ...options, mayFind: ['*'] })
    world.router.watches.watch('w', 1, {})
  }

  test('is told by one message at a time, however much changes and whatever the agent does meanwhile', async () => {
    const world = new World()
    const gate = createGate()
    await spawnWatcher(world, () => gate.passed.then(() => 0))
    await world.spawn('a', quiet)
    for (let round = 0; round < 1_000; round += 1) {
      world.router.directory.offer('a', terms('count', { properties: { round } }))
      if (round % 3 === 0) world.router.directory.withdraw('a', 'count')
    }
    await settle()
    assert.equal(world.of('sent').length, 1)
    gate.open()
    await world.router.idle()
    const notices = noticesIn(world.begun('w'))
    assert.equal(notices.length, 2)
    assert.deepEqual(notices[1], {
      watch: 1,
      changes: [{ offered: false, agent: 'a', capability: 'count', cause: 'withdrawn' }],
      missed: false,
    })
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('waits for room in a full mailbox', async () => {
    const world = new World()
    const gate = createGate()
    await spawnWatcher(world, (message) => (message.sender === 'user' ? gate.passed.then(() => 0) : 0))
    world.router.send({ performative: 'inform', receiver: 'w' })
    await world.spawn('a', quiet, { offers: ['count'] })
    await settle()
    assert.deepEqual(noticesIn(world.begun('w')), [])
    gate.open()
    await world.router.idle()
    assert.equal(noticesIn(world.begun('w')).length, 1)
  })

  test('tells that something was missed after a message that its agent cannot take', async () => {
    const world = new World()
    await spawnWatcher(world, quiet, { limits: { messageBytes: 1_024 } })
    await world.spawn('a', quiet)
    world.router.directory.offer('a', terms('count', { properties: { text: 'x'.repeat(2_000) } }))
    await world.router.idle()
    assert.deepEqual(
      world.of('undelivered').map(({ error }) => error.code),
      ['ERR_LIMIT_MESSAGE_BYTES'],
    )
    world.router.directory.offer('a', terms('sort'))
    await world.router.idle()
    assert.deepEqual(
      noticesIn(world.begun('w')).map(({ changes, missed }) => [changes.length, missed]),
      [[1, true]],
    )
  })

  test('of agents that answer each other by offers is told until the guard of hops trips', async () => {
    const world = new World(undefined, { limits: { ...DEFAULT_CONVERSATION_LIMITS, hops: 20 } })
    let fee = 0
    const answer = (name: string): GuestBehaviour => {
      return (message) => {
        fee += 1
        world.router.directory.offer(name, terms('count', { properties: { fee } }), message)
        return 0
      }
    }
    for (const name of ['a', 'b']) {
      await world.spawn(name, answer(name), { mayOffer: ['count'], mayFind: ['count'] })
      world.router.watches.watch(name, 1, {})
    }
    world.router.send({ performative: 'inform', receiver: 'a' })
    await world.router.idle()
    assert.equal(fee, 21)
    assert.deepEqual(
      world.of('guard').map(({ error }) => error.code),
      ['ERR_GUARD_HOPS'],
    )
    // What nobody was led to by that is told again.
    world.router.directory.withdraw('a', 'count')
    await world.router.idle()
    assert.ok(fee > 21)
    await world.router.close()
  })

  test('is told no longer of agents that register and withdraw in turns without end', async () => {
    const world = new World(undefined, { limits: { ...DEFAULT_CONVERSATION_LIMITS, hops: 20 } })
    let count = 0
    for (const name of ['a', 'b']) {
      const turn: GuestBehaviour = (message, guest) => {
        count += 1
        if (!world.router.directory.withdraw(name, 'count', message)) guest.register('count')
        return 0
      }
      await world.spawn(name, turn, { mayOffer: ['count'], mayFind: ['count'] })
      world.router.watches.watch(name, 1, {})
    }
    world.router.send({ performative: 'inform', receiver: 'a' })
    await world.router.idle()
    assert.equal(count, 21)
    await world.router.close()
  })

  test('is told of nothing that is not granted, and of nothing once its agent has stopped', async () => {
    const world = new World()
    await world.spawn('w', quiet, { mayFind: ['sort'] })
    world.router.watches.watch('w', 1, {})
    await world.spawn('a', quiet, { offers: ['count', 'sort'] })
    await world.router.idle()
    assert.deepEqual(
      noticesIn(world.begun('w')).flatMap(({ changes }) => changes.map(({ capability }) => capability)),
      ['sort'],
    )
    await world.router.agent('w')?.stop()
    world.router.directory.withdraw('a', 'sort')
    await world.router.idle()
    assert.equal(world.router.watches.size, 0)
    assert.equal(world.of('sent').length, 1)
  })

  test('goes on after the end of a system, with what was under way then', async (context) => {
    const data = createDirectory(context)
    const open = async () => new World(undefined, {}, await Store.open({ clock }, { directory: data }))
    const options: Spawn = { guarantee: 'at-least-once', mayFind: ['*'] }
    const first = await open()
    await first.spawn('w', () => new Promise<number>(() => {}), options)
    await first.spawn('a', quiet, { mayOffer: ['count'] })
    first.router.watches.watch('w', 4, { capability: 'count' })
    first.router.directory.offer('a', terms('count'))
    await settle()
    await first.router.close()
    await first.store.close()

    const second = await open()
    await second.spawn('w', quiet, options)
    await second.spawn('a', quiet, { mayOffer: ['count'] })
    await second.router.idle()
    const told = { offered: true, agent: 'a', capability: 'count', properties: {} }
    const notices = noticesIn(second.begun('w'))
    assert.deepEqual(
      notices.toSorted((one, other) => one.changes.length - other.changes.length),
      [
        { watch: 4, changes: [], missed: true },
        { watch: 4, changes: [told], missed: false },
        { watch: 4, changes: [told], missed: false },
      ],
    )
    await second.router.close()
    await second.store.close()
  })
})

test('a contract net with all that offer a capability: each bids, one is taken', async () => {
  const world = new World(undefined, {}, undefined, { strategies: new Map([['build', 'all']]) })
  const bidder: GuestBehaviour = (message, guest) => {
    if (message.performative === 'cfp') {
      guest.send({ ...replyTo(message), performative: 'propose', reply_with: `bid-${guest.name}`, content: '1' })
    } else if (message.performative === 'accept-proposal') guest.send({ ...replyTo(message), performative: 'inform' })
    return 0
  }
  const bids: Message[] = []
  const done: string[] = []
  const coordinator: GuestBehaviour = (message, guest) => {
    if (message.sender === 'user') {
      guest.send({
        performative: 'cfp',
        receiver: 'capability:build',
        protocol: 'fipa-contract-net',
        conversation_id: 'net',
        reply_with: 'cfp',
      })
    } else if (message.performative === 'propose') bids.push(message)
    else if (message.performative === 'inform') done.push(message.sender)
    if (bids.length === 3 && message.performative === 'propose') {
      for (const [index, bid] of bids.entries()) {
        guest.send({ ...replyTo(bid), performative: index === 0 ? 'accept-proposal' : 'reject-proposal' })
      }
    }
    return 0
  }
  for (const name of ['a', 'b', 'c']) await world.spawn(name, bidder, { offers: ['build'] })
  await world.spawn('coordinator', coordinator, { offers: ['build'] })
  world.router.send({ performative: 'request', receiver: 'coordinator' })
  await world.router.idle()
  assert.deepEqual(bids.map(({ sender }) => sender).toSorted(), ['a', 'b', 'c'])
  assert.deepEqual(done, ['a'])
  assert.deepEqual(world.of('undelivered'), [])
  assert.deepEqual(world.credit.mistakes, [])
})
