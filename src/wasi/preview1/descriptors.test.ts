import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuestMemory } from '../../capability/index.ts'
import { ERRNO } from '../index.ts'
import { TestGuest, text, u32 } from './guest.case.test.ts'

const IOVS = 0x100
const DATA = 0x200
const OUT = 0x400
const FD_READ = 1n << 1n
const FD_WRITE = 1n << 6n
const FD_FILESTAT_GET = 1n << 21n

function createGuest(stdin = 'abc'): TestGuest {
  return new TestGuest({ stdin }).put(IOVS, u32(DATA, 3)).put(DATA, text('xyz'))
}

test('a closed descriptor is closed for every function', () => {
  const guest = createGuest()
  assert.equal(guest.call('fd_close', 1), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_close', 1), ERRNO.BADF)
  assert.equal(guest.call('fd_write', 1, IOVS, 1, OUT), ERRNO.BADF)
  assert.equal(guest.call('fd_fdstat_get', 1, OUT), ERRNO.BADF)
  assert.deepEqual(guest.output, [])
})

test('a renumbered descriptor keeps what it leads to and takes the place of the other', () => {
  const guest = createGuest()
  assert.equal(guest.call('fd_renumber', 2, 1), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_write', 1, IOVS, 1, OUT), ERRNO.SUCCESS)
  assert.deepEqual(guest.output, ['err:xyz'])
  assert.equal(guest.call('fd_write', 2, IOVS, 1, OUT), ERRNO.BADF)
})

test('no call opens a descriptor', () => {
  const guest = createGuest()
  for (const to of [3, 4, 0x7fff_ffff, -1]) assert.equal(guest.call('fd_renumber', 0, to), ERRNO.BADF)
  assert.equal(guest.descriptors.size, 3)
})

test('a right that was given up is gone', () => {
  const guest = createGuest()
  assert.equal(guest.call('fd_fdstat_set_rights', 0, FD_FILESTAT_GET, 0n), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_read', 0, IOVS, 1, OUT), ERRNO.NOTCAPABLE)
  assert.equal(guest.call('fd_fdstat_set_flags', 0, 0), ERRNO.NOTCAPABLE)
  assert.equal(guest.call('fd_filestat_get', 0, OUT), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_fdstat_set_rights', 0, FD_READ, 0n), ERRNO.NOTCAPABLE)
  assert.equal(guest.call('fd_fdstat_set_rights', 0, 0n, 0n), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_filestat_get', 0, OUT), ERRNO.NOTCAPABLE)
})

test('rights of an output can be narrowed to writing alone', () => {
  const guest = createGuest()
  assert.equal(guest.call('fd_fdstat_set_rights', 1, FD_WRITE, 0n), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_write', 1, IOVS, 1, OUT), ERRNO.SUCCESS)
  assert.deepEqual(guest.output, ['out:xyz'])
})

test('input is read on until it ends', () => {
  const guest = createGuest('abcd')
  const read = () => {
    assert.equal(guest.call('fd_read', 0, IOVS, 1, OUT), ERRNO.SUCCESS)
    return guest.memory.readText(DATA, guest.memory.readU32(OUT))
  }
  assert.deepEqual([read(), read(), read(), read()], ['abc', 'd', '', ''])
})

test('output is paid by its length, input by what is there', () => {
  const [small, large] = [createGuest(), createGuest()]
  large.put(IOVS, u32(0, 10_000))
  for (const guest of [small, large]) guest.call('fd_write', 1, IOVS, 1, OUT)
  assert.equal(large.fuel - small.fuel, 9_997)
  const before = large.fuel
  large.put(IOVS, u32(0x1000, 10_000))
  large.call('fd_read', 0, IOVS, 1, OUT)
  assert.equal(large.fuel - before, 16 + 3)
})

test('more bytes than 32 bits can count are refused before any is moved', () => {
  // 1,024 buffers reach 2^32 bytes only in a memory of at least 4 MiB.
  const bytes = new Uint8Array(2 ** 22 + 2 ** 16)
  const guest = new TestGuest()
  const iovs = Array.from({ length: 1_024 }, () => [16_384, 2 ** 22]).flat()
  bytes.set(u32(...iovs), 0)
  Object.defineProperty(guest, 'memory', { value: new GuestMemory({ buffer: bytes.buffer }) })
  assert.equal(guest.call('fd_write', 1, 0, 1_024, 16_000), ERRNO.INVAL)
  assert.deepEqual(guest.output, [])
})
