import type { Scheduling } from '../core/index.ts'
import { PRIORITIES } from '../core/index.ts'

/*
 * Who runs next in a thread. Pure: no clock, no thread, no guest.
 *
 * Each turn has a virtual time, the fuel it was charged divided by its weight; of the turns that wait the one with the
 * least runs first.
 *
 * 1. Among turns of one priority that always wait, fuel is shared in proportion to weight, up to one charge each.
 * 2. A turn that comes, or comes back after a pause, owes what it owed, and is at most `headStart` fuel ahead of those that
 *    have run all the time: what is new or short runs before them, and nobody saves up more by pausing.
 * 3. A higher priority runs first, but PATIENCE turns taken in a row past a lower one that waits are followed by one of it:
 *    nobody starves.
 */

/** Turns that may pass a lower priority that waits, one after the other. */
const PATIENCE = 16

/** The place of one agent in the queue. Its fields belong to the queue. */
export class Turn<Owner> {
  readonly owner: Owner
  readonly weight: number
  readonly level: number
  time = Number.NEGATIVE_INFINITY
  /** Ties go to whoever has waited longer. */
  order = 0
  /** Place in the heap; -1 while it does not wait. */
  index = -1

  constructor(owner: Owner, { weight, priority }: Scheduling) {
    this.owner = owner
    this.weight = weight
    this.level = PRIORITIES.indexOf(priority)
  }
}

interface Level<Owner> {
  /** Binary heap, the next turn first. */
  readonly heap: Turn<Owner>[]
  /** Latest time of a turn that was taken. */
  time: number
  /** Turns of higher levels taken since one of this, while one of this waited. */
  passed: number
}

/** Cost of each method: logarithmic in the turns that wait; nothing is allocated. */
export class TurnQueue<Owner> {
  readonly #levels: readonly Level<Owner>[] = PRIORITIES.map(() => ({ heap: [], time: 0, passed: 0 }))
  readonly #headStart: number
  #size = 0
  #order = 0

  /** @param headStart fuel that a turn can be ahead of others when it comes */
  constructor(headStart: number) {
    this.#headStart = headStart
  }

  get size(): number {
    return this.#size
  }

  /** Lets a turn wait. One that waits already stays where it is. */
  add(turn: Turn<Owner>): void {
    if (turn.index >= 0) return
    const { heap, time } = this.#levels[turn.level]!
    turn.time = Math.max(turn.time, time - this.#headStart / turn.weight)
    this.#order += 1
    turn.order = this.#order
    turn.index = heap.push(turn) - 1
    this.#size += 1
    rise(heap, turn)
  }

  /** Takes the turn that runs next. */
  take(): Turn<Owner> | undefined {
    const level = this.#pickLevel()
    const turn = level?.heap[0]
    if (level === undefined || turn === undefined) return undefined
    level.time = Math.max(level.time, turn.time)
    this.remove(turn)
    return turn
  }

  /** Takes a turn out, wherever it is. */
  remove(turn: Turn<Owner>): void {
    if (turn.index < 0) return
    const { heap } = this.#levels[turn.level]!
    const last = heap.pop()!
    if (last !== turn) {
      heap[turn.index] = last
      last.index = turn.index
      rise(heap, last)
      sink(heap, last)
    }
    turn.index = -1
    this.#size -= 1
  }

  /** Notes what a turn has used that does not wait now. */
  charge(turn: Turn<Owner>, fuel: number): void {
    turn.time += fuel / turn.weight
  }

  /** The highest level with a turn, unless a lower one has been passed too often. */
  #pickLevel(): Level<Owner> | undefined {
    let picked: Level<Owner> | undefined
    for (const level of this.#levels) {
      if (level.heap.length === 0) continue
      if (picked === undefined || level.passed >= PATIENCE) picked = level
    }
    let isBelow = false
    for (const level of this.#levels) {
      if (level === picked) {
        level.passed = 0
        isBelow = true
      } else if (isBelow && level.heap.length > 0) level.passed += 1
    }
    return picked
  }
}

function isBefore<Owner>(a: Turn<Owner>, b: Turn<Owner>): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}

function rise<Owner>(heap: Turn<Owner>[], turn: Turn<Owner>): void {
  while (turn.index > 0) {
    const parent = heap[(turn.index - 1) >> 1]!
    if (!isBefore(turn, parent)) return
    swap(heap, turn, parent)
  }
}

function sink<Owner>(heap: Turn<Owner>[], turn: Turn<Owner>): void {
  for (;;) {
    const left = heap[turn.index * 2 + 1]
    const right = heap[turn.index * 2 + 2]
    const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left
    if (child === undefined || !isBefore(child, turn)) return
    swap(heap, child, turn)
  }
}

function swap<Owner>(heap: Turn<Owner>[], a: Turn<Owner>, b: Turn<Owner>): void {
  const index = a.index
  a.index = b.index
  b.index = index
  heap[a.index] = a
  heap[b.index] = b
}
