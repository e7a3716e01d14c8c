import type { Clock } from '../core/index.ts'
import type { Usage } from '../sandbox/index.ts'

/** What an agent does and uses in a second, on average over the last RECENT_MS. */
export interface PerSecond {
  readonly handled: number
  readonly messagesIn: number
  readonly messagesOut: number
  readonly fuel: number
  /** Milliseconds of CPU time in a second: 1000 is one processor. */
  readonly cpuMs: number
  readonly hostCalls: number
  readonly logBytes: number
}

export type RecentName = keyof PerSecond

const NAMES: readonly RecentName[] = ['handled', 'messagesIn', 'messagesOut', 'fuel', 'cpuMs', 'hostCalls', 'logBytes']
const SLOT_MS = 1_000
const SLOTS = 10
/** What counts as recent, milliseconds. */
export const RECENT_MS = SLOT_MS * SLOTS

type Slot = { -readonly [Name in RecentName]: number } & { index: number }

/**
 * Sums over the last ten seconds, in slots of one second.
 *
 * Cost: constant for each addition; nothing for an agent that does nothing, ten small objects for any other.
 */
export class RecentUse {
  readonly #clock: Clock
  readonly #startMs: number
  readonly #slots: Slot[] = []
  #current: Slot | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
  }

  add(name: RecentName, amount: number): void {
    this.#slot()[name] += amount
  }

  /** Adds what a message used whose handling ended. */
  addUsage({ fuel, cpuMs, hostCalls, logBytes }: Usage): void {
    const slot = this.#slot()
    slot.fuel += fuel
    slot.cpuMs += cpuMs
    slot.hostCalls += hostCalls
    slot.logBytes += logBytes
  }

  perSecond(): PerSecond {
    const nowMs = this.#clock.monotonicMs()
    const first = Math.floor(nowMs / SLOT_MS) - SLOTS + 1
    const spanMs = Math.max(SLOT_MS, nowMs - Math.max(this.#startMs, first * SLOT_MS))
    const recent = this.#slots.filter(({ index }) => index >= first)
    const average = (name: RecentName) => (recent.reduce((sum, slot) => sum + slot[name], 0) * 1_000) / spanMs
    return Object.freeze(Object.fromEntries(NAMES.map((name) => [name, average(name)]))) as unknown as PerSecond
  }

  #slot(): Slot {
    const index = Math.floor(this.#clock.monotonicMs() / SLOT_MS)
    if (this.#current?.index !== index) this.#current = this.#open(index)
    return this.#current
  }

  /** Begins a slot in the place of the one that is ten seconds older. */
  #open(index: number): Slot {
    const old = this.#slots.find((slot) => slot.index % SLOTS === index % SLOTS)
    if (old !== undefined) return Object.assign(old, createSlot(index))
    const slot = createSlot(index)
    this.#slots.push(slot)
    return slot
  }
}

function createSlot(index: number): Slot {
  return { index, handled: 0, messagesIn: 0, messagesOut: 0, fuel: 0, cpuMs: 0, hostCalls: 0, logBytes: 0 }
}
