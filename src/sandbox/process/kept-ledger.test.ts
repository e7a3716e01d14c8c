import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPIC_LIMITS } from '../../core/index.ts'
import type { Effects } from '../kept/kept.ts'
import { NOTHING_KEPT } from '../kept/kept.ts'
import { KeptLedger } from './kept-ledger.ts'

const GRANTS = { store: { bytes: 10, keys: 2 }, timers: 1, subscribe: ['a.*'] }
const value = (length: number) => new Uint8Array(length)
const timer = (setting: number) => ({ delayMs: 1_000, setting })

interface Changes {
  readonly data?: unknown[]
  readonly timers?: unknown[]
  readonly subscriptions?: [string, boolean][]
}

function change({ data = [], timers = [], subscriptions = [] }: Changes): Effects {
  return { data: new Map(data as []), timers: new Map(timers as []), subscriptions: new Map(subscriptions) }
}

test('what was kept under a larger grant may become less, and no more', () => {
  const data = new Map([
    ['a', value(9)],
    ['b', value(9)],
    ['c', value(9)],
  ])
  const timers = new Map([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
  const ledger = new KeptLedger(GRANTS, { ...NOTHING_KEPT, data, timers, lastSetting: 3 })
  ledger.admit(change({ timers: [[1, null]] }))
  ledger.admit(change({ data: [['c', null]] }))
  ledger.admit(change({ data: [['a', value(9)]], timers: [[2, timer(4)]] }))
  assert.throws(() => ledger.admit(change({ data: [['b', value(10)]] })), /more data/)
  assert.throws(() => ledger.admit(change({ timers: [[4, timer(5)]] })), /more timers/)
})

test('a timer that is used up leaves room for another one, and one that was set anew does not', () => {
  const ledger = new KeptLedger(GRANTS, { ...NOTHING_KEPT, timers: new Map([[1, 1]]), lastSetting: 1 })
  ledger.useUp(1, 1)
  ledger.admit(change({ timers: [[2, timer(2)]] }))
  ledger.useUp(2, 1)
  assert.throws(() => ledger.admit(change({ timers: [[3, timer(3)]] })), /more timers/)
})

test('what is not granted, or too much, is not subscribed to', () => {
  const ledger = new KeptLedger(GRANTS, NOTHING_KEPT)
  const most = TOPIC_LIMITS.subscriptionsPerAgent
  ledger.admit(change({ subscriptions: Array.from({ length: most }, (_, index) => [`a.${index}`, true]) }))
  ledger.admit(
    change({
      subscriptions: [
        ['a.0', false],
        ['a.b', true],
      ],
    }),
  )
  assert.throws(() => ledger.admit(change({ subscriptions: [['a.c', true]] })), /too many subscriptions/)
  assert.throws(() => ledger.admit(change({ subscriptions: [['a.>', true]] })), /not granted/)
})
