import type { Expression, List } from './s-expression.ts'
import { ScriptError } from './s-expression.ts'

/** A value of a script. Numbers are bit patterns; `extern` names an object of the host by number. */
export type Value =
  | { readonly type: 'i32' | 'i64' | 'f32' | 'f64' | 'v128'; readonly bits: bigint }
  | { readonly type: 'null' }
  | { readonly type: 'extern' | 'i31'; readonly number: number }
  | { readonly type: 'func' | 'object' | 'unreadable' }

/** What an assertion accepts as a result. */
export type Pattern =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'nan'; readonly type: 'f32' | 'f64'; readonly form: NanForm }
  | { readonly kind: 'lanes'; readonly lanes: readonly Pattern[]; readonly laneBits: number }
  | { readonly kind: 'reference'; readonly of: string }
  | { readonly kind: 'either'; readonly of: readonly Pattern[] }

type NanForm = 'canonical' | 'arithmetic'
type FloatType = 'f32' | 'f64'

const MANTISSA_BITS = { f32: 23n, f64: 52n } as const
const WIDTH = { i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64 } as const

/** @throws ScriptError for what is not a constant */
export function parseValue(list: List): Value {
  const pattern = parsePattern(list)
  if (pattern.kind === 'value') return pattern.value
  if (pattern.kind === 'lanes') return { type: 'v128', bits: joinLanes(pattern) }
  throw new ScriptError('a constant is expected, not a pattern')
}

/** @throws ScriptError for what is neither a constant nor a pattern */
export function parsePattern(list: List): Pattern {
  const [head, ...rest] = list.items.map((item) => (item.kind === 'list' ? item : item.text))
  if (head === 'either') {
    return { kind: 'either', of: list.items.slice(1).map((item) => parsePattern(item as List)) }
  }
  const words = rest.filter((word) => typeof word === 'string')
  switch (head) {
    case 'i32.const':
    case 'i64.const':
    case 'f32.const':
    case 'f64.const':
      return parseNumber(head.slice(0, 3) as 'i32', words[0] ?? '')
    case 'v128.const':
      return parseLanes(words)
    case 'ref.null':
      return { kind: 'value', value: { type: 'null' } }
    case 'ref.extern':
    case 'ref.host':
      if (words[0] !== undefined) {
        return { kind: 'value', value: { type: 'extern', number: Number(words[0]) } }
      }
      return { kind: 'reference', of: 'extern' }
    default:
      if (typeof head === 'string' && /^ref\.(?:func|any|eq|i31|struct|array|exn)$/.test(head)) {
        return { kind: 'reference', of: head.slice(4) }
      }
      throw new ScriptError(`${JSON.stringify(describe(head))} is no constant`)
  }
}

function describe(head: string | Expression | undefined): string {
  return typeof head === 'string' ? head : (head?.kind ?? 'nothing')
}

function parseNumber(type: 'i32' | 'i64' | FloatType, text: string): Pattern {
  if (type === 'i32' || type === 'i64') {
    const bits = BigInt.asUintN(WIDTH[type], parseInteger(text))
    return { kind: 'value', value: { type, bits } }
  }
  if (text === 'nan:canonical' || text === 'nan:arithmetic') {
    return { kind: 'nan', type, form: text === 'nan:canonical' ? 'canonical' : 'arithmetic' }
  }
  return { kind: 'value', value: { type, bits: parseFloatBits(type, text) } }
}

function parseInteger(text: string): bigint {
  const digits = text.replaceAll('_', '')
  const magnitude = BigInt(digits.replace(/^[+-]/, ''))
  return digits.startsWith('-') ? -magnitude : magnitude
}

/** Bits of a float as the text format writes it. A decimal `f32` is rounded by way of the `f64` next to it. */
function parseFloatBits(type: FloatType, text: string): bigint {
  const digits = text.replaceAll('_', '')
  const sign = digits.startsWith('-') ? 1n << BigInt(WIDTH[type] - 1) : 0n
  const magnitude = digits.replace(/^[+-]/, '')
  const mantissa = MANTISSA_BITS[type]
  const infinity = (type === 'f32' ? 0xffn : 0x7ffn) << mantissa
  if (magnitude === 'inf') return sign | infinity
  if (magnitude === 'nan') return sign | infinity | (1n << (mantissa - 1n))
  if (magnitude.startsWith('nan:')) return sign | infinity | BigInt(magnitude.slice(4))
  return sign | floatBits(type, magnitude.startsWith('0x') ? parseHexFloat(magnitude) : Number(magnitude))
}

function parseHexFloat(text: string): number {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text) ?? []
  const power = Number(exponent) - 4 * fraction.length
  const mantissa = Number(BigInt(`0x0${whole}${fraction}`))
  // Two steps, as 2 ** power alone may be zero or infinite where the product is neither.
  const half = Math.trunc(power / 2)
  return mantissa * 2 ** half * 2 ** (power - half)
}

const view = new DataView(new ArrayBuffer(16))

export function floatBits(type: FloatType, value: number): bigint {
  if (type === 'f32') {
    view.setFloat32(0, value)
    return BigInt(view.getUint32(0))
  }
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}

export function floatValue(type: FloatType, bits: bigint): number {
  if (type === 'f32') {
    view.setUint32(0, Number(bits))
    return view.getFloat32(0)
  }
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

function parseLanes(words: readonly string[]): Pattern {
  const [shape = '', ...lanes] = words
  const type = shape.split('x')[0] as keyof typeof WIDTH
  const laneBits = WIDTH[type]
  if (laneBits === undefined || lanes.length * laneBits !== 128) throw new ScriptError(`${shape} is no shape`)
  const isFloat = type === 'f32' || type === 'f64'
  return {
    kind: 'lanes',
    laneBits,
    lanes: lanes.map((lane) =>
      isFloat
        ? parseNumber(type, lane)
        : { kind: 'value', value: { type: 'i64', bits: BigInt.asUintN(laneBits, parseInteger(lane)) } },
    ),
  }
}

function joinLanes({ lanes, laneBits }: Pattern & { kind: 'lanes' }): bigint {
  return lanes.reduce((bits, lane, index) => {
    if (lane.kind !== 'value' || !('bits' in lane.value)) throw new ScriptError('a constant is expected, not a pattern')
    return bits | (lane.value.bits << BigInt(index * laneBits))
  }, 0n)
}

/** Tells whether a result is what an assertion accepts. */
export function matches(pattern: Pattern, value: Value): boolean {
  switch (pattern.kind) {
    case 'either':
      return pattern.of.some((one) => matches(one, value))
    case 'nan':
      return value.type === pattern.type && isNan(pattern.type, value.bits, pattern.form)
    case 'lanes':
      return value.type === 'v128' && matchesLanes(pattern, value.bits)
    case 'reference':
      return matchesReference(pattern.of, value)
    default:
      return formatValue(pattern.value) === formatValue(value)
  }
}

function matchesLanes({ lanes, laneBits }: Pattern & { kind: 'lanes' }, bits: bigint): boolean {
  return lanes.every((lane, index) => {
    const own = BigInt.asUintN(laneBits, bits >> BigInt(index * laneBits))
    if (lane.kind === 'nan') return isNan(lane.type, own, lane.form)
    return lane.kind === 'value' && 'bits' in lane.value && lane.value.bits === own
  })
}

function isNan(type: FloatType, bits: bigint, form: NanForm): boolean {
  const mantissa = MANTISSA_BITS[type]
  const quiet = ((type === 'f32' ? 0x1ffn : 0xfffn) << (mantissa - 1n)) as bigint
  const magnitude = BigInt.asUintN(WIDTH[type] - 1, bits)
  return form === 'canonical' ? magnitude === quiet : (magnitude & quiet) === quiet
}

/** Which references of the host's eyes each pattern accepts. */
const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  func: ['func'],
  extern: ['extern', 'object', 'i31'],
  i31: ['i31'],
  struct: ['object'],
  array: ['object'],
  eq: ['object', 'i31'],
  any: ['object', 'i31', 'extern'],
  exn: ['object', 'unreadable'],
}

function matchesReference(of: string, value: Value): boolean {
  return REFERENCES[of]?.includes(value.type) ?? false
}

export function formatValue(value: Value): string {
  if ('bits' in value) return `${value.type}:0x${value.bits.toString(16)}`
  return 'number' in value ? `${value.type} ${value.number}` : value.type
}
