import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClockSource, FIXED_CLOCK_START_NANOS } from './clock-source.ts'

const NEVER = { nowMs: () => assert.fail('read real time'), monotonicMs: () => assert.fail('read real time') }

test('without the grant the clock is fixed, ticks at each reading, and sees nothing real', () => {
  const source = createClockSource(null, NEVER)
  assert.equal(FIXED_CLOCK_START_NANOS, BigInt(Date.UTC(2000, 0, 1)) * 1_000_000n)
  assert.equal(source.nowNanos('monotonic'), 0n)
  assert.equal(source.nowNanos('monotonic'), 1_000n)
  assert.equal(source.nowNanos('realtime'), FIXED_CLOCK_START_NANOS + 2_000n)
  assert.equal(source.nowMicros(), FIXED_CLOCK_START_NANOS / 1_000n + 3n)
  assert.equal(source.resolutionNanos('realtime'), 1_000n)
})

test('the fixed clock skips any time and stands still at the end of 64 bits', () => {
  const source = createClockSource(null, NEVER)
  assert.equal(source.skip(5_000_000_000n), true)
  assert.equal(source.nowNanos('monotonic'), 5_000_000_000n)
  source.skip(2n ** 64n - 1n)
  assert.equal(source.nowNanos('realtime'), 2n ** 64n - 1n)
  assert.equal(source.nowNanos('realtime'), 2n ** 64n - 1n)
})

test('with the grant time goes in steps of the granted resolution', () => {
  let nowMs = 1_234_567
  let monotonicMs = 99.75
  const source = createClockSource(
    { resolutionMicros: 100_000 },
    { nowMs: () => nowMs, monotonicMs: () => monotonicMs },
  )
  assert.equal(source.nowMicros(), 1_234_500_000n)
  assert.equal(source.nowNanos('realtime'), 1_234_500_000_000n)
  assert.equal(source.nowNanos('monotonic'), 0n)
  nowMs += 50
  monotonicMs += 101
  assert.equal(source.nowMicros(), 1_234_600_000n)
  assert.equal(source.nowNanos('monotonic'), 200_000_000n)
  assert.equal(source.resolutionNanos('monotonic'), 100_000_000n)
})

test('a real clock never goes back', () => {
  let nowMs = 1_000
  const source = createClockSource({ resolutionMicros: 1 }, { nowMs: () => nowMs, monotonicMs: () => nowMs })
  assert.equal(source.nowMicros(), 1_000_000n)
  nowMs = 10
  assert.equal(source.nowMicros(), 1_000_000n)
  assert.equal(source.nowNanos('monotonic'), 0n)
})

test('real time cannot be skipped', () => {
  const source = createClockSource({ resolutionMicros: 1 }, { nowMs: () => 0, monotonicMs: () => 0 })
  assert.equal(source.skip(1n), false)
  assert.equal(source.skip(0n), true)
})

test('a real clock tells no finer step than it has', () => {
  const source = createClockSource({ resolutionMicros: 1 }, { nowMs: () => 0, monotonicMs: () => 0 })
  assert.equal(source.resolutionNanos('realtime'), 1_000_000n)
  assert.equal(source.resolutionNanos('monotonic'), 1_000n)
})
