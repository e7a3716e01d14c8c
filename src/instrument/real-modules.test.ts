import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { QuickJS } from 'quickjs-wasi'
import { readModule } from '../wasm/index.ts'
import { instrumentModule } from './index.ts'
import { assemble, countSlowly, PLENTY, RULES, SLOW_COUNT } from './kit.test.ts'

const QUICKJS = 'node_modules/quickjs-wasi/quickjs.wasm'
const CLANG = 'node_modules/@yowasp/clang/gen/llvm.core.wasm'
const SCRIPT = `(() => { const words = new Map(); let text = ''
  for (let i = 0; i < 300; i++) text += String.fromCharCode(97 + (i * 7) % 26) + (i % 5 ? '' : ' ')
  for (const word of text.split(' ')) words.set(word, (words.get(word) ?? 0) + 1)
  try { null.x } catch (error) { words.set('error', 1) }
  return JSON.stringify([...words].sort()) + [3, 1, 2].toSorted() + (0.1 + 0.2) + /b+/.exec('abbbc')[0] })()`

type Instantiate = (module: WebAssembly.Module, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>

/** Evaluates the script in an instance of QuickJS; the counter global is handed over as soon as there is one. */
async function evaluate(
  bytes: Uint8Array<ArrayBuffer>,
  onExports: (exports: WebAssembly.Exports) => void,
): Promise<string> {
  const wasm = await WebAssembly.compile(bytes)
  const instantiate = Reflect.get(WebAssembly, 'instantiate') as Instantiate
  Object.assign(WebAssembly, {
    instantiate: async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
      const instance = await instantiate(module, imports)
      onExports(instance.exports)
      return instance
    },
  })
  try {
    const clock = { wasi: () => ({ clock_time_get: () => 0, random_get: () => 0 }) }
    using vm = await QuickJS.create({ wasm, ...clock } as Parameters<typeof QuickJS.create>[0])
    using result = vm.evalCode(SCRIPT)
    return result.toString()
  } finally {
    Object.assign(WebAssembly, { instantiate })
  }
}

test('QuickJS evaluates the same when metered, and pays for exactly what it runs', async () => {
  const original = Uint8Array.from(readFileSync(QUICKJS))
  const rewritten = instrumentModule(original, RULES)
  let fuel: { value: bigint } = { value: 0n }
  let count: { value: bigint } = { value: 0n }
  const plain = await evaluate(original, () => {})
  const metered = await evaluate(rewritten.bytes, (exports) => {
    fuel = exports[rewritten.names.fuel] as unknown as typeof fuel
    fuel.value = PLENTY
    // The glue of QuickJS calls many exports and knows nothing of the stack global.
    const stack = exports[rewritten.names.stack] as unknown as { value: number }
    stack.value = 2 ** 30
  })
  const slow = await evaluate(countSlowly(original), (exports) => {
    count = exports[SLOW_COUNT] as unknown as typeof count
  })
  assert.equal(metered, plain)
  assert.equal(slow, plain)
  const used = PLENTY - fuel.value
  assert.ok(count.value > 1_000_000n, `${count.value}`)
  const pages = Number(used - count.value) / 4_096
  assert.ok(
    Number.isInteger(pages) && pages >= 0 && pages < 100,
    `${used} against ${count.value}: only grown pages differ`,
  )
})

test('rewritten modules satisfy a second validator', () => {
  const wats = [
    '(module (memory 1 2) (table 3 funcref) (func (export "run") (param i32) (result i32) (loop $l (br_if $l (local.get 0))) (memory.grow (local.get 0))))',
    '(module (func (param i32) (result i32 i64) (br_if 0 (i32.const 1) (i64.const 2) (local.get 0)) (return)))',
    '(module (tag $e) (func (loop $l (try_table (catch_all $l) (throw $e)))))',
    '(module (func (result i32) (br 0 (i32.const 1))) (start $f) (func $f))',
  ]
  for (const bytes of [...wats.map(assemble), readFileSync(QUICKJS)]) {
    const { bytes: rewritten } = instrumentModule(bytes, RULES)
    assert.ok(WebAssembly.validate(rewritten))
    const module = binaryen.readBinary(rewritten)
    module.setFeatures(binaryen.Features.All)
    assert.equal(module.validate(), 1)
    module.dispose()
  }
})

test('custom sections and what was not touched stay as they are', () => {
  const original = readFileSync(QUICKJS)
  const before = readModule(original)
  const after = readModule(instrumentModule(original, RULES).bytes)
  assert.deepEqual(
    after.customSections
      .filter(({ name }) => name !== 'metadata.code.branch_hint')
      .map(({ name, size }) => ({ name, size })),
    before.customSections.map(({ name, size }) => ({ name, size })),
  )
  assert.deepEqual(
    after.imports,
    before.imports.map((entry, index) => ({ ...entry, range: after.imports[index]?.range })),
  )
  assert.deepEqual(after.functions.slice(0, before.functions.length), before.functions)
  assert.deepEqual(
    after.exports.slice(0, before.exports.length).map(({ name, kind, index }) => ({ name, kind, index })),
    before.exports.map(({ name, kind, index }) => ({ name, kind, index })),
  )
  assert.deepEqual(
    after.exports.slice(before.exports.length).map(({ name }) => name),
    [
      'caxton:fuel',
      'caxton:refused-pages',
      'caxton:slice',
      'caxton:stack',
      'caxton:stack-floor',
      'caxton:table-growth',
    ],
  )
})

test('a compiler of 75 MB is rewritten and validates', {
  skip: existsSync(CLANG) ? false : '@yowasp/clang is not installed',
}, () => {
  const original = readFileSync(CLANG)
  const { bytes, offsetMap, info } = instrumentModule(original, { memoryMaxBytes: 2 ** 32, tableMaxElements: 1e6 })
  assert.ok(offsetMap.byteLength < 0.2 * original.length)
  assert.ok(bytes.length < 2 * original.length)
  assert.ok(info.code.count > 10_000)
  assert.equal(WebAssembly.validate(bytes.subarray(0, 100)), false)
  assert.ok(new WebAssembly.Module(bytes))
})
