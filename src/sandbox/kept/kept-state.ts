import type { Grants, Status, StoreHost, TimerHost } from '../../capability/index.ts'
import { STATUS } from '../../capability/index.ts'
import type { ErrorData } from '../../core/index.ts'
import { KEPT_LIMITS } from '../../core/index.ts'
import type { Effects, Kept } from './kept.ts'
import { KeptData } from './kept-data.ts'
import { KeptTimers } from './kept-timers.ts'

export interface KeptStateParts {
  chargeFuel(fuel: number): void
  refuse(code: ErrorData['code'], data: ErrorData['data']): void
}

/** Fuel for each key that a listing looks at. */
const KEY_FUEL = 20
const NO_DATA: Effects['data'] = new Map()
const NO_TIMERS: Effects['timers'] = new Map()

/** What the functions for stored data and timers act on, for one agent. */
export class KeptState implements Omit<StoreHost, 'memory' | 'chargeFuel'>, TimerHost {
  readonly #parts: KeptStateParts
  readonly #data: KeptData | null
  readonly #timers: KeptTimers | null

  constructor(parts: KeptStateParts, grants: Pick<Grants, 'store' | 'timers'>, kept: Kept) {
    this.#parts = parts
    this.#data = grants.store === null ? null : new KeptData(grants.store, kept.data)
    this.#timers = grants.timers === null ? null : new KeptTimers(grants.timers, kept.timers, kept.lastSetting)
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

  /** Uses up a timer that is due. False when it is no longer set: then nothing is called. */
  beginTimer(id: number, setting: number): boolean {
    return this.#timers?.begin(id, setting) ?? false
  }

  /** Ends a call: keeps its changes if it succeeded and returns them, null when there are none. */
  end(succeeded: boolean): Effects | null {
    if (!succeeded) {
      this.#data?.drop()
      this.#timers?.drop()
      return null
    }
    const data = this.#data?.take() ?? NO_DATA
    const timers = this.#timers?.take() ?? NO_TIMERS
    return data.size === 0 && timers.size === 0 ? null : { data, timers }
  }
}
