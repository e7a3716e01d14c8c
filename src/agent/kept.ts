import type { Grants } from '../capability/index.ts'
import type { Alarm, Clock, Message } from '../core/index.ts'
import { isCoveredBy, SYSTEM_ALARM } from '../core/index.ts'
import type { Effects, Kept } from '../sandbox/index.ts'

/*
 * What one agent keeps: its timers here, its data where it is stored. Runs on the main thread.
 *
 * 1. A timer is set from the outcome of the call that set it to the outcome of its own call; it is fired once.
 * 2. Nothing fires before `start` and after `stop`: what is set stays where timers are kept.
 */

/** Where what an agent keeps is kept. */
export interface AgentStore {
  /** Whether writing is behind: whoever can wait does, and is called back. */
  readonly isBehind: boolean
  onCaughtUp(run: () => void): void
  dataOf(agent: string): Kept['data']
  /** Bytes of the keys and values that an agent has stored. */
  dataBytesOf(agent: string): number
  putData(agent: string, changes: Effects['data']): void
  timersOf(agent: string): ReadonlyMap<number, number>
  putTimers(agent: string, changes: ReadonlyMap<number, number | null>): void
  /** What agents have subscribed to. Whoever is told of a subscription keeps it there. */
  readonly subscriptions: { of(agent: string): ReadonlySet<string> }
}

export interface AgentKeptParts {
  readonly clock: Clock
  /** @default SYSTEM_ALARM */
  readonly alarm?: Alarm
  /** @default nowhere */
  readonly store?: AgentStore
  onStored(bytes: number): void
  /** Timers are due: `takeDue` hands them out. */
  onDue(): void
  /** Whether any is set while timers fire has changed. */
  onPending(isPending: boolean): void
  /** The agent has subscribed to topics, or ended that. */
  onSubscribe(changes: Effects['subscriptions'], cause: Message | null): void
}

/** A timer that is to be fired, or is being. */
export interface DueTimer {
  readonly id: number
  readonly setting: number
}

interface SetTimer {
  readonly dueMs: number
  readonly setting: number
  isFired: boolean
}

/** Whose it is, and what it may subscribe to. */
export interface KeptOwner {
  readonly name: string
  readonly grants: Pick<Grants, 'subscribe'>
}

export class AgentKept {
  readonly #parts: AgentKeptParts
  readonly #agent: string
  readonly #subscribable: readonly string[]
  readonly #set = new Map<number, SetTimer>()
  readonly #due: DueTimer[] = []
  readonly #firing = new Set<DueTimer>()
  #lastSetting = 0
  #isStarted = false
  #isPending = false
  #cancelAlarm: (() => void) | null = null

  constructor(parts: AgentKeptParts, { name, grants }: KeptOwner) {
    this.#parts = parts
    this.#agent = name
    this.#subscribable = grants.subscribe
    for (const [id, dueMs] of parts.store?.timersOf(name) ?? []) {
      this.#lastSetting += 1
      this.#set.set(id, { dueMs, setting: this.#lastSetting, isFired: false })
    }
  }

  /** What an instance has to know: also of what the agent has stored. */
  kept(): Kept {
    return {
      data: this.#parts.store?.dataOf(this.#agent) ?? new Map(),
      timers: new Map([...this.#set].map(([id, { setting }]) => [id, setting])),
      lastSetting: this.#lastSetting,
      subscriptions: this.#takeSubscriptions(),
    }
  }

  /** Those of another time that are not granted any more end here. */
  #takeSubscriptions(): Set<string> {
    const kept = this.#parts.store?.subscriptions.of(this.#agent) ?? new Set()
    const ended = [...kept].filter((pattern) => !isCoveredBy(pattern, this.#subscribable))
    if (ended.length > 0) this.#parts.onSubscribe(new Map(ended.map((pattern) => [pattern, false])), null)
    return new Set([...kept].filter((pattern) => !ended.includes(pattern)))
  }

  /** Timers that are due and have not been taken. */
  get dueCount(): number {
    return this.#due.length
  }

  /** Timers that have been taken and whose calls have not ended. */
  get firingCount(): number {
    return this.#firing.size
  }

  takeDue(): DueTimer | undefined {
    const due = this.#due.shift()
    if (due !== undefined) this.#firing.add(due)
    return due
  }

  /** The call of a timer has ended. False when nobody waits for that any more. */
  endDue(due: DueTimer): boolean {
    return this.#firing.delete(due)
  }

  /** Lets timers fire, late ones at once. */
  start(): void {
    this.#isStarted = true
    this.#look()
  }

  /** Lets none fire any more, and waits for no call. Idempotent. */
  close(): void {
    this.stop()
    this.#firing.clear()
  }

  /** Lets none fire any more; calls that have begun end as they do. Idempotent. */
  stop(): void {
    this.#isStarted = false
    this.#due.length = 0
    this.#cancelAlarm?.()
    this.#cancelAlarm = null
    this.#tell(false)
  }

  /** Takes what a call has changed. */
  apply(effects: Effects | null, cause: Message | null = null): void {
    if (effects === null) return
    const { store } = this.#parts
    if (store !== undefined && effects.data.size > 0) {
      store.putData(this.#agent, effects.data)
      this.#parts.onStored(store.dataBytesOf(this.#agent))
    }
    if (effects.timers.size > 0) this.#applyTimers(effects.timers)
    if (effects.subscriptions.size > 0) this.#parts.onSubscribe(effects.subscriptions, cause)
  }

  #applyTimers(changes: Effects['timers']): void {
    const nowMs = this.#parts.clock.nowMs()
    const kept = new Map<number, number | null>()
    for (const [id, change] of changes) {
      if (change === null) this.#set.delete(id)
      else {
        this.#lastSetting = Math.max(this.#lastSetting, change.setting)
        this.#set.set(id, { dueMs: nowMs + change.delayMs, setting: change.setting, isFired: false })
      }
      kept.set(id, change === null ? null : nowMs + change.delayMs)
    }
    this.#parts.store?.putTimers(this.#agent, kept)
    this.#look()
  }

  /** What the call of a timer changed is applied; one whose call failed, and changed nothing, is used up all the same. */
  settle({ id, setting }: DueTimer): void {
    if (this.#set.get(id)?.setting === setting) {
      this.#set.delete(id)
      this.#parts.store?.putTimers(this.#agent, new Map([[id, null]]))
    }
    this.#look()
  }

  #look(): void {
    this.#cancelAlarm?.()
    this.#cancelAlarm = null
    if (!this.#isStarted) return
    const nowMs = this.#parts.clock.nowMs()
    let nextMs = Number.POSITIVE_INFINITY
    const due: [number, SetTimer][] = []
    for (const [id, timer] of this.#set) {
      if (timer.isFired) continue
      if (timer.dueMs <= nowMs) due.push([id, timer])
      else nextMs = Math.min(nextMs, timer.dueMs)
    }
    if (nextMs !== Number.POSITIVE_INFINITY) {
      this.#cancelAlarm = (this.#parts.alarm ?? SYSTEM_ALARM).set(nextMs - nowMs, () => {
        this.#cancelAlarm = null
        this.#look()
      })
    }
    this.#tell(this.#set.size > 0)
    due.sort(([, a], [, b]) => a.dueMs - b.dueMs || a.setting - b.setting)
    for (const [, timer] of due) timer.isFired = true
    for (const [id, { setting }] of due) this.#due.push({ id, setting })
    if (due.length > 0) this.#parts.onDue()
  }

  #tell(isPending: boolean): void {
    if (isPending === this.#isPending) return
    this.#isPending = isPending
    this.#parts.onPending(isPending)
  }
}
