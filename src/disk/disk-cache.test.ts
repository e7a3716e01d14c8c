import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { DiskCache } from './index.ts'

const BLOCK = 4_096
const keyOf = (name: string) => createHash('sha256').update(name).digest('hex')
const bytesOf = (name: string, size = 100) => new Uint8Array(size).fill(name.charCodeAt(0))

function createPlace(context: TestContext): { directory: string; pathOf(name: string): string } {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-disk-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return { directory, pathOf: (name) => join(directory, keyOf(name)) }
}

/** Says when an entry was used last, in seconds: writes of one millisecond have no order. */
function setUsed(path: string, seconds: number): void {
  utimesSync(path, seconds, seconds)
}

test('what is written is read, by another cache on the same directory, too', async (context) => {
  const { directory } = createPlace(context)
  const cache = new DiskCache(join(directory, 'new'), { maxBytes: 1e6 })
  assert.equal(await cache.read(keyOf('a')), undefined)
  await cache.write(keyOf('a'), bytesOf('a'))
  await cache.write(keyOf('b'), new Uint8Array(0))
  for (const reader of [cache, new DiskCache(join(directory, 'new'), { maxBytes: 1e6 })]) {
    assert.deepEqual(await reader.read(keyOf('a')), bytesOf('a'))
    assert.deepEqual(await reader.read(keyOf('b')), new Uint8Array(0))
    assert.equal(await reader.read(keyOf('c')), undefined)
  }
})

test('a damaged entry is no entry, and is written again', async (context) => {
  const { directory, pathOf } = createPlace(context)
  const cache = new DiskCache(directory, { maxBytes: 1e6 })
  const path = pathOf('a')
  const write = () => cache.write(keyOf('a'), bytesOf('a'))
  await write()
  const whole = readFileSync(path)
  const damages = [
    { name: 'truncated', damage: () => truncateSync(path, whole.length - 1) },
    { name: 'truncated into the digest', damage: () => truncateSync(path, 10) },
    { name: 'empty', damage: () => truncateSync(path, 0) },
    { name: 'with a flipped bit', damage: () => writeFileSync(path, whole.with(whole.length - 1, 0)) },
    { name: 'with a flipped bit in the digest', damage: () => writeFileSync(path, whole.with(0, whole[0]! ^ 1)) },
    { name: 'longer', damage: () => writeFileSync(path, Buffer.concat([whole, whole])) },
    { name: 'larger than the cache', damage: () => truncateSync(path, 2e6) },
  ]
  for (const { name, damage } of damages) {
    damage()
    assert.equal(await cache.read(keyOf('a')), undefined, name)
    await write()
    assert.deepEqual(await cache.read(keyOf('a')), bytesOf('a'), name)
  }
})

test('an entry under the name of another is no entry', async (context) => {
  const { directory, pathOf } = createPlace(context)
  const cache = new DiskCache(directory, { maxBytes: 1e6 })
  await cache.write(keyOf('a'), bytesOf('a'))
  renameSync(pathOf('a'), pathOf('b'))
  assert.equal(await cache.read(keyOf('b')), undefined)
})

test('the least recently used go first, and the directory keeps to its bound', async (context) => {
  const { directory, pathOf } = createPlace(context)
  const maxBytes = 16 * BLOCK
  const cache = new DiskCache(directory, { maxBytes })
  const names = [...'abcdefghijklmno']
  for (const [second, name] of names.entries()) {
    await cache.write(keyOf(name), bytesOf(name))
    setUsed(pathOf(name), 1_000 + second)
  }
  assert.equal(readdirSync(directory).length, 15)
  assert.deepEqual(await cache.read(keyOf('a')), bytesOf('a'))
  await new DiskCache(directory, { maxBytes }).write(keyOf('p'), bytesOf('p', 3 * BLOCK))
  const kept = names.filter((name) => readdirSync(directory).includes(keyOf(name)))
  assert.deepEqual(kept.slice(0, 2), ['a', 'e'], 'b, c and d were used before a')
  for (let i = 0; i < 50; i += 1) {
    await cache.write(keyOf(String(i)), bytesOf('x', i * 300))
    const sizes = readdirSync(directory).map((name) => readFileSync(join(directory, name)).length)
    assert.ok(sizes.reduce((sum, size) => sum + Math.ceil(size / BLOCK) * BLOCK, 0) <= maxBytes)
  }
})

test('what is larger than the bound is not kept, and a bound of 0 keeps nothing', async (context) => {
  const { directory } = createPlace(context)
  for (const maxBytes of [0, 10 * BLOCK]) {
    await new DiskCache(directory, { maxBytes }).write(keyOf('a'), bytesOf('a', 10 * BLOCK))
    assert.deepEqual(readdirSync(directory), [])
  }
})

test('what a writer left when it was killed goes with time, and files of others stay', async (context) => {
  const { directory, pathOf } = createPlace(context)
  const left = `${pathOf('a')}.0f0f0f0f-0000-4000-8000-000000000000`
  const other = join(directory, 'notes.txt')
  for (const path of [left, other]) writeFileSync(path, bytesOf('x', 12 * BLOCK))
  for (const path of [left, other]) setUsed(path, 1_000)
  await new DiskCache(directory, { maxBytes: 16 * BLOCK }).write(keyOf('b'), bytesOf('b', 6 * BLOCK))
  assert.deepEqual(readdirSync(directory).sort(), [keyOf('b'), 'notes.txt'].sort())
})

test('a directory that cannot be made, written or read is no error', async (context) => {
  const { directory } = createPlace(context)
  writeFileSync(join(directory, 'file'), '')
  for (const path of [join(directory, 'file'), join(directory, 'file', 'deep'), '/dev/null/none', 'a\0b']) {
    const cache = new DiskCache(path, { maxBytes: 1e6 })
    await cache.write(keyOf('a'), bytesOf('a'))
    assert.equal(await cache.read(keyOf('a')), undefined)
  }
})

test('what is no key names no file', async (context) => {
  const { directory } = createPlace(context)
  const cache = new DiskCache(directory, { maxBytes: 1e6 })
  writeFileSync(join(directory, 'secret'), bytesOf('x'))
  for (const key of ['secret', '../secret', '', keyOf('a').toUpperCase(), `${keyOf('a')}/..`]) {
    await cache.write(key, bytesOf('y'))
    assert.equal(await cache.read(key), undefined)
  }
  assert.deepEqual(readdirSync(directory), ['secret'])
  assert.deepEqual(new Uint8Array(readFileSync(join(directory, 'secret'))), bytesOf('x'))
})

test('a bound that is no number of bytes is refused', () => {
  for (const maxBytes of [-1, Number.NaN]) {
    assert.throws(() => new DiskCache('x', { maxBytes }), { code: 'ERR_CONFIG_INVALID' })
  }
})
