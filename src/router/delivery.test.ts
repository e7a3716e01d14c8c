import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TestCredit } from '../../test/fakes/credit.ts'
import { FakeCredit, SharedCredit } from '../../test/fakes/credit.ts'
import { settle } from '../../test/fakes/sandbox.ts'
import type { Guest, GuestBehaviour } from '../../test/fakes/world.ts'
import { World } from '../../test/fakes/world.ts'
import type { Message, Performative } from '../core/index.ts'
import { CaxtonError, DEFAULT_CONVERSATION_LIMITS } from '../core/index.ts'
import { isAnswerable } from './notice.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const
const RECEIVERS = [...NAMES, 'nobody', 'capability:work', 'topic:t', 'planet:x', 'user', 'caxton'] as const
const ACTS: readonly Performative[] = ['inform', 'request', 'failure', 'not-understood', 'agree']

/** What a guest does with one message. */
const reaction = fc.record({
  sends: fc.array(fc.tuple(fc.constantFrom(...RECEIVERS), fc.constantFrom(...ACTS)), { maxLength: 2 }),
  waits: fc.boolean(),
  result: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constantFrom(1, 2) },
    { weight: 1, arbitrary: fc.constant('trap' as const) },
  ),
})
const outside = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(fc.constant('send' as const), fc.constantFrom(...RECEIVERS)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('settle' as const), fc.constant('a' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('stop' as const, 'drain' as const), fc.constantFrom(...NAMES)) },
)
const story = fc.record({
  reactions: fc.array(reaction, { minLength: 1, maxLength: 20 }),
  steps: fc.array(outside, { minLength: 1, maxLength: 40, size: 'max' }),
  mailboxMessages: fc.integer({ min: 1, max: 6 }),
  outstandingMessages: fc.integer({ min: 1, max: 6 }),
})
type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never

/** Plays a story: guests take their reactions in turn; each sends at most 60 messages so that it comes to rest. */
async function play(
  { reactions, steps, mailboxMessages, outstandingMessages }: Story,
  credit: TestCredit,
): Promise<World> {
  // Every question is asked again and again here: that is what the guard against circles is for.
  const world = new World(credit, { limits: { ...DEFAULT_CONVERSATION_LIMITS, delegations: 1_000, revisits: 1_000 } })
  let turn = 0
  for (const name of NAMES) {
    let sent = 0
    const behave: GuestBehaviour = async (_message, guest) => {
      const { sends, waits, result } = reactions[turn++ % reactions.length]!
      if (waits) await settle()
      for (const [receiver, performative] of sends) {
        if (sent++ < 60) guest.send({ performative, receiver, content: JSON.stringify(`${name}-${sent}`) })
      }
      return result === 'trap' ? new CaxtonError('ERR_GUEST_TRAP') : result
    }
    const init = (guest: Guest) => {
      if (name !== 'a') guest.subscribe('*')
      return 0
    }
    await world.spawn(name, behave, { offers: ['work'], limits: { mailboxMessages, outstandingMessages }, init })
  }
  for (const [action, target] of steps) {
    if (action === 'settle') await settle()
    else if (action === 'stop') void world.router.agent(target)?.stop()
    else if (action === 'drain') void world.router.agent(target)?.drain()
    else if (target !== 'planet:x') world.router.send({ performative: 'request', receiver: target })
  }
  await world.router.idle()
  return world
}

/** Asserts that every accepted message and every copy has exactly one end, and that its sender was told unless it was handled, but of no copy. */
function checkNothingLost(world: World): void {
  type End = 'handled' | 'told' | 'reported' | 'user' | 'published'
  const sent = world.of('sent').map(({ message }) => message)
  const sentIds = new Set(sent.map(({ message_id }) => message_id))
  const ends = new Map<string, End>()
  const copies = new Set<string>()
  const end = ({ message_id, receiver }: Message, how: End) => {
    assert.ok(!ends.has(message_id) && !copies.has(message_id), `${message_id} ends twice`)
    if (receiver !== 'topic:t' || sentIds.has(message_id)) ends.set(message_id, how)
    else copies.add(message_id)
  }
  for (const event of world.events) {
    if (event.type === 'delivered' && event.agent === 'user') end(event.message, 'user')
    if (event.type === 'handled') end(event.message, event.status === 0 && event.error === null ? 'handled' : 'told')
    if (event.type === 'undelivered') end(event.message, event.answered ? 'told' : 'reported')
    if (event.type === 'published') end(event.message, 'published')
  }
  const made = world.of('published').reduce((sum, { copies: count, lost }) => sum + count + lost, 0)
  assert.equal(copies.size, made)
  assert.equal(sentIds.size, sent.length)
  assert.equal(ends.size, sent.length)
  const notices = sent.filter(({ sender }) => sender === 'caxton')
  const about = new Set(notices.map(({ content }) => JSON.parse(content ?? '').message_id))
  assert.equal(about.size, notices.length, 'nobody is told twice')
  assert.ok(about.isSubsetOf(sentIds), 'nobody is told of a copy')
  for (const message of sent) {
    const isTold = ends.get(message.message_id) === 'told' && isAnswerable(message)
    assert.equal(about.has(message.message_id), isTold, `${message.message_id} ${ends.get(message.message_id)}`)
  }
}

const CREDITS = [
  { name: 'one thread', create: () => new FakeCredit() },
  { name: 'shared memory', create: () => new SharedCredit() },
]
for (const { name, create } of CREDITS) {
  test(`nothing is lost, nothing is answered twice, and all credit comes back, counted in ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const world = await play(told, create())
        checkNothingLost(world)
        assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
        assert.deepEqual(world.credit.mistakes, [])
        for (const info of world.router.agents()) {
          assert.equal(info.waitingMessages, 0)
          assert.equal(info.messagesIn, info.handled + info.undelivered)
        }
        await world.router.close()
      }),
      { numRuns: 100 },
    )
  })
}

test('closing in the middle loses nothing of the user', async () => {
  await fc.assert(
    fc.asyncProperty(story, fc.nat(6), async ({ reactions, mailboxMessages }, waits) => {
      const world = new World()
      let turn = 0
      await world.spawn(
        'a',
        async () => {
          const { waits: slow, result } = reactions[turn++ % reactions.length]!
          if (slow) await settle()
          return result === 'trap' ? new CaxtonError('ERR_GUEST_TRAP') : result
        },
        { limits: { mailboxMessages } },
      )
      for (let count = 0; count < 8; count += 1) {
        world.router.send({ performative: 'request', receiver: 'a' })
        if (count < waits) await settle()
      }
      await world.router.close()
      const handled = world.of('handled').filter(({ status, error }) => status === 0 && error === null)
      assert.equal(handled.length + world.toUser.length, 8)
      assert.ok(world.router.isIdle)
    }),
    { numRuns: 50 },
  )
})
