import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERRNO, errnoName, WASI_PREVIEW1 } from '../index.ts'
import { Exit, TestGuest } from './guest.case.test.ts'

/**
 * The core signatures that follow from https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/witx/wasi_snapshot_preview1.witx:
 * i is i32, I is i64, results follow the colon.
 */
const SPECIFICATION: Readonly<Record<string, string>> = {
  args_get: 'ii:i',
  args_sizes_get: 'ii:i',
  environ_get: 'ii:i',
  environ_sizes_get: 'ii:i',
  clock_res_get: 'ii:i',
  clock_time_get: 'iIi:i',
  fd_advise: 'iIIi:i',
  fd_allocate: 'iII:i',
  fd_close: 'i:i',
  fd_datasync: 'i:i',
  fd_fdstat_get: 'ii:i',
  fd_fdstat_set_flags: 'ii:i',
  fd_fdstat_set_rights: 'iII:i',
  fd_filestat_get: 'ii:i',
  fd_filestat_set_size: 'iI:i',
  fd_filestat_set_times: 'iIIi:i',
  fd_pread: 'iiiIi:i',
  fd_prestat_get: 'ii:i',
  fd_prestat_dir_name: 'iii:i',
  fd_pwrite: 'iiiIi:i',
  fd_read: 'iiii:i',
  fd_readdir: 'iiiIi:i',
  fd_renumber: 'ii:i',
  fd_seek: 'iIii:i',
  fd_sync: 'i:i',
  fd_tell: 'ii:i',
  fd_write: 'iiii:i',
  path_create_directory: 'iii:i',
  path_filestat_get: 'iiiii:i',
  path_filestat_set_times: 'iiiiIIi:i',
  path_link: 'iiiiiii:i',
  path_open: 'iiiiiIIii:i',
  path_readlink: 'iiiiii:i',
  path_remove_directory: 'iii:i',
  path_rename: 'iiiiii:i',
  path_symlink: 'iiiii:i',
  path_unlink_file: 'iii:i',
  poll_oneoff: 'iiii:i',
  proc_exit: 'i:',
  proc_raise: 'i:i',
  sched_yield: ':i',
  random_get: 'ii:i',
  sock_accept: 'iii:i',
  sock_recv: 'iiiiii:i',
  sock_send: 'iiiii:i',
  sock_shutdown: 'ii:i',
}

test('the functions and their signatures are those of the specification', () => {
  const letters = { i32: 'i', i64: 'I', f32: 'f', f64: 'F' }
  const offered = WASI_PREVIEW1.functions.map(({ name, params, result }) => [
    name,
    `${params.map(({ type }) => letters[type]).join('')}:${result === null ? '' : letters[result]}`,
  ])
  assert.equal(offered.length, 46)
  assert.deepEqual(Object.fromEntries(offered), SPECIFICATION)
})

test('every function has a price, a sentence and names for its parameters, and needs no grant', () => {
  for (const { name, params, fuel, summary, grant } of WASI_PREVIEW1.functions) {
    assert.ok(fuel > 0, name)
    assert.match(summary, /^[A-Z].*\.$/s, name)
    assert.equal(new Set(params.map((parameter) => parameter.name)).size, params.length, name)
    assert.equal(grant, null, name)
  }
})

test('every errno has its number', () => {
  assert.deepEqual(
    Object.values(ERRNO),
    Array.from({ length: 77 }, (_, number) => number),
  )
  // Numbers that libc was compiled with, from the ends and the middle of the table.
  const { BADF, FAULT, INVAL, NOENT, NOSYS, NOTSOCK, NOTSUP, SPIPE, NOTCAPABLE } = ERRNO
  assert.deepEqual([BADF, FAULT, INVAL, NOENT, NOSYS, NOTSOCK, NOTSUP], [8, 21, 28, 44, 52, 57, 58])
  assert.deepEqual([ERRNO['2BIG'], SPIPE, NOTCAPABLE], [1, 70, 76])
  assert.equal(errnoName(8), 'BADF')
  assert.equal(errnoName(77), undefined)
  assert.equal(WASI_PREVIEW1.fault, FAULT)
})

test('proc_exit ends the call with the code as an unsigned number', () => {
  const guest = new TestGuest()
  assert.throws(() => guest.call('proc_exit', 33), new Exit(33))
  assert.throws(() => guest.call('proc_exit', -1), new Exit(0xffff_ffff))
})

test('arguments and environment that guests would misread are refused', () => {
  const refusal = { code: 'ERR_CONFIG_INVALID' }
  assert.throws(() => new TestGuest({ args: ['a\0b'] }).call('args_sizes_get', 0, 4), refusal)
  assert.throws(() => new TestGuest({ env: { 'A=B': '' } }).call('environ_sizes_get', 0, 4), refusal)
  assert.throws(() => new TestGuest({ env: { '': '1' } }).call('environ_get', 0, 4), refusal)
  assert.throws(() => new TestGuest({ env: { A: '\0' } }).call('environ_get', 0, 4), refusal)
})
