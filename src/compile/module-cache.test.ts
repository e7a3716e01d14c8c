import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DEFAULT_LIMITS, MODULE_LIMITS } from '../core/index.ts'
import { instrumentModule } from '../instrument/index.ts'
import { digestBytes, ModuleCache } from './index.ts'

/** The smallest module with a custom section that holds `size` zeros, so that modules differ. */
function createModule(name: string, size = 0): Uint8Array {
  const label = [name.length, ...Buffer.from(name)]
  const contents = [...label, ...new Array<number>(size).fill(0)]
  const length = contents.length
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, (length & 0x7f) | 0x80, length >> 7, ...contents])
}

/** `(module (func (export "f") (result i32) i32.const 7))` */
const SEVEN = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 0x0a, 6, 1, 4, 0,
  0x41, 7, 0x0b,
])

function createCache(maxBytes?: number): { cache: ModuleCache; instrumented: () => number } {
  let count = 0
  const cache = new ModuleCache(
    {
      instrument: (bytes, rules) => {
        count += 1
        return instrumentModule(bytes, rules)
      },
    },
    maxBytes === undefined ? {} : { maxBytes },
  )
  return { cache, instrumented: () => count }
}

suite('the module cache', () => {
  test('compiles a module that can be instantiated and names its original', async () => {
    const { cache } = createCache()
    const { module, digest, instrumented } = await cache.compile(SEVEN)
    const { exports } = new WebAssembly.Instance(module)
    assert.ok(Object.hasOwn(exports, instrumented.names.fuel))
    assert.equal(digest, digestBytes(SEVEN))
    assert.equal(instrumented.info.exports[0]?.name, 'f')
    assert.equal('bytes' in instrumented, false)
  })

  test('compiles once however many ask at once, and once for all who ask later', async () => {
    const { cache, instrumented } = createCache()
    const all = await Promise.all(Array.from({ length: 50 }, () => cache.compile(SEVEN.slice())))
    assert.equal(new Set(all).size, 1)
    assert.equal(await cache.compile(SEVEN), all[0])
    assert.equal(instrumented(), 1)
  })

  test('compiles a module anew for other limits', async () => {
    const { cache, instrumented } = createCache()
    await cache.compile(SEVEN)
    await cache.compile(SEVEN, { ...DEFAULT_LIMITS, memoryBytes: 65_536 })
    await cache.compile(SEVEN, { ...DEFAULT_LIMITS, tableElements: 1 })
    await cache.compile(SEVEN, { ...DEFAULT_LIMITS })
    assert.equal(instrumented(), 3)
  })

  test('forgets the least recently used first and keeps to its bound', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => createModule(name, 500))
    const roomy = createCache().cache
    await roomy.compile(a!)
    const bound = roomy.bytes * 2.5
    const { cache, instrumented } = createCache(bound)
    await cache.compile(a!)
    await cache.compile(b!)
    await cache.compile(a!)
    await cache.compile(c!)
    assert.equal(cache.size, 2)
    assert.ok(cache.bytes <= bound)
    await cache.compile(a!)
    assert.equal(instrumented(), 3)
    await cache.compile(b!)
    assert.equal(instrumented(), 4)
  })

  test('compiles what is larger than its bound, and does not keep it', async () => {
    const { cache, instrumented } = createCache(0)
    await cache.compile(SEVEN)
    await cache.compile(SEVEN)
    assert.equal(instrumented(), 2)
    assert.equal(cache.size, 0)
    assert.equal(cache.bytes, 0)
  })

  test('gives a failure to all who asked and leaves nothing behind', async () => {
    const { cache, instrumented } = createCache()
    const broken = SEVEN.slice(0, -1)
    const results = await Promise.allSettled([cache.compile(broken), cache.compile(broken)])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    await assert.rejects(cache.compile(broken), { code: 'ERR_WASM_INVALID' })
    assert.equal(instrumented(), 0)
    assert.equal(cache.size, 0)
  })

  test('refuses a bound that is no number of bytes', () => {
    assert.throws(() => createCache(Number.NaN), { code: 'ERR_CONFIG_INVALID' })
    assert.throws(() => createCache(-1), { code: 'ERR_CONFIG_INVALID' })
  })
})

suite('what is no module', () => {
  const cases = [
    { name: 'text', bytes: Buffer.from('hello, world') },
    { name: 'a module that ends too early', bytes: SEVEN.slice(0, -1) },
    { name: 'a function of the wrong type', bytes: SEVEN.with(31, 0x42) },
  ]
  for (const { name, bytes } of cases) {
    test(`${name} is refused with V8's reason and the offset`, async () => {
      await assert.rejects(new ModuleCache().compile(bytes), (error) => {
        assert.ok(error instanceof Error && 'code' in error && 'data' in error)
        assert.equal(error.code, 'ERR_WASM_INVALID')
        assert.equal(typeof (error.data as Record<string, unknown>)['offset'], 'number')
        assert.doesNotMatch(error.message, /WebAssembly\./)
        return true
      })
    })
  }

  test('no bytes are refused', async () => {
    await assert.rejects(new ModuleCache().compile(new Uint8Array(0)), { code: 'ERR_WASM_INVALID' })
  })

  test('too many bytes are refused before they are looked at', async () => {
    const { cache, instrumented } = createCache()
    const asked = MODULE_LIMITS.moduleBytes + 1
    await assert.rejects(cache.compile(new Uint8Array(asked)), {
      code: 'ERR_WASM_LIMIT',
      data: { limit: MODULE_LIMITS.moduleBytes, asked },
    })
    assert.equal(instrumented(), 0)
  })
})
