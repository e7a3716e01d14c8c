import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CaxtonError, FILE_LIMITS } from '../core/index.ts'
import { parseAgentOptions, parseGrants } from './index.ts'

const memory = { at: '/tmp', memory: '1MiB' }

const TAKEN: { name: string; written: object; read: object }[] = [
  {
    name: 'a directory of the host is read-only unless it is said otherwise',
    written: { at: '/data', host: 'data' },
    read: {
      kind: 'host',
      at: '/data',
      path: 'data',
      access: 'ro',
      bytes: FILE_LIMITS.hostBytes.default,
      files: FILE_LIMITS.files.default,
    },
  },
  {
    name: 'what may be added to a directory of the host is bounded',
    written: { at: '/', host: '.', access: 'rw', bytes: '1MiB', files: 3 },
    read: { kind: 'host', at: '/', path: '.', access: 'rw', bytes: 2 ** 20, files: 3 },
  },
  {
    name: 'files in memory are none at first',
    written: memory,
    read: { kind: 'memory', at: '/tmp', bytes: 2 ** 20, files: FILE_LIMITS.files.default, preload: null },
  },
  {
    name: 'files in memory are copied from a directory',
    written: { ...memory, files: '1K', preload: 'seed' },
    read: { kind: 'memory', at: '/tmp', bytes: 2 ** 20, files: 1_000, preload: { kind: 'directory', path: 'seed' } },
  },
]

for (const { name, written, read } of TAKEN) {
  test(name, () => assert.deepEqual(parseGrants({ files: [written] }).files, [read]))
}

test('files in memory are made of texts', () => {
  const [grant] = parseGrants({ files: [{ ...memory, preload: { 'a/b.txt': 'hello', __proto__x: '' } }] }).files
  assert.ok(grant?.kind === 'memory' && grant.preload?.kind === 'texts')
  assert.deepEqual({ ...grant.preload.texts }, { 'a/b.txt': 'hello', __proto__x: '' })
})

const REFUSED: { name: string; files: unknown; problem: RegExp }[] = [
  { name: 'no list', files: memory, problem: /grants\.files: is a table, expected an array of tables/ },
  { name: 'no kind', files: [{ at: '/tmp' }], problem: /has no files, expected exactly one of host and memory/ },
  { name: 'two kinds', files: [{ ...memory, host: 'x' }], problem: /expected exactly one of host and memory/ },
  { name: 'no place', files: [{ memory: 1 }], problem: /grants\.files\[0\]\.at: is missing/ },
  { name: 'a relative place', files: [{ ...memory, at: 'tmp' }], problem: /expected an absolute path/ },
  { name: 'a place with dots', files: [{ ...memory, at: '/a/../b' }], problem: /none of them "\." or "\.\."/ },
  { name: 'a place with a slash at its end', files: [{ ...memory, at: '/a/' }], problem: /joined by single "\/"/ },
  { name: 'a place with a zero', files: [{ ...memory, at: '/a\0' }], problem: /joined by single "\/"/ },
  { name: 'a long name', files: [{ ...memory, at: `/${'ä'.repeat(128)}` }], problem: /at most 255 bytes/ },
  { name: 'a deep place', files: [{ ...memory, at: '/a'.repeat(65) }], problem: /at most 64 names/ },
  { name: 'the same place twice', files: [memory, memory], problem: /two entries at the same place/ },
  {
    name: 'too many places',
    files: Array.from({ length: 17 }, (_, index) => ({ ...memory, at: `/${index}` })),
    problem: /at most 16/,
  },
  {
    name: 'access in memory',
    files: [{ ...memory, access: 'rw' }],
    problem: /\.access: is for directories of the host/,
  },
  { name: 'bytes in memory', files: [{ ...memory, bytes: 1 }], problem: /\.bytes: is for directories of the host/ },
  {
    name: 'a preload of the host',
    files: [{ at: '/', host: 'x', preload: 'y' }],
    problem: /\.preload: is for files in/,
  },
  { name: 'another access', files: [{ at: '/', host: 'x', access: 'rwx' }], problem: /\.access: is "rwx"/ },
  { name: 'too much memory', files: [{ ...memory, memory: '2GiB' }], problem: /\.memory: is "2GiB", expected between/ },
  {
    name: 'too many files',
    files: [{ ...memory, files: 1_000_001 }],
    problem: /\.files: is 1000001, expected at most/,
  },
  { name: 'a preload above its place', files: [{ ...memory, preload: { '../x': '' } }], problem: /has a path that is/ },
  {
    name: 'a preload of numbers',
    files: [{ ...memory, preload: { x: 1 } }],
    problem: /has 1 under "x", expected a string/,
  },
  { name: 'a key it does not know', files: [{ ...memory, mode: 'x' }], problem: /mode: is not a known key/ },
]

for (const { name, files, problem } of REFUSED) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => parseGrants({ files }),
      (error) => error instanceof CaxtonError && problem.test((error.data['problems'] as string[]).join('\n')),
    )
  })
}

test('granted files cannot be changed any more', () => {
  const { grants } = parseAgentOptions({ name: 'a', source: 'a.c', grants: { files: [memory] } })
  assert.throws(() => (grants.files as object[]).push({}), TypeError)
  assert.throws(() => Object.assign(grants.files[0]!, { bytes: 0 }), TypeError)
})
