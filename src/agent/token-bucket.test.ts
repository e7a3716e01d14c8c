import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from './token-bucket.ts'

const PER_SECOND = { amount: 10, periodMs: 1_000 }

test('it is full at first and has room until all of it is taken', () => {
  const bucket = new TokenBucket(PER_SECOND, 5_000)
  assert.equal(bucket.level(5_000), 10)
  bucket.take(9, 5_000)
  assert.deepEqual([bucket.level(5_000), bucket.waitMs(5_000)], [1, 0])
  bucket.take(1, 5_000)
  assert.deepEqual([bucket.level(5_000), bucket.waitMs(5_000)], [0, 100])
})

test('it fills up evenly and never beyond its amount', () => {
  const bucket = new TokenBucket(PER_SECOND, 0)
  bucket.take(10, 0)
  assert.deepEqual(
    [50, 100, 500, 1_000, 9_999].map((ms) => bucket.level(ms)),
    [0.5, 1, 5, 10, 10],
  )
  bucket.take(10, 9_999)
  assert.equal(bucket.level(9_999), 0)
})

test('a debt is paid before there is room again', () => {
  const bucket = new TokenBucket(PER_SECOND, 0)
  bucket.take(45, 0)
  assert.deepEqual([bucket.level(0), bucket.waitMs(0)], [-35, 3_600])
  assert.deepEqual([bucket.waitMs(3_599), bucket.waitMs(3_600), bucket.level(3_600)], [1, 0, 1])
})

test('what is reserved is no room', () => {
  const bucket = new TokenBucket(PER_SECOND, 0)
  assert.deepEqual([bucket.waitMs(0, 9), bucket.waitMs(0, 10)], [0, 100])
  bucket.take(5, 0)
  assert.deepEqual([bucket.waitMs(0, 4), bucket.waitMs(0, 5), bucket.waitMs(100, 5)], [0, 100, 0])
})

test('a rate of one has room again after its whole period', () => {
  const bucket = new TokenBucket({ amount: 1, periodMs: 60_000 }, 0)
  bucket.take(1, 0)
  assert.deepEqual([bucket.waitMs(0), bucket.waitMs(59_999), bucket.waitMs(60_000)], [60_000, 1, 0])
})

test('nothing is lost by looking at it often', () => {
  const looked = new TokenBucket({ amount: 3, periodMs: 7 }, 0)
  const left = new TokenBucket({ amount: 3, periodMs: 7 }, 0)
  looked.take(1_000, 0)
  left.take(1_000, 0)
  for (let ms = 0; ms < 2_000; ms += 0.1) looked.waitMs(ms)
  assert.equal(looked.level(2_000), left.level(2_000))
})

test('whoever waits for room takes no more than the rate allows, and what the last taking overdrew', () => {
  const rates = fc.record({ amount: fc.integer({ min: 1, max: 1_000 }), periodMs: fc.integer({ min: 1, max: 10_000 }) })
  const takings = fc.array(fc.record({ pauseMs: fc.nat(5_000), amount: fc.nat(3_000) }), { maxLength: 50 })
  fc.assert(
    fc.property(rates, takings, (rate, plan) => {
      const bucket = new TokenBucket(rate, 0)
      let nowMs = 0
      let taken = 0
      for (const { pauseMs, amount } of plan) {
        nowMs += pauseMs
        nowMs += bucket.waitMs(nowMs)
        assert.ok(bucket.level(nowMs) >= 1 - 1e-6, 'room for one at least')
        assert.ok(taken <= rate.amount * (1 + nowMs / rate.periodMs) + 1e-6, 'before the last taking the rate holds')
        bucket.take(amount, nowMs)
        taken += amount
      }
    }),
  )
})
