/**
 * Writes and reads entries of a shared cache directory, and compiles modules through it; fails when it reads what nobody
 * wrote under that key, or gets another module than it asked for.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { ModuleCache } from '../../src/compile/index.ts'
import { DiskCache } from '../../src/disk/index.ts'

const KEYS = 24
const ROUNDS = 300
const [directory = '', maxBytes = ''] = process.argv.slice(2)
const cache = new DiskCache(directory, { maxBytes: Number(maxBytes) })

/** The same for every process: whoever writes a key writes the same bytes, as whoever builds one thing twice does. */
function entryOf(number: number): { key: string; bytes: Uint8Array } {
  const bytes = new Uint8Array(1_000 + number * 1_777).fill(number)
  return { key: createHash('sha256').update(String(number)).digest('hex'), bytes }
}

let hits = 0
async function hammer(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { key, bytes } = entryOf(Math.floor(Math.random() * KEYS))
    const read = await cache.read(key)
    if (read === undefined) await cache.write(key, bytes)
    else assert.equal(Buffer.compare(read, bytes), 0)
    if (read !== undefined) hits += 1
  }
}

/** `(module (func (export "f") (result i32) i32.const <number>))`, for numbers below 64. */
function moduleOf(number: number): Uint8Array {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const body = [1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 0x0a, 6, 1, 4, 0, 0x41, number, 0x0b]
  return new Uint8Array([...header, ...body])
}

/** Nothing stays in memory, so each round meets what the other process has left. */
async function compile(): Promise<void> {
  const modules = new ModuleCache(undefined, { maxBytes: 0, directory, directoryMaxBytes: Number(maxBytes) })
  for (let round = 0; round < ROUNDS / 3; round += 1) {
    const number = round % KEYS
    const { module, instrumented } = await modules.compile(moduleOf(number))
    const { exports } = new WebAssembly.Instance(module)
    const fuel = exports[instrumented.names.fuel] as { value: bigint }
    fuel.value = 1_000n
    assert.equal((exports['f'] as () => number)(), number)
  }
}

await Promise.all([hammer(), hammer(), hammer(), compile()])
assert.ok(hits > 0)
