import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeText, GUEST_FAULT, GuestMemory } from './guest-memory.ts'

const PAGE_BYTES = 65_536

function createMemory(pages = 1, maximum = 4) {
  const raw = new WebAssembly.Memory({ initial: pages, maximum })
  return { raw, memory: new GuestMemory(raw) }
}

function isFault(call: () => unknown): boolean {
  try {
    call()
    return false
  } catch (error) {
    assert.equal(error, GUEST_FAULT)
    return true
  }
}

test('a range is reachable exactly when all of it lies inside', () => {
  const { memory } = createMemory()
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const near = fc.integer({ min: PAGE_BYTES - 8, max: PAGE_BYTES + 8 })
  fc.assert(
    fc.property(fc.oneof(int32, near), fc.oneof(int32, near, fc.integer({ min: 0, max: 16 })), (pointer, length) => {
      const inside = (pointer >>> 0) + (length >>> 0) <= PAGE_BYTES
      assert.equal(
        isFault(() => memory.range(pointer, length)),
        !inside,
      )
    }),
  )
})

test('a pointer and length that wrap around 2^32 fault', () => {
  const { memory } = createMemory()
  assert.ok(isFault(() => memory.range(-1, 2)))
  assert.ok(isFault(() => memory.range(1, -1)))
  assert.ok(isFault(() => memory.range(-65_536, 65_536)))
})

test('every width is checked at the last byte', () => {
  const { memory } = createMemory()
  const widths = [
    ['readU8', 1],
    ['readU16', 2],
    ['readU32', 4],
    ['readU64', 8],
  ] as const
  for (const [method, bytes] of widths) {
    assert.doesNotThrow(() => memory[method](PAGE_BYTES - bytes))
    assert.ok(isFault(() => memory[method](PAGE_BYTES - bytes + 1)))
  }
  assert.ok(isFault(() => memory.writeU64(PAGE_BYTES - 7, 1n)))
  assert.equal(memory.readU8(PAGE_BYTES - 1), 0, 'a faulting write leaves nothing behind')
})

test('a write that does not fit writes nothing', () => {
  const { memory } = createMemory()
  assert.ok(isFault(() => memory.write(PAGE_BYTES - 2, Uint8Array.of(1, 2, 3))))
  assert.equal(memory.readU16(PAGE_BYTES - 2), 0)
})

test('memory that has grown is reached through new views', () => {
  const { raw, memory } = createMemory()
  memory.writeU32(0, 0xcafe)
  raw.grow(1)
  memory.writeU8(PAGE_BYTES, 7)
  assert.equal(memory.readU8(PAGE_BYTES), 7)
  assert.equal(memory.readU32(0), 0xcafe)
  assert.equal(memory.byteLength, 2 * PAGE_BYTES)
})

test('text is read as UTF-8, and bytes that are not become U+FFFD', () => {
  const { memory } = createMemory()
  const text = 'größe \u{1f600}'
  const bytes = encodeText(text)
  memory.write(100, bytes)
  assert.equal(memory.readText(100, bytes.length), text)
  memory.write(200, Uint8Array.of(0xff, 0x41))
  assert.equal(memory.readText(200, 2), '\ufffdA')
})

test('a read is a copy that the guest cannot change afterwards', () => {
  const { memory } = createMemory()
  memory.writeU8(5, 1)
  const copy = memory.read(5, 1)
  memory.writeU8(5, 2)
  assert.equal(copy[0], 1)
})
