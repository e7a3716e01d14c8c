import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomeOf, SOME_USAGE } from '../../test/fakes/sandbox.ts'
import { CaxtonError, DEFAULT_LIMITS } from '../core/index.ts'
import type { Usage } from '../sandbox/index.ts'
import { Monitor } from './monitor.ts'
import type { Warning } from './warnings.ts'

const LIMITS = { ...DEFAULT_LIMITS, fuel: 100, memoryBytes: 1_000, mailboxMessages: 10, mailboxBytes: 1_000 }
const NONE = { messages: 0, bytes: 0 }

function createMonitor(warn = 0.8) {
  const warnings: Warning[] = []
  const time = { nowMs: 0 }
  const monitor = new Monitor(
    { clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs } },
    { limits: LIMITS, warn },
  )
  monitor.onWarning = (warning) => warnings.push(warning)
  const end = (usage: Partial<Usage>, status = 0) =>
    monitor.addOutcome({ status, error: null, usage: { ...SOME_USAGE, ...usage }, effects: null })
  return { monitor, warnings, end, time }
}

test('an agent that has done nothing has used nothing', () => {
  const { monitor } = createMonitor()
  const { last, lastWarning, lastRefusal, most, perSecond, refusalsByCode, callsByName, ...counts } = monitor.read(NONE)
  assert.deepEqual([last, lastWarning, lastRefusal, refusalsByCode, callsByName], [null, null, null, {}, {}])
  for (const amounts of [counts, most, perSecond]) {
    assert.ok(Object.values(amounts).every((amount) => amount === 0))
  }
})

test('sums, the last message and the most that one used are told apart', () => {
  const { monitor, end } = createMonitor()
  end({ fuel: 30, wallMs: 4, memoryBytes: 500, logBytes: 1 })
  end({ fuel: 20, wallMs: 6, memoryBytes: 700, logBytes: 0 })
  const { fuel, wallMs, wallMsMax, memoryBytes, peakMemoryBytes, handled, last, most } = monitor.read(NONE)
  assert.deepEqual([fuel, wallMs, wallMsMax, memoryBytes, peakMemoryBytes, handled], [50, 10, 6, 700, 700, 2])
  assert.deepEqual([last?.fuel, last?.wallMs, last?.logBytes], [20, 6, 0])
  assert.deepEqual([most.fuel, most.wallMs, most.memoryBytes, most.logBytes], [30, 6, 700, 1])
})

test('host calls are summed by name; tables and stacks have peaks', () => {
  const { monitor, end } = createMonitor()
  end({ callsByName: { log: 2 }, tableElements: 7, stackBytes: 900 })
  end({ callsByName: { log: 1, send_message: 4 }, tableElements: 9, stackBytes: 100 })
  monitor.noteStore(77)
  const info = monitor.read(NONE)
  assert.deepEqual(info.callsByName, { log: 3, send_message: 4 })
  assert.deepEqual([info.tableElements, info.peakTableElements, info.peakStackBytes, info.storeBytes], [9, 9, 900, 77])
  assert.deepEqual([info.last?.stackBytes, info.most.stackBytes, info.most.tableElements], [100, 900, 9])
})

test('memory is what it is now, and its peak what it was at most', () => {
  const { monitor, end } = createMonitor()
  end({ memoryBytes: 900 })
  end({ memoryBytes: 300 })
  const { memoryBytes, peakMemoryBytes } = monitor.read(NONE)
  assert.deepEqual([memoryBytes, peakMemoryBytes], [300, 900])
})

test('the start is part of the sums and is no message', () => {
  const { monitor } = createMonitor()
  monitor.addCall({ ...SOME_USAGE, fuel: 40 })
  const { fuel, handled, last, most } = monitor.read(NONE)
  assert.deepEqual([fuel, handled, last, most.fuel], [40, 0, null, 0])
})

test('messages are counted by how they ended', () => {
  const { monitor, end } = createMonitor()
  end({}, 0)
  end({}, 1)
  end({}, 7)
  end({}, -1)
  monitor.addOutcome(outcomeOf(new CaxtonError('ERR_GUEST_TRAP')))
  const { handled, notUnderstood, failed } = monitor.read(NONE)
  assert.deepEqual([handled, notUnderstood, failed], [5, 1, 3])
})

test('what happens in a second is averaged over the last ten', () => {
  const { monitor, end, time } = createMonitor()
  for (; time.nowMs < 20_000; time.nowMs += 500) {
    monitor.countIn()
    monitor.countOut()
    end({ fuel: 50 })
  }
  const { messagesIn, messagesOut, handled, fuel } = monitor.read(NONE).perSecond
  for (const [value, expected] of [
    [messagesIn, 2],
    [messagesOut, 2],
    [handled, 2],
    [fuel, 100],
  ]) {
    assert.ok(Math.abs(value! - expected!) <= expected! * 0.1, `${value} is not about ${expected}`)
  }
})

test('what one message used is warned of, and so is memory', () => {
  const { monitor, warnings } = createMonitor()
  monitor.checkUsage({ ...SOME_USAGE, fuel: 80, memoryBytes: 800 })
  assert.deepEqual(warnings, [
    { limit: 'fuel', scope: 'message', used: 80, bound: 100 },
    { limit: 'memoryBytes', scope: 'agent', used: 800, bound: 1_000 },
  ])
  const { warnings: count, lastWarning } = monitor.read(NONE)
  assert.deepEqual([count, lastWarning], [2, warnings[1]])
})

test('what waits is warned of, and its peak is kept', () => {
  const { monitor, warnings } = createMonitor()
  for (const messages of [1, 8, 9, 0, 5]) monitor.checkWaiting({ messages, bytes: messages * 10 })
  assert.deepEqual(
    warnings.map(({ limit, used }) => [limit, used]),
    [['mailboxMessages', 8]],
  )
  const { peakWaitingMessages, peakWaitingBytes, waitingMessages } = monitor.read({ messages: 5, bytes: 50 })
  assert.deepEqual([peakWaitingMessages, peakWaitingBytes, waitingMessages], [9, 90, 5])
})

test('limits over time are warned of apart', () => {
  const { monitor, warnings } = createMonitor()
  monitor.checkRate('fuel', 79, 100)
  monitor.checkRate('fuel', 90, 100)
  assert.deepEqual(warnings, [{ limit: 'fuel', scope: 'rate', used: 90, bound: 100 }])
})
