import type { CountedLoop } from './counted-loops.ts'

/**
 * What to do at which place of one function body, in the order of the code. Reused from function to function: it grows
 * to the largest.
 */
export const EVENT = Object.freeze({
  /** A block begins; value: block. */
  charge: 0,
  /** Control leaves for code that reads the global: a call, a return, a throw. */
  store: 1,
  /** Control comes back from code that may have changed the global. */
  called: 2,
  /** Control goes or may go to the end of a frame, or to the head of a loop; value: frame. */
  branch: 3,
  /** Control comes together at the end of a frame; value: frame. */
  label: 4,
  /** A loop begins; value: frame. */
  loop: 5,
  /** Control may skip to `else` or to the end of a frame; value: frame. */
  if: 6,
  /** Control arrives from the `if` of a frame; value: frame. */
  else: 7,
  /** Control skips the missing `else` of a frame to its end; value: frame. */
  skip: 8,
  /** A handler begins: the global is right, the local is not. */
  caught: 9,
  /** A helper takes a length from the stack, pays for it, and puts it back; value: function. */
  pay: 10,
  /** A call that comes back; value: 1 + function, or 0 for one that is found when it runs. */
  call: 11,
  /** A call in place of this function's own frame. */
  tailCall: 12,
  /** A loop begins that is paid for at once where the fuel is enough; value: index in `countedLoops`. */
  countedLoop: 13,
  /** Such a loop is over. */
  countedEnd: 14,
})

/** A loop of straight-line code that ends by numbers known when it begins, in `[start, end)`. */
export interface CountedRange {
  readonly loop: CountedLoop
  readonly start: number
  readonly end: number
  /** Block that is the body. */
  readonly block: number
}

export class FunctionPlan {
  eventCount = 0
  offsets = new Uint32Array(256)
  kinds = new Uint8Array(256)
  values = new Uint32Array(256)
  blockCount = 0
  /** Fuel of each block. */
  blockCosts = new Float64Array(256)
  frameCount = 0
  /** Frames whose label a `try_table` of the function names: there the global is right, the local may not be. */
  frameCaught = new Uint8Array(256)
  /** The function's own label is the target of more than plain `br`, so its body needs a block of its own. */
  wrapped = false
  /** The function calls, other than by tail calls. */
  calls = false
  readonly countedLoops: CountedRange[] = []
  /** The most operands on the stack at a time; some of them may be vectors. */
  highest = 0
  wide = false

  reset(): void {
    this.eventCount = 0
    this.blockCount = 0
    this.frameCount = 0
    this.wrapped = false
    this.calls = false
    this.countedLoops.length = 0
    this.highest = 0
    this.wide = false
  }

  addEvent(kind: number, offset: number, value: number): void {
    const index = this.eventCount++
    if (index === this.kinds.length) this.#growEvents()
    this.kinds[index] = kind
    this.offsets[index] = offset
    this.values[index] = value
  }

  /** Begins a block at an offset; returns its index. */
  addBlock(offset: number): number {
    const block = this.blockCount++
    if (block === this.blockCosts.length)
      this.blockCosts = new Float64Array(this.blockCosts.buffer.transfer(block * 16))
    this.blockCosts[block] = 0
    this.addEvent(EVENT.charge, offset, block)
    return block
  }

  addFrame(): number {
    const frame = this.frameCount++
    if (frame === this.frameCaught.length)
      this.frameCaught = new Uint8Array(this.frameCaught.buffer.transfer(frame * 2))
    this.frameCaught[frame] = 0
    return frame
  }

  #growEvents(): void {
    const length = this.kinds.length * 2
    this.kinds = new Uint8Array(this.kinds.buffer.transfer(length))
    this.offsets = new Uint32Array(this.offsets.buffer.transfer(length * 4))
    this.values = new Uint32Array(this.values.buffer.transfer(length * 4))
  }
}
