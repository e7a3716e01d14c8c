import type { Alarm, Clock } from '../../src/core/index.ts'

interface Entry {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** A clock and an alarm that go on only when they are told to. */
export class VirtualTime implements Clock, Alarm {
  /** Longest delay that is waited for at once: a longer one wakes early, as that of the host does. */
  longestMs = Number.POSITIVE_INFINITY
  readonly #startMs: number
  readonly #entries = new Set<Entry>()
  #nowMs: number
  #order = 0

  constructor(nowMs = 1_800_000_000_000) {
    this.#startMs = nowMs
    this.#nowMs = nowMs
  }

  readonly nowMs = (): number => this.#nowMs

  readonly monotonicMs = (): number => this.#nowMs - this.#startMs

  /** Callbacks that wait. */
  get pendingCount(): number {
    return this.#entries.size
  }

  readonly set = (delayMs: number, run: () => void): (() => void) => {
    this.#order += 1
    const entry = { atMs: this.#nowMs + Math.min(Math.max(delayMs, 0), this.longestMs), order: this.#order, run }
    this.#entries.add(entry)
    return () => void this.#entries.delete(entry)
  }

  /** When the next callback is due, null when there is none. */
  nextMs(): number | null {
    return this.#first()?.atMs ?? null
  }

  /** Lets so much time pass; what is due runs at its time, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let entry = this.#first(); entry !== null && entry.atMs <= untilMs; entry = this.#first()) {
      this.#nowMs = Math.max(this.#nowMs, entry.atMs)
      this.#entries.delete(entry)
      entry.run()
    }
    this.#nowMs = untilMs
  }

  #first(): Entry | null {
    let first: Entry | null = null
    for (const entry of this.#entries) {
      const isEarlier =
        first === null || entry.atMs < first.atMs || (entry.atMs === first.atMs && entry.order < first.order)
      if (isEarlier) first = entry
    }
    return first
  }
}
