import { MODULE_LIMITS } from '../core/index.ts'
import type { ModuleInfo } from '../wasm/index.ts'
import { encodeS64, encodeU32 } from '../wasm/index.ts'
import type { AddedTypes, HelperType } from './added-types.ts'
import type { Caps } from './caps.ts'
import type { InstrumentRules } from './rules.ts'

/** A function added at the end of the index space. */
export interface Helper {
  readonly type: HelperType
  /** Returns its locals and instructions, without their size; for one that nobody has asked for until now, none. */
  body(): readonly number[]
}

/** Logarithm of fuel per unit of length, −4 for one unit of fuel per 16 bytes. */
export type Scale = -4 | 0 | 1 | 2 | 3 | 4 | 6 | 7 | 8

/** Indices of the globals and functions that were added, and the functions themselves. */
export interface Helpers {
  readonly fuelGlobal: number
  readonly refusedPagesGlobal: number
  readonly sliceGlobal: number
  readonly stackGlobal: number
  readonly stackFloorGlobal: number
  readonly tableGrowthGlobal: number
  readonly functions: readonly Helper[]
  /** Function index: takes the negative counter; traps, or comes back with the counter that the slice hook answered. */
  readonly outOfFuel: number
  /** Function index: takes a rest of the stack below the floor, which it lowers to that; traps if the rest is negative. */
  readonly lowerFloor: number
  /** Function index: takes a length, pays for it, returns it. */
  payLength(type: HelperType, scale: Scale): number
  /** Function index: takes the length of a new array, pays for it unless it is longer than an object may be, returns it. */
  payArray(scale: Scale): number
  /** Function index: takes a number of pages or elements, pays for it if the growth can succeed, returns it. */
  payGrowth(kind: 'memory' | 'table', index: number): number
}

const LENGTH_TYPES: readonly HelperType[] = ['i32', 'i64']
const SCALES: readonly Scale[] = [-4, 0, 4, 6, 7, 8]
const ARRAY_SCALES: readonly Scale[] = [0, 1, 2, 3, 4]
const PAGE_SHIFT = 16
/** Growing a memory by a page costs what filling it would. */
const PAGE_SCALE = 12
const GROWN_ENTRY_SCALE = 8
/** Above this a length is charged as this: no counter reaches it, and no shift or subtraction wraps. */
const LONGEST = 2 ** 52

const OP = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  callRef: 0x14,
  select: 0x1b,
  localGet: 0x20,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LtS: 0x48,
  i32LeU: 0x4d,
  i32GtU: 0x4b,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtU: 0x56,
  i64LeU: 0x58,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  refNullType: 0x63,
  i32WrapI64: 0xa7,
  i64ExtendU: 0xad,
  refNull: 0xd0,
  refIsNull: 0xd1,
} as const
const EMPTY = 0x40
const ONE_I64_LOCAL = [1, 1, 0x7e]
const NO_BODY = [0, OP.unreachable, OP.end]

/**
 * Plans the functions a module needs added. Which ones depends on its declarations only, never on its code; those that the code
 * has no use for stay empty, as most of them do in most modules.
 */
export function planHelpers(info: ModuleInfo, caps: Caps, types: AddedTypes, rules: InstrumentRules): Helpers {
  const first = info.globals.length
  const globals = { fuel: first, refused: first + 1, slice: first + 2, stack: first + 3, floor: first + 4 }
  const tableGrowth = first + 5
  const functions: Helper[] = []
  const indices = new Map<string, number>()
  const used = new Set<string>()
  const add = (key: string, type: HelperType, body: () => number[]): void => {
    const helper = { type, body: () => (used.has(key) ? body() : NO_BODY) }
    indices.set(key, info.functions.length + functions.push(helper) - 1)
  }
  const find = (key: string): number => {
    used.add(key)
    return indices.get(key) ?? -1
  }
  add('out', 'i64', () => outOfFuel(globals, types.helperType('i64')))
  add('stack', 'i32', () => lowerFloor(globals))
  const pay = (length: readonly number[]): number[] => payFor(length, globals.fuel, indices.get('out') ?? 0)
  for (const type of LENGTH_TYPES) {
    for (const scale of SCALES) add(`${type} ${scale}`, type, () => payLength(type, scale, pay))
  }
  if (info.types.some(({ type }) => type.kind === 'array')) {
    const parts = { pay, refused: globals.refused, mostBytes: Math.min(rules.memoryMaxBytes, MODULE_LIMITS.arrayBytes) }
    for (const scale of ARRAY_SCALES) add(`array ${scale}`, 'i32', () => payArray(scale, parts))
  }
  const grow = { pay, refused: globals.refused }
  caps.memories.forEach(({ limits, capped }, index) => {
    const sized = {
      type: limits.index,
      maximum: limits.maximum ?? 0,
      size: [OP.memorySize, ...encodeU32(index)],
      scale: PAGE_SCALE,
    }
    const own = capped ? (info.memories[index]?.limits.maximum ?? MOST_PAGES[limits.index]) : null
    add(`memory ${index}`, limits.index, () => payGrowth({ ...sized, own, counter: null }, grow))
  })
  caps.tables.forEach(({ limits }, index) => {
    const sized = {
      type: limits.index,
      maximum: limits.maximum ?? 0,
      size: [0xfc, 0x10, ...encodeU32(index)],
      scale: GROWN_ENTRY_SCALE,
    }
    add(`table ${index}`, limits.index, () => payGrowth({ ...sized, own: null, counter: tableGrowth }, grow))
  })
  return {
    fuelGlobal: globals.fuel,
    refusedPagesGlobal: globals.refused,
    sliceGlobal: globals.slice,
    stackGlobal: globals.stack,
    stackFloorGlobal: globals.floor,
    tableGrowthGlobal: tableGrowth,
    functions,
    outOfFuel: find('out'),
    lowerFloor: find('stack'),
    payLength: (type, scale) => find(`${type} ${scale}`),
    payArray: (scale) => find(`array ${scale}`),
    payGrowth: (kind, index) => find(`${kind} ${index}`),
  }
}

/** Largest memory each index type allows by the specification, pages. */
const MOST_PAGES: Readonly<Record<HelperType, number>> = { i32: 2 ** 16, i64: 2 ** 48 }

/**
 * Asks the slice hook for fuel; without a hook, or if it answers a negative number, traps with that in the fuel global.
 *
 * The hook's global is null while the hook runs. A hook that throws leaves it so: whatever the guest's handlers make of
 * the exception, the next charge traps.
 */
function outOfFuel(globals: { fuel: number; slice: number }, hookType: number): number[] {
  const type = encodeS64(hookType)
  const setFuel = [OP.globalSet, ...encodeU32(globals.fuel)]
  const setHook = [OP.globalSet, ...encodeU32(globals.slice)]
  const trap = [OP.if, EMPTY, OP.unreachable, OP.end]
  return [
    ...[1, 1, OP.refNullType, ...type],
    ...[OP.localGet, 0, ...setFuel],
    ...[OP.globalGet, ...encodeU32(globals.slice), OP.localTee, 1, OP.refIsNull, ...trap],
    ...[OP.refNull, ...type, ...setHook],
    ...[OP.localGet, 0, OP.localGet, 1, OP.callRef, ...encodeU32(hookType), OP.localTee, 0, ...setFuel],
    ...[OP.localGet, 1, ...setHook],
    ...[OP.localGet, 0, OP.i64Const, 0, OP.i64LtS, ...trap],
    ...[OP.localGet, 0, OP.end],
  ]
}

/** Notes a stack that is deeper than before, or traps with a negative rest of it in the stack global. */
function lowerFloor(globals: { stack: number; floor: number }): number[] {
  return [
    ...[0, OP.localGet, 0, OP.i32Const, 0, OP.i32LtS, OP.if, EMPTY],
    ...[OP.localGet, 0, OP.globalSet, ...encodeU32(globals.stack), OP.unreachable, OP.end],
    ...[OP.localGet, 0, OP.globalSet, ...encodeU32(globals.floor)],
    ...[OP.localGet, 0, OP.end],
  ]
}

/** Takes the i64 that `length` computes off the fuel global; uses local 1. */
function payFor(length: readonly number[], fuel: number, out: number): number[] {
  const global = encodeU32(fuel)
  return [
    ...[OP.globalGet, ...global, ...length, OP.i64Sub, OP.localTee, 1, OP.globalSet, ...global],
    ...[OP.localGet, 1, OP.i64Const, 0, OP.i64LtS, OP.if, EMPTY],
    ...[OP.localGet, 1, OP.call, ...encodeU32(out), OP.globalSet, ...global, OP.end],
  ]
}

function payLength(type: HelperType, scale: Scale, pay: (length: readonly number[]) => number[]): number[] {
  const most = [OP.i64Const, ...encodeS64(LONGEST)]
  const bounded = [OP.localGet, 0, ...most, OP.localGet, 0, ...most, OP.i64LtU, OP.select]
  const length = type === 'i32' ? [OP.localGet, 0, OP.i64ExtendU] : bounded
  return [...ONE_I64_LOCAL, ...pay([...length, ...shift(scale)]), OP.localGet, 0, OP.end]
}

/** An array longer than the memory rule allows traps like memory that ran out: what it asked for is remembered in pages. */
function payArray(
  scale: Scale,
  parts: { pay: (length: readonly number[]) => number[]; refused: number; mostBytes: number },
): number[] {
  const bytes = [OP.localGet, 0, OP.i64ExtendU, ...shift(scale)]
  const pages = [
    ...[...bytes, OP.i64Const, ...encodeS64(2 ** PAGE_SHIFT - 1), OP.i64Add],
    ...[OP.i64Const, PAGE_SHIFT, OP.i64ShrU],
  ]
  return [
    ...ONE_I64_LOCAL,
    ...[...bytes, OP.i64Const, ...encodeS64(parts.mostBytes), OP.i64GtU, OP.if, EMPTY],
    ...[...pages, OP.globalSet, ...encodeU32(parts.refused), OP.unreachable, OP.end],
    ...parts.pay(bytes),
    ...[OP.localGet, 0, OP.end],
  ]
}

function shift(scale: number): number[] {
  if (scale === 0) return []
  return [OP.i64Const, ...encodeS64(Math.abs(scale)), scale < 0 ? OP.i64ShrU : OP.i64Shl]
}

interface Growth {
  readonly type: HelperType
  readonly maximum: number
  /** The module's own maximum, if it is higher: then a refusal is the cap's and is remembered. */
  readonly own: number | null
  readonly size: readonly number[]
  readonly scale: number
  /** Global that sums up what was grown; null for none. */
  readonly counter: number | null
}

/** Growth beyond the maximum costs nothing: the instruction behind fails and answers −1. */
function payGrowth(growth: Growth, parts: { pay: (length: readonly number[]) => number[]; refused: number }): number[] {
  const wide = growth.type === 'i64'
  const widened = wide ? [OP.localGet, 0] : [OP.localGet, 0, OP.i64ExtendU]
  const room = (maximum: number): number[] => [
    ...(wide ? [OP.i64Const, ...encodeS64(maximum)] : [OP.i32Const, ...encodeS64(maximum | 0)]),
    ...[...growth.size, wide ? OP.i64Sub : OP.i32Sub],
  ]
  const remember = [OP.globalSet, ...encodeU32(parts.refused)]
  const ifOwnAllows = (own: number): number[] => [
    ...[OP.localGet, 0, ...room(own), wide ? OP.i64LeU : OP.i32LeU, OP.if, EMPTY],
    ...[...widened, ...remember, OP.end],
  ]
  const narrowed = wide ? [OP.localGet, 0, OP.i32WrapI64] : [OP.localGet, 0]
  const count = (counter: number): number[] => [
    ...[OP.globalGet, ...encodeU32(counter), ...narrowed, OP.i32Add, OP.globalSet, ...encodeU32(counter)],
  ]
  return [
    ...ONE_I64_LOCAL,
    ...[OP.localGet, 0, ...room(growth.maximum), wide ? OP.i64GtU : OP.i32GtU, OP.if, EMPTY],
    ...(growth.own === null ? [] : ifOwnAllows(growth.own)),
    ...[OP.localGet, 0, OP.return, OP.end],
    ...parts.pay([...widened, ...shift(growth.scale)]),
    ...(growth.counter === null ? [] : count(growth.counter)),
    ...[OP.localGet, 0, OP.end],
  ]
}
