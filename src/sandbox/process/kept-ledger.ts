import type { Grants } from '../../capability/index.ts'
import { isCoveredBy, KEPT_LIMITS, TOPIC_LIMITS } from '../../core/index.ts'
import type { Effects, Kept } from '../kept/kept.ts'
import { entryBytes } from '../kept/kept-data.ts'
import { violation } from './violation.ts'

type KeptGrants = Pick<Grants, 'store' | 'timers' | 'subscribe'>

/** What an agent in a child keeps, seen from the host, so that a child that is not honest cannot keep more for it than it was granted. */
export class KeptLedger {
  readonly #grants: KeptGrants
  readonly #sizes = new Map<string, number>()
  /** By id, the setting. */
  readonly #timers: Map<number, number>
  readonly #subscriptions: Set<string>
  #bytes = 0

  constructor(grants: KeptGrants, kept: Kept) {
    this.#grants = grants
    this.#timers = new Map(kept.timers)
    this.#subscriptions = new Set(kept.subscriptions)
    for (const [key, value] of kept.data) this.#put(key, entryBytes(key, value))
  }

  /** Counts changes. @throws CaxtonError ERR_SANDBOX_PROCESS_LOST for what the agent cannot have done */
  admit({ data, timers, subscriptions }: Effects): void {
    // What was kept under a larger grant stays, and may only become less.
    const { bytes, keys } = this.#grants.store ?? { bytes: 0, keys: 0 }
    const mostBytes = Math.max(bytes, this.#bytes)
    const mostKeys = Math.max(keys, this.#sizes.size)
    const mostTimers = Math.max(this.#grants.timers ?? 0, this.#timers.size)
    for (const [key, value] of data) this.#put(key, value === null ? 0 : entryBytes(key, value))
    for (const [id, timer] of timers) {
      if (timer === null) this.#timers.delete(id)
      else this.#timers.set(id, timer.setting)
      const isInRange =
        timer === null || (timer.delayMs >= KEPT_LIMITS.timerMinMs && timer.delayMs <= KEPT_LIMITS.timerMaxMs)
      if (!isInRange) throw violation('a timer with a delay that cannot be')
    }
    for (const [pattern, isSubscribed] of subscriptions) this.#subscribe(pattern, isSubscribed)
    if (this.#bytes > mostBytes || this.#sizes.size > mostKeys) throw violation('more data than the agent may store')
    if (this.#timers.size > mostTimers) throw violation('more timers than the agent may set')
  }

  #subscribe(pattern: string, isSubscribed: boolean): void {
    if (!isSubscribed) {
      this.#subscriptions.delete(pattern)
      return
    }
    if (!isCoveredBy(pattern, this.#grants.subscribe)) throw violation('a subscription that is not granted')
    this.#subscriptions.add(pattern)
    if (this.#subscriptions.size > TOPIC_LIMITS.subscriptionsPerAgent) throw violation('too many subscriptions')
  }

  /** The call of a timer has failed: it is used up all the same. */
  useUp(id: number, setting: number): void {
    if (this.#timers.get(id) === setting) this.#timers.delete(id)
  }

  #put(key: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(key) ?? 0)
    if (size === 0) this.#sizes.delete(key)
    else this.#sizes.set(key, size)
  }
}
