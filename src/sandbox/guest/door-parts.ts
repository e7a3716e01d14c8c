import type { CaxtonHost, GuestMemory } from '../../capability/index.ts'
import type { DoorParts } from '../doors/door.ts'
import type { GuestSpec } from '../protocol.ts'
import type { Guest } from './guest.ts'
import type { GuestInstance } from './instance.ts'
import type { Meter } from './meter.ts'

interface Parts {
  readonly memory: GuestMemory
  readonly host: CaxtonHost
  readonly meter: Meter
  readonly instance: GuestInstance
}

/** Makes what the door of a guest works with. */
export function createDoorParts(guest: Pick<Guest, 'exit' | 'exitCode'>, spec: GuestSpec, parts: Parts): DoorParts {
  const { memory, host, meter, instance } = parts
  const { name, script, grants, limits } = spec
  return {
    name,
    memory,
    host,
    script,
    grants,
    limits,
    function: (exported) => instance.function(exported),
    countAs: (name, by) => meter.countAs(name, by),
    end: (reason) => meter.end(reason),
    exit: (code) => guest.exit(code),
    exitCode: () => guest.exitCode,
  }
}
