import { encodeS64, encodeU32 } from '../../src/wasm/index.ts'
import type { Random } from './random.ts'

const I32 = 0x7f
const I64 = 0x7e
const EMPTY = 0x40
type Type = typeof I32 | typeof I64
/** What a branch to a label takes: nothing or one value. Undefined for a label that no branch names. */
type Label = Type | null | undefined

const FUNCTIONS = 5
const MOST_DEPTH = 6
/** Types: 0 is `(i32) -> (i32)`, that of every function; 1 `() -> (i32 i64)`; 2 of the tags; 3 an array of bytes; 4 `() -> ()`. */
const TYPES: readonly (readonly number[])[] = [
  [0x60, 1, I32, 1, I32],
  [0x60, 0, 2, I32, I64],
  [0x60, 1, I32, 0],
  [0x5e, 0x78, 1],
  [0x60, 0, 0],
]
/** Turns of loops and calls of one exported call; then loops and functions end at once. */
const TURNS = 60
const GUARD = 0
const LOCALS = 4

/**
 * A valid module of dense control flow: what metering is about. Loops, branches of all kinds, calls direct, indirect and
 * in tail position, exceptions of one of the two encodings, bulk and growing instructions, traps, code that is never
 * reached; no floats. It comes to its end, as loops and functions count their turns.
 */
export function controlFlowModule(random: Random): Uint8Array<ArrayBuffer> {
  const exceptions = random.pick(['none', 'exnref', 'legacy'] as const)
  const bodies = Array.from({ length: FUNCTIONS }, () => new BodyWriter(random, exceptions).body())
  const wrappers = bodies.map((_, index) => wrapper(index + 1))
  const functions = [...bodies, ...wrappers]
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, TYPES),
    ...section(2, [[...name('host'), ...name('call'), 0, 0]]),
    ...section(
      3,
      functions.map(() => [0]),
    ),
    ...section(4, [[0x70, 1, 8, 20]]),
    ...section(5, [[1, 1, 3]]),
    ...section(13, [
      [0, 2],
      [0, 4],
    ]),
    ...section(6, [
      [I32, 1, 0x41, ...encodeS64(TURNS), 0x0b],
      [I64, 1, 0x42, 7, 0x0b],
    ]),
    ...section(
      7,
      wrappers.map((_, index) => [...name(`f${index}`), 0, ...encodeU32(1 + FUNCTIONS + index)]),
    ),
    ...section(9, [
      [0, 0x41, 1, 0x0b, ...encodeU32(FUNCTIONS + 1), ...bodies.map((_, index) => index + 1), 0],
      [1, 0, 2, 1, 2],
    ]),
    ...[12, 1, 1],
    ...section(
      10,
      functions.map((body) => [...encodeU32(body.length), ...body]),
    ),
    ...section(11, [[1, 4, 1, 2, 3, 4]]),
  )
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const contents = [...encodeU32(entries.length), ...entries.flat()]
  return [id, ...encodeU32(contents.length), ...contents]
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)]
}

/** An exported function that sets the guard and calls another. */
function wrapper(callee: number): number[] {
  return [0, 0x41, ...encodeS64(TURNS), 0x24, GUARD, 0x20, 0, 0x10, callee, 0x0b]
}

class BodyWriter {
  readonly #random: Random
  readonly #exceptions: 'none' | 'exnref' | 'legacy'
  readonly #code: number[] = []
  /** Innermost last. `handler` marks the inside of a legacy catch, where `rethrow` may name it. */
  readonly #labels: { readonly takes: Label; readonly isTry?: boolean; isHandler?: boolean }[] = [{ takes: I32 }]
  #depth = 0

  constructor(random: Random, exceptions: 'none' | 'exnref' | 'legacy') {
    this.#random = random
    this.#exceptions = exceptions
  }

  body(): number[] {
    this.#guard()
    this.#statements()
    this.#value(I32)
    // Local 0 is the parameter.
    return [2, 1, I32, 2, I64, ...this.#code, 0x0b]
  }

  /** Returns where the turns are used up. */
  #guard(): void {
    this.#put(0x23, GUARD, 0x41, 1, 0x6b, 0x24, GUARD, 0x23, GUARD, 0x41, 0, 0x48, 0x04, EMPTY, 0x41, 9, 0x0f, 0x0b)
  }

  #put(...bytes: readonly number[]): void {
    for (const byte of bytes) this.#code.push(byte)
  }

  #statements(): void {
    for (let count = this.#random.below(4); count > 0; count--) this.#statement()
  }

  #local(type: Type): number {
    return type === I32 ? this.#random.below(2) : 2 + this.#random.below(LOCALS - 2)
  }

  #condition(): void {
    this.#put(0x20, this.#random.below(2), 0x41, ...encodeS64(this.#random.below(8)), 0x76, 0x41, 1, 0x71)
  }

  #frame(opcode: readonly number[], label: Label, write: () => void): void {
    this.#put(...opcode)
    this.#labels.push({ takes: label })
    write()
    this.#labels.pop()
    this.#put(0x0b)
  }

  #statement(): void {
    const random = this.#random
    if (++this.#depth > MOST_DEPTH) this.#put(0x01)
    else {
      const choice = random.below(22)
      if (choice < 3) this.#assign()
      else if (choice < 9) this.#structure(choice)
      else if (choice < 14) this.#branch()
      else if (choice < 18) this.#bulk()
      else if (choice < 21) this.#exception()
      else this.#end()
    }
    this.#depth -= 1
  }

  #assign(): void {
    const type = this.#random.pick<Type>([I32, I64])
    this.#value(type)
    if (this.#random.oneIn(4))
      this.#put(0x24, type === I32 ? GUARD : 1, ...(type === I32 ? [0x41, 1, 0x24, GUARD] : []))
    else this.#put(0x21, this.#local(type))
  }

  #structure(choice: number): void {
    switch (choice) {
      case 3:
        this.#frame([0x02, EMPTY], null, () => this.#statements())
        return
      case 4:
      case 5:
        this.#frame([0x03, EMPTY], null, () => {
          this.#guard()
          this.#statements()
          this.#condition()
          this.#put(0x0d, 0)
        })
        return
      case 6:
        this.#countedLoop()
        return
      case 7:
        // Two results.
        this.#put(0x02, 1)
        this.#labels.push({ takes: undefined })
        this.#value(I32)
        this.#value(I64)
        this.#labels.pop()
        this.#put(0x0b, 0x21, this.#local(I64), 0x21, this.#local(I32))
        return
      default:
        this.#condition()
        this.#frame([0x04, EMPTY], null, () => {
          this.#statements()
          if (this.#random.oneIn(2)) return
          this.#put(0x05)
          this.#statements()
        })
    }
  }

  /** A loop without a guard of its own, left by its counter; some trap on the way, some have a bound in a local. */
  #countedLoop(): void {
    const random = this.#random
    const step = random.pick([-1, 1, 2, -3, 5])
    const bound = random.below(20) - 5
    const turns = random.below(9)
    this.#put(0x41, ...encodeS64(bound - turns * step), 0x21, 1)
    const inLocal = random.oneIn(3)
    if (inLocal) this.#put(0x41, ...encodeS64(bound), 0x21, 0)
    this.#frame([0x03, EMPTY], null, () => {
      if (random.oneIn(2))
        this.#put(0x20, 1, 0x41, random.pick([63, 127]), 0x71, 0x41, ...encodeS64(3_000), 0x6c, 0x20, 1, 0x3a, 0, 0)
      this.#put(0x20, 1, 0x41, ...encodeS64(step), 0x6a, 0x22, 1)
      this.#put(...(inLocal ? [0x20, 0] : [0x41, ...encodeS64(bound)]))
      // ne would not end without a turn to do.
      this.#put(turns > 0 && random.oneIn(2) ? 0x47 : step > 0 ? 0x48 : 0x4a, 0x0d, 0)
    })
  }

  /** A branch to any label, with a value if it takes one; never to a loop, which only its own end repeats. */
  #branch(): void {
    const to = this.#random.below(this.#labels.length)
    const takes = this.#labels.at(-1 - to)!.takes
    if (takes === undefined) return
    if (this.#random.oneIn(3)) {
      const same = [...this.#labels.keys()].filter((label) => this.#labels.at(-1 - label)!.takes === takes)
      this.#frame([0x02, EMPTY], null, () => {
        if (takes !== null) this.#value(takes)
        this.#put(0x20, 0, 0x0e)
        const targets = Array.from({ length: 1 + this.#random.below(4) }, () => 1 + this.#random.pick(same))
        this.#put(targets.length - 1, ...targets)
      })
      return
    }
    if (takes !== null) this.#value(takes)
    if (this.#random.oneIn(6)) {
      this.#frame([0x02, EMPTY], null, () => {
        if (takes !== null) this.#value(takes)
        this.#put(0x0c, to + 1)
        if (this.#random.oneIn(2)) this.#statements()
      })
      if (takes !== null) this.#put(0x1a)
      return
    }
    this.#condition()
    this.#put(0x0d, to)
    if (takes !== null) this.#put(0x1a)
  }

  #bulk(): void {
    const small = (most: number): void => {
      this.#value(I32)
      this.#put(0x41, ...encodeS64(most), 0x71)
    }
    switch (this.#random.below(9)) {
      case 0:
        for (const most of [0xffff, 0xff, 0x3fff]) small(most)
        this.#put(0xfc, 11, 0)
        return
      case 1:
        for (const most of [0xffff, 0xffff, 0x3fff]) small(most)
        this.#put(0xfc, 10, 0, 0)
        return
      case 2:
        for (const most of [0xffff, 3, 7]) small(most)
        this.#put(0xfc, 8, 0, 0)
        return
      case 3:
        small(1)
        this.#put(0x40, 0, 0x1a)
        return
      case 4:
        this.#put(0xd0, 0x70)
        small(7)
        this.#put(0xfc, 15, 0, 0x1a)
        return
      case 5:
        for (const most of [15, 3, 3]) small(most)
        this.#put(0xfc, 12, 1, 0)
        return
      case 6:
        small(0xfff)
        this.#put(0xfb, 7, 3, 0xfb, 15, 0x1a)
        return
      case 7:
        for (const most of [15, 15, 3]) small(most)
        this.#put(0xfc, 14, 0, 0)
        return
      default:
        small(0x1ffff)
        this.#value(I32)
        this.#put(0x36, 2, 0)
    }
  }

  #throw(): void {
    if (this.#random.oneIn(2)) this.#put(0x08, 1)
    else {
      this.#value(I32)
      this.#put(0x08, 0)
    }
  }

  #exception(): void {
    if (this.#exceptions === 'none') return
    if (this.#random.oneIn(3)) {
      this.#condition()
      this.#frame([0x04, EMPTY], null, () => this.#throw())
    } else if (this.#exceptions === 'exnref') this.#tryTable()
    else this.#legacyTry()
  }

  #tryTable(): void {
    const labels = [...this.#labels.keys()]
    const withValue = labels.filter((label) => this.#labels.at(-1 - label)!.takes === I32)
    const without = labels.filter((label) => this.#labels.at(-1 - label)!.takes === null)
    const clauses: number[][] = []
    for (let count = this.#random.below(3); count >= 0; count--) {
      const choice = this.#random.below(3)
      if (choice === 0 && withValue.length > 0) clauses.push([0, 0, this.#random.pick(withValue)])
      else if (choice === 1 && without.length > 0) clauses.push([0, 1, this.#random.pick(without)])
      else if (without.length > 0) clauses.push([2, this.#random.pick(without)])
    }
    this.#frame([0x1f, EMPTY, clauses.length, ...clauses.flat()], null, () => this.#statements())
  }

  #legacyTry(): void {
    this.#put(0x06, EMPTY)
    const label = { takes: null, isTry: true, isHandler: false }
    this.#labels.push(label)
    this.#statements()
    const outer = [...this.#labels.keys()].filter((one) => one > 0 && this.#labels.at(-1 - one)!.isTry)
    if (this.#random.oneIn(4)) {
      this.#labels.pop()
      const handler = outer.filter((one) => !this.#labels.at(-one)!.isHandler)
      this.#put(0x18, handler.length > 0 ? this.#random.pick(handler) - 1 : this.#labels.length - 1)
      return
    }
    label.isHandler = true
    if (this.#random.oneIn(2)) {
      this.#put(0x07, 0, 0x21, this.#local(I32))
      this.#statements()
    }
    if (this.#random.oneIn(2)) {
      this.#put(0x19)
      this.#statements()
      if (this.#random.oneIn(3)) this.#put(0x09, 0)
    }
    this.#labels.pop()
    this.#put(0x0b)
  }

  /** What ends a function, mostly behind a condition. */
  #end(): void {
    const write = (): void => {
      const choice = this.#random.below(5)
      if (choice === 0) this.#put(0x00)
      else {
        this.#value(I32)
        if (choice === 1) this.#put(0x0f)
        else if (choice === 2) this.#put(0x12, this.#random.below(FUNCTIONS + 1))
        else if (choice === 3) this.#put(0x41, ...encodeS64(this.#random.below(9)), 0x13, 0, 0)
        else this.#put(0x1a)
      }
    }
    if (this.#random.oneIn(4)) this.#frame([0x02, EMPTY], null, write)
    else {
      this.#condition()
      this.#frame([0x04, EMPTY], null, write)
    }
  }

  #value(type: Type): void {
    if (++this.#depth > MOST_DEPTH) this.#simple(type)
    else {
      const choice = this.#random.below(12)
      if (choice < 5) this.#simple(type)
      else if (choice < 8) this.#operation(type)
      else if (choice === 8) {
        this.#frame([0x02, type], type, () => {
          this.#statements()
          this.#value(type)
        })
      } else if (choice === 9) {
        this.#condition()
        this.#frame([0x04, type], type, () => {
          this.#value(type)
          this.#put(0x05)
          this.#value(type)
        })
      } else this.#call(type)
    }
    this.#depth -= 1
  }

  #simple(type: Type): void {
    if (this.#random.oneIn(2)) this.#put(0x20, this.#local(type))
    else this.#put(type === I32 ? 0x41 : 0x42, ...encodeS64(this.#random.below(2_000) - 100))
  }

  #operation(type: Type): void {
    this.#value(type)
    this.#value(type)
    // add sub mul div_s rem_u and or xor shl; a division may trap.
    const base = this.#random.pick([0x6a, 0x6b, 0x6c, 0x6d, 0x70, 0x71, 0x72, 0x73, 0x74])
    this.#put(type === I32 ? base : base + 0x12)
  }

  #call(type: Type): void {
    if (this.#random.oneIn(3)) {
      this.#value(I32)
      this.#put(0x41, ...encodeS64(this.#random.below(9)), 0x11, 0, 0)
    } else if (this.#random.oneIn(4)) {
      this.#put(0x3f, 0)
    } else {
      this.#value(I32)
      this.#put(0x10, this.#random.below(FUNCTIONS + 1))
    }
    if (type === I64) this.#put(0xad)
  }
}
