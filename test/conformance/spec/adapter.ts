import type { FunctionType } from '../../../src/wasm/index.ts'
import { encodeU32 } from '../../../src/wasm/index.ts'
import type { Value } from './values.ts'

const CODES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }
/** Types of a flat signature: floats travel as integers of their width, a vector as two. */
const FLAT: Readonly<Record<string, readonly number[]>> = {
  i32: [0x7f],
  i64: [0x7e],
  f32: [0x7f],
  f64: [0x7e],
  v128: [0x7e, 0x7e],
}
const I64 = 0x7e
const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const REINTERPRET: Readonly<Record<string, { readonly from: number; readonly to: number }>> = {
  f32: { from: 0xbe, to: 0xbc },
  f64: { from: 0xbf, to: 0xbd },
}
const I64X2 = {
  splat: [0xfd, 0x12],
  extractLow: [0xfd, 0x1d, 0],
  extractHigh: [0xfd, 0x1d, 1],
  setHigh: [0xfd, 0x1e, 1],
}

/** Tells whether all of a signature's types are numbers or vectors. */
export function isNumeric({ params, results }: FunctionType): boolean {
  return [...params, ...results].every((type) => CODES[type] !== undefined)
}

/**
 * Calls a function bit by bit: JavaScript changes the bits of a NaN and cannot take a vector.
 * Cost: a module per signature, an instance per call.
 */
export class NumericCaller {
  readonly #modules = new Map<string, WebAssembly.Module>()

  call(callee: unknown, type: FunctionType, args: readonly Value[]): Value[] {
    const key = `${type.params.join()}:${type.results.join()}`
    let module = this.#modules.get(key)
    if (module === undefined) {
      module = new WebAssembly.Module(adapterModule(type))
      this.#modules.set(key, module)
    }
    const { exports } = new WebAssembly.Instance(module, { '': { f: callee } })
    const flat = args.flatMap(flatten)
    const answer = (exports['call'] as (...args: readonly unknown[]) => unknown)(...flat)
    const words = answer === undefined ? [] : Array.isArray(answer) ? [...answer] : [answer]
    return type.results.map((result) => unflatten(result, words))
  }
}

function flatten(value: Value): (number | bigint)[] {
  if (!('bits' in value)) throw new TypeError('a number is expected')
  if (value.type === 'i32' || value.type === 'f32') return [Number(BigInt.asIntN(32, value.bits))]
  if (value.type === 'v128') return [BigInt.asIntN(64, value.bits), BigInt.asIntN(64, value.bits >> 64n)]
  return [BigInt.asIntN(64, value.bits)]
}

function unflatten(type: string, words: (number | bigint)[]): Value {
  const low = BigInt(words.shift() as number | bigint)
  if (type === 'i32' || type === 'f32') return { type, bits: BigInt.asUintN(32, low) }
  const bits = BigInt.asUintN(64, low)
  if (type === 'i64' || type === 'f64') return { type, bits }
  return { type: 'v128', bits: bits | (BigInt.asUintN(64, words.shift() as bigint) << 64n) }
}

/** A module that imports a function and exports `call` with its flat signature. */
function adapterModule({ params, results }: FunctionType): Uint8Array<ArrayBuffer> {
  const vector = (entries: readonly (readonly number[])[]): number[] => [
    ...encodeU32(entries.length),
    ...entries.flat(),
  ]
  const section = (id: number, contents: readonly number[]): number[] => [
    id,
    ...encodeU32(contents.length),
    ...contents,
  ]
  const signature = (from: readonly number[], to: readonly number[]): number[] => [
    0x60,
    ...vector(from.map((code) => [code])),
    ...vector(to.map((code) => [code])),
  ]
  const codes = (types: readonly string[]): number[] => types.map((type) => CODES[type] as number)
  const flat = (types: readonly string[]): number[] => types.flatMap((type) => FLAT[type] ?? [])
  const types = [signature(codes(params), codes(results)), signature(flat(params), flat(results))]
  const body = adapterBody(params, results)
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[0, 1, 0x66, 0, 0]])),
    ...section(3, vector([[1]])),
    ...section(7, vector([[4, 0x63, 0x61, 0x6c, 0x6c, 0, 1]])),
    ...section(10, vector([[...encodeU32(body.length), ...body]])),
  )
}

function adapterBody(params: readonly string[], results: readonly string[]): number[] {
  const code: number[] = []
  let local = 0
  const get = (): number[] => [LOCAL_GET, ...encodeU32(local++)]
  for (const type of params) {
    if (type === 'v128') code.push(...get(), ...I64X2.splat, ...get(), ...I64X2.setHigh)
    else code.push(...get(), ...(REINTERPRET[type] === undefined ? [] : [REINTERPRET[type].from]))
  }
  code.push(0x10, 0)
  const first = local
  for (let index = results.length - 1; index >= 0; index--) code.push(LOCAL_SET, ...encodeU32(first + index))
  for (const type of results) {
    const result = get()
    if (type === 'v128') code.push(...result, ...I64X2.extractLow, ...result, ...I64X2.extractHigh)
    else code.push(...result, ...(REINTERPRET[type] === undefined ? [] : [REINTERPRET[type].to]))
  }
  const locals = results.map((type) => [1, CODES[type] ?? I64])
  return [...encodeU32(locals.length), ...locals.flat(), ...code, 0x0b]
}
