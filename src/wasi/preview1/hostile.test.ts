import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ValueType } from '../../capability/index.ts'
import { FILE_SYSTEMS } from '../files/file-systems.case.test.ts'
import type { Mount } from '../index.ts'
import { createClockSource, errnoName, WASI_PREVIEW1 } from '../index.ts'
import { Exit, MEMORY_BYTES, TestGuest } from './guest.case.test.ts'

const EDGES = [0, 1, 2, 3, 8, 48, MEMORY_BYTES - 1, MEMORY_BYTES, 0x7fff_ffff, -0x8000_0000, -1]
const i32 = fc.oneof(fc.constantFrom(...EDGES), fc.integer({ min: 0, max: 200 }), fc.integer())
const i64 = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
)
const ARGUMENTS: Readonly<Record<ValueType, fc.Arbitrary<number | bigint>>> = { i32, i64, f32: i32, f64: i32 }

const call = fc
  .constantFrom(...WASI_PREVIEW1.functions)
  .chain(({ name, params }) => fc.tuple(fc.constant(name), ...params.map(({ type }) => ARGUMENTS[type])))

/** Words for memory that is read as iovecs and subscriptions: small ones make some of them valid. */
const word = fc.oneof({ arbitrary: fc.integer({ min: 0, max: 3 }), weight: 4 }, i32)
const calls = fc.array(call, { minLength: 1, maxLength: 30 })

/** A directory, so that some of the calls do something. */
const MOUNT: Mount = {
  kind: 'memory',
  at: '/',
  bytes: 100_000,
  files: 20,
  tree: [{ type: 'file', path: '\u0001', bytes: new Uint8Array(10) }],
}

function callAll(guest: TestGuest, words: readonly number[], list: readonly [string, ...(number | bigint)[]][]): void {
  new Int32Array(guest.bytes.buffer).set(words)
  for (const [name, ...args] of list) {
    try {
      const answer = guest.call(name, ...args)
      assert.notEqual(errnoName(Number(answer)), undefined, `${name}(${args.join(', ')}) answered ${answer}`)
    } catch (error) {
      if (!(error instanceof Exit) || name !== 'proc_exit') throw error
    }
  }
  guest.descriptors.closeAll()
}

test('no arguments make a function do anything but answer an errno or exit', () => {
  const property = fc.property(fc.array(word, { maxLength: 256 }), calls, (words, list) =>
    callAll(new TestGuest({ args: ['a'], env: { B: 'c' }, stdin: 'some input', mounts: [MOUNT] }), words, list),
  )
  fc.assert(property, { numRuns: 500 })
})

/** Words that make paths of what lies in memory: `aaaa`, `a/..`, `../a`, `/a/a`. */
const pathWord = fc.constantFrom(0x61616161, 0x2e2e2f61, 0x612f2e2e, 0x612f612f)

for (const fileSystem of FILE_SYSTEMS) {
  test(`nor do paths in memory and descriptors that are open on ${fileSystem.name}`, { skip: fileSystem.skip }, () => {
    const mount = fileSystem.mount({ aaaa: 'text', 'a/a/': '' }, { bytes: 10_000, files: 20 })
    const words = fc.array(fc.oneof({ arbitrary: pathWord, weight: 3 }, word), { minLength: 64, maxLength: 128 })
    const property = fc.property(words, calls, (words, list) =>
      callAll(new TestGuest({ mounts: [mount] }), words, list),
    )
    fc.assert(property, { numRuns: 200 })
  })
}

test('a real clock changes nothing about that', () => {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
  const property = fc.property(fc.array(word, { maxLength: 256 }), calls, (words, list) =>
    callAll(new TestGuest({ clock: createClockSource({ resolutionMicros: 1_000 }, clock) }), words, list),
  )
  fc.assert(property, { numRuns: 200 })
})
