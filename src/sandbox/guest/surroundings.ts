import type { Answer, GuestMemory } from '../../capability/index.ts'
import { SYSTEM_CLOCK } from '../../core/index.ts'
import type { ClockSource, RandomGenerator } from '../../wasi/index.ts'
import { createClockSource, createRandomSource } from '../../wasi/index.ts'
import type { DoorSession } from '../doors/door.ts'
import type { GuestSpec } from '../protocol.ts'
import type { AgentHost } from './agent-host.ts'
import type { Meter } from './meter.ts'
import { StandardStreams } from './standard-streams.ts'
import { WasiSystem } from './wasi-system.ts'

export interface SurroundingsParts {
  readonly memory: GuestMemory
  readonly meter: Meter
  readonly host: () => AgentHost
  /** Streams of a door stand in the place of the usual ones. */
  readonly session: () => Pick<DoorSession, 'stdin' | 'stdout'>
  exit(code: number): never
}

/**
 * What a guest finds around it: clock, random numbers, standard streams, the system that WASI shows. Each is made when it is first
 * asked for: most of ten thousand agents that wait never ask.
 */
export class Surroundings {
  readonly #parts: SurroundingsParts
  readonly #spec: GuestSpec
  #clock: ClockSource | null = null
  #random: RandomGenerator | null = null
  #system: WasiSystem | null = null
  #streams: StandardStreams | null = null

  constructor(parts: SurroundingsParts, spec: GuestSpec) {
    this.#parts = parts
    this.#spec = spec
  }

  get clock(): ClockSource {
    this.#clock ??= createClockSource(this.#spec.grants.clock, SYSTEM_CLOCK)
    return this.#clock
  }

  get random(): RandomGenerator {
    this.#random ??= createRandomSource(this.#spec.grants.random)
    return this.#random
  }

  /** What WASI shows. */
  get system(): WasiSystem {
    this.#system ??= this.#openSystem()
    return this.#system
  }

  /** Writes what the guest has printed without an end of its line. */
  flush(): void {
    this.#streams?.flush()
  }

  /** Takes an answer of the main thread to one of its streams. False for one that is for somebody else. */
  takeAnswer(id: number, answer: Answer): boolean {
    return this.#streams?.takeAnswer(id, answer) ?? false
  }

  /** Closes what the guest has open. Idempotent. */
  close(): void {
    this.#system?.close()
  }

  #openSystem(): WasiSystem {
    const { memory, meter, host, session, exit } = this.#parts
    const { clock, random } = this
    this.#streams = new StandardStreams(host(), this.#spec)
    const { stdin = this.#streams.stdin, stdout = this.#streams.stdout } = session()
    const { stderr } = this.#streams
    return new WasiSystem({ memory, meter, clock, random, stdin, stdout, stderr, exit }, this.#spec)
  }
}
