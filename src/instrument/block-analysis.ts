import { CaxtonError, MODULE_LIMITS } from '../core/index.ts'
import type { InstructionCursor } from '../wasm/index.ts'
import { beyondLimit, malformed, OPCODE_BY_ROW, rowByName } from '../wasm/index.ts'
import { ACTION, ACTION_BY_ROW } from './actions.ts'
import type { BulkPricer } from './bulk.ts'
import { COST_BY_ROW, REFUSED } from './costs.ts'
import { LoopCounter } from './counted-loops.ts'
import type { ExceptionEncoding } from './exception-encoding.ts'
import { EVENT, FunctionPlan } from './function-plan.ts'
import { LoopWatch } from './loop-watch.ts'
import { OpenFrames } from './open-frames.ts'
import type { Arities } from './operand-stack.ts'
import { EFFECT_BY_ROW, OperandStack, WIDE_BY_ROW } from './operand-stack.ts'

const NEVER = 0x7fffffff
const CALL = rowByName('call')
const STRUCT_NEW = rowByName('struct.new')
const ARRAY_NEW_FIXED = rowByName('array.new_fixed')
const CATCH_ALL = rowByName('catch_all')
const THROW_REF = rowByName('throw_ref')

/** Counted loops of a function: each is written twice. */
const COUNTED_LOOPS = 1_000
/** Operands that deciding on a counted loop takes. */
const COUNTING_OPERANDS = 8

/**
 * Finds the blocks of a function body and what they cost.
 *
 * A *block* is a set of instructions of which all run if the first one runs, unless one of them traps, throws or
 * calls something that does. It begins at the entry, at the head of a loop, behind a conditional branch, at each arm
 * of an `if`, at each handler, and behind the `end` of a frame out of which a branch leads. Code behind an `end` that
 * control always reaches belongs to the block before the frame, so it needs no charge of its own.
 *
 * Frames are numbered in the order of their beginnings; frame 0 is the function. Code that cannot be reached is
 * neither charged nor changed. Cost: one pass.
 */
export class BlockAnalysis {
  readonly plan = new FunctionPlan()
  readonly #exceptions: ExceptionEncoding
  readonly #cursor: InstructionCursor
  readonly #price: BulkPricer
  readonly #operands: OperandStack
  readonly #counter: LoopCounter
  readonly #watch = new LoopWatch()
  #depth = 0
  #live = true
  readonly #frames = new OpenFrames()

  constructor(parts: {
    cursor: InstructionCursor
    price: BulkPricer
    arities: Arities
    exceptions: ExceptionEncoding
  }) {
    this.#cursor = parts.cursor
    this.#exceptions = parts.exceptions
    this.#price = parts.price
    this.#operands = new OperandStack(parts.arities)
    this.#counter = new LoopCounter(parts.cursor.bytes)
  }

  /** Operands at the end of the function; negative if control does not reach it. */
  get endHeight(): number {
    return this.#operands.height
  }

  /**
   * Analyses the instructions in `[offset, end)` into `plan`.
   *
   * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_OPCODE_UNKNOWN, ERR_WASM_LIMIT, ERR_INSTRUMENT_OPCODE_REFUSED
   */
  analyse(offset: number, end: number): void {
    const cursor = this.#cursor
    const plan = this.plan
    cursor.enter(offset, end)
    plan.reset()
    this.#depth = -1
    this.#live = true
    this.#watch.stop()
    this.#operands.reset()
    this.#open(ACTION.block, plan.addBlock(offset))
    let cost = 0
    let rise = 0
    let peak = 0
    let wide = 0
    while (cursor.next()) {
      const row = cursor.row
      const price = COST_BY_ROW[row] as number
      if (price === REFUSED) throw refused(cursor)
      cost += price
      rise += EFFECT_BY_ROW[row] as number
      if (rise > peak) peak = rise
      wide |= WIDE_BY_ROW[row] as number
      const action = ACTION_BY_ROW[row] as number
      if (action === ACTION.plain) continue
      if (this.#live) this.#charge(cost)
      this.#operands.advance(rise, peak)
      cost = rise = peak = 0
      this.#act(action)
      if (this.#depth < 0) break
    }
    plan.highest = this.#operands.highest
    plan.wide = wide === 1
    if (this.#depth >= 0) throw malformed(end, 'the end of a function', 'the end of its body')
    if (cursor.offset !== end)
      throw malformed(cursor.offset, 'the end of a function body', `${end - cursor.offset} more bytes`)
  }

  #charge(cost: number): void {
    const block = this.#frames.block[this.#depth] as number
    this.plan.blockCosts[block] = (this.plan.blockCosts[block] as number) + cost
  }

  #act(action: number): void {
    if (this.#watch.event >= 0) this.#watch.see(action, this.#cursor)
    switch (action) {
      case ACTION.try:
        this.#exceptions.note('legacy', this.#cursor.start)
        this.#open(action, this.#currentBlock())
        return
      case ACTION.block:
        this.#open(action, this.#currentBlock())
        return
      case ACTION.loop:
        this.#openLoop()
        return
      case ACTION.if:
        this.#openIf()
        return
      case ACTION.else:
        this.#else()
        return
      case ACTION.end:
        this.#close()
        return
      case ACTION.catch:
        this.#catch()
        return
      case ACTION.delegate:
        this.#close()
        return
      case ACTION.tryTable:
        this.#exceptions.note('exnref', this.#cursor.start)
        this.#openTryTable()
        return
      default:
        if (this.#cursor.row === THROW_REF) this.#exceptions.note('exnref', this.#cursor.start)
        if (this.#live) this.#leave(action)
    }
  }

  #leave(action: number): void {
    const { start, offset, first } = this.#cursor
    switch (action) {
      case ACTION.branch:
        this.#branchTo(first, start, false)
        this.#die()
        return
      case ACTION.branchIf:
        this.#branchTo(first, start, true)
        this.#beginBlock(offset)
        return
      case ACTION.branchTable:
        this.#branchTable(start)
        this.#die()
        return
      case ACTION.tailCall:
        this.plan.addEvent(EVENT.tailCall, start, 0)
        this.plan.addEvent(EVENT.store, start, 0)
        this.#reach(0)
        this.#die()
        return
      case ACTION.return:
        this.plan.addEvent(EVENT.store, start, 0)
        this.#reach(0)
        this.#die()
        return
      case ACTION.throw:
        this.plan.addEvent(EVENT.store, start, 0)
        this.#reach(-1)
        this.#die()
        return
      case ACTION.unreachable:
        this.plan.addEvent(EVENT.store, start, 0)
        this.#die()
        return
      case ACTION.call:
        this.#call(first, start, offset)
        return
      default:
        this.#payBulk()
        return
    }
  }

  /** An indirect call has its type as first immediate, too, a direct one its function. */
  #call(first: number, start: number, offset: number): void {
    const direct = this.#cursor.row === CALL
    this.plan.calls = true
    this.plan.addEvent(EVENT.call, start, direct ? first + 1 : 0)
    this.plan.addEvent(EVENT.store, start, 0)
    this.plan.addEvent(EVENT.called, offset, 0)
    if (direct) this.#operands.callFunction(first)
    else this.#operands.callIndirect(first)
  }

  #payBulk(): void {
    const { row, first, second, start } = this.#cursor
    if (row === STRUCT_NEW) this.#operands.newStruct(first)
    else if (row === ARRAY_NEW_FIXED) this.#operands.newArray(second)
    const { helper, fixed } = this.#price(row, first, second, start)
    if (fixed > 0) this.#charge(fixed)
    if (helper >= 0) this.plan.addEvent(EVENT.pay, start, helper)
  }

  #currentBlock(): number {
    return this.#frames.block[this.#depth] as number
  }

  #beginBlock(offset: number): void {
    this.#frames.block[this.#depth] = this.plan.addBlock(offset)
  }

  #die(): void {
    this.#operands.die()
    this.#live = false
  }

  #open(opener: number, block: number): void {
    const depth = ++this.#depth
    if (depth > MODULE_LIMITS.nesting)
      throw beyondLimit(this.#cursor.start, 'nested blocks', MODULE_LIMITS.nesting, depth)
    this.#frames.reserve(depth)
    if (depth > 0) this.#operands.open(this.#cursor.bytes, this.#cursor.start)
    this.#frames.opener[depth] = opener
    this.#frames.number[depth] = this.plan.addFrame()
    this.#frames.block[depth] = block
    this.#frames.lowest[depth] = NEVER
    this.#frames.entered[depth] = this.#live ? 1 : 0
    this.#frames.joined[depth] = 0
  }

  #openLoop(): void {
    this.#open(ACTION.loop, this.#currentBlock())
    if (!this.#live) return
    this.plan.addEvent(EVENT.loop, this.#cursor.start, this.#frames.number[this.#depth] as number)
    this.#beginBlock(this.#cursor.offset)
    this.#watch.begin(this.#cursor, this.plan.eventCount - 2, this.#currentBlock())
  }

  /** Counts the loop that was watched to its end. */
  #countLoop(): void {
    const { plan } = this
    const { body, branch, event, block } = this.#watch
    const loop = plan.countedLoops.length < COUNTED_LOOPS ? this.#counter.find(body, branch) : null
    if (loop === null) return
    const end = this.#cursor.offset
    const range = { loop, start: plan.offsets[event] as number, end, block }
    plan.kinds[event] = EVENT.countedLoop
    plan.values[event] = plan.countedLoops.push(range) - 1
    plan.addEvent(EVENT.countedEnd, end, 0)
    this.#operands.advance(0, COUNTING_OPERANDS)
  }

  #openIf(): void {
    this.#open(ACTION.if, this.#currentBlock())
    if (!this.#live) return
    this.plan.addEvent(EVENT.if, this.#cursor.start, this.#frames.number[this.#depth] as number)
    this.#beginBlock(this.#cursor.offset)
  }

  #openTryTable(): void {
    const cursor = this.#cursor
    const outer = this.#depth
    this.#open(ACTION.tryTable, this.#currentBlock())
    const next = cursor.offset
    cursor.offset = cursor.immediateOffset
    for (let count = cursor.readU32(); count > 0; count--) {
      const kind = cursor.bytes[cursor.offset++] as number
      if (kind < 2) cursor.readU32()
      const target = outer - cursor.readU32()
      if (target < 0) throw malformed(cursor.start, 'the label of a block around it', `${outer - target}`)
      if (!this.#live) continue
      this.#reach(target)
      this.#frames.joined[target] = 1
      this.plan.frameCaught[this.#frames.number[target] as number] = 1
      if (target === 0) this.plan.wrapped = true
    }
    cursor.offset = next
  }

  #else(): void {
    const depth = this.#depth
    if (this.#frames.opener[depth] !== ACTION.if)
      throw malformed(this.#cursor.start, 'an if before an else', 'another block')
    this.#frames.opener[depth] = ACTION.else
    this.#endArm()
    if (!this.#live) return
    this.#operands.else()
    this.plan.addEvent(EVENT.else, this.#cursor.offset, this.#frames.number[depth] as number)
    this.#beginBlock(this.#cursor.offset)
  }

  #catch(): void {
    const depth = this.#depth
    if (this.#frames.opener[depth] !== ACTION.try)
      throw malformed(this.#cursor.start, 'a try before a catch', 'another block')
    this.#endArm()
    if (!this.#live) return
    this.#operands.catch(this.#cursor.row === CATCH_ALL ? -1 : this.#cursor.first)
    this.plan.addEvent(EVENT.caught, this.#cursor.offset, 0)
    this.#beginBlock(this.#cursor.offset)
  }

  /** Ends an arm of an `if` or `try`; the next arm is reached if the frame was. */
  #endArm(): void {
    const depth = this.#depth
    if (this.#live) {
      this.plan.addEvent(EVENT.branch, this.#cursor.start, this.#frames.number[depth] as number)
      this.#frames.joined[depth] = 1
    }
    this.#live = this.#frames.entered[depth] === 1
  }

  #close(): void {
    const { start, offset } = this.#cursor
    const depth = this.#depth
    const frame = this.#frames.number[depth] as number
    const opener = this.#frames.opener[depth] as number
    if (depth === 0) {
      this.#closeFunction()
      return
    }
    if (opener === ACTION.if && this.#frames.entered[depth]) {
      this.plan.addEvent(EVENT.skip, start, frame)
      this.#frames.joined[depth] = 1
    }
    if (opener !== ACTION.loop && this.#frames.joined[depth]) {
      if (this.#live) this.plan.addEvent(EVENT.branch, start, frame)
      this.plan.addEvent(EVENT.label, offset, frame)
      this.#live = true
    }
    this.#operands.close()
    if (!this.#live) this.#operands.die()
    if (this.#watch.complete) this.#countLoop()
    const lowest = this.#frames.lowest[depth] as number
    this.#depth = depth - 1
    this.#reach(lowest)
    if (lowest < depth && this.#live) this.#beginBlock(offset)
  }

  /** The final `end` stays the end of the frame; where the body is wrapped, the function's own comes behind it. */
  #closeFunction(): void {
    const { start, offset } = this.#cursor
    this.#depth = -1
    if (this.plan.wrapped) {
      if (this.#live) this.plan.addEvent(EVENT.branch, start, 0)
      this.plan.addEvent(EVENT.label, offset, 0)
      this.plan.addEvent(EVENT.store, offset, 0)
    } else if (this.#live) {
      this.plan.addEvent(EVENT.store, start, 0)
    }
  }

  #reach(depth: number): void {
    if (depth < (this.#frames.lowest[this.#depth] as number)) this.#frames.lowest[this.#depth] = depth
  }

  #branchTo(label: number, offset: number, conditional: boolean): void {
    const target = this.#depth - label
    if (target < 0) throw malformed(offset, 'the label of a block around it', String(label))
    this.#reach(target)
    this.#frames.joined[target] = 1
    if (target === 0 && conditional) this.plan.wrapped = true
    this.plan.addEvent(EVENT.branch, offset, this.#frames.number[target] as number)
  }

  #branchTable(start: number): void {
    const cursor = this.#cursor
    const next = cursor.offset
    cursor.offset = cursor.immediateOffset
    for (let count = cursor.readU32(); count >= 0; count--) this.#branchTo(cursor.readU32(), start, true)
    cursor.offset = next
  }
}

function refused(cursor: InstructionCursor): CaxtonError {
  const name = OPCODE_BY_ROW[cursor.row]?.name ?? `row ${cursor.row}`
  return new CaxtonError('ERR_INSTRUMENT_OPCODE_REFUSED', {
    detail: `at 0x${cursor.start.toString(16)}: ${name} has no price`,
    data: { offset: cursor.start, opcode: name },
  })
}
