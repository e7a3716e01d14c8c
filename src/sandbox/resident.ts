import type { CallResult } from './guest/call-result.ts'
import { failed } from './guest/call-result.ts'
import { Guest } from './guest/guest.ts'
import type { GuestParts } from './guest/guest-parts.ts'
import { explainThrown } from './guest/meter.ts'
import type { LocalPost } from './local-mail.ts'
import { LocalParty } from './local-mail.ts'
import type { Slot } from './mailbox-table.ts'
import type { GuestCall, GuestSpec, HandleCall } from './protocol.ts'
import { Turn } from './turn-queue.ts'

/** A call that waits; `post` is what it was made of, if that was handed over in this thread. */
export interface QueuedCall {
  readonly id: number
  readonly call: GuestCall
  readonly post: LocalPost | null
}

/** The turn that runs. */
export interface Current {
  readonly resident: Resident
  readonly id: number
  /** Fuel of the call that was used before this turn. */
  readonly fuelBefore: number
  result: CallResult | null
}

/** One agent in its thread. */
export class Resident {
  readonly agent: number
  readonly calls: QueuedCall[] = []
  readonly turn: Turn<Resident>
  readonly wallMs: number
  readonly party: LocalParty
  /** The call that has begun and not ended. */
  running: QueuedCall | null = null
  /** Null before it is made and once it is gone. */
  guest: Guest | null = null

  constructor({ agent, name, scheduling, limits }: GuestSpec, slot: Slot | null) {
    this.agent = agent
    this.party = new LocalParty(agent, name, slot)
    this.turn = new Turn(this, scheduling)
    this.wallMs = limits.wallMs
  }

  /** The message that it handles; null while it does something else. */
  get handled(): HandleCall | null {
    const call = this.running?.call
    return call?.kind === 'handle' ? call : null
  }

  /** Makes its instance and runs its first call. */
  create(parts: GuestParts, call: GuestCall & { readonly kind: 'create' }): CallResult {
    try {
      this.guest = new Guest(parts, call.spec)
    } catch (thrown) {
      return failed({ reason: explainThrown(thrown), frames: [] })
    }
    return this.guest.run(call)
  }

  /** Whether its next turn is a message that the driver can begin. */
  get isDriven(): boolean {
    const { guest, calls } = this
    return guest?.isDriven === true && !guest.isSuspended && calls[0]?.call.kind === 'handle'
  }
}

/** One run of the driver. */
export interface Drive {
  /** Who was suspended in it: then it ends with the message of that guest. */
  suspended: Guest | null
  /** The guest whose message was begun last. */
  guest: Guest | null
}
