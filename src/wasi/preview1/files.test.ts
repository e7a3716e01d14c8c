import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FileSystemCase } from '../files/file-systems.case.test.ts'
import { FILE_SYSTEMS } from '../files/file-systems.case.test.ts'
import { WASI_PREVIEW1 } from '../index.ts'
import { MEMORY_BYTES, text, u32 } from './guest.case.test.ts'
import type { Argument } from './session.case.test.ts'
import { FILE_RIGHTS_ALL, Session } from './session.case.test.ts'

/** `BLESS=1 node --test src/wasi/preview1/files.test.ts` writes the files anew: read the difference before committing. */
const BLESS = process.env['BLESS'] === '1'
const FOLDER = join(import.meta.dirname, 'golden')

const IOVS = 0x100
const DATA = 0x200
const OUT = 0x400
const OUT2 = 0x500
const ALL = FILE_RIGHTS_ALL
const WRITE = 1n << 6n
const CREAT = 1
const DIRECTORY = 2
const EXCL = 4
const TRUNC = 8

type Given = Readonly<Record<number, Uint8Array>>
type Step = readonly [name: string, args: readonly Argument[], given?: Given]

const seed = { 'file.txt': 'hello world', 'sub/inner.txt': 'inner', 'empty/': '' }
const oneRead = { [IOVS]: u32(DATA, 5) }
const twoReads = { [IOVS]: u32(DATA, 3, DATA + 0x40, 100) }
const twoWrites = { [IOVS]: u32(DATA, 3, DATA + 0x10, 4), [DATA]: text('abc'), [DATA + 0x10]: text('defg') }

/** Sessions by name. Descriptors are handed out from 4 on: 3 is the directory. */
const SESSIONS: Readonly<Record<string, readonly Step[]>> = {
  preopens: [
    ['fd_prestat_get', [3, OUT]],
    ['fd_prestat_get', [4, OUT]],
    ['fd_prestat_dir_name', [3, OUT, 1]],
    ['fd_prestat_dir_name', [3, OUT, 0]],
    ['fd_prestat_dir_name', [3, OUT, 9]],
    ['fd_prestat_dir_name', [0, OUT, 9]],
    ['fd_fdstat_get', [3, OUT]],
    ['fd_filestat_get', [3, OUT]],
    ['fd_close', [3]],
    ['fd_prestat_get', [3, OUT]],
  ],
  opening: [
    ['path_open', [3, 0, 'file.txt', 0, 2n, 0n, 0, OUT]],
    ['fd_fdstat_get', [4, OUT]],
    ['path_open', [3, 0, 'file.txt', CREAT | EXCL, 2n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'new.txt', CREAT | EXCL, ALL | WRITE, ALL, 1, OUT]],
    ['fd_fdstat_get', [5, OUT]],
    ['path_open', [3, 0, 'gone.txt', 0, 2n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'sub', DIRECTORY, ALL, ALL, 0, OUT]],
    ['fd_fdstat_get', [6, OUT]],
    ['path_open', [6, 0, 'inner.txt', 0, 2n, 0n, 0, OUT]],
    ['path_open', [6, 0, '../file.txt', 0, 2n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'sub', CREAT, 2n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'sub', 0, WRITE, 0n, 0, OUT]],
    ['path_open', [3, 0, 'sub', TRUNC, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt', DIRECTORY, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'made', DIRECTORY | CREAT, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'made/', CREAT, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt/', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt/x', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, '', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, '.', 0, ALL, ALL, 0, OUT]],
    ['path_open', [3, 0, 'sub/./..//sub/inner.txt', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt', 0, 1n << 28n, 0n, 0, OUT]],
    ['path_open', [4, 0, 'x', 0, 0n, 0n, 0, OUT]],
    ['path_open', [99, 0, 'x', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 2, 'x', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt', TRUNC, WRITE, 0n, 0, OUT]],
    ['path_filestat_get', [3, 0, 'file.txt', OUT]],
  ],
  reading: [
    ['path_open', [3, 0, 'file.txt', 0, ALL, 0n, 0, OUT]],
    ['fd_read', [4, IOVS, 1, OUT], oneRead],
    ['fd_tell', [4, OUT]],
    ['fd_read', [4, IOVS, 2, OUT], twoReads],
    ['fd_read', [4, IOVS, 1, OUT], oneRead],
    ['fd_pread', [4, IOVS, 1, 2n, OUT], oneRead],
    ['fd_pread', [4, IOVS, 2, 9n, OUT], twoReads],
    ['fd_pread', [4, IOVS, 1, 1_000_000n, OUT], oneRead],
    ['fd_pread', [4, IOVS, 1, -1n, OUT], oneRead],
    ['fd_seek', [4, -5n, 2, OUT]],
    ['fd_seek', [4, 1n, 1, OUT]],
    ['fd_read', [4, IOVS, 1, OUT], oneRead],
    ['fd_seek', [4, -1n, 0, OUT]],
    ['fd_seek', [4, 2n ** 62n, 0, OUT]],
    ['fd_seek', [4, 0n, 3, OUT]],
    ['fd_seek', [3, 0n, 0, OUT]],
    ['fd_tell', [3, OUT]],
    ['fd_read', [3, IOVS, 1, OUT], oneRead],
    ['fd_pread', [3, IOVS, 1, 0n, OUT], oneRead],
    ['fd_write', [4, IOVS, 2, OUT], twoWrites],
    ['fd_pwrite', [4, IOVS, 2, 0n, OUT], twoWrites],
    ['fd_read', [4, IOVS, 1_025, OUT], oneRead],
    ['fd_advise', [4, 0n, 5n, 1]],
    ['fd_advise', [4, 0n, 5n, 6]],
    ['fd_advise', [3, 0n, 5n, 1]],
  ],
  writing: [
    ['path_open', [3, 0, 'new.txt', CREAT, ALL | WRITE, 0n, 0, OUT]],
    ['fd_write', [4, IOVS, 2, OUT], twoWrites],
    ['fd_pwrite', [4, IOVS, 2, 10n, OUT], twoWrites],
    ['fd_tell', [4, OUT]],
    ['fd_pread', [4, IOVS, 2, 5n, OUT], twoReads],
    ['fd_filestat_set_size', [4, 4n]],
    ['fd_filestat_set_size', [4, 6n]],
    ['fd_pread', [4, IOVS, 2, 0n, OUT], twoReads],
    ['fd_filestat_set_size', [4, 3_000_000_000n]],
    ['fd_filestat_set_size', [4, -1n]],
    ['fd_filestat_get', [4, OUT]],
    ['fd_filestat_set_size', [3, 1n]],
    ['fd_allocate', [4, 0n, 0n]],
    ['fd_allocate', [3, 0n, 1n]],
    ['fd_allocate', [4, -1n, 1n]],
    ['fd_sync', [4]],
    ['fd_datasync', [4]],
    ['fd_sync', [3]],
    ['fd_datasync', [3]],
    ['fd_fdstat_set_flags', [4, 1]],
    ['fd_seek', [4, 0n, 0, OUT]],
    ['fd_write', [4, IOVS, 2, OUT], twoWrites],
    ['fd_tell', [4, OUT]],
    ['fd_pwrite', [4, IOVS, 2, 0n, OUT], twoWrites],
    ['fd_fdstat_set_flags', [4, 0]],
    ['fd_fdstat_set_flags', [4, 16]],
    ['fd_fdstat_set_flags', [4, 32]],
    ['fd_pread', [4, IOVS, 2, 0n, OUT], twoReads],
    ['fd_write', [3, IOVS, 2, OUT], twoWrites],
    ['fd_pwrite', [3, IOVS, 2, 0n, OUT], twoWrites],
    ['fd_fdstat_set_rights', [4, 2n, 0n]],
    ['fd_write', [4, IOVS, 2, OUT], twoWrites],
    ['fd_filestat_set_size', [4, 0n]],
    ['fd_sync', [4]],
    ['fd_renumber', [4, 3]],
    ['fd_filestat_get', [4, OUT]],
    ['fd_close', [3]],
  ],
  attributes: [
    ['path_filestat_get', [3, 0, 'file.txt', OUT]],
    ['path_filestat_get', [3, 1, 'sub', OUT]],
    ['path_filestat_get', [3, 0, 'gone', OUT]],
    ['path_filestat_get', [3, 0, 'file.txt/', OUT]],
    ['path_filestat_get', [3, 0, 'sub/', OUT]],
    ['path_filestat_get', [3, 0, 'sub/..', OUT]],
    ['path_filestat_get', [3, 2, 'file.txt', OUT]],
    ['path_filestat_set_times', [3, 0, 'file.txt', 1n, 2n, 5]],
    ['path_filestat_set_times', [3, 0, 'sub/', 1n, 2n, 10]],
    ['path_filestat_set_times', [3, 0, 'file.txt/', 1n, 2n, 5]],
    ['path_filestat_set_times', [3, 0, 'gone', 1n, 2n, 5]],
    ['path_filestat_set_times', [3, 0, 'file.txt', 1n, 2n, 3]],
    ['path_filestat_set_times', [3, 0, '.', 1n, 2n, 5]],
    ['fd_filestat_set_times', [3, 1n, 2n, 5]],
    ['fd_filestat_set_times', [3, 1n, 2n, 12]],
  ],
  links: [
    ['path_symlink', ['file.txt', 3, 'link']],
    ['path_symlink', ['file.txt', 3, 'link']],
    ['path_symlink', ['/etc/passwd', 3, 'absolute']],
    ['path_symlink', ['', 3, 'nothing']],
    ['path_symlink', ['sub', 3, 'dirlink']],
    ['path_symlink', ['loop', 3, 'loop']],
    ['path_symlink', ['../../etc', 3, 'out']],
    ['path_symlink', ['x', 3, 'new/']],
    ['path_symlink', ['x', 3, 'sub/']],
    ['path_readlink', [3, 'link', OUT, 64, OUT2]],
    ['path_readlink', [3, 'link', OUT, 4, OUT2]],
    ['path_readlink', [3, 'file.txt', OUT, 64, OUT2]],
    ['path_readlink', [3, 'sub', OUT, 64, OUT2]],
    ['path_readlink', [3, 'gone', OUT, 64, OUT2]],
    ['path_filestat_get', [3, 0, 'link', OUT]],
    ['path_filestat_get', [3, 1, 'link', OUT]],
    ['path_open', [3, 0, 'link', 0, 2n, 0n, 0, OUT]],
    ['path_open', [3, 1, 'link', 0, 2n, 0n, 0, OUT]],
    ['fd_read', [4, IOVS, 1, OUT], oneRead],
    ['path_open', [3, 0, 'dirlink/inner.txt', 0, 2n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'dirlink/', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 1, 'loop', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 1, 'out', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 1, 'out/passwd', 0, 0n, 0n, 0, OUT]],
    ['path_open', [3, 1, 'link', CREAT | EXCL, 0n, 0n, 0, OUT]],
    ['path_link', [3, 0, 'file.txt', 3, 'hard']],
    ['path_filestat_get', [3, 0, 'hard', OUT]],
    ['path_open', [3, 0, 'hard', 0, ALL | WRITE, 0n, 0, OUT]],
    ['path_link', [3, 0, 'file.txt', 3, 'hard']],
    ['path_link', [3, 0, 'sub', 3, 'sub2']],
    ['path_link', [3, 0, 'gone', 3, 'x']],
    ['path_link', [3, 1, 'link', 3, 'x']],
    ['path_link', [3, 0, 'file.txt', 3, 'x/']],
    ['path_link', [3, 0, 'file.txt/', 3, 'x']],
    ['path_unlink_file', [3, 'hard']],
    ['path_filestat_get', [3, 0, 'file.txt', OUT]],
    ['path_filestat_set_times', [3, 0, 'link', 0n, 1_000n, 4]],
    ['path_unlink_file', [3, 'link']],
    ['path_unlink_file', [3, 'out']],
    ['path_unlink_file', [3, 'loop']],
    ['path_remove_directory', [3, 'dirlink']],
    ['path_unlink_file', [3, 'dirlink']],
  ],
  names: [
    ['path_create_directory', [3, 'made']],
    ['path_create_directory', [3, 'made']],
    ['path_create_directory', [3, 'file.txt']],
    ['path_create_directory', [3, '.']],
    ['path_create_directory', [3, 'gone/made']],
    ['path_create_directory', [3, 'made/inner/']],
    ['path_rename', [3, 'file.txt', 3, 'made/file.txt']],
    ['path_rename', [3, 'file.txt', 3, 'x']],
    ['path_rename', [3, 'made', 3, 'made/inner/x']],
    ['path_rename', [3, 'made', 3, 'sub']],
    ['path_rename', [3, 'made', 3, 'empty']],
    ['path_rename', [3, 'empty/file.txt', 3, 'sub']],
    ['path_rename', [3, 'sub', 3, 'empty/file.txt']],
    ['path_rename', [3, 'empty/file.txt', 3, 'sub/inner.txt']],
    ['path_rename', [3, 'sub/inner.txt/', 3, 'y']],
    ['path_rename', [3, 'sub/inner.txt', 3, 'y/']],
    ['path_rename', [3, '.', 3, 'y']],
    ['path_rename', [3, 'sub', 3, '..']],
    ['path_rename', [3, 'sub', 3, '.']],
    ['path_remove_directory', [3, 'empty']],
    ['path_remove_directory', [3, 'empty/inner']],
    ['path_remove_directory', [3, 'empty/']],
    ['path_remove_directory', [3, 'empty']],
    ['path_remove_directory', [3, '.']],
    ['path_remove_directory', [3, 'sub/inner.txt']],
    ['path_unlink_file', [3, 'sub']],
    ['path_unlink_file', [3, 'sub/']],
    ['path_unlink_file', [3, 'sub/inner.txt/']],
    ['path_unlink_file', [3, 'sub/..']],
    ['path_unlink_file', [3, 'sub/inner.txt']],
    ['path_unlink_file', [3, 'sub/inner.txt']],
    ['path_open', [3, 0, 'sub', DIRECTORY, ALL, ALL, 0, OUT]],
    ['path_remove_directory', [3, 'sub']],
    ['path_open', [4, 0, 'late', CREAT, ALL, 0n, 0, OUT]],
    ['path_create_directory', [4, 'late']],
  ],
  rights: [
    ['fd_fdstat_set_rights', [3, 1n << 13n, 2n]],
    ['path_open', [3, 0, 'file.txt', 0, 2n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt', 0, WRITE, 0n, 0, OUT]],
    ['path_open', [3, 0, 'file.txt', TRUNC, 0n, 0n, 0, OUT]],
    ['path_open', [3, 0, 'x', CREAT, 0n, 0n, 0, OUT]],
    ['path_create_directory', [3, 'x']],
    ['path_filestat_get', [3, 0, 'file.txt', OUT]],
    ['path_filestat_set_times', [3, 0, 'file.txt', 0n, 0n, 0]],
    ['path_link', [3, 0, 'file.txt', 3, 'x']],
    ['path_readlink', [3, 'x', OUT, 64, OUT2]],
    ['path_remove_directory', [3, 'sub']],
    ['path_rename', [3, 'sub', 3, 'x']],
    ['path_symlink', ['x', 3, 'y']],
    ['path_unlink_file', [3, 'file.txt']],
    ['fd_readdir', [3, OUT, 64, 0n, OUT2]],
    ['fd_filestat_get', [3, OUT]],
    ['fd_sync', [3]],
    ['fd_seek', [4, 0n, 1, OUT]],
    ['fd_tell', [4, OUT]],
    ['fd_allocate', [4, 0n, 1n]],
    ['fd_advise', [4, 0n, 1n, 0]],
    ['fd_filestat_set_times', [4, 0n, 0n, 0]],
    ['fd_fdstat_set_flags', [4, 1]],
    ['sock_accept', [4, 0, OUT]],
    ['sock_recv', [4, IOVS, 1, 0, OUT, OUT2], oneRead],
    ['sock_send', [4, IOVS, 1, 0, OUT], oneRead],
    ['sock_shutdown', [4, 3]],
    ['sock_accept', [3, 0, OUT]],
  ],
}

function create(fileSystem: FileSystemCase): Session {
  return new Session({ mounts: [fileSystem.mount(seed)] })
}

for (const fileSystem of FILE_SYSTEMS) {
  for (const [name, steps] of Object.entries(SESSIONS)) {
    test(`a session of ${name} on ${fileSystem.name} goes as the golden file says`, { skip: fileSystem.skip }, () => {
      const session = create(fileSystem)
      for (const step of steps) session.call(...step)
      session.guest.descriptors.closeAll()
      const trace = `${session.lines.join('\n')}\n`
      const file = join(FOLDER, `${name}.txt`)
      if (BLESS && fileSystem.name === 'memory') writeFileSync(file, trace)
      assert.equal(trace, readFileSync(file, 'utf8'))
    })
  }
}

/** Calls that would work, with the places of their pointers and how many bytes lie behind each. */
const POINTERS: readonly { readonly step: Step; readonly pointers: Readonly<Record<number, number>> }[] = [
  { step: ['fd_prestat_get', [3, OUT]], pointers: { 1: 8 } },
  { step: ['fd_prestat_dir_name', [3, OUT, 1]], pointers: { 1: 1 } },
  { step: ['fd_readdir', [3, OUT, 64, 0n, OUT2]], pointers: { 1: 64, 4: 4 } },
  { step: ['fd_filestat_get', [4, OUT]], pointers: { 1: 64 } },
  { step: ['fd_read', [4, IOVS, 1, OUT], oneRead], pointers: { 1: 8, 3: 4 } },
  { step: ['fd_write', [4, IOVS, 2, OUT], twoWrites], pointers: { 1: 16, 3: 4 } },
  { step: ['fd_pread', [4, IOVS, 1, 0n, OUT], oneRead], pointers: { 1: 8, 4: 4 } },
  { step: ['fd_pwrite', [4, IOVS, 2, 0n, OUT], twoWrites], pointers: { 1: 16, 4: 4 } },
  { step: ['fd_seek', [4, 1n, 0, OUT]], pointers: { 3: 8 } },
  { step: ['fd_tell', [4, OUT]], pointers: { 1: 8 } },
  { step: ['path_create_directory', [3, DATA, 4]], pointers: { 1: 4 } },
  { step: ['path_filestat_get', [3, 0, DATA, 4, OUT]], pointers: { 2: 4, 4: 64 } },
  { step: ['path_filestat_set_times', [3, 0, DATA, 4, 0n, 0n, 5]], pointers: { 2: 4 } },
  { step: ['path_link', [3, 0, DATA, 4, 3, DATA, 4]], pointers: { 2: 4, 5: 4 } },
  { step: ['path_open', [3, 0, DATA, 4, CREAT, 0n, 0n, 0, OUT]], pointers: { 2: 4, 8: 4 } },
  { step: ['path_readlink', [3, DATA, 4, OUT, 64, OUT2]], pointers: { 1: 4, 3: 64, 5: 4 } },
  { step: ['path_remove_directory', [3, DATA, 4]], pointers: { 1: 4 } },
  { step: ['path_rename', [3, DATA, 4, 3, DATA, 4]], pointers: { 1: 4, 4: 4 } },
  { step: ['path_symlink', [DATA, 4, 3, DATA, 4]], pointers: { 0: 4, 3: 4 } },
  { step: ['path_unlink_file', [3, DATA, 4]], pointers: { 1: 4 } },
]

for (const fileSystem of FILE_SYSTEMS) {
  for (const { step, pointers } of POINTERS) {
    const [name, args, given = { [DATA]: text('some') }] = step
    for (const [index, size] of Object.entries(pointers)) {
      test(`${name} on ${fileSystem.name} answers FAULT and does nothing when argument ${index} lies outside`, {
        skip: fileSystem.skip,
      }, () => {
        const session = create(fileSystem)
        session.open('file.txt', 0, ALL | WRITE)
        const before = snapshot(session)
        for (const pointer of [MEMORY_BYTES - size + 1, MEMORY_BYTES + 1, 0x7fff_ffff, -1]) {
          const wrong = args.map((argument, at) => (at === Number(index) ? pointer : argument))
          assert.equal(session.call(name, wrong, given), 'FAULT', `pointer ${pointer}`)
          assert.equal(session.lines.at(-1), '<== FAULT', 'memory was written')
          assert.deepEqual(snapshot(session), before)
        }
        session.guest.descriptors.closeAll()
      })
    }
  }
}

/** What can be seen from outside of a call that should have done nothing. */
function snapshot(session: Session): readonly unknown[] {
  const { guest } = session
  const open = guest.descriptors.get(4)?.file
  const position = open?.type === 'file' ? [open.position, open.file.size()] : []
  const directory = guest.descriptors.get(3)?.file
  if (directory?.type !== 'directory') return []
  const listing = directory.directory.list()
  if (typeof listing === 'string') return []
  const names: string[] = []
  for (let cookie = 0; ; ) {
    const entry = listing.at(cookie)
    if (entry === null || typeof entry === 'string') break
    names.push(entry.name)
    cookie = entry.next
  }
  listing.close()
  return [guest.descriptors.size, ...position, ...names.sort()]
}

test('every function about files is in a session', () => {
  const named = new Set(Object.values(SESSIONS).flatMap((steps) => steps.map(([name]) => name)))
  const functions = WASI_PREVIEW1.functions.map(({ name }) => name).filter((name) => /^(fd|path|sock)_/.test(name))
  assert.deepEqual(
    functions.filter((name) => !named.has(name)),
    [],
  )
})
