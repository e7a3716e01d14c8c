import assert from 'node:assert/strict'
import type { Wait } from '../../capability/index.ts'
import { encodeText, GUEST_FAULT, GuestMemory } from '../../capability/index.ts'
import type { ByteSink, ClockSource, Mount, RandomGenerator, WasiHost } from '../index.ts'
import {
  createByteSource,
  createClockSource,
  createDescriptors,
  createRandomSource,
  openMounts,
  WASI_PREVIEW1,
} from '../index.ts'

export const MEMORY_BYTES = 65_536
/** What memory is filled with, so that a byte too many shows. */
export const GUARD = 0xa5

/** Ends a call of `proc_exit`; real hosts throw a trap. */
export class Exit {
  readonly code: number

  constructor(code: number) {
    this.code = code
  }
}

export interface GuestParts {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly isClosed?: boolean
  readonly outputCapacity?: number
  readonly clock?: ClockSource
  readonly random?: RandomGenerator
  readonly mounts?: readonly Mount[]
}

/** A guest without code: memory full of guard bytes, and calls as the linker makes them. */
export class TestGuest implements WasiHost {
  readonly bytes = new Uint8Array(MEMORY_BYTES).fill(GUARD)
  readonly memory = new GuestMemory({ buffer: this.bytes.buffer })
  readonly output: string[] = []
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly descriptors
  readonly clock: ClockSource
  readonly random: RandomGenerator
  readonly mounts
  fuel = 0

  constructor(parts: GuestParts = {}) {
    this.args = parts.args ?? []
    this.env = parts.env ?? {}
    const sink = (name: string) => this.#createSink(name, parts.outputCapacity ?? Number.POSITIVE_INFINITY)
    this.clock = parts.clock ?? createClockSource(null, { nowMs: () => 0, monotonicMs: () => 0 })
    this.mounts = openMounts(parts.mounts ?? [], {
      charge: (fuel) => this.chargeFuel(fuel),
      nowNanos: () => this.clock.nowNanos('realtime'),
    })
    this.descriptors = createDescriptors(
      parts.isClosed
        ? { stdin: null, stdout: null, stderr: null }
        : { stdin: createByteSource(encodeText(parts.stdin ?? '')), stdout: sink('out'), stderr: sink('err') },
      this.mounts.preopens,
    )
    this.random = parts.random ?? createRandomSource(null)
  }

  chargeFuel(fuel: number): void {
    assert.ok(Number.isSafeInteger(fuel) && fuel >= 0, `charged ${fuel}`)
    this.fuel += fuel
  }

  exit(code: number): never {
    throw new Exit(code)
  }

  /** Calls a function and answers an invalid pointer as the linker does; one that would wait is refused. */
  call(name: string, ...args: readonly (number | bigint)[]): number | bigint | undefined {
    const answer = this.callWaiting(name, ...args)
    return typeof answer === 'object' ? answer.refused : answer
  }

  /** Like `call`; one that has to wait answers what for. */
  callWaiting(name: string, ...args: readonly (number | bigint)[]): number | bigint | undefined | Wait {
    const found = WASI_PREVIEW1.functions.find((entry) => entry.name === name)
    assert.ok(found, `${name} is no function of preview 1`)
    assert.equal(args.length, found.params.length, `${name} takes ${found.params.length} arguments`)
    const call = found.bind(this) as (...args: readonly (number | bigint)[]) => number | bigint | undefined | Wait
    try {
      return call(...args)
    } catch (error) {
      if (error === GUEST_FAULT) return WASI_PREVIEW1.fault
      throw error
    }
  }

  put(address: number, ...parts: readonly Uint8Array[]): this {
    this.bytes.set(join(...parts), address)
    return this
  }

  #createSink(name: string, capacity: number): ByteSink {
    let room = capacity
    return {
      write: (bytes) => {
        const taken = bytes.slice(0, room)
        room -= taken.length
        if (taken.length > 0) this.output.push(`${name}:${new TextDecoder().decode(taken)}`)
        return taken.length
      },
    }
  }
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

export function text(value: string): Uint8Array {
  return encodeText(value)
}

export function zeros(count: number): Uint8Array {
  return new Uint8Array(count)
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value)
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8)
}

export function u32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer)
}

export function u64(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer)
}

/** A subscription record to a clock. */
export function clockSubscription(userdata: bigint, id: number, timeoutNanos: bigint, flags = 0): Uint8Array {
  return join(u64(userdata), u8(0), zeros(7), u32(id, 0), u64(timeoutNanos, 0n), u16(flags), zeros(6))
}

/** A subscription record to a descriptor; type 1 reads, 2 writes. */
export function fdSubscription(userdata: bigint, type: number, fd: number): Uint8Array {
  return join(u64(userdata), u8(type), zeros(7), u32(fd), zeros(28))
}

/** An event record. */
export function event(userdata: bigint, error: number, type: number, byteCount = 0n, flags = 0): Uint8Array {
  return join(u64(userdata), u16(error), u8(type), zeros(5), u64(byteCount), u16(flags), zeros(6))
}
