import { setTimeout } from 'node:timers/promises'
import binaryen from 'binaryen'
import { COST_BY_ROW } from '../src/instrument/index.ts'
import { rowByName } from '../src/wasm/index.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'

const ROUNDS = 15
const WARM_UP_MS = 200
/** Times that an instruction stands in the body of the loop, and turns of the loop in a sample. */
const COPIES = 50
const TURNS = 2_000

interface Snippet {
  /** Of the instruction that is measured. */
  readonly name: string
  /** Takes `$x` (or `$f`, `$d`, `$v`, by its result) and gives the next one, so that each waits for the one before it. */
  readonly code: string
  /** The same without the instruction. @default nothing */
  readonly without?: string
}

const DIVIDEND = '(i32.or (local.get $x) (i32.const 0x70000001))'
const LONG_DIVIDEND = '(i64.or (local.get $l) (i64.const 0x7000000000000001))'

/** Values stay alike from turn to turn: dividends large, radicands and quotients about 1. */
const SNIPPETS: readonly Snippet[] = [
  ...['div_s', 'div_u', 'rem_s', 'rem_u'].flatMap((operation) => [
    step(`i32.${operation}`, '$x', `(i32.${operation} ${DIVIDEND} (local.get $y))`, DIVIDEND),
    step(`i64.${operation}`, '$l', `(i64.${operation} ${LONG_DIVIDEND} (i64.const 3))`, LONG_DIVIDEND),
  ]),
  step('f32.div', '$f', '(f32.div (f32.const 1.5) (local.get $f))'),
  step('f64.div', '$d', '(f64.div (f64.const 1.5) (local.get $d))'),
  step('f32.sqrt', '$f', '(f32.sqrt (local.get $f))'),
  step('f64.sqrt', '$d', '(f64.sqrt (local.get $d))'),
  step('f32x4.div', '$v', '(f32x4.div (v128.const f32x4 1.5 1.5 1.5 1.5) (local.get $v))'),
  step('f64x2.sqrt', '$v', '(f64x2.sqrt (local.get $v))'),
  step('call', '$x', '(call $callee (local.get $x))'),
  step('call_indirect', '$x', '(call_indirect (type $unary) (local.get $x) (local.get $slot))'),
  step('call_ref', '$x', '(call_ref $unary (local.get $x) (local.get $r))'),
  step(
    'br_table',
    '$x',
    '(block (result i32) (block (block (br_table 0 1 0 1 (local.get $x))) (br 1 (i32.const 1))) (i32.const 2))',
  ),
  step('memory.grow', '$x', '(memory.grow (i32.and (local.get $x) (i32.const 0)))'),
  after('memory.fill', '(memory.fill (local.get $x) (i32.const 0) (local.get $zero))'),
  after('memory.init', '(memory.init $d (local.get $zero) (local.get $zero) (local.get $zero))'),
  after('memory.copy', '(memory.copy (local.get $x) (i32.const 64) (local.get $zero))'),
  after('table.get', '(global.set $seen (table.get $t (local.get $slot)))', '(global.set $seen (local.get $r))'),
  after('table.set', '(table.set $t (local.get $slot) (local.get $r))'),
  after('table.fill', '(table.fill $t (local.get $slot) (local.get $r) (local.get $zero))'),
  after('struct.new', '(global.set $object (struct.new $pair (local.get $x) (local.get $y)))'),
  after('array.new', '(global.set $list (array.new $bytes (local.get $x) (i32.const 8)))'),
  step(
    'ref.test',
    '$x',
    '(i32.add (local.get $x) (ref.test (ref $pair) (global.get $object)))',
    '(i32.add (local.get $x) (i32.const 1))',
  ),
  after('throw', '(block $done (try_table (catch_all $done) (throw $tag)))'),
  step('i32.atomic.rmw.add', '$x', '(i32.atomic.rmw.add (i32.const 64) (local.get $x))'),
]

function step(name: string, local: string, code: string, without?: string): Snippet {
  const set = (value: string) => `(local.set ${local} ${value})`
  return { name, code: set(code), ...(without === undefined ? {} : { without: set(without) }) }
}

function after(name: string, code: string, without?: string): Snippet {
  return { name, code, ...(without === undefined ? {} : { without }) }
}

/** Measures what instructions take that are not priced at 1, over what an addition takes that waits for the one before it. */
export async function benchPrices(): Promise<Report> {
  const unitNs =
    (await timeOf('(local.set $x (i32.xor (i32.add (local.get $x) (local.get $y)) (local.get $slot)))')) / 2
  const rows: string[][] = []
  for (const { name, code, without } of SNIPPETS) {
    const spentNs = (await timeOf(code)) - (without === undefined ? 0 : await timeOf(without))
    rows.push([name, String(COST_BY_ROW[rowByName(name)]), (spentNs / unitNs).toFixed(1), spentNs.toFixed(2)])
  }
  return {
    title: 'Prices of instructions',
    about:
      `What one instruction takes in V8's optimised code, over an \`i32.add\` that waits for the one before it (${unitNs.toFixed(2)} ns): least ` +
      `of ${ROUNDS} samples of ${COPIES * TURNS} in a row. Bulk instructions with length 0, \`array.new\` with 8 elements; what they pay by length is ` +
      'not in the price. A price is the same on every machine: what one alone takes here may be some times as much, where many ' +
      'at once take less. Calls: V8 has put the callee into its caller.',
    columns: ['instruction', 'price', 'measured', 'ns'],
    rows,
  }
}

/** Nanoseconds of one copy of the code. */
async function timeOf(code: string): Promise<number> {
  const run = instantiate(code)
  const until = performance.now() + WARM_UP_MS
  while (performance.now() < until) {
    run(TURNS, 0)
    await setTimeout(0)
  }
  const [sample] = await measure([{ name: 'code', run: () => run(TURNS, 0) }], ROUNDS)
  return (sample!.minMs * 1e6) / (COPIES * TURNS)
}

function instantiate(code: string): (turns: number, zero: number) => void {
  const module = binaryen.parseText(`(module
    (type $unary (func (param i32) (result i32))) (type $pair (struct (field i32 i32))) (type $bytes (array (mut i8)))
    (memory 1 2) (table $t 4 funcref) (elem (table $t) (i32.const 0) func $callee $callee $callee $callee)
    (data $d "data") (tag $tag) (elem declare func $callee)
    (global $seen (mut funcref) (ref.null func)) (global $object (mut (ref null $pair)) (ref.null $pair))
    (global $list (mut (ref null $bytes)) (ref.null $bytes))
    (func $callee (type $unary) (i32.xor (local.get 0) (i32.const 1)))
    (func (export "run") (param $turns i32) (param $zero i32)
      (local $x i32) (local $y i32) (local $slot i32) (local $l i64) (local $f f32) (local $d f64) (local $v v128)
      (local $r (ref $unary))
      (local.set $y (i32.const 3)) (local.set $slot (i32.const 1)) (local.set $f (f32.const 1.2)) (local.set $d (f64.const 1.2))
      (local.set $v (v128.const f32x4 1.2 1.2 1.2 1.2)) (local.set $r (ref.func $callee))
      (global.set $object (struct.new $pair (i32.const 1) (i32.const 2)))
      (loop $again ${code.repeat(COPIES)}
        (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
      (i32.store (i32.const 0) (i32.add (local.get $x) (i32.wrap_i64 (local.get $l)))) (f32.store (i32.const 8) (local.get $f))
      (f64.store (i32.const 16) (local.get $d)) (v128.store (i32.const 32) (local.get $v))))`)
  module.setFeatures(binaryen.Features.All & ~binaryen.Features.Strings)
  try {
    const bytes = Uint8Array.from(module.emitBinary())
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as (
      turns: number,
      zero: number,
    ) => void
  } finally {
    module.dispose()
  }
}
