import { encodeS64, encodeU32 } from '../wasm/index.ts'
import type { CountedLoop, Sum } from './counted-loops.ts'
import { rangeOf, WIDE_BITS } from './counted-loops.ts'

const OP = {
  i32Const: 0x41,
  i64Const: 0x42,
  localGet: 0x20,
  localTee: 0x22,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64LtU: 0x54,
  i64GtS: 0x55,
  i64GtU: 0x56,
  i64LeS: 0x57,
  i64GeS: 0x59,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivU: 0x80,
  i64Or: 0x84,
  i64ShrS: 0x87,
  i64ShrU: 0x88,
  i32Wrap: 0xa7,
  i64ExtendS: 0xac,
  i64ExtendU: 0xad,
} as const

/** Logarithm of the turns that pay for being counted; for a step in a local, by which must be divided, they are more. */
const FEW_BITS = 2
const FEW_BITS_DIVIDED = 4

/** Locals that the code works with: the fuel, and one to put a number by. */
export interface FuelLocals {
  readonly fuel: readonly number[]
  readonly rest: readonly number[]
}

/**
 * Returns code that decides whether all turns of a loop can be paid for, as checks in order: each leaves an i32 on the stack
 * that must not be 0, and where it is, the ones behind it must not run. After the last one the local `rest` holds what is
 * left of the fuel. The checks fail, too, where the turns are not to be counted: where they are few, where the step is 0 or
 * passes the bound by, or where a number wraps around. The code does not trap.
 *
 * A loop that goes on while `tested < bound` turns 1 + ⌈(bound − tested) / step⌉ times; one that goes on while they differ,
 * 1 + (bound − tested) / step times, if that leaves no rest.
 *
 * @param cost fuel of one turn
 */
export function encodeLoopChecks(loop: CountedLoop, cost: number, locals: FuelLocals): number[][] {
  const { fuel, rest } = locals
  return [
    ...(loop.comparison === 'ne' ? checkDifference(loop, rest) : checkOrder(loop, rest)),
    [
      ...[OP.localGet, ...fuel, ...repeats(loop, rest), ...i64(1), OP.i64Add],
      ...[...i64(cost), OP.i64Mul, OP.i64Sub, OP.localTee, ...rest, ...i64(0), OP.i64GeS],
    ],
  ]
}

/** Leaves in `rest` how often the loop turns again. */
function checkDifference(loop: CountedLoop, rest: readonly number[]): number[][] {
  const { step, wide } = loop
  const checks: number[][] = []
  const distance = encodeDistance(loop)
  const extended = wide ? distance : [...distance, OP.i64ExtendU]
  if (typeof step !== 'number') checks.push([OP.localGet, ...encodeU32(step.local), isZero(wide), OP.i32Eqz])
  checks.push([...extended, OP.localTee, ...rest, ...isMoreThanFew(loop, OP.i64ShrU, OP.i64GtU)])
  if (wide) checks.push([OP.localGet, ...rest, ...i64(2 ** WIDE_BITS), OP.i64LtU])
  if (isUnit(step)) return checks
  const quotient = [...distance, ...encodeStep(loop), wide ? OP.i64DivU : OP.i32DivU]
  const kept = wide ? [OP.localTee, ...rest] : [OP.i64ExtendU, OP.localTee, ...rest, OP.i32Wrap]
  const product = [...encodeStep(loop), wide ? OP.i64Mul : OP.i32Mul]
  checks.push([...quotient, ...kept, ...product, ...distance, wide ? OP.i64Eq : OP.i32Eq])
  return checks
}

/** How far `tested` is from `bound` in the direction of the step, modulo the size of the numbers. */
function encodeDistance({ step, wide, bound, tested }: CountedLoop): number[] {
  const backwards = typeof step === 'number' && step < 0
  const [from, to] = backwards ? [bound, tested] : [tested, bound]
  return [...encodeSum(to, wide), ...encodeSum(from, wide), wide ? OP.i64Sub : OP.i32Sub]
}

/** Leaves in `rest` how far `tested` is from the first number that does not compare so. */
function checkOrder(loop: CountedLoop, rest: readonly number[]): number[][] {
  const { step, bound, tested, wide, inclusive, comparison } = loop
  const checks: number[][] = []
  if (wide) {
    const both = [...encodeSum(tested, true), ...encodeSum(bound, true), OP.i64Or]
    checks.push([...both, ...i64(WIDE_BITS), OP.i64ShrU, OP.i64Eqz])
  }
  if (typeof step !== 'number') checks.push([...encodeLocal(step.local, loop), ...i64(0), OP.i64GtS])
  // The number behind the last one that compares so must not wrap around.
  const { lastBound, always } = rangeOf(loop)
  if (typeof step !== 'number' || !always) {
    const reached = typeof step === 'number' ? [] : [...encodeLocal(step.local, loop), OP.i64Add]
    const holds = comparison === 'less' ? OP.i64LeS : OP.i64GeS
    checks.push([...encodeWide(bound, loop), ...reached, ...i64(lastBound), holds])
  }
  const [high, low] = comparison === 'less' ? [bound, tested] : [tested, bound]
  const distance = [...encodeWide(high, loop), ...encodeWide(low, loop), OP.i64Sub]
  const room = inclusive ? [...distance, ...i64(1), OP.i64Add] : distance
  checks.push([...room, OP.localTee, ...rest, ...isMoreThanFew(loop, OP.i64ShrS, OP.i64GtS)])
  return checks
}

/** Compares the distance on the stack with some steps. */
function isMoreThanFew(loop: CountedLoop, shift: number, isGreater: number): number[] {
  const { step } = loop
  if (typeof step === 'number') return [...i64(Math.abs(step) * 2 ** FEW_BITS), isGreater]
  return [...i64(FEW_BITS_DIVIDED), shift, ...encodeLocal(step.local, loop), isGreater]
}

/** How often the loop turns again, from what the checks left in `rest`. */
function repeats(loop: CountedLoop, rest: readonly number[]): number[] {
  const { step, comparison, wide } = loop
  const distance = [OP.localGet, ...rest]
  if (comparison === 'ne' || isUnit(step)) return distance
  const divisor = encodeStep(loop)
  // The sum fits into 32 bits without a sign, as the number behind the last one does not wrap around.
  if (wide) return [...distance, ...divisor, OP.i64Add, ...i64(1), OP.i64Sub, ...divisor, OP.i64DivU]
  const rounded = [...distance, OP.i32Wrap, ...divisor, OP.i32Add, OP.i32Const, 1, OP.i32Sub]
  return [...rounded, ...divisor, OP.i32DivU, OP.i64ExtendU]
}

/** The step without its sign, in its own width. */
function encodeStep({ step, wide }: CountedLoop): number[] {
  if (typeof step !== 'number') return [OP.localGet, ...encodeU32(step.local)]
  const size = Math.abs(step)
  return wide ? i64(size) : [OP.i32Const, ...encodeS64(size | 0)]
}

function isZero(wide: boolean): number {
  return wide ? OP.i64Eqz : OP.i32Eqz
}

function isUnit(step: CountedLoop['step']): boolean {
  return step === 1 || step === -1
}

/** A sum in its own width. */
function encodeSum({ first, second, constant }: Sum, wide: boolean): number[] {
  const number = [wide ? OP.i64Const : OP.i32Const, ...encodeS64(constant)]
  const addition = wide ? OP.i64Add : OP.i32Add
  const locals = [first, second].filter((local) => local >= 0).map((local) => [OP.localGet, ...encodeU32(local)])
  const terms = constant === 0 && locals.length > 0 ? locals : [...locals, number]
  return terms.flatMap((term, index) => (index === 0 ? term : [...term, addition]))
}

function extension({ wide, signed }: CountedLoop): number[] {
  return wide ? [] : [signed ? OP.i64ExtendS : OP.i64ExtendU]
}

/** A sum in 64 bits, as the comparison sees it. */
function encodeWide(value: Sum, loop: CountedLoop): number[] {
  return [...encodeSum(value, loop.wide), ...extension(loop)]
}

function encodeLocal(local: number, loop: CountedLoop): number[] {
  return [OP.localGet, ...encodeU32(local), ...extension(loop)]
}

function i64(value: number): number[] {
  return [OP.i64Const, ...encodeS64(value)]
}
