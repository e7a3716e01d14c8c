import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIMITS } from './limits.ts'
import type { RateName } from './rate-limits.ts'
import { DEFAULT_WARN_SHARE, describeRate, NO_RATE_LIMITS, RATE_LIMITS, RATE_PERIOD_MS } from './rate-limits.ts'
import { formatRate, parseBytes, parseCount, parseRate } from './units.ts'

const NAMES = Object.keys(RATE_LIMITS) as RateName[]

test('nothing is limited over time by default', () => {
  assert.deepEqual(NO_RATE_LIMITS, {})
  assert.ok(Object.isFrozen(NO_RATE_LIMITS))
})

for (const name of NAMES) {
  test(`the example of ${name} lies in its range`, () => {
    const { min, max, example, sentence } = RATE_LIMITS[name]
    const { amount, periodMs } = parseRate(example, LIMITS[name].unit === 'bytes' ? parseBytes : parseCount)
    assert.ok(min >= 1 && amount >= min && amount <= max && Number.isSafeInteger(max))
    assert.ok(periodMs >= RATE_PERIOD_MS.min && periodMs <= RATE_PERIOD_MS.max)
    assert.match(sentence, /^[A-Z].*\.$/)
  })
}

test('the share of a limit that is warned of is a share', () => {
  assert.ok(DEFAULT_WARN_SHARE > 0 && DEFAULT_WARN_SHARE < 1)
})

const TAKEN: { text: string; amount: number; periodMs: number; shown: string }[] = [
  { text: '50M/s', amount: 50e6, periodMs: 1_000, shown: '50000000/s' },
  { text: '100 / 10s', amount: 100, periodMs: 10_000, shown: '100/10s' },
  { text: '7/250ms', amount: 7, periodMs: 250, shown: '7/250ms' },
  { text: '7/0.5s', amount: 7, periodMs: 500, shown: '7/500ms' },
  { text: '9/m', amount: 9, periodMs: 60_000, shown: '9/m' },
  { text: '9/90m', amount: 9, periodMs: 5_400_000, shown: '9/90m' },
  { text: '1K/24h', amount: 1_000, periodMs: 86_400_000, shown: '1000/24h' },
]

for (const { text, amount, periodMs, shown } of TAKEN) {
  test(`${text} is ${amount} in ${periodMs} ms and written ${shown}`, () => {
    assert.deepEqual(parseRate(text, parseCount), { amount, periodMs })
    assert.equal(formatRate({ amount, periodMs }, String), shown)
  })
}

for (const text of ['', '/', '5', '5/', '/s', '5/s/s', '5/x', '5/-1s', 'x/s', '5/ms2', '5/1e3s', '5\n/s']) {
  test(`${JSON.stringify(text)} is no rate`, () => {
    assert.throws(() => parseRate(text, parseCount), { code: 'ERR_CONFIG_INVALID' })
  })
}

test('a limit over time is described by its key, its amount and its period', () => {
  assert.equal(describeRate('fuel', { amount: 500e6, periodMs: 1_000 }), 'fuel 500M/s')
  assert.equal(describeRate('logBytes', { amount: 2 ** 20, periodMs: 10_000 }), 'log_bytes 1.00 MiB/10s')
})
