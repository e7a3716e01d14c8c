import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { SOME_USAGE } from '../../test/fakes/sandbox.ts'
import type { Limits, RateLimits } from '../core/index.ts'
import { DEFAULT_LIMITS } from '../core/index.ts'
import type { Usage } from '../sandbox/index.ts'
import { Throttle } from './throttle.ts'

const NOTHING: Usage = { ...SOME_USAGE, fuel: 0, messagesSent: 0, hostCalls: 0, logBytes: 0 }

/** A throttle whose time passes by `pass`, and what it reported. */
function createThrottle({ mock }: TestContext, rates: RateLimits, limits: Partial<Limits> = {}) {
  mock.timers.enable({ apis: ['setTimeout'] })
  let nowMs = 0
  const log: string[] = []
  const throttle = new Throttle(
    {
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      onHold: ({ limit, waitMs }) => log.push(`hold ${limit} ${waitMs}`),
      onRelease: () => log.push(`release ${nowMs}`),
    },
    { limits: { ...DEFAULT_LIMITS, ...limits }, rates },
  )
  const pass = (ms: number) => {
    nowMs += ms
    mock.timers.tick(ms)
  }
  return { throttle, log, pass, use: (usage: Partial<Usage>) => throttle.charge({ ...NOTHING, ...usage }) }
}

const FUEL = { fuel: { amount: 1_000, periodMs: 1_000, over: 'throttle' } } as const

test('without a limit over time everything is admitted', (context) => {
  const { throttle, use } = createThrottle(context, {})
  assert.equal(use({ fuel: 1e15 }), null)
  assert.deepEqual([throttle.admits(15), throttle.holds, throttle.hold()], [true, 0, null])
})

test('a message is held back while its limit is used up, exactly until there is room', (context) => {
  const { throttle, log, pass, use } = createThrottle(context, FUEL)
  use({ fuel: 3_000 })
  assert.equal(throttle.admits(0), false)
  assert.deepEqual(log, ['hold fuel 2001'])
  pass(2_000)
  assert.equal(throttle.admits(0), false)
  assert.deepEqual([throttle.hold()?.waitMs, throttle.heldMs], [1, 2_000])
  pass(1)
  assert.deepEqual(log.slice(1), ['release 2001'])
  assert.deepEqual([throttle.admits(0), throttle.hold(), throttle.heldMs, throttle.holds], [true, null, 2_001, 1])
})

const KINDS: { limit: 'fuel' | 'messages' | 'hostCalls' | 'logBytes'; usage: Partial<Usage> }[] = [
  { limit: 'fuel', usage: { fuel: 20 } },
  { limit: 'messages', usage: { messagesSent: 20 } },
  { limit: 'hostCalls', usage: { hostCalls: 20 } },
  { limit: 'logBytes', usage: { logBytes: 20 } },
]

for (const { limit, usage } of KINDS) {
  test(`${limit} over time hold back by what was used of them and nothing else`, (context) => {
    const { throttle, log, use } = createThrottle(context, { [limit]: { amount: 10, periodMs: 100, over: 'throttle' } })
    for (const other of KINDS) if (other.limit !== limit) use(other.usage)
    assert.equal(throttle.admits(0), true)
    use(usage)
    assert.equal(throttle.admits(0), false)
    assert.deepEqual(log, [`hold ${limit} 110`])
    throttle.close()
  })
}

test('the limit that takes longest is the one that is named', (context) => {
  const rates: RateLimits = { ...FUEL, messages: { amount: 10, periodMs: 60_000, over: 'throttle' } }
  const { throttle, log, use } = createThrottle(context, rates)
  use({ fuel: 2_000, messagesSent: 10 })
  assert.equal(throttle.admits(0), false)
  assert.deepEqual(log, ['hold messages 6000'])
  throttle.close()
})

test('messages go together only while there is room for the most they may use', (context) => {
  const { throttle, log } = createThrottle(context, FUEL, { fuel: 400 })
  assert.deepEqual(
    [0, 1, 2, 3].map((count) => throttle.admits(count)),
    [true, true, true, false],
  )
  assert.deepEqual(log, [], 'the end of a message is what is waited for')
})

test('a limit that fails is told when it is overdrawn, not when it is used up', (context) => {
  const { use } = createThrottle(context, { fuel: { ...FUEL.fuel, over: 'fail' } })
  assert.equal(use({ fuel: 1_000 }), null)
  assert.equal(use({ fuel: 1 })?.limit, 'fuel')
})

test('an early timer and a debt longer than a timer can wait change nothing', (context) => {
  const { throttle, log, pass, use } = createThrottle(context, {
    fuel: { amount: 1, periodMs: 86_400_000, over: 'throttle' },
  })
  use({ fuel: 40 })
  assert.equal(throttle.admits(0), false)
  pass(2 ** 31 - 1)
  assert.equal(throttle.admits(0), false)
  assert.equal(log.length, 1, 'it is the same hold')
  pass(40 * 86_400_000 - (2 ** 31 - 1))
  assert.deepEqual(log.slice(1), [`release ${40 * 86_400_000}`])
})

test('closing ends the hold and its timer', (context) => {
  const { throttle, log, pass, use } = createThrottle(context, FUEL)
  use({ fuel: 3_000 })
  throttle.admits(0)
  pass(500)
  throttle.close()
  pass(10_000)
  assert.equal(log.length, 1)
  assert.deepEqual([throttle.hold(), throttle.heldMs], [null, 500])
})

test('what is used is measured against each limit', (context) => {
  const { throttle, use, pass } = createThrottle(context, FUEL)
  const seen: unknown[] = []
  use({ fuel: 900 })
  pass(100)
  throttle.measure((...measured) => seen.push(measured))
  assert.deepEqual(seen, [['fuel', 800, 1_000]])
})
