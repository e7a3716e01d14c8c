import type { ByteWriter, Locals } from '../wasm/index.ts'
import { encodeU32, writePaddedU32, writeS64, writeU32 } from '../wasm/index.ts'
import type { Helpers } from './added-functions.ts'
import type { BranchHints } from './branch-hints.ts'
import type { CountedRange, FunctionPlan } from './function-plan.ts'
import { EVENT } from './function-plan.ts'
import { encodeLoopChecks } from './loop-fuel.ts'
import type { RunList } from './offset-map.ts'

const BLOCK = 0x02
const IF = 0x04
const END = 0x0b
const BR = 0x0c
const BR_IF = 0x0d
const CALL = 0x10
const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const LOCAL_TEE = 0x22
const GLOBAL_GET = 0x23
const GLOBAL_SET = 0x24
const I64_CONST = 0x42
const I64_LT_S = 0x53
const I64_SUB = 0x7d
const DROP = 0x1a
const I32_CONST = 0x41
const I32_EQZ = 0x45
const I32_LT_S = 0x48
const I32_ADD = 0x6a
const I32_SUB = 0x6b
const I32 = 0x7f
const I64 = 0x7e
const EMPTY = 0x40
/** Holds 2^28, more than the longest function. */
const SIZE_WIDTH = 4
/** The longest insertion, bytes. */
const MOST_INSERTED = 64
/** Below this a copy by hand is faster than one by the engine. */
const SHORT_COPY = 48

/** One function body to rewrite. */
export interface Body {
  readonly offset: number
  readonly end: number
  readonly locals: Locals
  readonly parameterCount: number
  /** Encoded type of a block with the function's results. */
  readonly resultBlockType: readonly number[]
  /** Stack that the function takes when it is called, bytes; 0 for one that is covered by the reserve. */
  readonly frameBytes: number
}

/**
 * Writes rewritten function bodies: the original bytes with insertions at the events of a plan.
 *
 * The counter lives in two places, a local of the function and the global. At every point of the code the writer
 * knows which of them are right: at a label the local is (at one that an exception may arrive at, the global), at the
 * entry and behind a call the global is. It moves the value only where the other one is needed, so a charge behind a
 * charge touches the local alone, and a call behind a call moves nothing.
 *
 * The stack that is left is a second local, taken off the stack global at entry and put there before each call. Nothing
 * is given back at an exit: whoever called sets the global again before it calls again, whatever has happened in between,
 * exceptions included.
 */
export class BodyWriter {
  readonly #bytes: Uint8Array
  readonly #out: ByteWriter
  readonly #runs: RunList
  readonly #hints: BranchHints
  readonly #getFuel: readonly number[]
  readonly #setFuel: readonly number[]
  readonly #callOutOfFuel: readonly number[]
  readonly #getStack: readonly number[]
  readonly #setStack: readonly number[]
  readonly #getFloor: readonly number[]
  readonly #callLowerFloor: readonly number[]
  readonly #takesStack: (functionIndex: number) => boolean
  #local: readonly number[] = []
  #rest: readonly number[] = []
  #level: readonly number[] = []
  #frameBytes = 0
  #begins = 0
  #copied = 0
  #localRight = false
  #globalRight = true
  /** By frame: the global is right wherever control joins; it was right at the `if`. */
  #joinsRight = new Uint8Array(256)
  #ifRight = new Uint8Array(256)

  /** `takesStack` tells whether a function looks at the stack global. */
  constructor(parts: {
    bytes: Uint8Array
    out: ByteWriter
    runs: RunList
    helpers: Helpers
    hints: BranchHints
    takesStack: (functionIndex: number) => boolean
  }) {
    this.#bytes = parts.bytes
    this.#out = parts.out
    this.#runs = parts.runs
    this.#hints = parts.hints
    const fuel = encodeU32(parts.helpers.fuelGlobal)
    this.#getFuel = [GLOBAL_GET, ...fuel]
    this.#setFuel = [GLOBAL_SET, ...fuel]
    this.#callOutOfFuel = [CALL, ...encodeU32(parts.helpers.outOfFuel)]
    const stack = encodeU32(parts.helpers.stackGlobal)
    this.#getStack = [GLOBAL_GET, ...stack]
    this.#setStack = [GLOBAL_SET, ...stack]
    this.#getFloor = [GLOBAL_GET, ...encodeU32(parts.helpers.stackFloorGlobal)]
    this.#callLowerFloor = [CALL, ...encodeU32(parts.helpers.lowerFloor)]
    this.#takesStack = parts.takesStack
  }

  /** Writes a body with its size. */
  write(body: Body, plan: FunctionPlan): void {
    const out = this.#out
    out.reserve(SIZE_WIDTH)
    out.length += SIZE_WIDTH
    const begin = out.length
    this.#begins = begin
    this.#begin(body, plan)
    this.#copied = body.locals.offset
    this.#runs.push(out.length, this.#copied)
    for (let i = 0; i < plan.eventCount; i++) {
      this.#write(plan.kinds[i] as number, plan.offsets[i] as number, plan.values[i] as number, plan)
    }
    this.#flush(body.end)
    if (plan.wrapped) out.writeByte(END)
    writePaddedU32(out.bytes, begin - SIZE_WIDTH, out.length - begin, SIZE_WIDTH)
  }

  #begin({ locals, parameterCount, resultBlockType, frameBytes }: Body, plan: FunctionPlan): void {
    const out = this.#out
    this.#local = encodeU32(parameterCount + locals.count)
    const counters = plan.countedLoops.length > 0 ? 2 : 1
    this.#rest = encodeU32(parameterCount + locals.count + 1)
    this.#level = encodeU32(parameterCount + locals.count + counters)
    this.#frameBytes = frameBytes
    this.#localRight = false
    this.#globalRight = true
    if (plan.frameCount > this.#joinsRight.length) {
      this.#joinsRight = new Uint8Array(plan.frameCount * 2)
      this.#ifRight = new Uint8Array(plan.frameCount * 2)
    }
    this.#joinsRight.fill(1, 0, plan.frameCount)
    out.writeU32(locals.groups + (frameBytes === 0 ? 1 : 2))
    out.writeBytes(this.#bytes.subarray(locals.groupsOffset, locals.offset))
    out.writeByte(counters)
    out.writeByte(I64)
    if (frameBytes > 0) {
      out.writeByte(1)
      out.writeByte(I32)
      this.#takeStack()
    }
    if (!plan.wrapped) return
    out.writeByte(BLOCK)
    out.writeBytes(resultBlockType)
  }

  #write(kind: number, offset: number, value: number, plan: FunctionPlan): void {
    switch (kind) {
      case EVENT.charge: {
        const cost = plan.blockCosts[value] as number
        if (cost !== 0) this.#charge(offset, cost)
        return
      }
      case EVENT.store:
        this.#needGlobal(offset)
        return
      case EVENT.called:
      case EVENT.caught:
        this.#localRight = false
        this.#globalRight = true
        return
      case EVENT.branch:
        this.#branch(offset, value, plan)
        return
      case EVENT.label:
        this.#globalRight = plan.frameCaught[value] === 1 || this.#joinsRight[value] === 1
        this.#localRight = plan.frameCaught[value] === 0
        return
      case EVENT.pay:
        this.#pay(offset, value)
        return
      case EVENT.call:
        if (this.#frameBytes > 0 && (value === 0 || this.#takesStack(value - 1))) this.#giveLevel(offset)
        return
      case EVENT.tailCall:
        if (this.#frameBytes > 0) this.#giveFrameBack(offset)
        return
      case EVENT.countedLoop:
        this.#beginCountedLoop(plan.countedLoops[value] as CountedRange, plan)
        return
      case EVENT.countedEnd:
        this.#flush(offset)
        this.#out.bytes[this.#out.length++] = END
        this.#mark()
        return
      default:
        this.#writeStructure(kind, offset, value, plan)
        return
    }
  }

  #writeStructure(kind: number, offset: number, frame: number, plan: FunctionPlan): void {
    const caught = plan.frameCaught[frame] === 1
    switch (kind) {
      case EVENT.loop:
        if (caught) this.#needGlobal(offset)
        else this.#needLocal(offset)
        this.#localRight = !caught
        this.#globalRight = caught
        return
      case EVENT.if:
        this.#needLocal(offset)
        if (caught) this.#needGlobal(offset)
        this.#ifRight[frame] = this.#globalRight ? 1 : 0
        return
      case EVENT.else:
        this.#localRight = true
        this.#globalRight = this.#ifRight[frame] === 1
        return
      case EVENT.skip:
        if (this.#ifRight[frame] === 0) this.#joinsRight[frame] = 0
        return
      default:
        return
    }
  }

  #branch(offset: number, frame: number, plan: FunctionPlan): void {
    if ((frame === 0 && !plan.wrapped) || plan.frameCaught[frame] === 1) {
      this.#needGlobal(offset)
      return
    }
    this.#needLocal(offset)
    if (!this.#globalRight) this.#joinsRight[frame] = 0
  }

  /**
   * The loop without its charge, for when all its turns can be paid for at once. Two blocks are opened around it: out of the
   * inner one a check that fails leads to the loop that is written next, out of the outer one its end leads past that.
   */
  #beginCountedLoop({ loop, start, end, block }: CountedRange, plan: FunctionPlan): void {
    const out = this.#out
    const checks = encodeLoopChecks(loop, plan.blockCosts[block] as number, { fuel: this.#local, rest: this.#rest })
    this.#needLocal(start)
    this.#flush(start)
    out.writeBytes([BLOCK, EMPTY, BLOCK, EMPTY])
    for (const check of checks) {
      out.writeBytes(check)
      // Without a hint: V8 takes code that is unlikely to be cold, and short loops run in it.
      out.writeBytes([I32_EQZ, BR_IF, 0])
    }
    out.reserve(end - start + MOST_INSERTED)
    this.#put1(LOCAL_GET, this.#rest)
    this.#put1(LOCAL_SET, this.#local)
    this.#mark()
    out.writeBytes(this.#bytes.subarray(start, end))
    this.#runs.push(out.length, end)
    out.writeBytes([BR, 1, END])
    this.#mark()
    this.#globalRight = false
  }

  #takeStack(): void {
    const out = this.#out
    out.reserve(MOST_INSERTED)
    this.#put(this.#getStack)
    out.bytes[out.length++] = I32_CONST
    out.length = writeS64(out.bytes, out.length, this.#frameBytes)
    out.bytes[out.length++] = I32_SUB
    this.#put1(LOCAL_TEE, this.#level)
    this.#put(this.#getFloor)
    out.bytes[out.length++] = I32_LT_S
    this.#hints.add(out.length - this.#begins)
    out.bytes[out.length++] = IF
    out.bytes[out.length++] = EMPTY
    this.#put1(LOCAL_GET, this.#level)
    this.#put(this.#callLowerFloor)
    out.bytes[out.length++] = DROP
    out.bytes[out.length++] = END
  }

  #giveLevel(offset: number): void {
    this.#flush(offset)
    this.#put1(LOCAL_GET, this.#level)
    this.#put(this.#setStack)
    this.#mark()
  }

  /** A tail call takes the place of this frame. */
  #giveFrameBack(offset: number): void {
    const out = this.#out
    this.#flush(offset)
    this.#put1(LOCAL_GET, this.#level)
    out.bytes[out.length++] = I32_CONST
    out.length = writeS64(out.bytes, out.length, this.#frameBytes)
    out.bytes[out.length++] = I32_ADD
    this.#put(this.#setStack)
    this.#mark()
  }

  #needGlobal(offset: number): void {
    if (this.#globalRight) return
    this.#flush(offset)
    this.#put1(LOCAL_GET, this.#local)
    this.#put(this.#setFuel)
    this.#mark()
    this.#globalRight = true
  }

  #needLocal(offset: number): void {
    if (this.#localRight) return
    this.#flush(offset)
    this.#put(this.#getFuel)
    this.#put1(LOCAL_SET, this.#local)
    this.#mark()
    this.#localRight = true
  }

  #charge(offset: number, cost: number): void {
    const out = this.#out
    this.#flush(offset)
    if (this.#localRight) this.#put1(LOCAL_GET, this.#local)
    else this.#put(this.#getFuel)
    out.bytes[out.length++] = I64_CONST
    out.length = writeS64(out.bytes, out.length, cost)
    out.bytes[out.length++] = I64_SUB
    this.#put1(LOCAL_TEE, this.#local)
    out.bytes[out.length++] = I64_CONST
    out.bytes[out.length++] = 0
    out.bytes[out.length++] = I64_LT_S
    this.#hints.add(out.length - this.#begins)
    out.bytes[out.length++] = IF
    out.bytes[out.length++] = EMPTY
    this.#put1(LOCAL_GET, this.#local)
    this.#put(this.#callOutOfFuel)
    this.#put1(LOCAL_SET, this.#local)
    out.bytes[out.length++] = END
    this.#mark()
    this.#localRight = true
    this.#globalRight = false
  }

  #pay(offset: number, helper: number): void {
    this.#needGlobal(offset)
    this.#flush(offset)
    const out = this.#out
    out.bytes[out.length++] = CALL
    out.length = writeU32(out.bytes, out.length, helper)
    this.#mark()
    this.#localRight = false
  }

  /** Copies the original up to an offset and makes room for an insertion. */
  #flush(offset: number): void {
    const out = this.#out
    const size = offset - this.#copied
    out.reserve(size + MOST_INSERTED)
    if (size >= SHORT_COPY) {
      out.bytes.set(this.#bytes.subarray(this.#copied, offset), out.length)
      out.length += size
    } else {
      for (let i = this.#copied; i < offset; i++) out.bytes[out.length++] = this.#bytes[i] as number
    }
    this.#copied = offset
  }

  /** Ends an insertion: a run of original code begins. */
  #mark(): void {
    this.#runs.push(this.#out.length, this.#copied)
  }

  #put(bytes: readonly number[]): void {
    const out = this.#out
    for (let i = 0; i < bytes.length; i++) out.bytes[out.length++] = bytes[i] as number
  }

  #put1(opcode: number, index: readonly number[]): void {
    const out = this.#out
    out.bytes[out.length++] = opcode
    for (let i = 0; i < index.length; i++) out.bytes[out.length++] = index[i] as number
  }
}
