import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import { settle } from '../../test/fakes/sandbox.ts'
import { VirtualTime } from '../../test/fakes/virtual-time.ts'
import type { GuestBehaviour } from '../../test/fakes/world.ts'
import { World } from '../../test/fakes/world.ts'
import type { ConversationLimits } from '../core/index.ts'
import { DEFAULT_CONVERSATION_LIMITS } from '../core/index.ts'
import { Store, StoreReader } from '../store/index.ts'

const DURABLE = { guarantee: 'at-least-once' } as const
const never: GuestBehaviour = () => new Promise<number>(() => {})

interface Lives {
  readonly limits?: Partial<ConversationLimits>
  first(world: World, store: Store): Promise<void>
  second(world: World, store: Store): Promise<void>
}

/** Runs a system twice on one directory, a minute apart. */
async function liveTwice(context: TestContext, { limits, first, second }: Lives): Promise<void> {
  const directory = createDirectory(context)
  const time = new VirtualTime()
  for (const [run, live] of [first, second].entries()) {
    await using store = await Store.open({ clock: time }, { directory })
    const conversations = { limits: { ...DEFAULT_CONVERSATION_LIMITS, ...limits } }
    const world = new World(undefined, conversations, store, { run: `t${run}`, time })
    await live(world, store)
    await store.flush()
    await world.router.close()
    time.advance(60_000)
  }
}

/** Passes every message on to one other. */
const passOn =
  (receiver: string, act: 'inform' | 'request' = 'inform'): GuestBehaviour =>
  (message, guest) => {
    if (message.sender !== 'caxton') guest.send({ performative: act, receiver, content: message.content! })
    return 0
  }

const heardBy = (name: string, world: World) => world.begun(name).filter(({ sender }) => sender !== 'caxton').length
const codes = (world: World) => world.of('undelivered').map(({ error }) => error.code)

test('hops go on after a restart', async (context) => {
  await liveTwice(context, {
    limits: { hops: 3 },
    first: async (world) => {
      await world.spawn('a', passOn('b'), DURABLE)
      await world.spawn('b', never, DURABLE)
      world.router.send({ performative: 'inform', receiver: 'a', content: '1' })
      await settle()
    },
    second: async (world) => {
      await world.spawn('a', never, DURABLE)
      await world.spawn('c', passOn('b'), DURABLE)
      await world.spawn('b', passOn('c'), DURABLE)
      await settle()
      assert.deepEqual([heardBy('b', world), heardBy('c', world)], [2, 1])
      assert.deepEqual(codes(world), ['ERR_GUARD_HOPS'])
    },
  })
})

test('what a free conversation has used is known after a restart, also what was used after its message was written', async (context) => {
  await liveTwice(context, {
    limits: { messages: 5 },
    first: async (world) => {
      await world.spawn('slow', never, DURABLE)
      await world.spawn('sink', () => 0, DURABLE)
      await world.spawn(
        'source',
        (message, guest) => {
          guest.send({ performative: 'inform', receiver: message.content === '0' ? 'slow' : 'sink', content: '9' })
          return 0
        },
        DURABLE,
      )
      const say = (content: string) =>
        world.router.send({ performative: 'inform', receiver: 'source', content, conversation_id: 'c' })
      say('0')
      await world.store.flush()
      say('1')
      await settle()
      await world.store.flush()
    },
    second: async (world, store) => {
      const slow = world.add('slow', passOn('sink'), DURABLE)
      await world.spawn('sink', passOn('slow'), DURABLE)
      await slow.start()
      await world.router.idle()
      assert.deepEqual([heardBy('slow', world), heardBy('sink', world)], [1, 1])
      assert.deepEqual(codes(world), ['ERR_GUARD_BUDGET'])
      assert.deepEqual([...store.recordsOf('undertakings')], [])
    },
  })
})

test('a circle of questions is one after a restart, too', async (context) => {
  await liveTwice(context, {
    first: async (world) => {
      await world.spawn('a', passOn('b', 'request'), DURABLE)
      await world.spawn('b', never, DURABLE)
      world.router.send({ performative: 'request', receiver: 'a', content: '1' })
      await settle()
    },
    second: async (world) => {
      const b = world.add('b', passOn('a', 'request'), DURABLE)
      await world.spawn('a', passOn('b', 'request'), DURABLE)
      await b.start()
      await world.router.idle()
      assert.deepEqual(codes(world), ['ERR_GUARD_CYCLE'])
    },
  })
})

test('whoever waits is told when a message was lost with the memory that it was in', async (context) => {
  await liveTwice(context, {
    first: async (world) => {
      await world.spawn('forgetful', never)
      await world.spawn(
        'client',
        (_, guest) => {
          const ask = { performative: 'request', receiver: 'forgetful', conversation_id: 'c', reply_with: 'q' } as const
          guest.send({ ...ask, protocol: 'fipa-request' })
          return 0
        },
        DURABLE,
      )
      world.router.send({ performative: 'inform', receiver: 'client' })
      await settle()
    },
    second: async (world) => {
      await world.spawn('forgetful', never)
      await world.spawn('client', () => 0, DURABLE)
      await world.router.idle()
      const heard = world.begun('client').map(({ performative, sender, in_reply_to, content }) => {
        return [performative, sender, in_reply_to, Object(JSON.parse(content!)).reason]
      })
      assert.deepEqual(heard, [['failure', 'caxton', 'q', 'ERR_PROTOCOL_LOST']])
      assert.deepEqual(
        world.router.conversations().flatMap(({ dialogues }) => dialogues.map(({ state }) => state)),
        ['lost'],
      )
    },
  })
})

test('what comes for an agent that is not there yet after a restart waits for it', async (context) => {
  const heard: (string | undefined)[] = []
  await liveTwice(context, {
    first: async (world) => {
      await world.spawn('server', never, DURABLE)
      await world.spawn('source', never, DURABLE)
      const soon = new Date(new VirtualTime().nowMs() + 1_000).toISOString()
      const ask = { performative: 'request', receiver: 'server', protocol: 'fipa-request', reply_by: soon } as const
      world.router.send({ ...ask, conversation_id: 'late', reply_with: 'late' })
      await world.spawn(
        'client',
        (_, guest) => {
          guest.send({ ...ask, conversation_id: 'c', reply_with: 'q' })
          return 0
        },
        DURABLE,
      )
      world.router.send({ performative: 'inform', receiver: 'client' })
      world.router.send({ performative: 'inform', receiver: 'source' })
      await settle()
    },
    second: async (world, store) => {
      await world.spawn('source', passOn('client'), DURABLE)
      await store.flush()
      assert.deepEqual(world.toUser, [])
      assert.deepEqual(codes(world), [])
      await world.spawn(
        'client',
        ({ sender, in_reply_to }) => {
          heard.push(in_reply_to ?? sender)
          return 0
        },
        DURABLE,
      )
      world.router.deliverParkedToUser()
      await store.flush()
      assert.deepEqual(heard, ['q', 'source'])
      assert.deepEqual(
        world.toUser.map(({ in_reply_to }) => in_reply_to),
        ['late'],
      )
    },
  })
})

test('a message for which its receiver has no room any more is given up, and those behind it are handled', async (context) => {
  await liveTwice(context, {
    first: async (world) => {
      await world.spawn('a', never, DURABLE)
      for (const content of [JSON.stringify('x'.repeat(10_000)), '2']) {
        world.router.send({ performative: 'inform', receiver: 'a', content })
      }
      await settle()
    },
    second: async (world) => {
      await world.spawn('a', () => 0, { ...DURABLE, limits: { messageBytes: 1_000 } })
      await world.router.idle()
      assert.deepEqual(
        world.begun('a').map(({ content }) => content),
        ['2'],
      )
      assert.deepEqual(codes(world), ['ERR_LIMIT_MESSAGE_BYTES'])
    },
  })
})

test('the history has why a message went nowhere', async (context) => {
  let directory = ''
  await liveTwice(context, {
    first: async (world, store) => {
      directory = dirname(store.file)
      await world.spawn('a', () => 0, DURABLE)
      world.router.send({ performative: 'agree', receiver: 'a', protocol: 'fipa-request' })
      await settle()
    },
    second: async () => {
      using reader = new StoreReader(directory)
      const refusals = [...reader.history()].filter(({ type }) => type === 'undelivered')
      assert.deepEqual(
        refusals.map(({ error }) => error),
        ['ERR_PROTOCOL_TURN'],
      )
      assert.match(String(refusals[0]?.['detail']), /^agree of 'user' in state start/)
    },
  })
})
