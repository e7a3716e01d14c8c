import type { ModuleInfo } from '../wasm/index.ts'
import { OPCODES, ROW_COUNT, rowOf } from '../wasm/index.ts'

/**
 * Names of instructions by how many operands more or less there are behind them. What stands in no row takes as many as
 * it gives; calls, blocks and objects depend on a type and are counted apart. The first match counts.
 */
const EFFECTS: readonly (readonly [effect: number, names: RegExp])[] = [
  [1, /^(local\.get|global\.get|ref\.null|ref\.func|memory\.size|table\.size|struct\.new_default|.*\.const)$/],
  [0, /^(local\.tee|memory\.grow|table\.get|br_on_null|br_on_cast|br_on_cast_fail|atomic\.fence|.*\.atomic\.load.*)$/],
  [-1, /^(drop|local\.set|global\.set|if|br_if|br_table|br_on_non_null|table\.grow|ref\.eq)$/],
  [-2, /^(select|table\.set|struct\.set|memory\.atomic\.wait.*|.*\.cmpxchg.*|.*\.store.*)$/],
  [-3, /^(memory\.(fill|copy|init)|table\.(fill|copy|init)|array\.set)$/],
  [-4, /^array\.(fill|init_data|init_elem)$/],
  [-5, /^array\.copy$/],
  [-1, /^(array\.(new|new_data|new_elem|get|get_s|get_u)|memory\.atomic\.notify|.*\.atomic\.rmw.*)$/],
  [-2, /^(v128\.bitselect|.*\.relaxed_(madd|nmadd|laneselect|dot_i8x16_i7x16_add_s))$/],
  [0, /^(v128\.not|.*\.(all_true|any_true|bitmask|popcnt|splat|extract_lane.*|ext(add|end).*|nearest))$/],
  [0, /^.*\.(abs|neg|sqrt|ceil|floor|trunc|trunc_.*|relaxed_trunc_.*|convert_.*|demote_.*|promote_.*)$/],
  [-1, /^v128\.load\d+_lane$/],
  [0, /^(i31\.get_[su]|.*\.(load.*|eqz|clz|ctz|wrap_i64|reinterpret_.*|extend.*))$/],
  [-1, /^([if]\d+(x\d+)?\..*|v128\.(and|andnot|or|xor))$/],
]

/** Operands more or less behind an instruction, by row; 0 where it depends on a type. */
export const EFFECT_BY_ROW: Int8Array = indexEffects()
/** 1 for an instruction on vectors of 128 bits. */
export const WIDE_BY_ROW: Uint8Array = indexWide()

function indexEffects(): Int8Array {
  const effects = new Int8Array(ROW_COUNT)
  for (const { code, name } of OPCODES) {
    effects[rowOf(code)] = EFFECTS.find(([, names]) => names.test(name))?.[0] ?? 0
  }
  return effects
}

function indexWide(): Uint8Array {
  const wide = new Uint8Array(ROW_COUNT)
  for (const { code, feature } of OPCODES) {
    if (feature === 'simd' || feature === 'relaxed-simd') wide[rowOf(code)] = 1
  }
  return wide
}

/** Below every real height: what is behind code that control does not leave. */
const NOWHERE = -(2 ** 40)
/** Depths that there is room for at first: what compilers nest. */
const FIRST_DEPTHS = 64

/** How many parameters and results each type of a module has; 0 for what is no function type. */
export class Arities {
  readonly #params: Uint16Array
  readonly #results: Uint16Array
  readonly #info: ModuleInfo

  constructor(info: ModuleInfo) {
    this.#info = info
    this.#params = Uint16Array.from(info.types, ({ type }) => (type.kind === 'func' ? type.params.length : 0))
    this.#results = Uint16Array.from(info.types, ({ type }) => (type.kind === 'func' ? type.results.length : 0))
  }

  params(type: number): number {
    return this.#params[type] ?? 0
  }

  results(type: number): number {
    return this.#results[type] ?? 0
  }

  typeOfFunction(index: number): number {
    return this.#info.functions[index] ?? -1
  }

  typeOfTag(index: number): number {
    return this.#info.tags[index]?.typeIndex ?? -1
  }

  fields(type: number): number {
    const found = this.#info.types[type]?.type
    return found?.kind === 'struct' ? found.fields.length : 0
  }
}

/**
 * Follows the height of the operand stack through a function body, as a validator does, to find how high it gets.
 * Heights count values, whatever their types. Behind code that control does not leave there is no height.
 */
export class OperandStack {
  /** The most operands there are at a time. */
  highest = 0
  #height = 0
  #depth = -1
  #base = new Int32Array(FIRST_DEPTHS)
  #params = new Uint16Array(FIRST_DEPTHS)
  #results = new Uint16Array(FIRST_DEPTHS)
  readonly #arities: Arities

  constructor(arities: Arities) {
    this.#arities = arities
  }

  get height(): number {
    return this.#height
  }

  reset(): void {
    this.highest = 0
    this.#height = 0
    this.#depth = -1
  }

  /** Adds a run of instructions that ends `run` operands higher and was `peak` higher in between. */
  advance(run: number, peak: number): void {
    if (this.#height + peak > this.highest) this.highest = this.#height + peak
    this.#height += run
  }

  die(): void {
    this.#height = NOWHERE
  }

  /** Opens the block whose opcode, of one byte, is at `start`. */
  open(bytes: Uint8Array, start: number): void {
    const type = readBlockType(bytes, start + 1)
    const params = type < 0 ? 0 : this.#arities.params(type)
    const depth = ++this.#depth
    if (depth === this.#base.length) this.#growDepths()
    this.#base[depth] = Math.max(0, this.#height - params)
    this.#params[depth] = params
    this.#results[depth] = type === ONE_VALUE ? 1 : type < 0 ? 0 : this.#arities.results(type)
  }

  #growDepths(): void {
    const length = this.#base.length * 2
    this.#base = new Int32Array(this.#base.buffer.transfer(length * 4))
    this.#params = new Uint16Array(this.#params.buffer.transfer(length * 2))
    this.#results = new Uint16Array(this.#results.buffer.transfer(length * 2))
  }

  /** Begins the second arm of an `if`. */
  else(): void {
    this.#set((this.#base[this.#depth] as number) + (this.#params[this.#depth] as number))
  }

  /** Begins a handler of the older form; `tag` is −1 for `catch_all`. */
  catch(tag: number): void {
    this.#set((this.#base[this.#depth] as number) + (tag < 0 ? 0 : this.#arities.params(this.#arities.typeOfTag(tag))))
  }

  close(): void {
    const depth = this.#depth--
    this.#set((this.#base[depth] as number) + (this.#results[depth] as number))
  }

  #call(type: number): void {
    const rise = this.#arities.results(type) - this.#arities.params(type)
    this.advance(rise, rise)
  }

  callFunction(index: number): void {
    this.#call(this.#arities.typeOfFunction(index))
  }

  /** A call of a function of that type, through the operand on top. */
  callIndirect(type: number): void {
    this.advance(-1, 0)
    this.#call(type)
  }

  newArray(length: number): void {
    this.advance(1 - length, 1 - length)
  }

  newStruct(type: number): void {
    const rise = 1 - this.#arities.fields(type)
    this.advance(rise, rise)
  }

  #set(height: number): void {
    this.#height = height
    if (height > this.highest) this.highest = height
  }
}

const NO_VALUE = -1
const ONE_VALUE = -2

/** Reads the type of a block: a type index, or one of the two above. */
export function readBlockType(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] as number
  if (first === 0x40) return NO_VALUE
  if (first < 0x80 && first > 0x40) return ONE_VALUE
  let type = 0
  for (let at = offset, shift = 0; shift < 35; at++, shift += 7) {
    const byte = bytes[at] as number
    type += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  return type
}
