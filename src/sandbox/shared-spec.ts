import type { Kept } from './kept/kept.ts'
import { NOTHING_KEPT } from './kept/kept.ts'
import type { GuestCall, GuestSpec, SentCall } from './protocol.ts'

/*
 * What agents of one thread have alike, sent to it once: a module with its facts, and settings with the same text.
 *
 * 1. The thread is sent a part before the first spec that names it, and told to forget it behind the last agent that uses it.
 * 2. A spec that is read is the same as the one that was written; what is shared is never written to.
 */

const CODE = ['module', 'imports', 'names', 'tableElements', 'instantiationFuel'] as const
const SETTINGS = ['door', 'grants', 'limits', 'config', 'args', 'env', 'scheduling', 'holdsSends'] as const

type Code = Pick<GuestSpec, (typeof CODE)[number]>
type Settings = Pick<GuestSpec, (typeof SETTINGS)[number]>
type Own = Omit<GuestSpec, keyof Code | keyof Settings | keyof Seldom>
type Seldom = Pick<GuestSpec, 'stdin' | 'mounts' | 'script' | 'kept'>

export type SpecPart = Code | Settings

/** A spec as it crosses: numbers of its parts, and what is the agent's own. What hardly any agent has is left out. */
export interface SharedSpec extends Own {
  readonly code: number
  readonly settings: number
  readonly seldom: Seldom | null
}

export type PartMessage =
  | { readonly type: 'part'; readonly part: number; readonly value: SpecPart }
  | { readonly type: 'forget-part'; readonly part: number }

interface Sent {
  readonly part: number
  readonly key: unknown
  users: number
}

/** The sender's side, one for each thread. */
export class SpecSharing {
  readonly #send: (message: PartMessage) => void
  readonly #sent = new Map<unknown, Sent>()
  readonly #users = new Map<number, readonly Sent[]>()
  #lastPart = 0

  constructor(send: (message: PartMessage) => void) {
    this.#send = send
  }

  /** Returns the spec as it crosses, behind the parts that the thread does not have yet. */
  write(spec: GuestSpec): SharedSpec {
    const settings = pick(spec, SETTINGS)
    const parts = [this.#use(spec.module, () => pick(spec, CODE)), this.#use(JSON.stringify(settings), () => settings)]
    this.#users.set(spec.agent, parts)
    const { agent, name, stdin, mounts, script, kept } = spec
    const isPlain = stdin.length === 0 && mounts.length === 0 && script === null && isNothing(kept)
    return {
      agent,
      name,
      code: parts[0]!.part,
      settings: parts[1]!.part,
      seldom: isPlain ? null : { stdin, mounts, script, kept },
    }
  }

  /** An agent is gone. Idempotent. */
  release(agent: number): void {
    for (const sent of this.#users.get(agent) ?? []) {
      sent.users -= 1
      if (sent.users > 0) continue
      this.#sent.delete(sent.key)
      this.#send({ type: 'forget-part', part: sent.part })
    }
    this.#users.delete(agent)
  }

  #use(key: unknown, make: () => SpecPart): Sent {
    let sent = this.#sent.get(key)
    if (sent === undefined) {
      this.#lastPart += 1
      sent = { part: this.#lastPart, key, users: 0 }
      this.#sent.set(key, sent)
      this.#send({ type: 'part', part: sent.part, value: make() })
    }
    sent.users += 1
    return sent
  }
}

function isNothing({ data, timers, lastSetting, subscriptions }: Kept): boolean {
  return data.size + timers.size + subscriptions.size === 0 && lastSetting === 0
}

const SELDOM: Seldom = { stdin: new Uint8Array(), mounts: [], script: null, kept: NOTHING_KEPT }

/** The thread's side. */
export class SpecParts {
  readonly #parts = new Map<number, SpecPart>()

  take(message: PartMessage): void {
    if (message.type === 'part') this.#parts.set(message.part, message.value)
    else this.#parts.delete(message.part)
  }

  /** Returns a call as it was before it crossed. */
  readCall(call: SentCall): GuestCall {
    return call.kind === 'create' ? { kind: 'create', spec: this.read(call.spec) } : call
  }

  read({ agent, name, code, settings, seldom }: SharedSpec): GuestSpec {
    const [first, second] = [this.#parts.get(code) as Code, this.#parts.get(settings) as Settings]
    return { agent, name, ...first, ...second, ...(seldom ?? SELDOM) }
  }
}

function pick<Key extends keyof GuestSpec>(spec: GuestSpec, keys: readonly Key[]): Pick<GuestSpec, Key> {
  return Object.fromEntries(keys.map((key) => [key, spec[key]])) as Pick<GuestSpec, Key>
}
