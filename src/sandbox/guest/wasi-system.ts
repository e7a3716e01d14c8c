import type { GuestMemory } from '../../capability/index.ts'
import type {
  ByteSink,
  ByteSource,
  ClockSource,
  Mounts,
  RandomGenerator,
  TreePart,
  WasiHost,
} from '../../wasi/index.ts'
import { createDescriptors, openMounts } from '../../wasi/index.ts'
import type { GuestSpec } from '../protocol.ts'
import type { Meter } from './meter.ts'

export interface WasiParts {
  readonly memory: GuestMemory
  readonly meter: Meter
  readonly clock: ClockSource
  readonly random: RandomGenerator
  readonly stdin: ByteSource
  readonly stdout: ByteSink | null
  readonly stderr: ByteSink | null
  exit(code: number): never
}

/** What the functions of WASI act on for one guest, and what of it is open. */
export class WasiSystem {
  readonly host: WasiHost
  readonly #mounts: Mounts

  constructor({ memory, meter, clock, random, stdin, stdout, stderr, exit }: WasiParts, spec: GuestSpec) {
    const chargeFuel = (fuel: number) => meter.chargeFuel(fuel)
    this.#mounts = openMounts(spec.mounts, {
      charge: chargeFuel,
      nowNanos: () => clock.nowNanos('realtime'),
    })
    const descriptors = createDescriptors({ stdin, stdout, stderr }, this.#mounts.preopens)
    this.host = { memory, chargeFuel, exit, args: spec.args, env: spec.env, descriptors, clock, random }
  }

  /** Copies the files in memory at a place; none where there are no such files. */
  export(at: string): Iterable<TreePart> {
    return this.#mounts.export(at)
  }

  /** Closes what the guest has open. Idempotent. */
  close(): void {
    this.host.descriptors.closeAll()
    this.#mounts.close()
  }
}
