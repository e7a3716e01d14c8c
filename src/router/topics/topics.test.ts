import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createGate, outcomeOf, settle } from '../../../test/fakes/sandbox.ts'
import type { Guest, GuestBehaviour } from '../../../test/fakes/world.ts'
import { trap, World } from '../../../test/fakes/world.ts'
import type { Draft, Message } from '../../core/index.ts'
import { coversTopics, DEFAULT_CONVERSATION_LIMITS, isCaxtonError, TOPIC_LIMITS } from '../../core/index.ts'

const quiet: GuestBehaviour = () => 0
const subscribing = (...patterns: string[]) => ({
  init: (guest: Guest) => {
    for (const pattern of patterns) guest.subscribe(pattern)
    return 0
  },
})

function publication(topic: string, content?: unknown, more: Partial<Draft> = {}): Draft {
  const text = content === undefined ? {} : { content: JSON.stringify(content) }
  return { performative: 'inform', receiver: `topic:${topic}`, ...text, ...more }
}

const RETAINED = { extras: { 'x-retain': 'true' } }
const retained = (topic: string, content?: unknown) => publication(topic, content, RETAINED)
const contents = (messages: readonly Message[]) =>
  messages.map(({ content }) => JSON.parse(content ?? 'null') as unknown)

/** Publishes what it is told to: an array of topic and content. */
const publisher: GuestBehaviour = (message, guest) => {
  if (message.sender === 'caxton') return 0
  for (const [topic, content] of JSON.parse(message.content ?? '[]') as [string, unknown][]) {
    guest.send(publication(topic, content))
  }
  return 0
}

function tell(world: World, receiver: string, publications: readonly (readonly [string, unknown])[]): void {
  world.router.send({ performative: 'request', receiver, content: JSON.stringify(publications) })
}

function assertNothingHeld(world: World): void {
  assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  assert.deepEqual(world.credit.mistakes, [])
}

describe('a publication', () => {
  test('reaches every subscriber once, as a message of its own to the topic, and nobody else', async () => {
    const world = new World()
    await world.spawn('source', publisher, subscribing('prices.>'))
    await world.spawn('one', quiet, subscribing('prices.gold', 'prices.*', '>'))
    await world.spawn('two', quiet, subscribing('*.gold'))
    await world.spawn('other', quiet, subscribing('prices.silver'))
    tell(world, 'source', [['prices.gold', 7]])
    await world.router.idle()
    const [one] = world.begun('one')
    const [two] = world.begun('two')
    assert.deepEqual([world.begun('one').length, world.begun('two').length, world.begun('other').length], [1, 1, 0])
    assert.equal(world.begun('source').length, 1)
    for (const copy of [one, two]) {
      assert.deepEqual([copy?.sender, copy?.receiver, copy?.content], ['source', 'topic:prices.gold', '7'])
    }
    const [{ message } = {}] = world.of('published')
    assert.equal(new Set([one?.message_id, two?.message_id, message?.message_id]).size, 3)
    assert.deepEqual([one?.conversation_id, two?.conversation_id], [message?.message_id, message?.message_id])
    assert.deepEqual(
      world.of('published').map(({ copies, lost }) => [copies, lost]),
      [[2, 0]],
    )
    assertNothingHeld(world)
  })

  test('to nobody is none the worse', async () => {
    const world = new World()
    await world.spawn('source', publisher)
    tell(world, 'source', [['nowhere', 1]])
    await world.router.idle()
    assert.deepEqual(world.of('undelivered'), [])
    assert.deepEqual(
      world.of('published').map(({ copies }) => copies),
      [0],
    )
    assertNothingHeld(world)
  })

  test('to what is no topic comes back as a failure', async () => {
    const world = new World()
    await world.spawn('source', publisher)
    tell(world, 'source', [['a..b', 1]])
    await world.router.idle()
    assert.deepEqual(
      world.of('undelivered').map(({ error }) => error.code),
      ['ERR_MESSAGE_ADDRESS'],
    )
    assert.equal(world.begun('source')[1]?.performative, 'failure')
    assertNothingHeld(world)
  })

  test('keeps its place among what its publisher sends to one of its subscribers', async () => {
    const world = new World()
    await world.spawn('sink', quiet, subscribing('t'))
    await world.spawn('source', (_, guest) => {
      for (let number = 0; number < 6; number += 1) {
        guest.send(number % 2 === 0 ? publication('t', number) : { ...publication('', number), receiver: 'sink' })
      }
      return 0
    })
    world.router.send({ performative: 'request', receiver: 'source' })
    await world.router.idle()
    assert.deepEqual(contents(world.begun('sink')), [0, 1, 2, 3, 4, 5])
  })

  test('is not answered for a subscriber that fails or does not understand', async () => {
    const world = new World()
    await world.spawn('source', publisher)
    await world.spawn('bad', () => 2, subscribing('t'))
    await world.spawn('lost', () => 1, subscribing('t'))
    await world.spawn('dead', trap, subscribing('t'))
    tell(world, 'source', [['t', 1]])
    await world.router.idle()
    assert.equal(world.begun('source').length, 1)
    assert.equal(world.of('handled').filter(({ status, error }) => status !== 0 || error !== null).length, 3)
    assertNothingHeld(world)
  })

  test('of a question is answered by each subscriber in its conversation', async () => {
    const world = new World()
    const answers: Message[] = []
    await world.spawn('asker', (message, guest) => {
      if (message.sender !== 'user') answers.push(message)
      else guest.send(publication('jobs', 1, { performative: 'cfp', protocol: 'fipa-contract-net', reply_with: 'q' }))
      return 0
    })
    for (const name of ['b1', 'b2']) {
      await world.spawn(
        name,
        ({ sender, conversation_id, reply_with, protocol }, guest) => {
          const header = { receiver: sender, conversation_id, in_reply_to: reply_with!, protocol: protocol! }
          guest.send({ performative: 'refuse', ...header })
          return 0
        },
        subscribing('jobs'),
      )
    }
    world.router.send({ performative: 'request', receiver: 'asker' })
    await world.router.idle()
    assert.deepEqual(
      answers.map(({ sender, performative }) => [sender, performative]),
      [
        ['b1', 'refuse'],
        ['b2', 'refuse'],
      ],
    )
  })

  test('cannot be a request that somebody waits for', async () => {
    const world = new World()
    await assert.rejects(world.router.request(publication('t', 1), 100), (error) =>
      isCaxtonError(error, 'ERR_MESSAGE_INVALID'),
    )
  })
})

describe('a subscriber without room', () => {
  test('loses its copy alone: neither its publisher nor another subscriber waits or is told', async () => {
    const world = new World()
    const gate = createGate()
    const stuck: GuestBehaviour = async () => {
      await gate.passed
      return 0
    }
    await world.spawn('slow', stuck, { ...subscribing('t'), limits: { mailboxMessages: 2 } })
    await world.spawn('quick', quiet, subscribing('t'))
    await world.spawn('source', publisher)
    tell(
      world,
      'source',
      [1, 2, 3, 4].map((value) => ['t', value]),
    )
    await settle()
    assert.deepEqual(contents(world.begun('quick')), [1, 2, 3, 4])
    assert.equal(world.begun('source').length, 1)
    gate.open()
    await world.router.idle()
    assert.deepEqual(contents(world.begun('slow')), [1, 2])
    const lost = world.of('undelivered')
    assert.deepEqual(
      lost.map(({ message, error, answered }) => [message.content, error.code, error.data?.['receiver'], answered]),
      [
        ['3', 'ERR_LIMIT_MAILBOX', 'slow', false],
        ['4', 'ERR_LIMIT_MAILBOX', 'slow', false],
      ],
    )
    assert.deepEqual(
      world.of('published').map(({ copies, lost: count }) => [copies, count]),
      [
        [2, 0],
        [2, 0],
        [1, 1],
        [1, 1],
      ],
    )
    assertNothingHeld(world)
  })

  test('has no more copies of one publisher waiting than that may have messages outstanding', async () => {
    const world = new World()
    const gate = createGate()
    await world.spawn(
      'slow',
      async () => {
        await gate.passed
        return 0
      },
      subscribing('t'),
    )
    for (const name of ['a', 'b']) await world.spawn(name, publisher, { limits: { outstandingMessages: 3 } })
    for (const name of ['a', 'b'])
      tell(
        world,
        name,
        [1, 2, 3, 4, 5].map((value) => ['t', `${name}${value}`]),
      )
    await settle()
    gate.open()
    await world.router.idle()
    assert.deepEqual(contents(world.begun('slow')), ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
    tell(world, 'a', [['t', 'again']])
    await world.router.idle()
    assert.equal(contents(world.begun('slow')).at(-1), 'again')
    assertNothingHeld(world)
  })
})

describe('copies', () => {
  test('count as messages sent: a publication that makes too many in one call goes to nobody, and its publisher is told', async () => {
    const world = new World()
    for (const name of ['a', 'b', 'c']) await world.spawn(name, quiet, subscribing('t'))
    await world.spawn('source', publisher, { limits: { messages: 7 } })
    tell(world, 'source', [
      ['t', 1],
      ['t', 2],
      ['t', 3],
    ])
    await world.router.idle()
    for (const name of ['a', 'b', 'c']) assert.deepEqual(contents(world.begun(name)), [1, 2])
    const notice = world.begun('source')[1]
    assert.equal(notice?.performative, 'refuse')
    assert.equal((JSON.parse(notice?.content ?? '') as { reason: string }).reason, 'ERR_LIMIT_FAN_OUT')
    tell(world, 'source', [['t', 4]])
    await world.router.idle()
    assert.deepEqual(contents(world.begun('a')), [1, 2, 4])
    assertNothingHeld(world)
  })

  test('of many calls in one turn are bounded, too, so that nobody else waits long', async () => {
    const world = new World()
    const names = Array.from({ length: 101 }, (_, index) => `sink-${index}`)
    for (const name of names) await world.spawn(name, quiet, subscribing('t'))
    await world.spawn('source', publisher)
    const source = world.router.agent('source')!
    const { onSend } = world.router.agentEvents
    const publish = (id: number) => {
      const header = { performative: 'inform', sender: 'source', receiver: 'topic:t', content: '1' } as const
      world.credit.accept('source', 'topic:t', 1)
      onSend(source, { ...header, message_id: `m-${id}`, conversation_id: `m-${id}` }, false, null)
      world.router.agentEvents.onFired(source, 1, outcomeOf(0))
    }
    for (let call = 0; call < 110; call += 1) publish(call)
    const made = () => world.of('published').reduce((sum, { copies }) => sum + copies, 0)
    assert.ok(made() <= TOPIC_LIMITS.copiesPerTurn && made() > TOPIC_LIMITS.copiesPerTurn - names.length, `${made()}`)
    await settle()
    publish(200)
    assert.equal(world.of('published').at(-1)?.copies, names.length)
    await world.router.idle()
    assertNothingHeld(world)
  })

  test('count in the rate of messages of their publisher', async () => {
    const world = new World()
    for (const name of ['a', 'b', 'c']) await world.spawn(name, quiet, subscribing('t'))
    await world.spawn('source', publisher, { rates: { messages: { amount: 4, periodMs: 86_400_000, over: 'fail' } } })
    tell(world, 'source', [
      ['t', 1],
      ['t', 2],
    ])
    await world.router.idle()
    assert.equal(world.router.agent('source')?.state.phase, 'failed')
  })

  test('count in the budget of their undertaking', async () => {
    const world = new World(undefined, { limits: { ...DEFAULT_CONVERSATION_LIMITS, messages: 20 } })
    for (const name of ['a', 'b', 'c', 'd']) await world.spawn(name, quiet, subscribing('t'))
    await world.spawn('source', publisher)
    tell(
      world,
      'source',
      Array.from({ length: 10 }, (_, value) => ['t', value]),
    )
    await world.router.idle()
    assert.deepEqual(
      world.of('guard').map(({ error }) => error.data?.['budget']),
      ['messages'],
    )
    const delivered = ['a', 'b', 'c', 'd']
      .flatMap((name) => world.begun(name))
      .filter(({ sender }) => sender === 'source')
    assert.ok(delivered.length <= 16, `${delivered.length}`)
    assertNothingHeld(world)
  })
})

describe('circles through topics', () => {
  test('are stopped by the guards', async () => {
    const world = new World(undefined, { limits: { ...DEFAULT_CONVERSATION_LIMITS, hops: 30 } })
    const echo =
      (topic: string): GuestBehaviour =>
      (message, guest) => {
        if (message.sender !== 'caxton') guest.send(publication(topic, 'again'))
        return 0
      }
    await world.spawn('ping', echo('to-pong'), subscribing('to-ping'))
    await world.spawn('pong', echo('to-ping'), subscribing('to-pong'))
    world.router.send({ performative: 'inform', receiver: 'ping' })
    await world.router.idle()
    assert.deepEqual(
      world.of('guard').map(({ error }) => error.code),
      ['ERR_GUARD_HOPS'],
    )
    assert.ok(world.begun('ping').length <= 32)
    assertNothingHeld(world)
  })

  test('of one who subscribes anew to what is retained, for ever, are stopped, too', async () => {
    const world = new World(undefined, { limits: { ...DEFAULT_CONVERSATION_LIMITS, hops: 30 } })
    world.router.send(retained('t', 1))
    await world.spawn('greedy', (message, guest) => {
      if (message.sender !== 'caxton') guest.subscribe('t')
      return 0
    })
    world.router.send({ performative: 'inform', receiver: 'greedy' })
    await world.router.idle()
    assert.ok(world.begun('greedy').length <= 32, `${world.begun('greedy').length}`)
    assertNothingHeld(world)
  })
})

describe('a subscription', () => {
  test('holds when the call that made it has succeeded, and until the end of the call that ends it', async () => {
    const world = new World()
    await world.spawn('sink', (message, guest) => {
      const { performative, content } = message
      if (performative === 'request') guest.subscribe('t', content !== '"end"')
      return content === '"fail"' ? 2 : 0
    })
    const ask = async (content: string) => {
      world.router.send({ performative: 'request', receiver: 'sink', content: JSON.stringify(content) })
      await world.router.idle()
      world.router.send(publication('t', `after ${content}`))
      await world.router.idle()
    }
    for (const content of ['fail', 'begin', 'end']) await ask(content)
    const informed = world.begun('sink').filter(({ performative }) => performative === 'inform')
    assert.deepEqual(contents(informed), ['after begin'])
    assert.deepEqual(
      world.events.flatMap(({ type }) => (type === 'subscribed' || type === 'unsubscribed' ? [type] : [])),
      ['subscribed', 'unsubscribed'],
    )
  })

  test('ends with its agent', async () => {
    const world = new World()
    const agent = await world.spawn('sink', quiet, subscribing('t'))
    await agent.stop()
    world.router.send(publication('t', 1))
    await world.router.idle()
    assert.deepEqual(
      world.of('published').map(({ copies, lost }) => [copies, lost]),
      [[0, 0]],
    )
    assert.deepEqual([...world.store.subscriptions.all()], [])
  })
})

describe('a subscription of an agent that has failed', () => {
  test('brings nothing meanwhile, and waits for whoever is started under its name', async () => {
    const world = new World()
    await world.spawn('sink', trap, subscribing('t'))
    for (const content of [1, 2]) {
      world.router.send(publication('t', content))
      await world.router.idle()
    }
    await assert.rejects(world.spawn('sink', quiet, { init: () => 9 }))
    assert.deepEqual(
      world.of('published').map(({ copies, lost }) => [copies, lost]),
      [
        [1, 0],
        [0, 0],
      ],
    )
    await world.spawn('sink', quiet)
    world.router.send(publication('t', 3))
    await world.router.idle()
    assert.deepEqual(contents(world.begun('sink')), [3])
    assertNothingHeld(world)
  })
})

describe('what is retained', () => {
  test('is brought to whoever subscribes later, in order, before what is published then', async () => {
    const world = new World()
    await world.spawn('early', quiet, subscribing('prices.*'))
    world.router.send(retained('prices.gold', 1))
    world.router.send(retained('prices.silver', 2))
    world.router.send(retained('prices.gold', 3))
    world.router.send(publication('prices.gold', 4))
    world.router.send(retained('weather', 5))
    await world.router.idle()
    await world.spawn('late', quiet, subscribing('prices.>', 'prices.gold'))
    world.router.send(publication('prices.gold', 6))
    await world.router.idle()
    const late = world.begun('late')
    assert.deepEqual(contents(world.begun('early')), [1, 2, 3, 4, 6])
    assert.deepEqual(contents(late), [2, 3, 6])
    assert.deepEqual(
      late.map(({ extras }) => extras?.['x-retain']),
      ['true', 'true', undefined],
    )
    assert.ok(world.begun('early').every(({ extras }) => extras === undefined))
    assert.deepEqual(
      late.slice(0, 2).map(({ message_id: id, conversation_id: talk }) => id === talk),
      [true, true],
    )
    assertNothingHeld(world)
  })

  test('is cleared by a retained publication without content', async () => {
    const world = new World()
    world.router.send(retained('t', 1))
    world.router.send(retained('t'))
    await world.spawn('late', quiet, subscribing('t'))
    await world.router.idle()
    assert.deepEqual(world.begun('late'), [])
  })

  test('expires when its publisher wanted it to', async () => {
    const world = new World()
    world.router.send({ ...retained('t', 1), extras: { 'x-retain': 'true', 'x-ttl': '1s' } })
    world.pass(2_000)
    await world.spawn('late', quiet, subscribing('t'))
    await world.router.idle()
    assert.deepEqual(world.begun('late'), [])
  })

  test('is not brought to who published it, nor any longer than there is room', async () => {
    const world = new World()
    await world.spawn('source', (_, guest) => {
      for (let value = 0; value < 5; value += 1) guest.send(retained(`t.${value}`, value))
      guest.subscribe('t.*')
      return 0
    })
    world.router.send({ performative: 'request', receiver: 'source' })
    await world.router.idle()
    assert.equal(world.begun('source').length, 1)
    await world.spawn('small', quiet, { ...subscribing('t.*'), limits: { mailboxMessages: 3 } })
    await world.router.idle()
    assert.deepEqual(contents(world.begun('small')), [0, 1, 2])
    const [refused] = world.of('refused')
    assert.deepEqual(
      [refused?.error.code, refused?.error.detail],
      ['ERR_LIMIT_MAILBOX', '2 of 5 retained values were not brought'],
    )
    assertNothingHeld(world)
  })

  test('is looked for so much in one turn for one agent, and then not any more until the next', async () => {
    const world = new World()
    const VALUES = 4_000
    for (let value = 0; value < VALUES; value += 1) world.router.send(retained(`t.${value}`, value))
    const sink = await world.spawn('sink', quiet, { limits: { mailboxMessages: 10_000 } })
    const patterns = Array.from({ length: 64 }, (_, index) => [`t.${index}`, true] as const)
    const subscribe = () => world.router.agentEvents.onSubscribe(sink, new Map(patterns), null)
    for (let call = 0; call < 5; call += 1) subscribe()
    assert.deepEqual(
      world.of('refused').map(({ error }) => error.code),
      Array(3).fill('ERR_LIMIT_SUBSCRIPTIONS'),
    )
    await settle()
    subscribe()
    await world.router.idle()
    assert.equal(world.begun('sink').length, 3 * patterns.length)
    assertNothingHeld(world)
  })

  const WRONG: readonly (readonly [what: string, draft: Draft])[] = [
    ['under a protocol', { ...retained('t', 1), protocol: 'fipa-query', performative: 'query-ref' }],
    ['that waits for answers', { ...retained('t', 1), reply_by: '2030-01-31T12:00:00Z' }],
    ['to an agent', { ...retained('t', 1), receiver: 'sink' }],
  ]
  for (const [what, draft] of WRONG) {
    test(`is no message ${what}`, async () => {
      const world = new World()
      await world.spawn('sink', quiet, subscribing('t'))
      world.router.send(draft)
      await world.router.idle()
      assert.deepEqual(world.begun('sink'), [])
      assert.deepEqual(
        world.of('undelivered').map(({ error }) => error.code),
        ['ERR_MESSAGE_INVALID'],
      )
    })
  }
})

describe('the user', () => {
  test('listens to what a pattern stands for, what is retained and its own words included, until it does not', async () => {
    const world = new World()
    await world.spawn('source', publisher)
    world.router.send(retained('t.a', 1))
    const heard: unknown[] = []
    const end = world.router.listen('t.*', ({ content, receiver }) => void heard.push([receiver, content]))
    tell(world, 'source', [
      ['t.b', 2],
      ['u.b', 3],
    ])
    await world.router.idle()
    await settle()
    end()
    world.router.send(publication('t.a', 4))
    await settle()
    assert.deepEqual(heard, [
      ['topic:t.a', '1'],
      ['topic:t.b', '2'],
    ])
    assert.throws(
      () => world.router.listen('t.*.>.x', () => {}),
      (error) => isCaxtonError(error, 'ERR_TOPIC_PATTERN'),
    )
  })
})

const PATTERNS = ['a', 'b', '*', 'a.*', '>', 'a.>', '*.b', 'a.b']
const TOPICS = ['a', 'b', 'a.a', 'a.b', 'b.b', 'a.b.c']
const NAMES = ['one', 'two', 'three']

test('any agents that subscribe, unsubscribe and publish get what a list of all subscriptions says, once and in order', async () => {
  const step = fc.oneof(
    fc.record({ who: fc.constantFrom(...NAMES), pattern: fc.constantFrom(...PATTERNS), isWanted: fc.boolean() }),
    fc.record({ who: fc.constantFrom(...NAMES), topic: fc.constantFrom(...TOPICS), isRetained: fc.boolean() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const world = new World()
      const got = new Map<string, string[]>(NAMES.map((name) => [name, []]))
      const expected = new Map<string, string[]>(NAMES.map((name) => [name, []]))
      const patterns = new Map<string, Set<string>>(NAMES.map((name) => [name, new Set()]))
      const values = new Map<string, { by: string; content: string }>()
      for (const name of NAMES) {
        await world.spawn(name, (message, guest) => {
          if (message.sender !== 'user') got.get(name)?.push(message.content!)
          else {
            const order = JSON.parse(message.content!) as { draft?: Draft; pattern?: string; isWanted?: boolean }
            if (order.draft !== undefined) guest.send(order.draft)
            else guest.subscribe(order.pattern!, order.isWanted)
          }
          return 0
        })
      }
      for (const [number, one] of steps.entries()) {
        const content = String(number)
        if ('topic' in one) {
          const draft = publication(one.topic, number, one.isRetained ? RETAINED : {})
          world.router.send({ performative: 'request', receiver: one.who, content: JSON.stringify({ draft }) })
          for (const name of NAMES) {
            const hears = [...patterns.get(name)!].some((pattern) => coversTopics(pattern, one.topic))
            if (name !== one.who && hears) expected.get(name)?.push(content)
          }
          if (one.isRetained) {
            values.delete(one.topic)
            values.set(one.topic, { by: one.who, content })
          }
        } else {
          const { who, pattern, isWanted } = one
          world.router.send({ performative: 'request', receiver: who, content: JSON.stringify({ pattern, isWanted }) })
          if (isWanted) patterns.get(who)?.add(pattern)
          else patterns.get(who)?.delete(pattern)
          for (const [topic, { by, content: value }] of isWanted ? values : []) {
            if (by !== who && coversTopics(pattern, topic)) expected.get(who)?.push(value)
          }
        }
        await world.router.idle()
      }
      assert.deepEqual(got, expected)
      assertNothingHeld(world)
    }),
    { numRuns: 60 },
  )
})
