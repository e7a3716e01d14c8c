import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrnoName } from '../index.ts'
import { ERRNO, errnoName, WASI_PREVIEW1 } from '../index.ts'
import type { GuestParts } from './guest.case.test.ts'
import {
  clockSubscription,
  event,
  fdSubscription,
  join,
  MEMORY_BYTES,
  TestGuest,
  text,
  u8,
  u16,
  u32,
  u64,
  zeros,
} from './guest.case.test.ts'

const IOVS = 0x100
const DATA = 0x200
const OUT = 0x400
const OUT2 = 0x500
const PATH = 0x600
const CLOSED = 3
const STREAM_RIGHTS = (1n << 3n) | (1n << 21n) | (1n << 27n)
const READ_RIGHTS = STREAM_RIGHTS | (1n << 1n)
const WRITE_RIGHTS = STREAM_RIGHTS | (1n << 6n)
const ALL_BITS = 2n ** 64n - 1n

/** One call: what lies in memory before it, what it answers, and every byte it writes. */
interface Row {
  readonly call: readonly [string, ...(number | bigint)[]]
  readonly guest?: GuestParts
  readonly given?: Readonly<Record<number, Uint8Array>>
  readonly errno: ErrnoName
  readonly writes?: Readonly<Record<number, Uint8Array>>
  readonly output?: readonly string[]
  /** Index of each argument that is a pointer, and how many bytes lie behind it. */
  readonly pointers?: Readonly<Record<number, number>>
}

const twoBuffers = { [IOVS]: u32(DATA, 3, DATA + 16, 8), [DATA]: text('abc'), [DATA + 16]: text('defghijk') }
const onePath = { [PATH]: text('etc/passwd') }

const rows: readonly Row[] = [
  {
    call: ['args_sizes_get', OUT, OUT2],
    errno: 'SUCCESS',
    writes: { [OUT]: u32(0), [OUT2]: u32(0) },
    pointers: { 0: 4, 1: 4 },
  },
  { call: ['args_get', OUT, OUT2], errno: 'SUCCESS' },
  {
    call: ['args_sizes_get', OUT, OUT2],
    guest: { args: ['prog', '', 'ä'] },
    errno: 'SUCCESS',
    writes: { [OUT]: u32(3), [OUT2]: u32(9) },
  },
  {
    call: ['args_get', OUT, OUT2],
    guest: { args: ['prog', '', 'ä'] },
    errno: 'SUCCESS',
    writes: { [OUT]: u32(OUT2, OUT2 + 5, OUT2 + 6), [OUT2]: text('prog\0\0ä\0') },
    pointers: { 0: 12, 1: 9 },
  },
  {
    call: ['environ_sizes_get', OUT, OUT2],
    errno: 'SUCCESS',
    writes: { [OUT]: u32(0), [OUT2]: u32(0) },
    pointers: { 0: 4, 1: 4 },
  },
  {
    call: ['environ_sizes_get', OUT, OUT2],
    guest: { env: { A: '1', B: 'x=y' } },
    errno: 'SUCCESS',
    writes: { [OUT]: u32(2), [OUT2]: u32(10) },
  },
  {
    call: ['environ_get', OUT, OUT2],
    guest: { env: { A: '1', B: 'x=y' } },
    errno: 'SUCCESS',
    writes: { [OUT]: u32(OUT2, OUT2 + 4), [OUT2]: text('A=1\0B=x=y\0') },
    pointers: { 0: 8, 1: 10 },
  },

  { call: ['clock_res_get', 0, OUT], errno: 'SUCCESS', writes: { [OUT]: u64(1_000n) }, pointers: { 1: 8 } },
  { call: ['clock_res_get', 2, OUT], errno: 'INVAL' },
  { call: ['clock_res_get', -1, OUT], errno: 'INVAL' },
  {
    call: ['clock_time_get', 0, 0n, OUT],
    errno: 'SUCCESS',
    writes: { [OUT]: u64(946_684_800_000_000_000n) },
    pointers: { 2: 8 },
  },
  { call: ['clock_time_get', 1, ALL_BITS, OUT], errno: 'SUCCESS', writes: { [OUT]: u64(0n) } },
  { call: ['clock_time_get', 3, 0n, OUT], errno: 'INVAL' },
  { call: ['clock_time_get', 4, 0n, OUT], errno: 'INVAL' },

  { call: ['fd_close', 1], errno: 'SUCCESS' },
  { call: ['fd_close', CLOSED], errno: 'BADF' },
  { call: ['fd_close', -1], errno: 'BADF' },
  { call: ['fd_renumber', 1, 2], errno: 'SUCCESS' },
  { call: ['fd_renumber', 1, 1], errno: 'SUCCESS' },
  { call: ['fd_renumber', 1, 1_000_000], errno: 'BADF' },
  { call: ['fd_renumber', CLOSED, 1], errno: 'BADF' },
  {
    call: ['fd_fdstat_get', 0, OUT],
    errno: 'SUCCESS',
    writes: { [OUT]: join(u8(2), zeros(7), u64(READ_RIGHTS, 0n)) },
    pointers: { 1: 24 },
  },
  {
    call: ['fd_fdstat_get', 1, OUT],
    errno: 'SUCCESS',
    writes: { [OUT]: join(u8(2), zeros(7), u64(WRITE_RIGHTS, 0n)) },
  },
  { call: ['fd_fdstat_get', CLOSED, OUT], errno: 'BADF' },
  { call: ['fd_fdstat_set_flags', 0, 4], errno: 'SUCCESS' },
  { call: ['fd_fdstat_set_flags', 0, 2], errno: 'INVAL' },
  { call: ['fd_fdstat_set_flags', 0, -1], errno: 'INVAL' },
  { call: ['fd_fdstat_set_flags', CLOSED, 0], errno: 'BADF' },
  { call: ['fd_fdstat_set_rights', 0, 2n, 0n], errno: 'SUCCESS' },
  { call: ['fd_fdstat_set_rights', 0, ALL_BITS, 0n], errno: 'NOTCAPABLE' },
  { call: ['fd_fdstat_set_rights', 0, -1n, 0n], errno: 'NOTCAPABLE' },
  { call: ['fd_fdstat_set_rights', 0, 0n, 1n], errno: 'NOTCAPABLE' },
  { call: ['fd_fdstat_set_rights', CLOSED, 0n, 0n], errno: 'BADF' },
  { call: ['fd_prestat_get', 3, OUT], errno: 'BADF' },
  { call: ['fd_prestat_get', 0, OUT], errno: 'BADF' },
  { call: ['fd_prestat_dir_name', 3, OUT, 64], errno: 'BADF' },

  {
    call: ['fd_read', 0, IOVS, 2, OUT],
    guest: { stdin: 'hello' },
    given: { [IOVS]: u32(DATA, 3, DATA + 16, 8) },
    errno: 'SUCCESS',
    writes: { [DATA]: text('hel'), [DATA + 16]: text('lo'), [OUT]: u32(5) },
    pointers: { 1: 16, 3: 4 },
  },
  { call: ['fd_read', 0, IOVS, 1, OUT], given: { [IOVS]: u32(DATA, 9) }, errno: 'SUCCESS', writes: { [OUT]: u32(0) } },
  { call: ['fd_read', 0, -1, 0, OUT], guest: { stdin: 'hello' }, errno: 'FAULT' },
  { call: ['fd_read', 0, IOVS, 0, OUT], guest: { stdin: 'hello' }, errno: 'SUCCESS', writes: { [OUT]: u32(0) } },
  { call: ['fd_read', 1, IOVS, 0, OUT], errno: 'BADF' },
  { call: ['fd_read', CLOSED, IOVS, 0, OUT], errno: 'BADF' },
  { call: ['fd_read', 0, IOVS, 1_025, OUT], errno: 'INVAL' },
  {
    call: ['fd_read', 0, IOVS, 2, OUT],
    guest: { stdin: 'hello' },
    given: { [IOVS]: u32(DATA, 3, MEMORY_BYTES - 1, 2) },
    errno: 'FAULT',
  },
  {
    call: ['fd_write', 1, IOVS, 2, OUT],
    given: twoBuffers,
    errno: 'SUCCESS',
    writes: { [OUT]: u32(11) },
    output: ['out:abc', 'out:defghijk'],
    pointers: { 1: 16, 3: 4 },
  },
  {
    call: ['fd_write', 2, IOVS, 1, OUT],
    given: twoBuffers,
    errno: 'SUCCESS',
    writes: { [OUT]: u32(3) },
    output: ['err:abc'],
  },
  {
    call: ['fd_write', 1, IOVS, 2, OUT],
    guest: { outputCapacity: 5 },
    given: twoBuffers,
    errno: 'SUCCESS',
    writes: { [OUT]: u32(5) },
    output: ['out:abc', 'out:de'],
  },
  { call: ['fd_write', 1, IOVS, 2, OUT], guest: { outputCapacity: 0 }, given: twoBuffers, errno: 'NOSPC' },
  { call: ['fd_write', 1, IOVS, 2, OUT], guest: { isClosed: true }, given: twoBuffers, errno: 'BADF' },
  { call: ['fd_write', 1, IOVS, 0, OUT], guest: { outputCapacity: 0 }, errno: 'SUCCESS', writes: { [OUT]: u32(0) } },
  { call: ['fd_write', 0, IOVS, 2, OUT], given: twoBuffers, errno: 'BADF' },
  { call: ['fd_write', 1, IOVS, -1, OUT], given: twoBuffers, errno: 'INVAL' },
  { call: ['fd_write', 1, IOVS, 2, OUT], given: { [IOVS]: u32(DATA, 3, DATA, 0xffff_ffff) }, errno: 'FAULT' },
  { call: ['fd_write', 1, IOVS, 1, OUT], given: { [IOVS]: u32(0xffff_ffff, 2) }, errno: 'FAULT' },
  { call: ['fd_pread', 0, IOVS, 1, 0n, OUT], errno: 'SPIPE' },
  { call: ['fd_pread', 1, IOVS, 1, 0n, OUT], errno: 'BADF' },
  { call: ['fd_pwrite', 1, IOVS, 1, 0n, OUT], errno: 'SPIPE' },
  { call: ['fd_pwrite', 0, IOVS, 1, 0n, OUT], errno: 'BADF' },
  { call: ['fd_seek', 1, 0n, 1, OUT], errno: 'SPIPE' },
  { call: ['fd_seek', 1, 0n, 3, OUT], errno: 'INVAL' },
  { call: ['fd_seek', CLOSED, 0n, 0, OUT], errno: 'BADF' },
  { call: ['fd_tell', 0, OUT], errno: 'SPIPE' },
  { call: ['fd_tell', CLOSED, OUT], errno: 'BADF' },
  { call: ['fd_readdir', 0, OUT, 64, 0n, OUT2], errno: 'NOTDIR' },
  { call: ['fd_readdir', CLOSED, OUT, 64, 0n, OUT2], errno: 'BADF' },

  {
    call: ['fd_filestat_get', 2, OUT],
    errno: 'SUCCESS',
    writes: { [OUT]: join(zeros(16), u8(2), zeros(7), u64(1n, 0n, 0n, 0n, 0n)) },
    pointers: { 1: 64 },
  },
  { call: ['fd_filestat_get', CLOSED, OUT], errno: 'BADF' },
  { call: ['fd_filestat_set_size', 1, ALL_BITS], errno: 'INVAL' },
  { call: ['fd_filestat_set_size', CLOSED, 0n], errno: 'BADF' },
  { call: ['fd_filestat_set_times', 1, 0n, 0n, 5], errno: 'NOTSUP' },
  { call: ['fd_filestat_set_times', 1, 0n, 0n, 3], errno: 'INVAL' },
  { call: ['fd_filestat_set_times', 1, 0n, 0n, 16], errno: 'INVAL' },
  { call: ['fd_filestat_set_times', CLOSED, 0n, 0n, 16], errno: 'BADF' },
  { call: ['fd_advise', 1, 0n, 0n, 0], errno: 'SPIPE' },
  { call: ['fd_advise', 1, 0n, 0n, 6], errno: 'INVAL' },
  { call: ['fd_advise', CLOSED, 0n, 0n, 0], errno: 'BADF' },
  { call: ['fd_allocate', 1, 0n, ALL_BITS], errno: 'NODEV' },
  { call: ['fd_allocate', CLOSED, 0n, 0n], errno: 'BADF' },
  { call: ['fd_datasync', 1], errno: 'INVAL' },
  { call: ['fd_datasync', CLOSED], errno: 'BADF' },
  { call: ['fd_sync', 1], errno: 'INVAL' },
  { call: ['fd_sync', CLOSED], errno: 'BADF' },

  ...[CLOSED, 0].flatMap((fd): Row[] => {
    const errno = fd === CLOSED ? 'BADF' : 'NOTDIR'
    const row = { given: onePath, errno } as const
    return [
      { ...row, call: ['path_create_directory', fd, PATH, 10], pointers: { 1: 10 } },
      { ...row, call: ['path_filestat_get', fd, 1, PATH, 10, OUT], pointers: { 2: 10 } },
      { ...row, call: ['path_filestat_set_times', fd, 1, PATH, 10, 0n, 0n, 0], pointers: { 2: 10 } },
      { ...row, call: ['path_link', fd, 0, PATH, 10, 3, PATH, 10], pointers: { 2: 10, 5: 10 } },
      { ...row, call: ['path_open', fd, 0, PATH, 10, 0, 0n, 0n, 0, OUT], pointers: { 2: 10 } },
      { ...row, call: ['path_readlink', fd, PATH, 10, OUT, 64, OUT2], pointers: { 1: 10 } },
      { ...row, call: ['path_remove_directory', fd, PATH, 10], pointers: { 1: 10 } },
      { ...row, call: ['path_rename', fd, PATH, 10, 3, PATH, 10], pointers: { 1: 10, 4: 10 } },
      { ...row, call: ['path_symlink', PATH, 10, fd, PATH, 10], pointers: { 0: 10, 3: 10 } },
      { ...row, call: ['path_unlink_file', fd, PATH, 10], pointers: { 1: 10 } },
    ]
  }),
  { call: ['path_open', 3, 0, PATH, 4_097, 0, 0n, 0n, 0, OUT], errno: 'NAMETOOLONG' },
  { call: ['path_open', 3, 0, PATH, -1, 0, 0n, 0n, 0, OUT], errno: 'NAMETOOLONG' },
  { call: ['path_open', 3, 2, PATH, 4, 0, 0n, 0n, 0, OUT], errno: 'INVAL' },
  { call: ['path_open', 3, 0, PATH, 4, 16, 0n, 0n, 0, OUT], errno: 'INVAL' },
  { call: ['path_open', 3, 0, PATH, 4, 0, 0n, 0n, 32, OUT], errno: 'INVAL' },

  {
    call: ['poll_oneoff', DATA, OUT, 1, OUT2],
    given: { [DATA]: clockSubscription(7n, 1, 0n) },
    errno: 'SUCCESS',
    writes: { [OUT]: event(7n, 0, 0), [OUT2]: u32(1) },
    pointers: { 0: 48, 1: 32, 3: 4 },
  },
  { call: ['poll_oneoff', DATA, OUT, 0, OUT2], errno: 'INVAL' },
  { call: ['poll_oneoff', DATA, OUT, 4_097, OUT2], errno: 'INVAL' },
  { call: ['poll_oneoff', DATA, OUT, -1, OUT2], errno: 'INVAL' },
  {
    call: ['poll_oneoff', DATA, OUT, 1, OUT2],
    given: { [DATA]: fdSubscription(ALL_BITS, 1, 77) },
    errno: 'SUCCESS',
    writes: { [OUT]: event(ALL_BITS, ERRNO.BADF, 1), [OUT2]: u32(1) },
  },

  { call: ['proc_raise', 0], errno: 'NOTSUP' },
  { call: ['proc_raise', 9], errno: 'NOTSUP' },
  { call: ['proc_raise', 31], errno: 'INVAL' },
  { call: ['proc_raise', -1], errno: 'INVAL' },
  { call: ['sched_yield'], errno: 'SUCCESS' },
  { call: ['random_get', OUT, 0], errno: 'SUCCESS', pointers: { 0: 0 } },
  {
    call: ['random_get', OUT, 5],
    guest: { random: { fill: (bytes) => bytes.fill(9), nextU32: () => 9 } },
    errno: 'SUCCESS',
    writes: { [OUT]: Uint8Array.of(9, 9, 9, 9, 9) },
    pointers: { 0: 5 },
  },
  { call: ['random_get', 1, -1], errno: 'FAULT' },

  ...[CLOSED, 1].flatMap((fd): Row[] => {
    const errno = fd === CLOSED ? 'BADF' : 'NOTSOCK'
    return [
      { call: ['sock_accept', fd, 0, OUT], errno },
      { call: ['sock_recv', fd, IOVS, 1, 0, OUT, OUT2], errno },
      { call: ['sock_send', fd, IOVS, 1, 0, OUT], errno },
      { call: ['sock_shutdown', fd, 3], errno },
    ]
  }),
]

function createGuest(row: Row): TestGuest {
  const guest = new TestGuest(row.guest)
  for (const [address, bytes] of Object.entries(row.given ?? {})) guest.put(Number(address), bytes)
  return guest
}

function nameRow({ call: [name, ...args], errno }: Row): string {
  return `${name}(${args.join(', ')}) answers ${errno}`
}

for (const row of rows) {
  test(`${nameRow(row)} and writes that much`, () => {
    const guest = createGuest(row)
    const expected = Buffer.from(guest.bytes)
    for (const [address, bytes] of Object.entries(row.writes ?? {})) expected.set(bytes, Number(address))
    const [name, ...args] = row.call
    assert.equal(errnoName(Number(guest.call(name, ...args))), row.errno)
    assert.deepEqual(guest.output, row.output ?? [])
    assert.ok(expected.equals(guest.bytes), 'memory differs from what should be written')
  })
}

for (const row of rows) {
  for (const [index, size] of Object.entries(row.pointers ?? {})) {
    test(`${nameRow(row)} but FAULT, with nothing written, when argument ${index} lies outside`, () => {
      for (const pointer of [MEMORY_BYTES - size + 1, MEMORY_BYTES + 1, 0x7fff_ffff, -1]) {
        const guest = createGuest(row)
        const expected = Buffer.from(guest.bytes)
        const [name, ...args] = row.call
        args[Number(index)] = pointer
        assert.equal(errnoName(Number(guest.call(name, ...args))), 'FAULT', `pointer ${pointer}`)
        assert.deepEqual(guest.output, [])
        assert.ok(expected.equals(guest.bytes), 'memory was written')
      }
    })
  }
}

test('every function but proc_exit has a row', () => {
  const named = new Set(rows.map(({ call: [name] }) => name))
  assert.deepEqual(
    WASI_PREVIEW1.functions.map(({ name }) => name).filter((name) => !named.has(name)),
    ['proc_exit'],
  )
})

test('a fault takes nothing from standard input', () => {
  const guest = new TestGuest({ stdin: 'hello' }).put(IOVS, u32(DATA, 5))
  assert.equal(guest.call('fd_read', 0, IOVS, 1, -1), ERRNO.FAULT)
  assert.equal(guest.call('fd_read', 0, IOVS, 1, OUT), ERRNO.SUCCESS)
  assert.deepEqual(guest.memory.readText(DATA, 5), 'hello')
})

test('flags that are set are told', () => {
  const guest = new TestGuest()
  assert.equal(guest.call('fd_fdstat_set_flags', 0, 5), ERRNO.SUCCESS)
  assert.equal(guest.call('fd_fdstat_get', 0, OUT), ERRNO.SUCCESS)
  assert.deepEqual(guest.memory.read(OUT, 4), join(u8(2), u8(0), u16(5)))
})
