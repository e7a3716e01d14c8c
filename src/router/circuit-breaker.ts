import type { CircuitLimits, Clock } from '../core/index.ts'
import { CaxtonError, HOST_LIMITS } from '../core/index.ts'

interface Circuit {
  failures: number
  firstMs: number
  /** Null while messages pass. */
  restUntilMs: number | null
}

/**
 * Lets messages of one agent to another rest when that one keeps failing on them, so that neither is kept busy by it.
 *
 * Guarantees: only failures in a row count; after a rest one message is let through, and what becomes of it decides. A pair
 * without failures takes no memory; the number of pairs is bounded. Cost: one comparison while nobody has failed.
 */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #limits: CircuitLimits
  readonly #circuits = new Map<string, Circuit>()

  constructor(parts: { readonly clock: Clock }, limits: CircuitLimits) {
    this.#clock = parts.clock
    this.#limits = limits
  }

  /** Returns why a message must not go there now; null if it may. */
  check(sender: string, receiver: string): CaxtonError | null {
    if (this.#circuits.size === 0) return null
    const circuit = this.#circuits.get(keyOf(sender, receiver))
    if (circuit === undefined || circuit.restUntilMs === null) return null
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < circuit.restUntilMs) {
      const data = { guard: 'circuit', sender, receiver, limit: this.#limits.failures }
      return new CaxtonError('ERR_GUARD_CIRCUIT', { detail: `'${receiver}' from '${sender}'`, data })
    }
    // This one decides; those that come before its end rest on.
    circuit.restUntilMs = nowMs + this.#limits.restMs
    return null
  }

  /** Notes what became of a message. Returns whether its pair rests from now on. */
  note(sender: string, receiver: string, isHandled: boolean): boolean {
    if (isHandled) {
      if (this.#circuits.size > 0) this.#circuits.delete(keyOf(sender, receiver))
      return false
    }
    const key = keyOf(sender, receiver)
    const nowMs = this.#clock.monotonicMs()
    const known = this.#circuits.get(key)
    const isOld = known === undefined || (known.restUntilMs === null && nowMs - known.firstMs > this.#limits.withinMs)
    const circuit: Circuit = isOld ? { failures: 0, firstMs: nowMs, restUntilMs: null } : known
    circuit.failures += 1
    this.#circuits.delete(key)
    this.#circuits.set(key, circuit)
    this.#bound()
    if (circuit.failures < this.#limits.failures) return false
    const wasResting = circuit.restUntilMs !== null
    circuit.restUntilMs = nowMs + this.#limits.restMs
    return !wasResting
  }

  /** Forgets an agent that is gone or made anew. Cost: linear in the pairs. */
  forget(agent: string): void {
    for (const key of this.#circuits.keys()) {
      if (key.startsWith(`${agent} `) || key.endsWith(` ${agent}`)) this.#circuits.delete(key)
    }
  }

  #bound(): void {
    for (const key of this.#circuits.keys()) {
      if (this.#circuits.size <= HOST_LIMITS.circuits) return
      this.#circuits.delete(key)
    }
  }
}

function keyOf(sender: string, receiver: string): string {
  return `${sender} ${receiver}`
}
