import type { GuestMemory } from '../capability/index.ts'
import type { ClockSource } from './state/clock-source.ts'
import type { DescriptorTable } from './state/descriptor-table.ts'
import type { RandomGenerator } from './state/random-generator.ts'

/**
 * What the functions of WASI act on: one object per agent, beside the guest.
 *
 * `memory` is read at every call, so it may be a getter that is filled after instantiation; `args` and `env` are read once,
 * when a function is bound.
 */
export interface WasiHost {
  readonly memory: GuestMemory
  /** Takes fuel for work that depends on a length. Ends the call with a trap if there is too little. */
  chargeFuel(fuel: number): void
  /** Ends the call of the guest with an exit code from 0 to 2^32 - 1. Never returns: throws what a guest cannot catch. */
  exit(code: number): never
  /** The program's name, then its arguments. Empty unless given. */
  readonly args: readonly string[]
  /** Empty unless given: does not default to the environment of the host, because that would break the sandbox. */
  readonly env: Readonly<Record<string, string>>
  /** See `createDescriptors`. */
  readonly descriptors: DescriptorTable
  /** See `createClockSource`. */
  readonly clock: ClockSource
  /** See `createRandomSource`. */
  readonly random: RandomGenerator
}
