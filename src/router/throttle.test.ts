import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SOME_USAGE } from '../../test/fakes/sandbox.ts'
import { echo, World } from '../../test/fakes/world.ts'

/** One message of a pretended guest uses all of it. */
const RATES = { fuel: { amount: SOME_USAGE.fuel, periodMs: 20, over: 'throttle' } } as const

test('a system is not idle while messages are held back, and is when they are handled', async () => {
  const world = new World()
  await world.spawn('slow', echo, { rates: RATES })
  const idle: boolean[] = []
  world.router.subscribe(({ type }) => {
    if (type === 'throttled') idle.push(world.router.isIdle)
  })
  for (let index = 0; index < 4; index += 1) world.router.send({ performative: 'request', receiver: 'slow' })
  await world.router.idle()
  assert.equal(world.toUser.length, 4)
  assert.ok(idle.length > 0 && !idle.includes(true))
  const [info] = world.router.agents()
  assert.deepEqual([info?.throttled, info?.timesThrottled], [null, world.of('throttled').length])
  await world.router.close()
})

test('whoever writes to an agent that is held back is told when its mailbox is full', async () => {
  const world = new World()
  const rates = { fuel: { amount: SOME_USAGE.fuel, periodMs: 86_400_000, over: 'throttle' } } as const
  await world.spawn('slow', echo, { rates, limits: { mailboxMessages: 3 } })
  for (let index = 0; index < 5; index += 1) world.router.send({ performative: 'request', receiver: 'slow' })
  const refused = world.of('undelivered').map(({ error }) => error.code)
  assert.deepEqual(refused, ['ERR_LIMIT_MAILBOX', 'ERR_LIMIT_MAILBOX'])
  assert.equal(world.router.isIdle, false)
  await world.router.close()
  assert.deepEqual(world.credit.mistakes, [])
  assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
})

test('an event says which limit holds messages back and until when', async () => {
  const world = new World()
  await world.spawn('slow', echo, { rates: RATES })
  world.router.send({ performative: 'request', receiver: 'slow' })
  world.router.send({ performative: 'request', receiver: 'slow' })
  await world.router.idle()
  const [event] = world.of('throttled')
  assert.deepEqual([event?.agent, event?.limit, event?.rate], ['slow', 'fuel', RATES.fuel])
  assert.ok(event!.waitMs > 0 && event!.untilMs > 1_000_000)
  await world.router.close()
})

test('an event says how near to which limit an agent has come', async () => {
  const world = new World()
  await world.spawn('busy', echo, { limits: { fuel: SOME_USAGE.fuel + 1 }, warn: 0.9 })
  world.router.send({ performative: 'request', receiver: 'busy' })
  await world.router.idle()
  const warnings = world.of('warning').map(({ agent, limit, scope, used, bound }) => [agent, limit, scope, used, bound])
  assert.deepEqual(warnings, [['busy', 'fuel', 'message', 10, 11]])
  await world.router.close()
})
