import type { DelegableName, DelegationState, Grants } from '../../capability/index.ts'
import { narrowGrant } from '../../capability/index.ts'
import { CaxtonError, HOST_LIMITS } from '../../core/index.ts'

/*
 * Grants that agents have passed on. Runs on the main thread, which owns everything here.
 *
 * 1. A delegation is never wider than what it was made of: its value is compared when it is made and never changes.
 * 2. It can be used by its holder alone, and only while it and every delegation it was made of are active.
 * 3. What was revoked stays so, with all that was made of it; the end of a giver or holder revokes.
 */

/** One grant that an agent has passed on to another, with where it comes from. */
export interface DelegationInfo {
  readonly handle: string
  readonly grant: DelegableName
  /** As a system file would write it. */
  readonly written: unknown
  readonly giver: string
  readonly holder: string
  readonly state: DelegationState
  /** Whether it can be used now: it and everything it was made of are active. */
  readonly isUsable: boolean
  /** Handles it was made of, the one that was made of a grant of the manifest first. */
  readonly chain: readonly string[]
  readonly timesUsed: number
}

/** What somebody passes on. */
export interface DelegationRequest {
  readonly giver: string
  readonly holder: string
  readonly grant: DelegableName
  readonly value: Grants[DelegableName]
  readonly written: unknown
  /** What it is made of: a handle that the giver holds, or null for its own grant. */
  readonly source: string | null
}

interface Delegation extends Omit<DelegationRequest, 'source'> {
  readonly handle: string
  readonly source: Delegation | null
  readonly made: Set<Delegation>
  readonly depth: number
  state: DelegationState
  timesUsed: number
}

export interface DelegationBookParts {
  /** The grants of an agent that runs; null if there is none of that name. */
  grantsOf(agent: string): Grants | null
}

export class DelegationBook {
  readonly #parts: DelegationBookParts
  readonly #delegations = new Map<string, Delegation>()
  readonly #given = new Map<string, Set<Delegation>>()
  readonly #held = new Map<string, Set<Delegation>>()
  #handles = 0

  constructor(parts: DelegationBookParts) {
    this.#parts = parts
  }

  /**
   * Passes a grant on, not wider than what it is made of.
   *
   * @returns the handle by which the holder uses it
   * @throws CaxtonError ERR_DELEGATION_WIDER, ERR_DELEGATION_UNUSABLE for a source that the giver cannot use,
   * ERR_DELEGATION_HOLDER for a holder that does not run, ERR_LIMIT_DELEGATIONS
   */
  delegate(request: DelegationRequest): string {
    const { giver, holder, grant, value } = request
    const source = request.source === null ? null : this.#find(giver, request.source, grant)
    const grants = this.#parts.grantsOf(giver)
    const data = { agent: giver, grant, holder }
    if (this.#parts.grantsOf(holder) === null || holder === giver) {
      throw new CaxtonError('ERR_DELEGATION_HOLDER', { detail: `'${holder}'`, data })
    }
    const whole = source === null ? grants?.[grant] : source.value
    const narrowed = whole === undefined ? null : narrowGrant<DelegableName>(grant, value, whole)
    if (narrowed === null || narrowed.length === 0) {
      throw new CaxtonError('ERR_DELEGATION_WIDER', { detail: `grant '${grant}' of '${giver}'`, data })
    }
    const depth = (source?.depth ?? 0) + 1
    const isFull = (this.#given.get(giver)?.size ?? 0) >= HOST_LIMITS.delegationsPerAgent
    if (isFull || depth > HOST_LIMITS.delegationDepth) {
      const limit = isFull ? HOST_LIMITS.delegationsPerAgent : HOST_LIMITS.delegationDepth
      throw new CaxtonError('ERR_LIMIT_DELEGATIONS', { data: { ...data, limit } })
    }
    const delegation: Delegation = {
      ...request,
      value: narrowed,
      handle: this.#nextHandle(),
      source,
      made: new Set(),
      depth,
      state: 'active',
      timesUsed: 0,
    }
    this.#delegations.set(delegation.handle, delegation)
    addTo(this.#given, giver, delegation)
    addTo(this.#held, holder, delegation)
    source?.made.add(delegation)
    return delegation.handle
  }

  /**
   * Answers what a handle allows its holder now, and counts the use.
   *
   * @throws CaxtonError ERR_DELEGATION_UNUSABLE: unknown, of another holder, paused or revoked anywhere in its chain
   */
  use(agent: string, handle: string): { readonly grant: DelegableName; readonly value: Grants[DelegableName] } {
    const delegation = this.#find(agent, handle, null)
    delegation.timesUsed += 1
    return delegation
  }

  /**
   * Pauses, resumes or revokes a delegation, and with it all that was made of it. Whoever gave it may, and whoever gave what
   * it was made of; its holder may give it back. `agent` null is the operator.
   *
   * @throws CaxtonError ERR_DELEGATION_UNUSABLE for a handle that is not theirs or is revoked
   */
  setState(agent: string | null, handle: string, state: DelegationState): void {
    const delegation = this.#delegations.get(handle)
    const isHolder = delegation?.holder === agent && state === 'revoked'
    if (delegation === undefined || !(agent === null || isHolder || hasGiven(agent, delegation))) {
      throw unusable(agent ?? 'user', handle, 'there is none of this name that it may change')
    }
    if (state === 'revoked') this.#revoke(delegation)
    else delegation.state = state
  }

  /** Revokes everything that an agent holds or has given. */
  endAgent(agent: string): void {
    for (const delegation of [...(this.#held.get(agent) ?? []), ...(this.#given.get(agent) ?? [])]) {
      this.#revoke(delegation)
    }
  }

  /** Lists the delegations that are not revoked, oldest first. */
  list(): DelegationInfo[] {
    return [...this.#delegations.values()].map((delegation) => describe(delegation))
  }

  #nextHandle(): string {
    this.#handles += 1
    return `g${this.#handles}`
  }

  #find(agent: string, handle: string, grant: DelegableName | null): Delegation {
    const delegation = this.#delegations.get(handle)
    if (delegation === undefined || delegation.holder !== agent || (grant !== null && delegation.grant !== grant)) {
      throw unusable(agent, handle, `it holds none of this name${grant === null ? '' : ` for '${grant}'`}`)
    }
    const obstacle = chainOf(delegation).find(({ state }) => state !== 'active')
    if (obstacle !== undefined) throw unusable(agent, handle, `'${obstacle.handle}' of its chain is ${obstacle.state}`)
    return delegation
  }

  #revoke(delegation: Delegation): void {
    delegation.state = 'revoked'
    for (const made of [...delegation.made]) this.#revoke(made)
    this.#delegations.delete(delegation.handle)
    removeFrom(this.#given, delegation.giver, delegation)
    removeFrom(this.#held, delegation.holder, delegation)
    delegation.source?.made.delete(delegation)
  }
}

/** The delegations a delegation is made of, from the first giver on, and itself. */
function chainOf(delegation: Delegation): Delegation[] {
  const chain: Delegation[] = []
  for (let at: Delegation | null = delegation; at !== null; at = at.source) chain.unshift(at)
  return chain
}

function hasGiven(agent: string, delegation: Delegation): boolean {
  return chainOf(delegation).some(({ giver }) => giver === agent)
}

function describe(delegation: Delegation): DelegationInfo {
  const { handle, grant, written, giver, holder, state, timesUsed } = delegation
  const chain = chainOf(delegation)
  const isUsable = chain.every((link) => link.state === 'active')
  return { handle, grant, written, giver, holder, state, isUsable, chain: chain.map((link) => link.handle), timesUsed }
}

function unusable(agent: string, handle: string, why: string): CaxtonError {
  return new CaxtonError('ERR_DELEGATION_UNUSABLE', { detail: `'${handle.slice(0, 64)}': ${why}`, data: { agent } })
}

function addTo(index: Map<string, Set<Delegation>>, agent: string, delegation: Delegation): void {
  const known = index.get(agent)
  if (known === undefined) index.set(agent, new Set([delegation]))
  else known.add(delegation)
}

function removeFrom(index: Map<string, Set<Delegation>>, agent: string, delegation: Delegation): void {
  const known = index.get(agent)
  known?.delete(delegation)
  if (known?.size === 0) index.delete(agent)
}
