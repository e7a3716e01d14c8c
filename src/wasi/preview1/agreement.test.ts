import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FILE_SYSTEMS } from '../files/file-systems.case.test.ts'
import { text, u32 } from './guest.case.test.ts'
import type { Argument } from './session.case.test.ts'
import { FILE_RIGHTS_ALL, Session } from './session.case.test.ts'

/*
 * The two file systems are made in two ways and must be one to a guest: random calls are answered alike, and leave the same.
 */

const OUT = 0x400
const IOVS = 0x100
const DATA = 0x200
const WRITE = 1n << 6n
const ALL = FILE_RIGHTS_ALL | WRITE
const seed = { 'a/b/file': 'deep', file: 'some text', 'c/': '' }

const name = fc.constantFrom('a', 'b', 'c', 'file', 'link', '.', '..')
const path = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '', '/'))
  .map(([names, end]) => names.join('/') + end)
const fd = fc.constantFrom(3, 3, 3, 3, 4, 5, 6)
const follow = fc.constantFrom(0, 1)
const offset = fc.constantFrom(0n, 1n, 5n, 100n, 70_000n)

type Call = readonly [string, ...Argument[]]

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(
    fc.constant('path_open'),
    fd,
    follow,
    path,
    fc.nat(15),
    fc.constantFrom(0n, ALL, 2n),
    fc.constantFrom(ALL),
    fc.constantFrom(0, 1),
    fc.constant(OUT),
  ),
  fc.tuple(fc.constant('path_create_directory'), fd, path),
  fc.tuple(fc.constant('path_remove_directory'), fd, path),
  fc.tuple(fc.constant('path_unlink_file'), fd, path),
  fc.tuple(fc.constant('path_rename'), fd, path, fd, path),
  fc.tuple(fc.constant('path_link'), fd, fc.constant(0), path, fd, path),
  fc.tuple(fc.constant('path_symlink'), path, fd, path),
  fc.tuple(fc.constant('path_readlink'), fd, path, fc.constant(OUT), fc.constant(64), fc.constant(OUT + 64)),
  fc.tuple(fc.constant('path_filestat_get'), fd, follow, path, fc.constant(OUT)),
  fc.tuple(fc.constant('path_filestat_set_times'), fd, follow, path, fc.constant(7n), fc.constant(9n), fc.constant(5)),
  fc.tuple(fc.constant('fd_write'), fd, fc.constant(IOVS), fc.constant(2), fc.constant(OUT)),
  fc.tuple(fc.constant('fd_read'), fd, fc.constant(IOVS), fc.constant(2), fc.constant(OUT)),
  fc.tuple(fc.constant('fd_pwrite'), fd, fc.constant(IOVS), fc.constant(1), offset, fc.constant(OUT)),
  fc.tuple(fc.constant('fd_pread'), fd, fc.constant(IOVS), fc.constant(1), offset, fc.constant(OUT)),
  fc.tuple(fc.constant('fd_seek'), fd, fc.constantFrom(-3n, 0n, 4n), fc.nat(2), fc.constant(OUT)),
  fc.tuple(fc.constant('fd_filestat_set_size'), fd, offset),
  fc.tuple(fc.constant('fd_filestat_get'), fd, fc.constant(OUT)),
  fc.tuple(fc.constant('fd_close'), fc.constantFrom(4, 5, 6)),
  fc.tuple(fc.constant('fd_fdstat_set_flags'), fd, fc.nat(1)),
)

const given = { [IOVS]: u32(DATA, 5, DATA + 0x40, 3), [DATA]: text('abcde'), [DATA + 0x40]: text('xyz') }

/** Everything below the granted directory, as a guest can find it out. */
function describe(session: Session, path = '.', depth = 0): string[] {
  const names = listNames(session, path)
  return names.sort().flatMap((entry) => {
    const inner = `${path}/${entry}`
    session.call('path_filestat_get', [3, 0, inner, OUT])
    const stat = session.lines.at(-1)!
    const target = session.quietly('path_readlink', [3, inner, OUT, 64, OUT + 64])
    const link = target === 'SUCCESS' ? Buffer.from(session.guest.memory.read(OUT, 64)).toString('latin1') : ''
    const isDirectory = stat.includes('type 3')
    return [`${inner} ${stat} ${link}`, ...(isDirectory && depth < 8 ? describe(session, inner, depth + 1) : [])]
  })
}

function listNames(session: Session, path: string): string[] {
  const opened = session.open(path, 2, FILE_RIGHTS_ALL)
  assert.equal(session.quietly('fd_readdir', [opened, 0x1000, 0x4000, 0n, OUT]), 'SUCCESS')
  const bytes = session.guest.memory.read(0x1000, session.guest.memory.readU32(OUT))
  session.quietly('fd_close', [opened])
  const names: string[] = []
  const view = new DataView(bytes.buffer)
  for (let at = 0; at + 24 <= bytes.length; ) {
    const length = view.getUint32(at + 16, true)
    names.push(Buffer.from(bytes.subarray(at + 24, at + 24 + length)).toString())
    at += 24 + length
  }
  return names.filter((entry) => entry !== '.' && entry !== '..')
}

test('both file systems answer alike and leave the same', { skip: FILE_SYSTEMS[1]!.skip }, () => {
  const property = fc.property(fc.array(call, { minLength: 1, maxLength: 40 }), (calls) => {
    const sessions = FILE_SYSTEMS.map((fileSystem) => new Session({ mounts: [fileSystem.mount(seed)] }))
    try {
      for (const [called, ...args] of calls) for (const session of sessions) session.call(called, args, given)
      for (const session of sessions) session.lines.push(...describe(session))
      const [memory, host] = sessions.map(({ lines }) => lines)
      assert.deepEqual(host, memory)
    } finally {
      for (const { guest } of sessions) guest.descriptors.closeAll()
    }
  })
  fc.assert(property, { numRuns: Number(process.env['AGREEMENT_RUNS'] ?? 60) })
})
