import { InstructionCursor, rowByName } from '../wasm/index.ts'
import { EFFECT_BY_ROW } from './operand-stack.ts'

const COMPARISONS = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'] as const
type Comparison = (typeof COMPARISONS)[number]

/** What holds where a comparison does not. */
const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  ...{ eq: 'ne', ne: 'eq', lt_s: 'ge_s', lt_u: 'ge_u', gt_s: 'le_s', gt_u: 'le_u' },
  ...{ le_s: 'gt_s', le_u: 'gt_u', ge_s: 'lt_s', ge_u: 'lt_u' },
}
/** What holds if the operands change places. */
const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  ...{ eq: 'eq', ne: 'ne', lt_s: 'gt_s', lt_u: 'gt_u', gt_s: 'lt_s', gt_u: 'lt_u' },
  ...{ le_s: 'ge_s', le_u: 'ge_u', ge_s: 'le_s', ge_u: 'le_u' },
}

/**
 * A number as the sum of a constant and at most two locals, as they are when a turn of the loop begins; −1 for none.
 * Sums wrap around like the instructions they stand for.
 */
export interface Sum {
  readonly first: number
  readonly second: number
  readonly constant: number
}

/** What decides whether a loop turns again: a comparison of numbers of 32 or 64 bits. */
interface Test {
  readonly comparison: Comparison
  readonly left: Sum
  readonly right: Sum
  readonly wide: boolean
}

/** What is known of a value; null for nothing. */
type Value = Sum | Test | null

/**
 * A loop whose turns can be counted before the first one: with each turn `tested` grows by `step`, and the loop turns again
 * while it compares so with `bound`, which stays the same.
 */
export interface CountedLoop {
  readonly comparison: 'ne' | 'less' | 'greater'
  /** `greater` and `less` hold for equal numbers, too. */
  readonly inclusive: boolean
  readonly signed: boolean
  /** Numbers of 64 bits. */
  readonly wide: boolean
  /** What is compared in the first turn. */
  readonly tested: Sum
  readonly bound: Sum
  /** A constant other than 0, or a local that the loop does not change. */
  readonly step: number | { readonly local: number }
}

const LOCAL_GET = rowByName('local.get')
const LOCAL_SET = rowByName('local.set')
const LOCAL_TEE = rowByName('local.tee')
const I32_CONST = rowByName('i32.const')
const I64_CONST = rowByName('i64.const')
const I32_ADD = rowByName('i32.add')
const I64_ADD = rowByName('i64.add')
const I32_SUB = rowByName('i32.sub')
const I64_SUB = rowByName('i64.sub')
const I32_EQZ = rowByName('i32.eqz')
const I64_EQZ = rowByName('i64.eqz')
const COMPARISON_BY_ROW: ReadonlyMap<number, Pick<Test, 'comparison' | 'wide'>> = new Map(
  [false, true].flatMap((wide) =>
    COMPARISONS.map(
      (comparison) => [rowByName(`${wide ? 'i64' : 'i32'}.${comparison}`), { comparison, wide }] as const,
    ),
  ),
)
/** Numbers of 64 bits beyond this are not counted with: no sum, product or difference of them wraps around. */
export const WIDE_BITS = 40
/** Steps and constants beyond this are not looked at. */
const MOST = 2 ** WIDE_BITS
/** What writing a loop a second time adds besides its body, about. */
const OVERHEAD_BYTES = 128
/** Bytes that counted loops may add to a module, and as many again for every four of its own: LLVM takes a tenth of that. */
const ADDED_BYTES = 65_536
const ZERO: Sum = { first: -1, second: -1, constant: 0 }

/**
 * Finds out how often a loop turns whose body is straight-line code, by following what it does to its locals in terms of
 * what they held when the turn began. What is not understood is unknown, and a loop whose end depends on it is not counted.
 *
 * Cost: one pass over the body. A module has so many loops counted that it does not grow by much more than a quarter.
 */
export class LoopCounter {
  readonly #cursor: InstructionCursor
  readonly #stack: Value[] = []
  /** Of locals that the body writes: what they hold. */
  readonly #locals = new Map<number, Value>()
  /** Bytes that may still be added to the module. */
  #bytesLeft: number

  constructor(bytes: Uint8Array) {
    this.#cursor = new InstructionCursor(bytes)
    this.#bytesLeft = ADDED_BYTES + Math.floor(bytes.length / 4)
  }

  /** Looks at a body in `[offset, end)`, in front of the conditional branch to the head of the loop. */
  find(offset: number, end: number): CountedLoop | null {
    this.#stack.length = 0
    this.#locals.clear()
    this.#cursor.enter(offset, end)
    while (this.#cursor.next()) this.#follow(this.#cursor.row)
    const last = this.#stack.at(-1) ?? null
    if (last === null) return null
    const test: Test = 'comparison' in last ? last : { comparison: 'ne', left: last, right: ZERO, wide: false }
    const loop = this.#count(test) ?? this.#count({ ...test, ...mirror(test) })
    const added = end - offset + OVERHEAD_BYTES
    if (loop === null || !canEnd(loop) || added > this.#bytesLeft) return null
    this.#bytesLeft -= added
    return loop
  }

  #follow(row: number): void {
    const stack = this.#stack
    switch (row) {
      case LOCAL_GET:
        stack.push(this.#read(this.#cursor.first))
        return
      case LOCAL_SET:
        this.#locals.set(this.#cursor.first, stack.pop() ?? null)
        return
      case LOCAL_TEE:
        this.#locals.set(this.#cursor.first, stack.at(-1) ?? null)
        return
      case I32_CONST:
      case I64_CONST:
        stack.push(constant(this.#cursor))
        return
      case I32_ADD:
      case I64_ADD:
        this.#combine((left, right) => add(left, right, row === I64_ADD))
        return
      case I32_SUB:
      case I64_SUB:
        this.#combine((left, right) => subtract(left, right, row === I64_SUB))
        return
      case I32_EQZ:
      case I64_EQZ:
        stack.push(isZero(stack.pop() ?? null, row === I64_EQZ))
        return
      default:
        this.#followOther(row)
    }
  }

  /** An instruction that gives nothing is taken for one that gives one value: what is known becomes less, never wrong. */
  #followOther(row: number): void {
    const compared = COMPARISON_BY_ROW.get(row)
    if (compared !== undefined) {
      this.#combine((left, right) => ({ ...compared, left, right }))
      return
    }
    const taken = 1 - (EFFECT_BY_ROW[row] as number)
    this.#stack.length = Math.max(0, this.#stack.length - taken)
    this.#stack.push(null)
  }

  #read(local: number): Value {
    const written = this.#locals.get(local)
    return written === undefined ? { first: local, second: -1, constant: 0 } : written
  }

  #combine(operation: (left: Sum, right: Sum) => Value): void {
    const right = this.#stack.pop() ?? null
    const left = this.#stack.pop() ?? null
    const known = left !== null && right !== null && !('comparison' in left) && !('comparison' in right)
    this.#stack.push(known ? operation(left, right) : null)
  }

  #isConstant({ first, second }: Sum): boolean {
    return !this.#locals.has(first) && !this.#locals.has(second)
  }

  /** Takes the left operand for the one that steps. */
  #count({ comparison, left, right, wide }: Test): CountedLoop | null {
    if (!this.#isConstant(right)) return null
    const stepping = this.#locals.has(left.first) ? left.first : left.second
    const other = stepping === left.first ? left.second : left.first
    if (stepping < 0 || this.#locals.has(other) || other === stepping) return null
    const step = this.#stepOf(stepping)
    if (step === null) return null
    const signed = comparison.endsWith('_s')
    const inclusive = comparison.startsWith('le') || comparison.startsWith('ge')
    const parts = { signed, inclusive, wide, tested: left, bound: right, step }
    if (comparison === 'ne') return { ...parts, comparison: 'ne' }
    if (typeof step !== 'number') return wide || !comparison.startsWith('l') ? null : { ...parts, comparison: 'less' }
    if (step > 0 && comparison.startsWith('l')) return { ...parts, comparison: 'less' }
    if (step < 0 && comparison.startsWith('g')) return { ...parts, comparison: 'greater' }
    return null
  }

  #stepOf(local: number): CountedLoop['step'] | null {
    const after = this.#locals.get(local) ?? null
    if (after === null || 'comparison' in after) return null
    const { first, second, constant } = after
    if (first !== local && second !== local) return null
    const added = first === local ? second : first
    if (added < 0) return constant === 0 ? null : constant
    return added === local || constant !== 0 || this.#locals.has(added) ? null : { local: added }
  }
}

/**
 * The farthest bound behind which the numbers do not wrap around, for a step that is a local less that step; `always`: no
 * bound is farther.
 */
export function rangeOf({ comparison, step, inclusive, signed, wide }: CountedLoop): {
  readonly lastBound: number
  readonly always: boolean
} {
  const equal = inclusive ? 1 : 0
  const known = typeof step === 'number' ? step : 0
  if (comparison === 'greater') {
    const least = signed && !wide ? -(2 ** 31) : 0
    const lastBound = least - 1 - known + equal
    return { lastBound, always: lastBound <= least && !wide }
  }
  const most = wide ? 2 * MOST : signed ? 2 ** 31 - 1 : 2 ** 32 - 1
  const lastBound = most + 1 - known - equal
  return { lastBound, always: lastBound >= most }
}

/** Whether a loop whose bound is a constant ends by its numbers. */
function canEnd(loop: CountedLoop): boolean {
  const { bound, comparison, signed, step, wide } = loop
  if (comparison === 'ne' || bound.first >= 0 || bound.second >= 0 || typeof step !== 'number') return true
  const value = wide || signed ? bound.constant : bound.constant >>> 0
  const { lastBound } = rangeOf(loop)
  return comparison === 'less' ? value <= lastBound : value >= lastBound
}

function mirror({ comparison, left, right }: Test): Pick<Test, 'comparison' | 'left' | 'right'> {
  return { comparison: MIRRORED[comparison], left: right, right: left }
}

function isZero(value: Value, wide: boolean): Value {
  if (value === null) return null
  if ('comparison' in value) return wide ? null : { ...value, comparison: OPPOSITE[value.comparison] }
  return { comparison: 'eq', left: value, right: ZERO, wide }
}

/** Constants of 32 bits are kept as signed numbers. */
function sum(first: number, second: number, constant: number, wide: boolean): Sum | null {
  const wrapped = wide ? constant : constant | 0
  return Math.abs(wrapped) > MOST ? null : { first, second, constant: wrapped }
}

function add(left: Sum, right: Sum, wide: boolean): Sum | null {
  const [first = -1, second = -1, ...more] = [left.first, left.second, right.first, right.second].filter((x) => x >= 0)
  return more.length > 0 ? null : sum(first, second, left.constant + right.constant, wide)
}

function subtract(left: Sum, right: Sum, wide: boolean): Sum | null {
  if (right.first >= 0 || right.second >= 0) return null
  return sum(left.first, left.second, left.constant - right.constant, wide)
}

/** Value of a constant; null for one that is too large to be looked at. */
function constant({ bytes, immediateOffset, offset }: InstructionCursor): Sum | null {
  let value = 0
  let scale = 1
  for (let at = immediateOffset; at < offset; at++, scale *= 128) value += ((bytes[at] as number) & 0x7f) * scale
  if (((bytes[offset - 1] as number) & 0x40) !== 0) value -= scale
  return Math.abs(value) > MOST ? null : { first: -1, second: -1, constant: value }
}
