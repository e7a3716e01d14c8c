import { GUEST_FAULT } from '../../capability/index.ts'
import type { ErrorData, Limits } from '../../core/index.ts'
import { isCaxtonError } from '../../core/index.ts'
import type { Frame } from '../protocol.ts'
import type { Usage } from '../sandbox.ts'
import { readFrames } from './frames.ts'
import { TRAP } from './trap.ts'

/** The counter that the guest's own code pays from. */
export interface FuelCounter {
  value: bigint
}

/** The stack that is left to the guest, bytes; negative once it did not suffice. Set before each call from outside. */
export interface StackLevel {
  value: number
}

/** The lowest that the stack of a call was. */
export type StackFloor = StackLevel

/** How often one host function was called in one call of a guest. */
export interface CallCount {
  readonly name: string
  count: number
  /** The count that was asked for last. */
  told: number
}

/** What a unit of fuel may take, milliseconds; most take half of that. */
const FUEL_MS = 1e-6
/** Slices are long that take so many times what they may on the average, and no less than a step of the CPU time. */
const LONG_SLICE = 2
const CPU_STEP_MS = 4
/** Of the average, what the last slice is. */
const LAST_SHARE = 1 / 2
/** The shortest slice is that part of the longest. */
const MOST_BURDEN = 64
/** By so much the next slice grows behind a short one. */
const RECOVERY = 1.25

/** Stack that a host call which calls the guest again takes between the two, bytes. */
const HOST_STACK_BYTES = 4_096

/**
 * What one call of a guest has used, and why it has to end.
 *
 * The counter holds what is left of a slice, `#reserve` what is left of the budget beyond it; what was used never depends on
 * how a budget is cut into slices.
 *
 * Whatever must end a guest is remembered here and thrown as TRAP. The first reason counts.
 */
export class Meter {
  hostCalls = 0
  readonly #limits: Limits
  /** Fuel of the longest slice, and of the next one. */
  readonly #longest: number
  #slice: number
  /** CPU time of slices, milliseconds. */
  #averageMs = 0
  #counter: FuelCounter = { value: 0n }
  #reserve = 0n
  #stack: StackLevel = { value: 0 }
  #floor: StackFloor = { value: 0 }
  /** One for each host function that is linked. */
  readonly #calls: CallCount[] = []
  #told: Usage['callsByName'] = {}
  /** Calls into the guest that are running, one inside the other. */
  #depth = 0
  #reason: ErrorData | null = null
  #frames: readonly Frame[] = []

  /** @param sliceFuel fuel that the guest gets at a time; all of its budget by default */
  constructor(limits: Limits, sliceFuel: number = limits.fuel) {
    this.#limits = limits
    this.#longest = Math.min(sliceFuel, limits.fuel)
    this.#slice = this.#longest
  }

  /**
   * A slice has taken so much CPU time. Where fuel takes much longer than it should, by instructions that V8 is slow at, slices
   * become smaller: others wait for their ends.
   */
  noteSlice(cpuMs: number): void {
    const longest = this.#longest
    const aimedMs = longest * FUEL_MS
    this.#averageMs += (cpuMs - this.#averageMs) * LAST_SHARE
    if (this.#averageMs > Math.max(CPU_STEP_MS, LONG_SLICE * aimedMs)) {
      const slice = Math.floor((this.#slice * aimedMs) / this.#averageMs)
      this.#slice = Math.max(Math.ceil(longest / MOST_BURDEN), slice)
      this.#averageMs = aimedMs
    } else if (this.#averageMs < aimedMs) this.#slice = Math.min(longest, Math.ceil(this.#slice * RECOVERY))
  }

  /** How much more of its thread the guest takes for its fuel than it should, from 1 on. */
  get burden(): number {
    return this.#longest / this.#slice
  }

  /** Names the counters, once the instance exists. */
  attach(counter: FuelCounter, stack: StackLevel, floor: StackFloor): void {
    this.#counter = counter
    this.#stack = stack
    this.#floor = floor
  }

  /** Returns the count of a host function; it begins with 0 in each call. */
  countOf(name: string): CallCount {
    let found = this.#calls.find((call) => call.name === name)
    if (found === undefined) {
      found = { name, count: 0, told: 0 }
      this.#calls.push(found)
    }
    return found
  }

  /** Fills the budget for one call. */
  begin(): void {
    this.enterStack()
    this.#floor.value = this.#limits.stackBytes
    this.#fill()
  }

  /** Fills the budget for one call of a guest that goes on in the middle of an earlier one: its stack stays as deep as it is. */
  beginAgain(): void {
    this.#floor.value = this.#stack.value
    this.#fill()
  }

  #fill(): void {
    this.hostCalls = 0
    for (const call of this.#calls) call.count = 0
    this.#counter.value = BigInt(this.#slice)
    this.#reserve = BigInt(this.#limits.fuel - this.#slice)
  }

  /** Gives the guest all of its stack, for a call that finds it empty. */
  enterStack(): void {
    this.#stack.value = this.#limits.stackBytes
    this.#depth = 0
  }

  /** Throws TRAP if a guest owes more than there is. */
  assertFuel(owed: bigint): void {
    if (owed + this.#reserve < 0n) this.#endForFuel()
  }

  /** Answers the counter with one more slice, for a guest that owes so much and for which there is so much. */
  refill(owed: bigint): bigint {
    const slice = BigInt(this.#slice)
    const wanted = owed + slice < 0n ? -owed : slice
    const granted = wanted < this.#reserve ? wanted : this.#reserve
    this.#reserve -= granted
    return owed + granted
  }

  /**
   * Calls into the guest: each call finds the stack as deep as it was where the host was called, and a call out of a host
   * call deeper by the frames of the host. Whatever it throws ends the guest.
   */
  call<T>(run: () => T): T {
    const level = this.#stack.value
    if (this.#depth > 0) this.#stack.value = level - HOST_STACK_BYTES
    this.#depth += 1
    const result = run()
    this.#depth -= 1
    this.#stack.value = level
    return result
  }

  /** Whether the host called the guest from JavaScript, so that frames of the host may be among its own. */
  get isNested(): boolean {
    return this.#depth > 0
  }

  /** Counts a call that was counted under another name under this one. */
  countAs(name: string, before: string): void {
    this.countOf(before).count -= 1
    this.countOf(name).count += 1
  }

  get reason(): ErrorData | null {
    return this.#reason
  }

  /** Where the guest was when it got a reason to end. */
  get frames(): readonly Frame[] {
    return this.#frames
  }

  get isStackOut(): boolean {
    return this.#stack.value < 0
  }

  get isFuelOut(): boolean {
    return this.#counter.value + this.#reserve < 0n
  }

  /** The deepest that the stack was since `begin`, bytes; all of it when it did not suffice. */
  get stackPeak(): number {
    return this.#limits.stackBytes - (this.isStackOut ? 0 : this.#floor.value)
  }

  /** Host calls since `begin` by the name of the function. Most calls make the same ones as the call before: they share the answer. */
  callsByName(): Usage['callsByName'] {
    let isSame = true
    for (const call of this.#calls) {
      if (call.count !== call.told) isSame = false
      call.told = call.count
    }
    if (!isSame) this.#told = Object.fromEntries(this.#calls.filter(({ count }) => count > 0).map(toEntry))
    return this.#told
  }

  /** Fuel used since `begin`; all of it when it ran out. */
  get fuelUsed(): number {
    return this.#limits.fuel - Math.max(0, Number(this.#counter.value) + Number(this.#reserve))
  }

  /** Counts one host call and takes what it costs. Throws TRAP if there is too little of either. */
  enter(cost: bigint, call: CallCount): void {
    this.hostCalls += 1
    call.count += 1
    if (this.hostCalls > this.#limits.hostCalls) {
      this.end({ code: 'ERR_LIMIT_HOST_CALLS', data: { limit: this.#limits.hostCalls, asked: this.hostCalls } })
    }
    this.#take(cost)
  }

  chargeFuel(fuel: number): void {
    this.#take(BigInt(fuel))
  }

  /** Ends the guest: throws TRAP, from wherever the guest called. */
  end(reason: ErrorData): never {
    if (this.#reason === null) {
      this.#reason = reason
      this.#frames = readFrames(new GuestEnd())
    }
    throw TRAP
  }

  /**
   * Decides what a host call that threw does to the guest: a bad pointer is answered, everything else ends the guest.
   * Nothing that the host threw reaches the guest.
   */
  escape(thrown: unknown, fault: number | bigint | undefined): number | bigint | undefined {
    if (thrown === GUEST_FAULT) return fault
    if (thrown === TRAP || thrown instanceof WebAssembly.RuntimeError) throw thrown
    return this.end(explainThrown(thrown))
  }

  #take(fuel: bigint): void {
    const left = this.#counter.value - fuel
    if (left >= 0n) {
      this.#counter.value = left
      return
    }
    if (left + this.#reserve >= 0n) {
      this.#reserve += left
      this.#counter.value = 0n
      return
    }
    this.#counter.value = -1n
    this.#reserve = 0n
    this.#endForFuel()
  }

  #endForFuel(): never {
    return this.end({ code: 'ERR_LIMIT_FUEL', data: { limit: this.#limits.fuel, used: this.#limits.fuel } })
  }
}

function toEntry({ name, count }: CallCount): [string, number] {
  return [name, count]
}

/** Made for its stack alone. */
class GuestEnd {
  readonly stack: string = ''

  constructor() {
    Error.captureStackTrace(this, GuestEnd)
  }
}

/** Names what was thrown in JavaScript while a guest ran, in words that may be shown to whoever runs the host. */
export function explainThrown(thrown: unknown): ErrorData {
  if (thrown instanceof RangeError && thrown.message === 'Maximum call stack size exceeded') {
    return { code: 'ERR_LIMIT_STACK' }
  }
  if (thrown instanceof WebAssembly.Exception) return { code: 'ERR_GUEST_EXCEPTION' }
  if (thrown === GUEST_FAULT) return GUEST_FAULT.toData()
  if (isCaxtonError(thrown)) return thrown.toData()
  return {
    code: 'ERR_INTERNAL',
    detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'not an error',
  }
}
