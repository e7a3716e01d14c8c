/** Something that happens at a time unless it is taken back. */
export interface Deadline {
  readonly atMs: number
  readonly onPast: () => void
  /** Place in the queue; its own affair. */
  place: number
}

export interface DeadlineQueueParts {
  nowMs(): number
  /** Whether the process stays alive until the last of them has passed. */
  readonly keepsAlive: boolean
}

/** Longest time that a timer of Node takes, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Deadlines by time, with one timer for the next of them. Taking one back frees it at once, however far off it is.
 *
 * Cost: logarithmic in the number of deadlines.
 */
export class DeadlineQueue {
  readonly #parts: DeadlineQueueParts
  /** A heap: the earliest is first. */
  readonly #heap: Deadline[] = []
  #timer: NodeJS.Timeout | null = null
  #timerAtMs = 0

  constructor(parts: DeadlineQueueParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#heap.length
  }

  add(atMs: number, onPast: () => void): Deadline {
    const deadline: Deadline = { atMs, onPast, place: this.#heap.length }
    this.#heap.push(deadline)
    this.#rise(deadline)
    this.#arm()
    return deadline
  }

  /** Takes a deadline back. One that is past or was taken back is left alone. */
  remove(deadline: Deadline): void {
    const { place } = deadline
    if (this.#heap[place] !== deadline) return
    deadline.place = -1
    const last = this.#heap.pop()!
    if (last !== deadline) {
      this.#put(last, place)
      this.#rise(last)
      this.#sink(last)
    }
    this.#arm()
  }

  /** Lets everything happen whose time has come. */
  run(): void {
    const nowMs = this.#parts.nowMs()
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= nowMs; next = this.#heap[0]) {
      this.remove(next)
      next.onPast()
    }
    this.#arm()
  }

  /** Forgets all of them. */
  clear(): void {
    for (const deadline of this.#heap) deadline.place = -1
    this.#heap.length = 0
    this.#arm()
  }

  #arm(): void {
    const next = this.#heap[0]
    if (this.#timer !== null && next?.atMs === this.#timerAtMs) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (next === undefined) return
    this.#timerAtMs = next.atMs
    const waitMs = Math.min(Math.max(next.atMs - this.#parts.nowMs(), 0), MAX_TIMER_MS)
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.run()
    }, waitMs)
    if (!this.#parts.keepsAlive) this.#timer.unref()
  }

  #put(deadline: Deadline, place: number): void {
    this.#heap[place] = deadline
    deadline.place = place
  }

  #rise(deadline: Deadline): void {
    while (deadline.place > 0) {
      const place = deadline.place
      const above = this.#heap[(place - 1) >> 1]!
      if (above.atMs <= deadline.atMs) return
      this.#put(deadline, above.place)
      this.#put(above, place)
    }
  }

  #sink(deadline: Deadline): void {
    for (;;) {
      const place = deadline.place
      const left = this.#heap[2 * place + 1]
      const right = this.#heap[2 * place + 2]
      const below = right !== undefined && right.atMs < left!.atMs ? right : left
      if (below === undefined || below.atMs >= deadline.atMs) return
      this.#put(deadline, below.place)
      this.#put(below, place)
    }
  }
}
