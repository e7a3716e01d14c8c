import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { SOME_USAGE, settle } from '../../test/fakes/sandbox.ts'
import type { GuestBehaviour } from '../../test/fakes/world.ts'
import { World } from '../../test/fakes/world.ts'
import type { ConversationLimits, Performative } from '../core/index.ts'
import { CaxtonError, DEFAULT_CONVERSATION_LIMITS, replyTo } from '../core/index.ts'

const limited = (limits: Partial<ConversationLimits>) =>
  new World(undefined, { limits: { ...DEFAULT_CONVERSATION_LIMITS, ...limits } })

const to =
  (receiver: string, performative: Performative, content?: string): GuestBehaviour =>
  (_, guest) => {
    guest.send({ performative, receiver, ...(content === undefined ? {} : { content }) })
    return 0
  }

describe('an undertaking is stopped', () => {
  const budgets: { name: string; limits: Partial<ConversationLimits>; budget: string }[] = [
    { name: 'messages', limits: { messages: 20 }, budget: 'messages' },
    { name: 'bytes', limits: { bytes: 5_000 }, budget: 'bytes' },
    { name: 'fuel', limits: { fuel: SOME_USAGE.fuel * 20 }, budget: 'fuel' },
    { name: 'time', limits: { wallMs: 60 }, budget: 'wallMs' },
  ]
  for (const { name, limits, budget } of budgets) {
    test(`when its budget of ${name} is used up, and everybody is told once`, async () => {
      const world = limited(limits)
      await world.spawn('a', to('b', 'inform'))
      await world.spawn('b', to('a', 'inform'))
      world.router.send({ performative: 'inform', receiver: 'a', reply_with: 'mine' })
      await world.router.idle()
      const [guard, ...more] = world.of('guard')
      assert.deepEqual(more, [])
      assert.deepEqual([guard?.error.code, guard?.error.data?.['budget']], ['ERR_GUARD_BUDGET', budget])
      const told = world.of('sent').filter(({ message }) => message.sender === 'caxton')
      assert.deepEqual(told.map(({ message }) => message.receiver).toSorted(), ['a', 'b', 'user'])
      for (const name of ['a', 'b']) assert.equal(world.begun(name).at(-1)?.performative, 'failure')
      const [notice] = world.toUser
      assert.deepEqual([notice?.performative, notice?.in_reply_to], ['failure', 'mine'])
      const content = JSON.parse(notice?.content ?? '') as Record<string, unknown>
      assert.deepEqual([content['reason'], content['guard'], content['budget']], ['ERR_GUARD_BUDGET', 'budget', budget])
      await world.router.close()
      assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
    })
  }

  test('when calls of tools go beyond their budget, which the one too many is told', async () => {
    const world = limited({ toolCalls: 3 })
    const refusals: (string | null)[] = []
    await world.spawn('a', (message) => {
      if (message.sender === 'caxton') return 0
      for (let call = 0; call < 5; call += 1) {
        refusals.push(world.router.book.charge(message, 'toolCalls', 1)?.code ?? null)
      }
      return 0
    })
    world.router.send({ performative: 'inform', receiver: 'a' })
    await world.router.idle()
    assert.deepEqual(refusals, [null, null, null, 'ERR_GUARD_BUDGET', 'ERR_GUARD_BUDGET'])
    assert.equal(world.of('guard')[0]?.error.data?.['budget'], 'toolCalls')
    await world.router.close()
  })

  test('and whoever waits for an answer is told so in the place of that', async () => {
    const world = limited({ messages: 3 })
    await world.spawn('boss', ({ sender }, guest) => {
      const work = { receiver: 'worker', reply_with: 'work', conversation_id: 'inner' } as const
      if (sender === 'user') guest.send({ performative: 'request', ...work })
      return 0
    })
    await world.spawn('worker', (_, guest) => {
      for (let tries = 0; tries < 3; tries += 1) guest.send({ performative: 'inform', receiver: 'worker' })
      return 0
    })
    world.router.send({ performative: 'request', receiver: 'boss', reply_with: 'order', conversation_id: 'outer' })
    await world.router.idle()
    const [notice] = world.begun('boss').filter(({ sender }) => sender === 'caxton')
    assert.deepEqual([notice?.performative, notice?.in_reply_to, notice?.conversation_id], ['failure', 'work', 'inner'])
    await world.router.close()
  })

  test('when messages cause each other for too long', async () => {
    const world = limited({ hops: 10 })
    await world.spawn('a', to('b', 'inform'))
    await world.spawn('b', to('a', 'inform'))
    world.router.send({ performative: 'inform', receiver: 'a' })
    await world.router.idle()
    assert.deepEqual(
      world.of('guard').map(({ error }) => error.code),
      ['ERR_GUARD_HOPS'],
    )
    assert.equal(world.begun('a').length + world.begun('b').length, 11 + 2)
    await world.router.close()
  })

  test('when a question comes back to whom it was asked, with the way it went', async () => {
    const world = new World()
    for (const [name, next] of ['ab', 'bc', 'ca'] as unknown as [string, string][])
      await world.spawn(name, to(next, 'request', '1'))
    world.router.send({ performative: 'request', receiver: 'a', content: '1', reply_with: 'mine' })
    await world.router.idle()
    const [guard] = world.of('guard')
    assert.deepEqual(
      [guard?.error.code, guard?.error.data?.['trail']],
      ['ERR_GUARD_CYCLE', ['user', 'a', 'b', 'c', 'a']],
    )
    assert.deepEqual(
      world.toUser.map(({ performative }) => performative),
      ['failure'],
    )
    await world.router.close()
  })

  test('when one agent is asked again and again for the sake of one question', async () => {
    const world = limited({ revisits: 3 })
    let count = 0
    const next =
      (name: string): GuestBehaviour =>
      (_, guest) => {
        guest.send({ performative: 'request', receiver: name, content: String(count++) })
        return 0
      }
    await world.spawn('a', next('b'))
    await world.spawn('b', next('a'))
    world.router.send({ performative: 'request', receiver: 'a', content: '"x"' })
    await world.router.idle()
    assert.equal(world.of('guard')[0]?.error.data?.['what'], 'revisits')
    await world.router.close()
  })

  test('and not by a question that is asked once more after it was answered', async () => {
    const world = new World()
    let rounds = 0
    await world.spawn('asks', (message, guest) => {
      if (message.sender === 'user' || rounds < 50)
        guest.send({ performative: 'request', receiver: 'answers', content: '1' })
      rounds += 1
      return 0
    })
    await world.spawn('answers', (message, guest) => {
      guest.send({ ...replyTo(message), performative: 'inform' })
      return 0
    })
    world.router.send({ performative: 'request', receiver: 'asks' })
    await world.router.idle()
    assert.deepEqual(world.of('guard'), [])
    assert.equal(rounds, 51)
    await world.router.close()
  })

  test('for the agents in it alone: another undertaking of the same agents goes on', async () => {
    const world = limited({ messages: 10 })
    await world.spawn('loop', (message, guest) => {
      if (message.content === '"loop"') guest.send({ performative: 'inform', receiver: 'loop', content: '"loop"' })
      return 0
    })
    world.router.send({ performative: 'inform', receiver: 'loop', content: '"loop"' })
    await world.router.idle()
    const begun = world.begun('loop').length
    world.router.send({ performative: 'inform', receiver: 'loop', content: '"calm"' })
    await world.router.idle()
    assert.equal(world.begun('loop').length, begun + 1)
    await world.router.close()
  })

  test('with what waits in it: nothing of it is handled any more', async () => {
    const world = limited({ messages: 5 })
    await world.spawn('b', () => 0, { rates: { fuel: { amount: SOME_USAGE.fuel, periodMs: 50, over: 'throttle' } } })
    await world.spawn('a', (message, guest) => {
      if (message.sender === 'user')
        for (let left = 9; left > 0; left -= 1) guest.send({ performative: 'inform', receiver: 'b' })
      return 0
    })
    world.router.send({ performative: 'inform', receiver: 'a' })
    await world.router.idle()
    assert.ok(world.begun('b').length < 5)
    assert.ok(world.of('undelivered').some(({ error }) => error.code === 'ERR_GUARD_BUDGET'))
    await world.router.close()
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  })
})

const ACTS: readonly Performative[] = [
  'request',
  'cfp',
  'propose',
  'accept-proposal',
  'agree',
  'inform',
  'refuse',
  'cancel',
]
const NAMES = ['a', 'b', 'c'] as const
const draft = fc.record({
  performative: fc.constantFrom(...ACTS),
  receiver: fc.constantFrom(...NAMES, 'user'),
  conversation_id: fc.constantFrom('one', 'two', undefined),
  protocol: fc.constantFrom(undefined, 'fipa-request', 'fipa-contract-net', 'fipa-subscribe'),
  late: fc.boolean(),
})
const story = fc.record({
  reactions: fc.array(
    fc.record({ drafts: fc.array(draft, { maxLength: 3 }), result: fc.constantFrom(0, 0, 0, 0, 1, 'trap' as const) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  first: fc.array(draft, { minLength: 1, maxLength: 8 }),
  limits: fc.record({ messages: fc.integer({ min: 1, max: 60 }), hops: fc.integer({ min: 1, max: 30 }) }),
})

test('whatever is said and whoever fails, everything comes to rest, no budget is exceeded and nobody waits for ever', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ reactions, first, limits }) => {
      const world = limited({ ...limits, wallMs: 1e9 })
      const toDraft = ({ late, conversation_id, protocol, ...rest }: (typeof first)[number]) => ({
        ...rest,
        ...(conversation_id === undefined ? {} : { conversation_id }),
        ...(protocol === undefined ? {} : { protocol }),
        ...(late ? { reply_by: new Date(world.nowMs + 1e6).toISOString() } : {}),
      })
      let turn = 0
      for (const name of NAMES) {
        await world.spawn(name, (_, guest) => {
          const { drafts, result } = reactions[turn++ % reactions.length]!
          for (const one of drafts) guest.send(toDraft(one))
          return result === 'trap' ? new CaxtonError('ERR_GUEST_TRAP') : result
        })
      }
      for (const one of first) world.router.send(toDraft(one))
      await settle()
      for (let round = 0; round < 3; round += 1) {
        world.pass(2e6)
        await settle()
      }
      await world.router.idle()
      const talks = world.router.conversations()
      for (const { spent, stopped } of talks) assert.ok(stopped !== null || spent.messages <= limits.messages)
      world.pass(1e9)
      await world.router.idle()
      const open = world.router
        .conversations()
        .flatMap(({ dialogues, stopped }) => (stopped === null ? dialogues : []))
        .filter(({ state }) => ['asked', 'agreed', 'called', 'proposed', 'accepted', 'subscribed'].includes(state))
      assert.deepEqual(open, [], 'nobody waits when the time is up')
      for (const { message } of world.of('delivered')) {
        const admitted = world.of('undelivered').filter((event) => event.message.message_id === message.message_id)
        assert.ok(
          admitted.every(({ error }) => !error.code.startsWith('ERR_PROTOCOL')),
          'out of turn and delivered',
        )
      }
      await world.router.close()
      assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
      assert.deepEqual(world.credit.mistakes, [])
    }),
    { numRuns: 60 },
  )
})
