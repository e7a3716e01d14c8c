import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILE_SYSTEMS } from '../files/file-systems.case.test.ts'
import { createClockSource, ERRNO } from '../index.ts'
import type { GuestParts } from './guest.case.test.ts'
import { clockSubscription, event, fdSubscription, join, TestGuest, u8, u32, u64, zeros } from './guest.case.test.ts'
import { FILE_RIGHTS_ALL, Session } from './session.case.test.ts'

const IN = 0x100
const OUT = 0x1000
const COUNT = 0x2000
const ABSOLUTE = 1
const SECOND = 1_000_000_000n
const FIXED_START = 946_684_800n * SECOND

/** Polls and returns the errno, or the events as bytes. */
function poll(guest: TestGuest, ...subscriptions: readonly Uint8Array[]): number | Uint8Array {
  guest.put(IN, ...subscriptions)
  const errno = Number(guest.call('poll_oneoff', IN, OUT, subscriptions.length, COUNT))
  if (errno !== ERRNO.SUCCESS) return errno
  return guest.memory.read(OUT, 32 * guest.memory.readU32(COUNT))
}

function createGuest(parts: GuestParts = {}): TestGuest {
  return new TestGuest(parts)
}

for (const fileSystem of FILE_SYSTEMS) {
  test(`a file on ${fileSystem.name} is always ready, to read what is left of it and to be written`, {
    skip: fileSystem.skip,
  }, () => {
    const session = new Session({ mounts: [fileSystem.mount({ file: 'hello' })] })
    const { guest } = session
    const fd = session.open('file', 0, FILE_RIGHTS_ALL | (1n << 6n))
    guest.call('fd_seek', fd, 2n, 0, OUT)
    assert.deepEqual(
      poll(guest, fdSubscription(1n, 1, fd), fdSubscription(2n, 2, fd)),
      join(event(1n, 0, 1, 3n), event(2n, 0, 2, 1n)),
    )
    assert.deepEqual(poll(guest, fdSubscription(1n, 1, 3)), event(1n, ERRNO.BADF, 1))
    guest.call('fd_fdstat_set_rights', fd, 2n, 0n)
    assert.deepEqual(poll(guest, fdSubscription(1n, 1, fd)), event(1n, ERRNO.NOTCAPABLE, 1))
    guest.descriptors.closeAll()
  })
}

function createRealClock(nowMs = 1_000) {
  return createClockSource({ resolutionMicros: 1 }, { nowMs: () => nowMs, monotonicMs: () => nowMs })
}

test('a wait moves the fixed clock to the earliest time and names only what is ready then', () => {
  const guest = createGuest()
  const events = poll(guest, clockSubscription(1n, 1, 5n * SECOND), clockSubscription(2n, 0, 2n * SECOND))
  assert.deepEqual(events, event(2n, 0, 0))
  assert.equal(guest.clock.nowNanos('monotonic'), 2n * SECOND)
})

test('an absolute time on the fixed clock is reached', () => {
  const guest = createGuest()
  assert.deepEqual(poll(guest, clockSubscription(1n, 0, FIXED_START + SECOND, ABSOLUTE)), event(1n, 0, 0))
  assert.ok(guest.clock.nowNanos('realtime') >= FIXED_START + SECOND)
})

test('an absolute time in the past is ready at once', () => {
  const guest = createGuest({ clock: createRealClock() })
  assert.deepEqual(poll(guest, clockSubscription(1n, 0, SECOND, ABSOLUTE)), event(1n, 0, 0))
  assert.deepEqual(poll(guest, clockSubscription(1n, 0, 0n, ABSOLUTE)), event(1n, 0, 0))
})

test('the longest wait leaves the fixed clock at its end', () => {
  const guest = createGuest()
  assert.deepEqual(poll(guest, clockSubscription(1n, 1, 2n ** 64n - 1n)), event(1n, 0, 0))
  assert.deepEqual(poll(guest, clockSubscription(1n, 1, 2n ** 64n - 1n, ABSOLUTE)), event(1n, 0, 0))
  assert.equal(guest.clock.nowNanos('realtime'), 2n ** 64n - 1n)
  assert.equal(guest.clock.nowNanos('realtime'), 2n ** 64n - 1n)
})

test('a wait for real time that a guest cannot make is answered with NOTSUP', () => {
  const guest = createGuest({ clock: createRealClock() })
  assert.equal(poll(guest, clockSubscription(1n, 1, 1n)), ERRNO.NOTSUP)
  assert.equal(poll(guest, clockSubscription(1n, 0, 2n * SECOND, ABSOLUTE)), ERRNO.NOTSUP)
  assert.deepEqual(poll(guest, clockSubscription(1n, 1, 0n)), event(1n, 0, 0))
})

test('a wait for real time ends after whole steps of the clock and names only what is ready then', async () => {
  const clock = createClockSource({ resolutionMicros: 2_000 }, { nowMs: () => 0, monotonicMs: () => 0 })
  assert.equal(clock.waitMs(1n), 2)
  assert.equal(clock.waitMs(2_000_000n), 2)
  assert.equal(clock.waitMs(2_000_001n), 4)
  const guest = createGuest({ clock })
  guest.put(IN, clockSubscription(1n, 1, 5n * SECOND), clockSubscription(2n, 1, 1n))
  const wait = guest.callWaiting('poll_oneoff', IN, OUT, 2, COUNT)
  assert.ok(typeof wait === 'object')
  await new Promise<void>((wake) => wait.begin(wake))
  assert.equal(wait.finish(), ERRNO.SUCCESS)
  assert.deepEqual(guest.memory.read(OUT, 32), event(2n, 0, 0))
  assert.deepEqual(guest.memory.read(COUNT, 4), u32(1))
})

test('a wait for real time that is given up leaves no timer', () => {
  const guest = createGuest({ clock: createRealClock() }).put(IN, clockSubscription(1n, 1, 2n ** 64n - 1n))
  const wait = guest.callWaiting('poll_oneoff', IN, OUT, 1, COUNT)
  assert.ok(typeof wait === 'object')
  wait.begin(() => assert.fail('woken'))()
})

test('a ready stream makes waiting needless', () => {
  const guest = createGuest({ clock: createRealClock(), stdin: 'abc' })
  const events = poll(guest, clockSubscription(1n, 1, SECOND), fdSubscription(2n, 1, 0), fdSubscription(3n, 2, 1))
  assert.deepEqual(events, join(event(2n, 0, 1, 3n), event(3n, 0, 2, 1n)))
})

test('input at its end is ready and hung up', () => {
  assert.deepEqual(poll(createGuest(), fdSubscription(1n, 1, 0)), event(1n, 0, 1, 0n, 1))
})

test('what cannot be served is an event with an errno beside the others', () => {
  const guest = createGuest()
  guest.call('fd_fdstat_set_rights', 2, 0n, 0n)
  const events = poll(
    guest,
    fdSubscription(1n, 2, 0xffff_ffff),
    fdSubscription(2n, 2, 0),
    fdSubscription(3n, 1, 1),
    fdSubscription(4n, 2, 2),
    clockSubscription(5n, 2, SECOND),
    clockSubscription(6n, 9, SECOND, ABSOLUTE),
    clockSubscription(7n, 1, SECOND),
  )
  const { BADF, NOTCAPABLE, INVAL } = ERRNO
  const expected = [event(1n, BADF, 2), event(2n, BADF, 2), event(3n, BADF, 1), event(4n, NOTCAPABLE, 2)]
  assert.deepEqual(events, join(...expected, event(5n, INVAL, 0), event(6n, INVAL, 0)))
})

test('unknown types and flags are refused', () => {
  assert.equal(poll(createGuest(), join(u64(1n), u8(3), zeros(39))), ERRNO.INVAL)
  assert.equal(poll(createGuest(), clockSubscription(1n, 1, 0n, 2)), ERRNO.INVAL)
})

test('events may overwrite the subscriptions they answer', () => {
  const guest = createGuest().put(IN, clockSubscription(1n, 1, 0n), clockSubscription(2n, 1, 0n))
  assert.equal(guest.call('poll_oneoff', IN, IN, 2, COUNT), ERRNO.SUCCESS)
  assert.deepEqual(guest.memory.read(IN, 64), join(event(1n, 0, 0), event(2n, 0, 0)))
  assert.deepEqual(guest.memory.read(COUNT, 4), u32(2))
})

test('a poll is paid by its length', () => {
  const [one, two] = [createGuest(), createGuest()]
  poll(one, clockSubscription(1n, 1, 0n))
  poll(two, clockSubscription(1n, 1, 0n), clockSubscription(1n, 1, 0n))
  assert.equal(two.fuel, 2 * one.fuel)
})
