import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import { World } from '../../test/fakes/world.ts'
import type { Draft, ErrorCode, Message, Performative, PersonLimits } from '../core/index.ts'
import { DEFAULT_CONVERSATION_LIMITS, DEFAULT_PERSON_LIMITS, isCaxtonError } from '../core/index.ts'
import { Store } from '../store/index.ts'

const ANN = 'human:ann'

function worldWith(limits: Partial<PersonLimits> = {}, store?: Store): World {
  const people = ['ann', 'bob'].map((name) => ({
    name,
    description: null,
    limits: { ...DEFAULT_PERSON_LIMITS, ...limits },
  }))
  return new World(undefined, {}, store, { people })
}

/** Adds an agent that sends each of the drafts when it is told to, and keeps what it gets. */
async function addAsker(world: World, name = 'clerk') {
  const got: Message[] = []
  let send = (_: Draft): boolean => false
  await world.spawn(
    name,
    (message) => {
      got.push(message)
      return 0
    },
    {
      init: (guest) => {
        send = (draft) => guest.send(draft)
        return 0
      },
    },
  )
  const ask = (draft: Partial<Draft> = {}): string => {
    assert.equal(
      send({ performative: 'request', receiver: ANN, reply_with: 'q-1', content: '"may I?"', ...draft }),
      true,
    )
    return [...world.router.people.list()].at(-1)?.id ?? ''
  }
  return { got, ask }
}

const codeOf = (code: ErrorCode) => (error: unknown) => isCaxtonError(error, code)
const by = { by: 'test' }
const say = (world: World, id: string, performative: Performative, content = '"yes"') =>
  world.router.people.answer(id, { performative, content }, by)

test('a question waits for a person, and the answer comes from the person', async () => {
  const world = worldWith()
  const { got, ask } = await addAsker(world)
  const id = ask()
  assert.equal(world.router.isIdle, true)
  const [waiting] = world.router.people.list('ann')
  assert.deepEqual([waiting?.id, waiting?.person, waiting?.acts, waiting?.wantsAnswer], [id, 'ann', null, true])
  const answer = say(world, id, 'inform')
  await world.router.idle()
  assert.deepEqual(
    got.map(({ sender, performative, in_reply_to, conversation_id, content }) => [
      sender,
      performative,
      in_reply_to,
      conversation_id,
      content,
    ]),
    [[ANN, 'inform', 'q-1', id, '"yes"']],
  )
  assert.equal(answer.message_id, got[0]?.message_id)
  assert.deepEqual(world.router.people.list(), [])
  assert.deepEqual(
    world.events.map(({ type }) => type).filter((type) => ['waiting', 'answered', 'withdrawn'].includes(type)),
    ['waiting', 'answered'],
  )
  assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
})

test('a second answer is refused, and says when the first one came', async () => {
  const world = worldWith()
  const { ask } = await addAsker(world)
  const id = ask()
  say(world, id, 'inform')
  assert.throws(
    () => say(world, id, 'inform'),
    (error) => isCaxtonError(error, 'ERR_MESSAGE_ENDED') && /answered since 1970/.test(error.message),
  )
  assert.throws(() => say(world, 'm-none', 'inform'), codeOf('ERR_MESSAGE_UNKNOWN'))
})

test('who has agreed owes the rest: the question waits on, and takes no second agree', async () => {
  const world = worldWith()
  const { got, ask } = await addAsker(world)
  const id = ask()
  say(world, id, 'agree')
  assert.equal(world.router.people.show(id).isPromised, true)
  assert.throws(() => say(world, id, 'agree'), codeOf('ERR_PROTOCOL_TURN'))
  say(world, id, 'inform')
  await world.router.idle()
  assert.deepEqual(
    got.map(({ performative }) => performative),
    ['agree', 'inform'],
  )
})

test('a protocol says what a person may answer, and is not disturbed by what is refused', async () => {
  const world = worldWith()
  const { got, ask } = await addAsker(world)
  const id = ask({ performative: 'propose', protocol: 'fipa-propose' })
  assert.deepEqual(world.router.people.show(id).acts, ['accept-proposal', 'reject-proposal'])
  assert.throws(
    () => say(world, id, 'inform'),
    (error) =>
      isCaxtonError(error, 'ERR_PROTOCOL_TURN') &&
      assert.deepEqual(error.data['expected'], ['accept-proposal', 'reject-proposal']) === undefined,
  )
  say(world, id, 'accept-proposal')
  await world.router.idle()
  assert.deepEqual(
    got.map(({ sender, performative, protocol }) => [sender, performative, protocol]),
    [[ANN, 'accept-proposal', 'fipa-propose']],
  )
  assert.equal(world.router.conversations()[0]?.dialogues[0]?.state, 'accepted')
})

test('a contract net goes through a person: each call, and the award, is answered by its turn', async () => {
  const world = worldWith()
  const { got, ask } = await addAsker(world)
  const net = { protocol: 'fipa-contract-net', conversation_id: 'net' }
  const call = ask({ performative: 'cfp', ...net })
  say(world, call, 'propose')
  assert.deepEqual(world.router.people.list(), [])
  const award = ask({ performative: 'accept-proposal', ...net })
  assert.deepEqual(world.router.people.show(award).acts, ['inform', 'failure'])
  say(world, award, 'inform')
  await world.router.idle()
  assert.deepEqual(
    got.map(({ performative }) => performative),
    ['propose', 'inform'],
  )
})

test('what asks for nothing is dismissed, a question is not', async () => {
  const world = worldWith()
  const { got, ask } = await addAsker(world)
  const question = ask()
  assert.equal(got.length, 0)
  const { sender: _, ...news } = { performative: 'inform', receiver: ANN, sender: '' } as const
  const quiet = await addAsker(world, 'herald')
  const id = quiet.ask({ ...news, reply_with: undefined as never })
  assert.throws(() => world.router.people.dismiss(question), codeOf('ERR_MESSAGE_ANSWER_WANTED'))
  world.router.people.dismiss(id)
  assert.deepEqual(
    world.router.people.list().map((waiting) => waiting.id),
    [question],
  )
  assert.throws(() => world.router.people.dismiss(id), codeOf('ERR_MESSAGE_ENDED'))
})

const REFUSED: readonly {
  name: string
  draft: Partial<Draft>
  limits?: Partial<PersonLimits>
  reason: ErrorCode
  act: string
}[] = [
  {
    name: 'to a person whom nobody has declared',
    draft: { receiver: 'human:eve' },
    reason: 'ERR_PERSON_UNKNOWN',
    act: 'failure',
  },
  { name: 'to no name', draft: { receiver: 'human:../x' }, reason: 'ERR_MESSAGE_ADDRESS', act: 'failure' },
  {
    name: 'to a name of the language',
    draft: { receiver: 'human:__proto__' },
    reason: 'ERR_MESSAGE_ADDRESS',
    act: 'failure',
  },
  { name: 'to everybody', draft: { receiver: 'human:*' }, reason: 'ERR_MESSAGE_ADDRESS', act: 'failure' },
  {
    name: 'whose answer is to go to somebody else',
    draft: { reply_to: 'bank' },
    reason: 'ERR_MESSAGE_REPLY_TO',
    act: 'failure',
  },
  {
    name: 'that is too large to be read',
    draft: { content: JSON.stringify('x'.repeat(2_000)) },
    limits: { messageBytes: 1_024 },
    reason: 'ERR_LIMIT_MESSAGE_BYTES',
    act: 'failure',
  },
  {
    name: 'beyond the bytes of the person',
    draft: { content: JSON.stringify('x'.repeat(2_000)) },
    limits: { mailboxBytes: 1_024 },
    reason: 'ERR_LIMIT_MAILBOX',
    act: 'refuse',
  },
]

for (const { name, draft, limits = {}, reason, act } of REFUSED) {
  test(`refuses a message ${name}`, async () => {
    const world = worldWith(limits)
    const { got, ask } = await addAsker(world)
    ask(draft)
    await world.router.idle()
    assert.deepEqual(world.router.people.list(), [])
    assert.deepEqual(
      got.map(({ sender, performative, content }) => [sender, performative, JSON.parse(content!).reason]),
      [['caxton', act, reason]],
    )
    assert.deepEqual([world.credit.held(), world.credit.mistakes], [{ messages: 0, bytes: 0, outstanding: 0 }, []])
  })
}

test('one sender cannot fill the room of a person, all together can, and an answer gives room back', async () => {
  const world = worldWith({ senderMessages: 2, mailboxMessages: 3 })
  const flood = await addAsker(world, 'flood')
  for (let count = 0; count < 5; count += 1) flood.ask({ reply_with: `f-${count}` })
  await world.router.idle()
  assert.equal(world.router.people.list().length, 2)
  const clerk = await addAsker(world)
  const id = clerk.ask()
  const late = await addAsker(world, 'late')
  late.ask()
  await world.router.idle()
  const refusals = [flood, clerk, late].map(({ got }) => got.map(({ performative }) => performative))
  assert.deepEqual(refusals, [['refuse', 'refuse', 'refuse'], [], ['refuse']])
  say(world, id, 'refuse')
  late.ask()
  assert.equal(world.router.people.list().length, 3)
})

for (const { name, draft, ms, act } of [
  { name: 'reply_by', draft: { reply_by: new Date(1_060_000).toISOString() }, ms: 60_000, act: 'failure' },
  { name: 'time to live', draft: { extras: { 'x-ttl': '60s' } }, ms: 60_001, act: 'failure' },
  {
    name: 'deadline of a protocol',
    draft: { performative: 'propose', protocol: 'fipa-propose', reply_by: new Date(1_060_000).toISOString() },
    ms: 60_000,
    act: 'reject-proposal',
  },
  {
    name: 'deadline of a round that others go on with',
    draft: { performative: 'cfp', protocol: 'fipa-auction-english', reply_by: new Date(1_060_000).toISOString() },
    ms: 60_000,
    act: 'refuse',
  },
] as const) {
  test(`a question is taken out by its ${name}, and its sender is told`, async () => {
    const world = worldWith()
    const { got, ask } = await addAsker(world)
    const id = ask(draft)
    assert.equal(world.router.isIdle, false)
    assert.ok(Math.abs((world.router.people.show(id).expiresMs ?? 0) - 1_060_000) < 100)
    world.pass(59_000)
    assert.equal(world.router.people.list().length, 1)
    world.pass(ms)
    assert.deepEqual(world.router.people.list(), [])
    await world.router.idle()
    assert.deepEqual(
      got.map(({ sender, performative, in_reply_to }) => [sender, performative, in_reply_to]),
      [['caxton', act, 'q-1']],
    )
    assert.throws(
      () => say(world, id, 'accept-proposal'),
      (error) => isCaxtonError(error, 'ERR_MESSAGE_ENDED') && error.data['end'] === 'expired',
    )
    assert.equal(world.of('expired')[0]?.about, ANN)
  })
}

test('a question lasts no longer than what it is part of', async () => {
  const world = worldWith()
  const { got, ask } = await addAsker(world)
  ask()
  world.pass(86_400_000)
  await world.router.idle()
  assert.deepEqual(world.router.people.list(), [])
  assert.equal(got.length, 1)
})

for (const protocol of [undefined, 'fipa-request']) {
  test(`cancel calls a question off ${protocol === undefined ? 'where there is no protocol' : `of ${protocol}`}`, async () => {
    const world = worldWith()
    const { got, ask } = await addAsker(world)
    const talk = { conversation_id: 'c', ...(protocol === undefined ? {} : { protocol }) }
    const id = ask(talk)
    ask({ ...talk, performative: 'cancel', reply_with: 'stop' })
    await world.router.idle()
    assert.deepEqual(world.router.people.list(), [])
    assert.deepEqual(
      got.map(({ sender, performative, in_reply_to }) => [sender, performative, in_reply_to]),
      [['caxton', 'inform', 'stop']],
    )
    assert.deepEqual(
      world.of('withdrawn').map(({ message, end }) => [message.message_id, end]),
      [[id, 'cancelled']],
    )
    assert.throws(() => say(world, id, 'inform'), codeOf('ERR_MESSAGE_ENDED'))
  })
}

test('whoever has agreed is shown that it is called off', async () => {
  const world = worldWith()
  const { ask } = await addAsker(world)
  const talk = { conversation_id: 'c', protocol: 'fipa-request' }
  say(world, ask(talk), 'agree')
  ask({ ...talk, performative: 'cancel', reply_with: 'stop' })
  const [cancel, ...others] = world.router.people.list()
  assert.deepEqual([cancel?.message.performative, cancel?.wantsAnswer, others], ['cancel', false, []])
  world.router.people.dismiss(cancel!.id)
  await world.router.idle()
  assert.deepEqual(world.router.people.list(), [])
})

test('nobody but the sender calls a question off', async () => {
  const world = worldWith()
  const { ask } = await addAsker(world)
  ask({ conversation_id: 'c' })
  const other = await addAsker(world, 'other')
  other.ask({ conversation_id: 'c', performative: 'cancel', reply_with: 'stop', in_reply_to: 'q-1' })
  await world.router.idle()
  assert.equal(world.router.people.list().length, 1)
})

test('a question of an agent that is gone goes from the list, and an answer to one that is gone says so', async () => {
  const world = worldWith()
  const { ask } = await addAsker(world)
  ask({ protocol: 'fipa-request', conversation_id: 'c' })
  const free = ask({ conversation_id: 'd' })
  await world.router.agent('clerk')?.stop()
  await world.router.idle()
  assert.deepEqual(
    world.router.people.list().map(({ id }) => id),
    [free],
  )
  assert.throws(() => say(world, free, 'inform'), codeOf('ERR_AGENT_NOT_RUNNING'))
  assert.deepEqual(world.router.people.list(), [])
})

test('an answer that finds no room leaves the question where it is', async () => {
  const world = worldWith()
  const { promise, resolve } = Promise.withResolvers<number>()
  let ask = () => {}
  await world.spawn('clerk', () => promise, {
    limits: { mailboxMessages: 1 },
    init: (guest) => {
      ask = () => assert.equal(guest.send({ performative: 'request', receiver: ANN }), true)
      return 0
    },
  })
  ask()
  const [waiting] = world.router.people.list()
  world.router.send({ performative: 'inform', receiver: 'clerk' })
  assert.throws(() => say(world, waiting!.id, 'inform'), codeOf('ERR_LIMIT_MAILBOX'))
  resolve(0)
  await world.router.idle()
  say(world, waiting!.id, 'inform')
  await world.router.idle()
  assert.equal(world.begun('clerk').length, 2)
})

test('a person is told when what it has answered was not handled', async () => {
  const world = worldWith()
  let ask = () => {}
  await world.spawn('clerk', () => 7, {
    init: (guest) => {
      ask = () => assert.equal(guest.send({ performative: 'request', receiver: ANN }), true)
      return 0
    },
  })
  ask()
  say(world, world.router.people.list()[0]!.id, 'inform')
  await world.router.idle()
  const [notice] = world.router.people.list('ann')
  assert.deepEqual(
    [notice?.message.sender, notice?.message.performative, notice?.wantsAnswer],
    ['caxton', 'failure', false],
  )
  assert.throws(() => say(world, notice!.id, 'inform'), codeOf('ERR_PROTOCOL_TURN'))
  world.router.people.dismiss(notice!.id)
})

test('a request of the user is answered by a person', async () => {
  const world = worldWith()
  const reply = world.router.request({ performative: 'query-ref', receiver: 'human:bob' }, 60_000)
  say(world, world.router.people.list('bob')[0]!.id, 'inform', '42')
  assert.deepEqual([(await reply).sender, (await reply).content], ['human:bob', '42'])
  assert.throws(() => world.router.people.list('eve'), codeOf('ERR_PERSON_UNKNOWN'))
})

test('a list of receivers may name people beside others', async () => {
  const world = worldWith()
  const { got } = await addAsker(world)
  world.router.send({ performative: 'query-ref', receiver: ANN, others: ['clerk', 'human:bob', 'human:eve'] })
  await world.router.idle()
  assert.deepEqual(
    world.router.people.list().map(({ person }) => person),
    ['ann', 'bob'],
  )
  assert.equal(got.length, 1)
  assert.deepEqual(
    world.toUser.map(({ performative, content }) => [performative, JSON.parse(content!).reason]),
    [['failure', 'ERR_PERSON_UNKNOWN']],
  )
})

test('a guard that stops an undertaking takes its questions out', async () => {
  const people = [{ name: 'ann', description: null, limits: DEFAULT_PERSON_LIMITS }]
  const limits = { ...DEFAULT_CONVERSATION_LIMITS, messages: 3 }
  const world = new World(undefined, { limits }, undefined, { people })
  const { got, ask } = await addAsker(world)
  const talk = { conversation_id: 'c' }
  const id = ask(talk)
  for (let count = 0; count < 4; count += 1) ask({ ...talk, performative: 'inform', receiver: 'clerk' })
  await world.router.idle()
  assert.deepEqual(world.router.people.list(), [])
  assert.throws(() => say(world, id, 'inform'), codeOf('ERR_MESSAGE_ENDED'))
  assert.ok(got.some(({ sender, performative }) => sender === 'caxton' && performative === 'failure'))
})

/** Opens the store of a directory at a time of day; it is closed when the test has ended. */
async function openStore(context: Pick<TestContext, 'after'>, directory: string, nowMs: number): Promise<Store> {
  const store = await Store.open({ clock: { nowMs: () => nowMs, monotonicMs: () => 0 } }, { directory })
  context.after(() => store.close())
  return store
}

/** The time at which a world begins, and a deadline a minute later. */
const START_MS = 1_000_000
const DEADLINE = new Date(START_MS + 60_000).toISOString()

test('what waits is there after a restart, and an answer waits for whoever asked', async (context) => {
  const directory = createDirectory(context)
  const before = await openStore(context, directory, START_MS)
  const world = worldWith({}, before)
  const { ask } = await addAsker(world)
  const free = ask({ extras: { 'x-delivery': 'at-most-once' } })
  const bound = ask({ performative: 'propose', protocol: 'fipa-propose', conversation_id: 'p', reply_by: DEADLINE })
  say(world, free, 'agree')
  await world.router.idle()
  await world.router.close()
  await before.close()

  const next = worldWith({}, await openStore(context, directory, START_MS))
  context.after(() => next.router.close())
  assert.deepEqual(
    next.router.people.list().map(({ id, isPromised, acts }) => [id, isPromised, acts]),
    [
      [free, true, null],
      [bound, false, ['accept-proposal', 'reject-proposal']],
    ],
  )
  say(next, free, 'inform')
  say(next, bound, 'accept-proposal')
  assert.deepEqual(next.router.people.list(), [])
  const { got } = await addAsker(next)
  await next.router.idle()
  assert.deepEqual(
    got.map(({ sender, performative }) => [sender, performative]),
    [
      [ANN, 'inform'],
      [ANN, 'accept-proposal'],
    ],
  )
})

test('a person is told when whoever asked does not come back after a restart', async (context) => {
  const directory = createDirectory(context)
  const before = await openStore(context, directory, START_MS)
  const world = worldWith({}, before)
  const { ask } = await addAsker(world)
  const id = ask()
  await world.router.idle()
  await world.router.close()
  await before.close()

  const next = worldWith({}, await openStore(context, directory, START_MS))
  context.after(() => next.router.close())
  say(next, id, 'inform')
  await assert.rejects(next.add('clerk', () => 0, { init: () => 3 }).start())
  await next.router.idle()
  assert.deepEqual(
    next.router.people.list().map(({ message }) => [message.sender, message.performative]),
    [['caxton', 'failure']],
  )
})

test('a deadline that passes while the system is down counts, but not for an answer that was given before', async (context) => {
  const directory = createDirectory(context)
  const before = await openStore(context, directory, START_MS)
  const world = worldWith({}, before)
  const { ask } = await addAsker(world)
  const talk = { performative: 'propose', protocol: 'fipa-propose', reply_by: DEADLINE } as const
  const inTime = ask({ ...talk, conversation_id: 'a' })
  const late = ask({ ...talk, conversation_id: 'b' })
  const silent = ask({ ...talk, conversation_id: 'c' })
  const free = ask({ reply_by: DEADLINE })
  await world.router.idle()
  await world.router.close()
  await before.close()

  const next = worldWith({}, await openStore(context, directory, START_MS + 1e6))
  context.after(() => next.router.close())
  const answer = (id: string, atMs: number) =>
    next.router.people.answer(id, { performative: 'accept-proposal' }, { ...by, atMs })
  next.advance(1e6)
  answer(inTime, START_MS + 59_000)
  assert.throws(() => answer(late, START_MS + 60_001), codeOf('ERR_MESSAGE_ENDED'))
  const { got } = await addAsker(next)
  await next.router.idle()
  assert.deepEqual(
    got.map(({ sender, performative, conversation_id }) => `${conversation_id} ${performative} ${sender}`).sort(),
    [`a accept-proposal ${ANN}`, 'b reject-proposal caxton', 'c reject-proposal caxton', `${free} failure caxton`],
  )
  assert.throws(() => next.router.people.show(silent), codeOf('ERR_MESSAGE_ENDED'))
})
