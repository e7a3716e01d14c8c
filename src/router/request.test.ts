import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../test/fakes/sandbox.ts'
import { echo, replyOf, trap, World } from '../../test/fakes/world.ts'
import type { Draft, ErrorCode } from '../core/index.ts'
import { CaxtonError, completeDraft } from '../core/index.ts'
import { PendingRequests } from './pending-requests.ts'

const ask: Draft = { performative: 'request', receiver: 'one', content: '1' }
const withCode = (code: ErrorCode) => (error: unknown) => error instanceof CaxtonError && error.code === code
const MINUTE = 60_000

test('a request resolves with its reply, which goes nowhere else', async () => {
  const world = new World()
  await world.spawn('one', echo)
  const reply = await world.router.request(ask, MINUTE)
  assert.deepEqual([reply.sender, reply.performative, reply.content], ['one', 'inform', '1'])
  assert.deepEqual(world.toUser, [])
})

test('replies find their requests in any order', async () => {
  const world = new World()
  const kept: (() => void)[] = []
  await world.spawn('one', (message, guest) => {
    kept.push(() => guest.send({ ...replyOf(message), performative: 'inform' }))
    if (kept.length === 3) for (const answer of kept.toReversed()) answer()
    return 0
  })
  const replies = await Promise.all(['1', '2', '3'].map((content) => world.router.request({ ...ask, content }, MINUTE)))
  assert.deepEqual(
    replies.map(({ content }) => content),
    ['1', '2', '3'],
  )
})

test('agree goes to the user, the reply after it resolves', async () => {
  const world = new World()
  await world.spawn('one', (message, guest) => {
    guest.send({ ...replyOf(message), performative: 'agree' })
    guest.send({ ...replyOf(message), performative: 'inform' })
    return 0
  })
  const reply = await world.router.request(ask, MINUTE)
  assert.equal(reply.performative, 'inform')
  assert.deepEqual(
    world.toUser.map(({ performative }) => performative),
    ['agree'],
  )
})

for (const performative of ['failure', 'refuse', 'not-understood'] as const) {
  test(`${performative} rejects with the act and what it says`, async () => {
    const world = new World()
    await world.spawn('one', (message, guest) => {
      guest.send({ ...replyOf(message), performative, content: '"too hard"' })
      return 0
    })
    await assert.rejects(world.router.request(ask, MINUTE), (error) => {
      assert.ok(error instanceof CaxtonError && error.code === 'ERR_REQUEST_FAILED')
      assert.deepEqual(
        [error.data['performative'], error.data['sender'], error.data['reason']],
        [performative, 'one', '"too hard"'],
      )
      return true
    })
  })
}

const FAILURES = [
  { name: 'an unknown agent', receiver: 'nobody', reason: 'ERR_AGENT_UNKNOWN' },
  { name: 'an agent that traps', receiver: 'broken', reason: 'ERR_GUEST_TRAP' },
  { name: 'an agent that does not understand', receiver: 'dull', reason: 'ERR_MESSAGE_NOT_UNDERSTOOD' },
] as const
for (const { name, receiver, reason } of FAILURES) {
  test(`${name} rejects with the code ${reason}`, async () => {
    const world = new World()
    await world.spawn('broken', trap)
    await world.spawn('dull', () => 1)
    await assert.rejects(world.router.request({ ...ask, receiver }, MINUTE), (error) => {
      assert.ok(error instanceof CaxtonError && error.code === 'ERR_REQUEST_FAILED')
      assert.deepEqual([error.data['sender'], error.data['reason']], ['caxton', reason])
      return true
    })
  })
}

test('no reply rejects at the deadline; a late one is an ordinary message', async () => {
  const world = new World()
  const answers: (() => void)[] = []
  await world.spawn('one', (message, guest) => {
    answers.push(() => guest.send({ ...replyOf(message), performative: 'inform' }))
    return 0
  })
  await assert.rejects(world.router.request(ask, 1), withCode('ERR_REQUEST_DEADLINE'))
  assert.deepEqual(world.toUser, [])
  answers[0]?.()
  assert.equal(world.toUser.length, 1)
})

test('nobody else can answer for the agent that was asked', async () => {
  const world = new World()
  let toUser: Draft | undefined
  await world.spawn('one', (message) => {
    toUser = { ...replyOf(message), performative: 'inform' }
    return 0
  })
  await world.spawn('liar', (_message, guest) => {
    if (toUser !== undefined) guest.send({ ...toUser, content: '"a lie"' })
    return 0
  })
  const request = assert.rejects(world.router.request(ask, 50), withCode('ERR_REQUEST_DEADLINE'))
  await settle()
  world.router.send({ performative: 'inform', receiver: 'liar' })
  await settle()
  assert.deepEqual(
    world.toUser.map(({ sender, content }) => [sender, content]),
    [['liar', '"a lie"']],
  )
  await request
})

test('whoever a capability leads to may answer', async () => {
  const world = new World()
  await world.spawn('one', echo, { offers: ['echo'] })
  const reply = await world.router.request({ ...ask, receiver: 'capability:echo' }, MINUTE)
  assert.equal(reply.sender, 'one')
})

test('a deadline out of range is refused before anything is sent', async () => {
  const world = new World()
  for (const deadlineMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(world.router.request(ask, deadlineMs), withCode('ERR_CONFIG_INVALID'))
  }
  assert.deepEqual(world.events, [])
})

test('pending requests are bounded, and one reply_with waits once', async () => {
  const pending = new PendingRequests({ limit: 2 })
  const request = completeDraft({ ...ask, reply_with: 'r' }, 'user', 'm-1')
  const first = pending.open(request, 'r', MINUTE)
  assert.throws(() => pending.open(request, 'r', MINUTE), withCode('ERR_MESSAGE_INVALID'))
  const second = pending.open(request, 's', MINUTE)
  assert.throws(() => pending.open(request, 't', MINUTE), withCode('ERR_LIMIT_REQUESTS'))
  pending.rejectAll(new CaxtonError('ERR_RUNTIME_CLOSED'))
  await assert.rejects(first, withCode('ERR_RUNTIME_CLOSED'))
  await assert.rejects(second, withCode('ERR_RUNTIME_CLOSED'))
  assert.equal(pending.size, 0)
})
