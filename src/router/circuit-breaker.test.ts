import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echo, World } from '../../test/fakes/world.ts'
import { HOST_LIMITS } from '../core/index.ts'
import { CircuitBreaker } from './circuit-breaker.ts'

function createBreaker() {
  const time = { ms: 0 }
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms }
  const breaker = new CircuitBreaker({ clock }, { failures: 3, withinMs: 1_000, restMs: 100 })
  const fail = () => breaker.note('a', 'b', false)
  const isResting = () => breaker.check('a', 'b') !== null
  return { time, breaker, fail, isResting }
}

test('a pair rests after failures in a row, then one message decides', () => {
  const { time, breaker, fail, isResting } = createBreaker()
  assert.deepEqual([fail(), fail(), isResting(), fail(), isResting()], [false, false, false, true, true])
  assert.equal(breaker.check('a', 'c'), null)
  assert.equal(breaker.check('b', 'a'), null)
  time.ms = 100
  assert.deepEqual([isResting(), isResting()], [false, true], 'one is let through')
  assert.equal(fail(), false, 'and told once')
  assert.equal(isResting(), true)
  time.ms = 250
  assert.equal(isResting(), false)
  breaker.note('a', 'b', true)
  assert.equal(isResting(), false)
})

test('a success in between, or a long time, begins the count anew', () => {
  const { time, breaker, fail, isResting } = createBreaker()
  fail()
  fail()
  breaker.note('a', 'b', true)
  fail()
  fail()
  assert.equal(isResting(), false)
  time.ms = 1_001
  fail()
  assert.equal(isResting(), false)
})

test('pairs are bounded, and an agent that is gone is forgotten', () => {
  const { breaker } = createBreaker()
  const fail = (from: string, to: string) => [1, 2, 3].map(() => breaker.note(from, to, false))
  fail('first', 'b')
  for (let index = 0; index < HOST_LIMITS.circuits; index += 1) breaker.note(`a${index}`, 'c', false)
  assert.equal(breaker.check('first', 'b'), null)
  fail('x', 'y')
  breaker.forget('y')
  assert.equal(breaker.check('x', 'y'), null)
})

test('messages to an agent that keeps failing their sender are refused for a while, and told by an event', async () => {
  const world = new World(undefined, { circuit: { failures: 3, withinMs: 1e6, restMs: 1e6 } })
  await world.spawn('weak', () => 2)
  await world.spawn('other', (message, guest) => {
    if (message.sender !== 'caxton') guest.send({ performative: 'inform', receiver: 'weak', content: message.content! })
    return 0
  })
  for (let round = 0; round < 5; round += 1) {
    world.router.send({ performative: 'inform', receiver: 'other', content: String(round) })
    await world.router.idle()
  }
  assert.equal(world.begun('weak').length, 3)
  const codes = world.of('undelivered').map(({ error, answered }) => [error.code, answered])
  assert.deepEqual(codes, Array(2).fill(['ERR_GUARD_CIRCUIT', true]))
  assert.deepEqual(
    world.of('guard').map(({ agent, error }) => [agent, error.code]),
    [['other', 'ERR_GUARD_CIRCUIT']],
  )
  // The user decides for itself.
  world.router.send({ performative: 'inform', receiver: 'weak' })
  await world.router.idle()
  assert.equal(world.begun('weak').length, 4)
  await world.router.close()
})

test('agents that do well are never let rest', async () => {
  const world = new World(undefined, { circuit: { failures: 1, withinMs: 1e6, restMs: 1e6 } })
  await world.spawn('well', echo)
  for (let round = 0; round < 5; round += 1) world.router.send({ performative: 'request', receiver: 'well' })
  await world.router.idle()
  assert.equal(world.toUser.length, 5)
  await world.router.close()
})
