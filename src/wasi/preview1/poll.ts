import type { GuestMemory, HostFunction, Wait } from '../../capability/index.ts'
import { WASI_LIMITS } from '../../core/index.ts'
import { isProblem } from '../files/problem.ts'
import type { WasiHost } from '../host.ts'
import type { ClockName } from '../state/clock-source.ts'
import type { ByteSource } from '../state/streams.ts'
import { isReadable } from '../state/streams.ts'
import type { FileDescriptor } from './access.ts'
import { clockName } from './clock.ts'
import { defineWaiting, i32 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { EVENTRWFLAGS_HANGUP, EVENTTYPE, RIGHTS, SIZE, SUBCLOCKFLAGS_ABSTIME } from './types.ts'

export const POLL_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  defineWaiting(
    'poll_oneoff',
    [i32('in'), i32('out'), i32('nsubscriptions'), i32('nevents_out')],
    500,
    'Writes one event for each subscription that is ready; a subscription that cannot be served is ready with an errno of its ' +
      'own (BADF, NOTCAPABLE, INVAL for a clock that is not offered). Output is always ready. When only clocks are left to wait ' +
      'for: without the grant `clock` the fixed clock is moved to the earliest of them at once; with it the guest is suspended ' +
      'until then, by whole steps of its clock, and the time counts against the limit `wait`. When there is nothing to read yet, ' +
      'the guest is suspended until there is, or the granted clock has reached the earliest time; an agent that reads messages ' +
      'rests until the next one, and no time passes for it. Errno: INVAL for no or too many subscriptions and for unknown types ' +
      'and flags, NOTSUP where the guest cannot be suspended, FAULT with nothing written.',
    (host) => (input: number, out: number, subscriptionCount: number, countOut: number) => {
      const count = subscriptionCount >>> 0
      if (count === 0 || count > WASI_LIMITS.subscriptions) return ERRNO.INVAL
      host.chargeFuel(count * (SIZE.SUBSCRIPTION + SIZE.EVENT))
      host.memory.range(input, count * SIZE.SUBSCRIPTION)
      host.memory.range(out, count * SIZE.EVENT)
      host.memory.range(countOut, 4)
      const subscriptions = readSubscriptions(host.memory, input, count)
      if (subscriptions === undefined) return ERRNO.INVAL
      return poll(host, subscriptions, (ready) => {
        const events = ready.map((subscription) => createEvent(host, subscription))
        for (const [index, event] of events.entries()) writeEvent(host.memory, out + index * SIZE.EVENT, event)
        host.memory.writeU32(countOut, events.length)
        return ERRNO.SUCCESS
      })
    },
  ),
]

type Subscription =
  | {
      readonly type: typeof EVENTTYPE.CLOCK
      readonly userdata: bigint
      /** undefined for a clock that is not offered. */
      readonly clock: ClockName | undefined
      readonly timeoutNanos: bigint
      readonly isAbsolute: boolean
    }
  | {
      readonly type: typeof EVENTTYPE.FD_READ | typeof EVENTTYPE.FD_WRITE
      readonly userdata: bigint
      readonly fd: number
    }

interface Event {
  readonly userdata: bigint
  readonly error: Errno
  readonly type: Subscription['type']
  readonly byteCount: number
  readonly flags: number
}

/** Returns undefined for unknown types and flags. */
function readSubscriptions(memory: GuestMemory, input: number, count: number): Subscription[] | undefined {
  const subscriptions: Subscription[] = []
  for (let index = 0; index < count; index += 1) {
    const at = input + index * SIZE.SUBSCRIPTION
    const userdata = memory.readU64(at)
    const type = memory.readU8(at + 8)
    if (type === EVENTTYPE.CLOCK) {
      const flags = memory.readU16(at + 40)
      if ((flags & ~SUBCLOCKFLAGS_ABSTIME) !== 0) return undefined
      const clock = clockName(memory.readU32(at + 16))
      subscriptions.push({ type, userdata, clock, timeoutNanos: memory.readU64(at + 24), isAbsolute: flags !== 0 })
    } else if (type === EVENTTYPE.FD_READ || type === EVENTTYPE.FD_WRITE) {
      subscriptions.push({ type, userdata, fd: memory.readU32(at + 16) })
    } else return undefined
  }
  return subscriptions
}

/** Answers with the subscriptions that are ready first, at least one: at once, or after a wait. */
function poll(
  host: WasiHost,
  subscriptions: readonly Subscription[],
  answer: (ready: readonly Subscription[]) => number,
): number | Wait {
  const now = readClocks(host, subscriptions)
  const waits = subscriptions.map((subscription) => waitNanos(host, subscription, now))
  const shortest = waits.reduce((least, wait) => (least === null || (wait !== null && wait < least) ? wait : least))
  const isDue = (index: number) => waits[index] !== null && waits[index]! <= shortest!
  const inputs = subscriptions.map((subscription, index) =>
    waits[index] === null ? findInput(host, subscription) : null,
  )
  const sources = inputs.filter((source) => source !== null)
  if (shortest === 0n || (sources.length === 0 && host.clock.skip(shortest!))) {
    return answer(subscriptions.filter((_, index) => isDue(index)))
  }
  const afterMs = shortest === null ? null : host.clock.waitMs(shortest)
  return waitFor(sources, afterMs, (isTime) =>
    answer(
      subscriptions.filter((_, index) => {
        const source = inputs[index]!
        return source === null ? isTime && isDue(index) : isReadable(source)
      }),
    ),
  )
}

/** Node takes longer timers for one millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A wait for input, or for real time if that is over first. An agent that rests until its next message waits for that alone. */
function waitFor(sources: readonly ByteSource[], afterMs: number | null, finish: (isTime: boolean) => number): Wait {
  const refused = ERRNO.NOTSUP
  if (sources.some(({ whenReady }) => whenReady === 'rest')) {
    return { refused, rests: true, begin: () => () => {}, finish: () => finish(false) }
  }
  let isTime = false
  return {
    refused,
    begin: (wake) => {
      const stops: (() => void)[] = []
      const stop = () => {
        for (const one of stops.splice(0)) one()
      }
      const end = () => {
        stop()
        wake()
      }
      if (afterMs !== null) {
        const onTime = () => {
          isTime = true
          end()
        }
        const timer = setTimeout(onTime, Math.min(Math.ceil(afterMs), LONGEST_TIMER_MS))
        stops.push(() => clearTimeout(timer))
      }
      for (const { whenReady } of sources) if (whenReady !== 'rest') stops.push(whenReady(end))
      return stop
    },
    finish: () => finish(isTime),
  }
}

/** Reads each clock that an absolute time is compared with, once. */
function readClocks(host: WasiHost, subscriptions: readonly Subscription[]): Record<ClockName, bigint> {
  const now = { realtime: 0n, monotonic: 0n }
  const isAsked = (name: ClockName) =>
    subscriptions.some((entry) => entry.type === EVENTTYPE.CLOCK && entry.isAbsolute && entry.clock === name)
  if (isAsked('realtime')) now.realtime = host.clock.nowNanos('realtime')
  if (isAsked('monotonic')) now.monotonic = host.clock.nowNanos('monotonic')
  return now
}

/** Nanoseconds until a subscription is ready; 0 for everything but a clock, null for input that is not there. */
function waitNanos(
  host: WasiHost,
  subscription: Subscription,
  now: Readonly<Record<ClockName, bigint>>,
): bigint | null {
  if (subscription.type !== EVENTTYPE.CLOCK) return findInput(host, subscription) === null ? 0n : null
  if (subscription.clock === undefined) return 0n
  if (!subscription.isAbsolute) return subscription.timeoutNanos
  const wait = subscription.timeoutNanos - now[subscription.clock]
  return wait > 0n ? wait : 0n
}

/** Returns what a subscription waits for to be readable; null if there is nothing to wait for. */
function findInput(host: WasiHost, subscription: Subscription): ByteSource | null {
  if (subscription.type !== EVENTTYPE.FD_READ) return null
  const descriptor = host.descriptors.get(subscription.fd)
  if (descriptor?.file.type !== 'input' || (descriptor.rightsBase & RIGHTS.POLL_FD_READWRITE) === 0n) return null
  return isReadable(descriptor.file.source) ? null : descriptor.file.source
}

function createEvent(host: WasiHost, subscription: Subscription): Event {
  const { userdata, type } = subscription
  const nothing = { userdata, type, byteCount: 0, flags: 0 }
  if (subscription.type === EVENTTYPE.CLOCK) {
    return { ...nothing, error: subscription.clock === undefined ? ERRNO.INVAL : ERRNO.SUCCESS }
  }
  const descriptor = host.descriptors.get(subscription.fd)
  const wanted = type === EVENTTYPE.FD_READ ? 'input' : 'output'
  if (descriptor?.file.type === 'file') return { ...nothing, ...pollFile(descriptor as FileDescriptor, type) }
  if (descriptor?.file.type !== wanted) return { ...nothing, error: ERRNO.BADF }
  if ((descriptor.rightsBase & RIGHTS.POLL_FD_READWRITE) === 0n) return { ...nothing, error: ERRNO.NOTCAPABLE }
  // How much an output takes is not known before it is tried: at least a byte.
  if (descriptor.file.type === 'output') return { ...nothing, error: ERRNO.SUCCESS, byteCount: 1 }
  const byteCount = descriptor.file.source.available
  return { ...nothing, error: ERRNO.SUCCESS, byteCount, flags: byteCount === 0 ? EVENTRWFLAGS_HANGUP : 0 }
}

/** A file is always ready: reading has what is left of it, writing has room for a byte at least. */
function pollFile(
  { file, rightsBase }: FileDescriptor,
  type: Subscription['type'],
): Pick<Event, 'error' | 'byteCount'> {
  if ((rightsBase & RIGHTS.POLL_FD_READWRITE) === 0n) return { error: ERRNO.NOTCAPABLE, byteCount: 0 }
  if (type === EVENTTYPE.FD_WRITE) return { error: ERRNO.SUCCESS, byteCount: 1 }
  const size = file.file.size()
  if (isProblem(size)) return { error: ERRNO[size], byteCount: 0 }
  return { error: ERRNO.SUCCESS, byteCount: Math.max(0, size - file.position) }
}

function writeEvent(memory: GuestMemory, at: number, event: Event): void {
  memory.range(at, SIZE.EVENT).fill(0)
  memory.writeU64(at, event.userdata)
  memory.writeU16(at + 8, event.error)
  memory.writeU8(at + 10, event.type)
  memory.writeU64(at + 16, BigInt(event.byteCount))
  memory.writeU16(at + 24, event.flags)
}
