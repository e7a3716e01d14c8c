import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import type { GuestBehaviour, Spawn } from '../../test/fakes/world.ts'
import { echo, World } from '../../test/fakes/world.ts'
import type { Draft, Message, Strategy } from '../core/index.ts'
import { Store } from '../store/index.ts'

const OFFERS = { offers: ['count'] } as const
const quiet: GuestBehaviour = () => 0
const never: GuestBehaviour = () => new Promise<number>(() => {})
const reasonOf = (message: Message | undefined): unknown => JSON.parse(message?.content ?? '{}').reason

function createWorld(strategy: Strategy, store?: Store): World {
  return new World(undefined, {}, store, { strategies: new Map([['count', strategy]]) })
}

async function spawn(world: World, names: readonly string[], behave: GuestBehaviour = quiet, options: Spawn = OFFERS) {
  for (const name of names) await world.spawn(name, behave, options)
}

function ask(world: World, fields: Partial<Draft> = {}): Message {
  return world.router.send({ performative: 'request', receiver: 'capability:count', ...fields })
}

/** To whom messages were delivered, in their order. */
const receiversIn = (world: World) =>
  world
    .of('delivered')
    .map(({ agent }) => agent)
    .filter((agent) => agent !== 'user')

describe('any', () => {
  test('goes to whoever has offered it for longest, and to the next while that one has no room or is gone', async () => {
    const world = createWorld('any')
    await world.spawn('a', never, { ...OFFERS, limits: { mailboxMessages: 2 } })
    await spawn(world, ['b', 'c'])
    for (let count = 0; count < 4; count += 1) ask(world)
    assert.deepEqual(receiversIn(world), ['a', 'a', 'b', 'b'])
    await world.router.agent('a')?.stop()
    await world.router.agent('b')?.stop()
    ask(world)
    assert.equal(receiversIn(world).at(-1), 'c')
  })
})

describe('least-loaded', () => {
  test('goes to whoever has the fewest messages, and in turn among equals', async () => {
    const world = createWorld('least-loaded')
    await spawn(world, ['a', 'b', 'c'], never)
    for (const receiver of ['a', 'a', 'b']) world.router.send({ performative: 'inform', receiver })
    for (let count = 0; count < 6; count += 1) ask(world)
    assert.deepEqual(receiversIn(world).slice(3), ['c', 'b', 'c', 'a', 'b', 'c'])
  })
})

describe('sticky', () => {
  test('keeps a conversation with one agent, and spreads conversations in turn', async () => {
    const world = createWorld('sticky')
    await spawn(world, ['a', 'b'])
    for (const conversation_id of ['x', 'y', 'x', 'z', 'y', 'x']) ask(world, { conversation_id })
    await world.router.idle()
    assert.deepEqual(receiversIn(world), ['a', 'b', 'a', 'a', 'b', 'a'])
  })

  test('picks anew when the agent is gone or offers it no more, and stays with that one', async () => {
    const world = createWorld('sticky')
    await spawn(world, ['a', 'b', 'c'])
    ask(world, { conversation_id: 'x' })
    await world.router.agent('a')?.stop()
    ask(world, { conversation_id: 'x' })
    world.router.directory.withdraw('b', 'count')
    ask(world, { conversation_id: 'x' })
    world.router.directory.register('b', 'count')
    ask(world, { conversation_id: 'x' })
    assert.deepEqual(receiversIn(world), ['a', 'b', 'c', 'c'])
  })

  test('refuses what the agent has no room for: nobody else knows the conversation', async () => {
    const world = createWorld('sticky')
    await spawn(world, ['a', 'b'], never, { ...OFFERS, limits: { mailboxMessages: 1 } })
    ask(world, { conversation_id: 'x' })
    ask(world, { conversation_id: 'x' })
    assert.deepEqual(receiversIn(world), ['a'])
    assert.deepEqual(world.toUser.map(reasonOf), ['ERR_LIMIT_MAILBOX'])
  })

  test('brings whoever is asked, and asks for the same in turn, to somebody else', async () => {
    const world = createWorld('sticky')
    const passOn: GuestBehaviour = ({ sender, conversation_id }, guest) => {
      if (sender === 'user') guest.send({ performative: 'request', receiver: 'capability:count', conversation_id })
      return 0
    }
    await spawn(world, ['a', 'b'], passOn)
    for (const conversation_id of ['x', 'x']) ask(world, { conversation_id })
    await world.router.idle()
    assert.deepEqual(receiversIn(world), ['a', 'a', 'b', 'b'])
  })

  test('holds over a restart of the system', async (context) => {
    const directory = createDirectory(context)
    const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
    const began: string[] = []
    for (const conversation_id of ['x', 'x']) {
      const world = createWorld('sticky', await Store.open({ clock }, { directory }))
      await spawn(world, began.length === 0 ? ['a', 'b'] : ['b', 'a'])
      ask(world, { conversation_id })
      await world.router.idle()
      began.push(...receiversIn(world))
      await world.router.close()
      await world.store.close()
    }
    assert.deepEqual(began, ['a', 'a'])
  })
})

describe('all', () => {
  test('brings a copy to each but the sender, and each answer comes back', async () => {
    const world = createWorld('all')
    await spawn(world, ['a', 'b', 'c'], echo)
    const sent = ask(world, { reply_with: 'q' })
    await world.router.idle()
    assert.deepEqual(receiversIn(world), ['a', 'b', 'c'])
    const answers = world.toUser.map(({ sender, in_reply_to, conversation_id }) => [
      sender,
      in_reply_to,
      conversation_id,
    ])
    assert.deepEqual(
      answers.toSorted(),
      ['a', 'b', 'c'].map((name) => [name, 'q', sent.message_id]),
    )
    const ids = world.of('delivered').map(({ message }) => message.message_id)
    assert.equal(new Set(ids).size, ids.length)
  })

  test('never reaches the sender, and leaves nothing of its room taken', async () => {
    const world = createWorld('all')
    const call: GuestBehaviour = ({ sender }, guest) => {
      if (sender === 'user') guest.send({ performative: 'cfp', receiver: 'capability:count' })
      return 0
    }
    await spawn(world, ['a', 'b', 'c'], call)
    world.router.send({ performative: 'request', receiver: 'a' })
    await world.router.idle()
    assert.deepEqual(receiversIn(world), ['a', 'b', 'c'])
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
    assert.deepEqual(world.credit.mistakes, [])
  })

  test('tells the sender of each that has no room, and of nobody that offers it', async () => {
    const world = createWorld('all')
    ask(world)
    assert.deepEqual(world.toUser.map(reasonOf), ['ERR_CAPABILITY_UNKNOWN'])
    await world.spawn('full', never, { ...OFFERS, limits: { mailboxMessages: 1 } })
    await spawn(world, ['free'])
    ask(world)
    ask(world)
    assert.deepEqual(world.toUser.slice(1).map(reasonOf), ['ERR_LIMIT_MAILBOX'])
    assert.deepEqual(receiversIn(world), ['full', 'free', 'free'])
  })

  test('makes no more copies in one call than its sender may send messages', async () => {
    const world = createWorld('all')
    const call: GuestBehaviour = ({ sender }, guest) => {
      if (sender === 'user') guest.send({ performative: 'cfp', receiver: 'capability:count' })
      return 0
    }
    await spawn(world, ['a', 'b', 'c'])
    await world.spawn('caller', call, { limits: { messages: 2 } })
    world.router.send({ performative: 'request', receiver: 'caller' })
    await world.router.idle()
    assert.deepEqual(world.begun('caller').slice(1).map(reasonOf), ['ERR_LIMIT_FAN_OUT'])
    assert.deepEqual(
      ['a', 'b', 'c'].flatMap((name) => world.begun(name)),
      [],
    )
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('is no receiver of a request, which has one reply', async () => {
    const world = createWorld('all')
    await spawn(world, ['a', 'b'], echo)
    const request = { performative: 'request', receiver: 'capability:count' } as const
    await assert.rejects(world.router.request(request, 1_000), { code: 'ERR_MESSAGE_INVALID' })
    let reply: Promise<Message | null> | undefined
    await world.spawn('asker', (message, guest) => {
      if (message.sender !== 'user') return 0
      reply = world.router.waitForReply('asker', 'r', 0, AbortSignal.timeout(5_000))
      guest.send({ ...request, reply_with: 'r' })
      return 0
    })
    world.router.send({ performative: 'request', receiver: 'asker' })
    await world.router.idle()
    assert.equal(reasonOf((await reply) ?? undefined), 'ERR_MESSAGE_INVALID')
    assert.deepEqual(world.begun('a'), [])
  })
})

test('every strategy picks as a list of those that offer, their room and their loads say', async () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('offer' as const), agent: fc.nat(3) }),
    fc.record({ type: fc.constant('withdraw' as const), agent: fc.nat(3) }),
    fc.record({ type: fc.constant('send' as const), conversation: fc.constantFrom('x', 'y', 'z') }),
  )
  const strategies = fc.constantFrom<Strategy>('round-robin', 'any', 'least-loaded', 'sticky', 'all')
  const ROOM = 3
  await fc.assert(
    fc.asyncProperty(strategies, fc.array(step, { maxLength: 30 }), async (strategy, steps) => {
      const world = createWorld(strategy)
      const names = ['a', 'b', 'c', 'd']
      const options: Spawn = { mayOffer: ['count'], limits: { mailboxMessages: ROOM } }
      await spawn(world, names, never, options)
      /** In the order in which they came; the first is the next in turn. */
      let round: string[] = []
      const came: string[] = []
      const load = new Map(names.map((name) => [name, 0]))
      const tied = new Map<string, string>()
      const expected: string[] = []
      const give = (name: string) => {
        load.set(name, load.get(name)! + 1)
        expected.push(name)
      }
      const hasRoom = (name: string) => load.get(name)! < ROOM
      const turnTo = (name: string | undefined) => {
        if (name === undefined) return
        give(name)
        const place = round.indexOf(name) + 1
        round = [...round.slice(place), ...round.slice(0, place)]
      }
      for (const next of steps) {
        if (next.type === 'offer') {
          const name = names[next.agent]!
          world.router.directory.register(name, 'count')
          if (came.includes(name)) continue
          // Whoever comes is last in the order, whoever's turn it is.
          const first = round[0]
          came.push(name)
          const at = first === undefined ? 0 : came.indexOf(first)
          round = [...came.slice(at), ...came.slice(0, at)]
        } else if (next.type === 'withdraw') {
          const name = names[next.agent]!
          world.router.directory.withdraw(name, 'count')
          if (came.includes(name)) came.splice(came.indexOf(name), 1)
          round = round.filter((other) => other !== name)
        } else {
          const { conversation } = next
          ask(world, { conversation_id: conversation })
          if (strategy === 'all') for (const name of [...came].filter(hasRoom)) give(name)
          else if (strategy === 'any') {
            const name = came.find(hasRoom)
            if (name !== undefined) give(name)
          } else if (strategy === 'least-loaded') {
            const least = Math.min(...round.map((name) => load.get(name)!))
            turnTo(round.find((name) => load.get(name) === least && hasRoom(name)))
          } else if (strategy === 'sticky' && came.includes(tied.get(conversation) ?? '')) {
            if (hasRoom(tied.get(conversation)!)) give(tied.get(conversation)!)
          } else {
            const name = round.find(hasRoom)
            turnTo(name)
            if (name !== undefined) tied.set(conversation, name)
          }
        }
        assert.deepEqual(receiversIn(world), expected)
      }
    }),
    { numRuns: 200 },
  )
})

describe('a dead letter for whoever offers a capability', () => {
  async function bury(world: World): Promise<number> {
    ask(world, { extras: { 'x-delivery': 'at-least-once' } })
    await world.router.idle()
    const [letter] = await world.store.dead.list()
    assert.deepEqual([letter?.receiver, letter?.reason], ['capability:count', 'ERR_CAPABILITY_UNKNOWN'])
    return letter!.sequence
  }

  test('is delivered again to one that offers it now', async () => {
    const world = createWorld('round-robin')
    const sequence = await bury(world)
    await spawn(world, ['a'])
    await world.router.redeliver(sequence)
    await world.router.idle()
    assert.deepEqual(receiversIn(world), ['a'])
    assert.deepEqual([await world.store.dead.list(), world.begun('a').length], [[], 1])
  })

  test('waits for the first that offers it, over a restart, too', async (context) => {
    const directory = createDirectory(context)
    const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
    const first = createWorld('round-robin', await Store.open({ clock }, { directory }))
    await first.router.redeliver(await bury(first))
    await first.router.close()
    await first.store.close()

    const second = createWorld('round-robin', await Store.open({ clock }, { directory }))
    await second.spawn('other', quiet)
    await spawn(second, ['a'])
    await second.router.idle()
    assert.deepEqual(receiversIn(second), ['a'])
    assert.equal(second.begun('a').length, 1)
    await second.router.close()
    await second.store.close()
  })
})
