import type { Grants, Status, StoreHost, TimerHost, TopicHost } from '../../capability/index.ts'
import { STATUS } from '../../capability/index.ts'
import type { ErrorData } from '../../core/index.ts'
import { isCoveredBy, isTopicPattern, KEPT_LIMITS, TOPIC_LIMITS } from '../../core/index.ts'
import type { Effects, Kept } from './kept.ts'
import { KeptData } from './kept-data.ts'
import { KeptSubscriptions } from './kept-subscriptions.ts'
import { KeptTimers } from './kept-timers.ts'

export interface KeptStateParts {
  chargeFuel(fuel: number): void
  refuse(code: ErrorData['code'], data: ErrorData['data'], detail?: string): void
}

/** Fuel for each key that a listing looks at. */
const KEY_FUEL = 20
const NO_DATA: Effects['data'] = new Map()
const NO_TIMERS: Effects['timers'] = new Map()
const NO_SUBSCRIPTIONS: Effects['subscriptions'] = new Map()

type KeptGrants = Pick<Grants, 'store' | 'timers' | 'subscribe'>

/** What the functions for stored data, timers and subscriptions act on, for one agent. */
export class KeptState
  implements Omit<StoreHost, 'memory' | 'chargeFuel'>, TimerHost, Pick<TopicHost, 'subscribeTopic' | 'unsubscribeTopic'>
{
  readonly #parts: KeptStateParts
  readonly #data: KeptData | null
  readonly #timers: KeptTimers | null
  readonly #subscriptions: KeptSubscriptions | null
  readonly #subscribable: readonly string[]

  constructor(parts: KeptStateParts, grants: KeptGrants, kept: Kept) {
    this.#parts = parts
    this.#data = grants.store === null ? null : new KeptData(grants.store, kept.data)
    this.#timers = grants.timers === null ? null : new KeptTimers(grants.timers, kept.timers, kept.lastSetting)
    this.#subscribable = grants.subscribe
    this.#subscriptions = grants.subscribe.length === 0 ? null : new KeptSubscriptions(kept.subscriptions)
  }

  storeData(key: string, value: Uint8Array): Status {
    if (this.#data === null) return STATUS.DENIED
    const problem = this.#data.store(key, value)
    if (problem === null) return STATUS.OK
    const { bound, limit, asked } = problem
    this.#parts.refuse(bound === 'bytes' ? 'ERR_LIMIT_STORE_BYTES' : 'ERR_LIMIT_STORE_KEYS', { limit, asked })
    return STATUS.LIMIT
  }

  loadData(key: string): Uint8Array | undefined {
    return this.#data?.load(key)
  }

  deleteData(key: string): Status {
    if (this.#data === null) return STATUS.DENIED
    return this.#data.delete(key) ? STATUS.OK : STATUS.NOT_FOUND
  }

  listData(prefix: string): readonly string[] {
    if (this.#data === null) return []
    this.#parts.chargeFuel(this.#data.keyCount * KEY_FUEL)
    return this.#data.list(prefix)
  }

  setTimer(id: number, delayMs: bigint): Status {
    if (this.#timers === null) return STATUS.DENIED
    if (delayMs < 0n || delayMs > BigInt(KEPT_LIMITS.timerMaxMs)) return STATUS.INVALID
    if (this.#timers.set(id, Math.max(Number(delayMs), KEPT_LIMITS.timerMinMs))) return STATUS.OK
    this.#parts.refuse('ERR_LIMIT_TIMERS', { limit: this.#timers.limit, asked: this.#timers.limit + 1 })
    return STATUS.LIMIT
  }

  cancelTimer(id: number): Status {
    if (this.#timers === null) return STATUS.DENIED
    return this.#timers.cancel(id) ? STATUS.OK : STATUS.NOT_FOUND
  }

  subscribeTopic(pattern: string): Status {
    if (!isTopicPattern(pattern)) return STATUS.INVALID
    if (this.#subscriptions === null || !isCoveredBy(pattern, this.#subscribable)) {
      const detail = `the agent may not subscribe to '${pattern}'`
      this.#parts.refuse('ERR_GRANT_MISSING', { grant: 'subscribe', pattern }, detail)
      return STATUS.DENIED
    }
    if (this.#subscriptions.subscribe(pattern)) return STATUS.OK
    const limit = TOPIC_LIMITS.subscriptionsPerAgent
    this.#parts.refuse('ERR_LIMIT_SUBSCRIPTIONS', { limit, asked: limit + 1 })
    return STATUS.LIMIT
  }

  unsubscribeTopic(pattern: string): Status {
    return this.#subscriptions?.unsubscribe(pattern) === true ? STATUS.OK : STATUS.NOT_FOUND
  }

  /** Uses up a timer that is due. False when it is no longer set: then nothing is called. */
  beginTimer(id: number, setting: number): boolean {
    return this.#timers?.begin(id, setting) ?? false
  }

  /** Ends a call: keeps its changes if it succeeded and returns them, null when there are none. */
  end(succeeded: boolean): Effects | null {
    if (!succeeded) {
      this.#data?.drop()
      this.#timers?.drop()
      this.#subscriptions?.drop()
      return null
    }
    const data = this.#data?.take() ?? NO_DATA
    const timers = this.#timers?.take() ?? NO_TIMERS
    const subscriptions = this.#subscriptions?.take() ?? NO_SUBSCRIPTIONS
    return data.size + timers.size + subscriptions.size === 0 ? null : { data, timers, subscriptions }
  }
}
