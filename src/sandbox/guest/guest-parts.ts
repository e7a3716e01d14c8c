import type { HostParts } from './agent-host.ts'
import type { Driver } from './driver.ts'
import type { HeapGuard } from './heap-guard.ts'
import type { ThreadClock } from './thread-clock.ts'
import type { WaitGate } from './wait-gate.ts'

/** What the guests of one thread share. */
export interface GuestParts extends HostParts {
  readonly run: string
  /** Fuel of a slice: a guest with a greater budget for a call asks for more when it is used up. */
  readonly sliceFuel: number
  /** What a guest calls then: one that may be suspended, and one that must not be. */
  readonly hooks: { readonly suspending: CallableFunction; readonly granting: CallableFunction }
  /** What host calls suspend a guest with. */
  readonly gate: WaitGate
  /** Ends the turn of the guest that runs, which has to wait; see `Guest.wait`. */
  suspend(): Promise<number> | number
  readonly driver: Driver
  readonly clock: ThreadClock
  /** Where the thread has one guest that keeps objects: what it keeps. */
  readonly heap: HeapGuard | null
}
