import { encodeS64, encodeU32 } from '../wasm/index.ts'
import type { CountedLoop, Sum } from './counted-loops.ts'
import { rangeOf, WIDE_BITS } from './counted-loops.ts'

const OP = {
  i32Const: 0x41,
  i64Const: 0x42,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  select: 0x1b,
  i32Eqz: 0x45,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i64Eqz: 0x50,
  i64LtU: 0x54,
  i64GtS: 0x55,
  i64LeS: 0x57,
  i64GeS: 0x59,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivU: 0x80,
  i64RemU: 0x82,
  i64Or: 0x84,
  i64ShrU: 0x88,
  i64ExtendS: 0xac,
  i64ExtendU: 0xad,
} as const

/** Locals that the code works with: the fuel, and one to put a number by. */
export interface FuelLocals {
  readonly fuel: readonly number[]
  readonly rest: readonly number[]
}

/**
 * Returns code that decides whether the fuel is enough for all turns of a loop: it leaves an i32 on the stack, and if that
 * is not 0 what would be left in the local `rest`. It is 0, too, where the turns are not to be counted: where the step is
 * 0 or passes the bound by, or a number wraps around. The code does not trap.
 *
 * A loop that goes on while `tested < bound` turns 1 + ⌈(bound − tested) / step⌉ times, once if that is less; one that goes
 * on while they differ, 1 + (bound − tested) / step times, if that leaves no rest.
 *
 * @param cost fuel of one turn
 */
export function encodeLoopFuel(loop: CountedLoop, cost: number, locals: FuelLocals): number[] {
  const differs = loop.comparison === 'ne'
  const checks = differs ? checkDifference(loop, locals) : checkOrder(loop)
  return [
    ...(differs ? encodeDistance(loop, locals) : []),
    ...checks.flat(),
    ...[OP.localGet, ...locals.fuel],
    ...(differs ? repeatsByDifference(loop, locals) : repeatsByOrder(loop, locals)),
    ...[...i64(1), OP.i64Add, ...i64(cost), OP.i64Mul, OP.i64Sub, OP.localTee, ...locals.rest],
    ...[...i64(0), OP.i64GeS],
    ...checks.map(() => OP.i32And),
  ]
}

/** Puts in `rest` how far `tested` is from `bound` in the direction of the step, modulo the size of the numbers. */
function encodeDistance({ step, wide, bound, tested }: CountedLoop, { rest }: FuelLocals): number[] {
  const backwards = typeof step === 'number' && step < 0
  const [from, to] = backwards ? [bound, tested] : [tested, bound]
  const difference = [...encodeSum(to, wide), ...encodeSum(from, wide), wide ? OP.i64Sub : OP.i32Sub]
  return [...difference, ...(wide ? [] : [OP.i64ExtendU]), OP.localSet, ...rest]
}

/** Each check leaves an i32. */
function checkDifference(loop: CountedLoop, { rest }: FuelLocals): number[][] {
  const { step, wide } = loop
  const checks: number[][] = []
  if (!isUnit(step)) checks.push([OP.localGet, ...rest, ...encodeDivisor(loop), OP.i64RemU, OP.i64Eqz])
  if (typeof step !== 'number') checks.push(isNot0(step.local, wide))
  if (wide) checks.push([OP.localGet, ...rest, ...i64(2 ** WIDE_BITS), OP.i64LtU])
  return checks
}

function repeatsByDifference(loop: CountedLoop, { rest }: FuelLocals): number[] {
  const distance = [OP.localGet, ...rest]
  return isUnit(loop.step) ? distance : [...distance, ...encodeDivisor(loop), OP.i64DivU]
}

/** The number behind the last one that compares so must not wrap around. */
function checkOrder(loop: CountedLoop): number[][] {
  const { step, bound, tested, wide } = loop
  const checks: number[][] = []
  if (wide) {
    const both = [...encodeSum(tested, true), ...encodeSum(bound, true), OP.i64Or]
    checks.push([...both, ...i64(WIDE_BITS), OP.i64ShrU, OP.i64Eqz])
  }
  const { lastBound, always } = rangeOf(loop)
  const holds = loop.comparison === 'less' ? OP.i64LeS : OP.i64GeS
  if (typeof step !== 'number') {
    checks.push(isPositive(step.local, loop))
    checks.push([...encodeWide(bound, loop), ...encodeLocal(step.local, loop), OP.i64Add, ...i64(lastBound), holds])
  } else if (!always) {
    checks.push([...encodeWide(bound, loop), ...i64(lastBound), holds])
  }
  return checks
}

function repeatsByOrder(loop: CountedLoop, { rest }: FuelLocals): number[] {
  const { step, inclusive, comparison } = loop
  const [high, low] = comparison === 'less' ? [loop.bound, loop.tested] : [loop.tested, loop.bound]
  const distance = [...encodeWide(high, loop), ...encodeWide(low, loop), OP.i64Sub]
  const room = inclusive ? [...distance, ...i64(1), OP.i64Add] : distance
  const atLeast0 = [OP.localTee, ...rest, ...i64(0), OP.localGet, ...rest, ...i64(0), OP.i64GtS, OP.select]
  const repeats = [...room, ...atLeast0]
  if (isUnit(step)) return repeats
  const rounding =
    typeof step === 'number'
      ? [...i64(Math.abs(step) - 1), OP.i64Add]
      : [...encodeLocal(step.local, loop), OP.i64Add, ...i64(1), OP.i64Sub]
  return [...repeats, ...rounding, ...encodeDivisor(loop), OP.i64DivU]
}

/** The step without its sign; 1 instead of 0, so that dividing by it does not trap. */
function encodeDivisor(loop: CountedLoop): number[] {
  const { step } = loop
  if (typeof step === 'number') return i64(Math.abs(step))
  const value = encodeLocal(step.local, loop)
  return [...value, ...value, OP.i64Eqz, OP.i64ExtendU, OP.i64Or]
}

function isPositive(local: number, loop: CountedLoop): number[] {
  return [...encodeLocal(local, loop), ...i64(0), OP.i64GtS]
}

function isNot0(local: number, wide: boolean): number[] {
  const isZero = [OP.localGet, ...encodeU32(local), wide ? OP.i64Eqz : OP.i32Eqz]
  return [...isZero, OP.i32Eqz]
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
