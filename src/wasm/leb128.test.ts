import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader } from './byte-reader.ts'
import { encodeS64, encodeU32, writePaddedU32 } from './leb128.ts'

test('unsigned numbers come back, shortest and padded', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (value) => {
      const bytes = Uint8Array.from(encodeU32(value))
      assert.equal(new ByteReader(bytes).readU32('a number'), value)
      const padded = new Uint8Array(5)
      assert.equal(writePaddedU32(padded, 0, value, 5), 5)
      assert.equal(new ByteReader(padded).readU32('a number'), value)
    }),
  )
})

test('large unsigned numbers come back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.equal(new ByteReader(Uint8Array.from(encodeU32(value))).readU64('a number'), value)
    }),
  )
})

test('signed numbers of 33 bits come back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 32), max: 2 ** 32 - 1 }), (value) => {
      assert.equal(new ByteReader(Uint8Array.from(encodeS64(value))).readS33('a number'), value)
    }),
  )
})

const KNOWN: readonly [number, readonly number[]][] = [
  [0, [0]],
  [-1, [0x7f]],
  [63, [0x3f]],
  [64, [0xc0, 0]],
  [-64, [0x40]],
  [-65, [0xbf, 0x7f]],
  [624485, [0xe5, 0x8e, 0x26]],
  [-123456, [0xc0, 0xbb, 0x78]],
]

for (const [value, bytes] of KNOWN) {
  test(`${value} is written as the specification has it`, () => assert.deepEqual(encodeS64(value), bytes))
}
