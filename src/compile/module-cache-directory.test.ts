import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../core/index.ts'
import { DiskCache } from '../disk/index.ts'
import { instrumentModule } from '../instrument/index.ts'
import { ModuleCache } from './index.ts'
import { decodeModule, encodeModule } from './stored-module.ts'

/** `(module (func (export "f") (result i32) i32.const 7))` */
const SEVEN = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 0x0a, 6, 1, 4, 0,
  0x41, 7, 0x0b,
])
const QUICKJS = join(dirname(createRequire(import.meta.url).resolve('quickjs-wasi')), '../quickjs.wasm')

function createDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-modules-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Another process, as far as the cache can tell. */
function createCache(directory: string): { cache: ModuleCache; instrumented: () => number } {
  let count = 0
  const instrument: typeof instrumentModule = (bytes, rules) => {
    count += 1
    return instrumentModule(bytes, rules)
  }
  return { cache: new ModuleCache({ instrument }, { directory }), instrumented: () => count }
}

test('a second process finds what the first one has rewritten', async (context) => {
  const directory = createDirectory(context)
  const first = await createCache(directory).cache.compile(SEVEN)
  const { cache, instrumented } = createCache(directory)
  const second = await cache.compile(SEVEN.slice())
  assert.equal(instrumented(), 0)
  assert.deepEqual(second.rewritten, first.rewritten)
  assert.deepEqual(second.instrumented.names, first.instrumented.names)
  assert.deepEqual(second.instrumented.info.exports, first.instrumented.info.exports)
  assert.equal(second.digest, first.digest)
  const { exports } = new WebAssembly.Instance(second.module)
  assert.ok(Object.hasOwn(exports, second.instrumented.names.fuel))
  assert.equal(await cache.compile(SEVEN), second)
})

test('other limits and other bytes are other entries', async (context) => {
  const directory = createDirectory(context)
  await createCache(directory).cache.compile(SEVEN)
  const { cache, instrumented } = createCache(directory)
  await cache.compile(SEVEN, { ...DEFAULT_LIMITS, memoryBytes: 65_536 })
  await cache.compile(SEVEN, { ...DEFAULT_LIMITS, tableElements: 1 })
  await cache.compile(SEVEN.with(32, 8))
  assert.equal(instrumented(), 3)
  assert.equal(readdirSync(directory).length, 4)
})

test('a damaged entry is made anew', async (context) => {
  const directory = createDirectory(context)
  await createCache(directory).cache.compile(SEVEN)
  const [name = ''] = readdirSync(directory)
  const whole = readFileSync(join(directory, name))
  for (const damaged of [
    whole.subarray(0, -1),
    whole.subarray(0, 40),
    whole.with(50, whole[50]! ^ 1),
    Buffer.alloc(0),
  ]) {
    writeFileSync(join(directory, name), damaged)
    const { cache, instrumented } = createCache(directory)
    await cache.compile(SEVEN)
    assert.equal(instrumented(), 1)
    assert.deepEqual(readFileSync(join(directory, name)), whole)
  }
})

test('an entry that is whole and says nonsense is made anew', async (context) => {
  const directory = createDirectory(context)
  await createCache(directory).cache.compile(SEVEN)
  const [key = ''] = readdirSync(directory)
  const stored = encodeModule(instrumentModule(SEVEN, { memoryMaxBytes: 65_536, tableMaxElements: 1 }))
  const nonsense = [
    new Uint8Array(0),
    new Uint8Array(64),
    new Uint8Array(64).fill(255),
    stored.slice(0, -4),
    stored.slice(4),
  ]
  for (const bytes of nonsense) {
    await new DiskCache(directory, { maxBytes: 1e6 }).write(key, bytes)
    const { cache, instrumented } = createCache(directory)
    await cache.compile(SEVEN)
    assert.equal(instrumented(), 1)
  }
})

test('what is no module is refused, and nothing is kept', async (context) => {
  const directory = createDirectory(context)
  await assert.rejects(createCache(directory).cache.compile(SEVEN.slice(0, -1)), { code: 'ERR_WASM_INVALID' })
  assert.deepEqual(readdirSync(directory), [])
})

test('a directory that cannot be used is no error', async (context) => {
  const file = join(createDirectory(context), 'file')
  writeFileSync(file, '')
  assert.ok((await createCache(file).cache.compile(SEVEN)).module)
})

test('a stored module leads from every offset back to where it came from', () => {
  const original = new Uint8Array(readFileSync(QUICKJS))
  const made = instrumentModule(original, { memoryMaxBytes: 2 ** 24, tableMaxElements: 1e5 })
  const read = decodeModule(encodeModule(made), original)
  assert.deepEqual(read?.bytes, made.bytes)
  assert.deepEqual(read?.names, made.names)
  for (let offset = 0; offset < made.bytes.length; offset += 7) {
    assert.equal(read?.offsetMap.originalOf(offset), made.offsetMap.originalOf(offset))
  }
  assert.equal(read?.offsetMap.byteLength, made.offsetMap.byteLength)
})
