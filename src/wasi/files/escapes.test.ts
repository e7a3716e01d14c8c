import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ErrnoName, Mount } from '../index.ts'
import { errnoName, openMounts } from '../index.ts'
import { TestGuest, text, u32 } from '../preview1/guest.case.test.ts'
import { FILE_RIGHTS_ALL, Session } from '../preview1/session.case.test.ts'
import { createFolder, HOST_SKIP } from './file-systems.case.test.ts'

const ON_LINUX = { skip: HOST_SKIP }
/** The program of every Linux that makes a FIFO: Node has no call for it. */
const MKFIFO = ['/usr/bin/mkfifo', '/bin/mkfifo'].find((file) => existsSync(file))
const WITH_FIFO = { skip: HOST_SKIP || (MKFIFO === undefined && process.env['CI'] !== 'true' && 'there is no mkfifo') }
const OUT = 0x400
const PATH = 0x1000
const SECRET = 'a secret of the host'
const WRITE = 1n << 6n

/** A granted directory beside one that is not. */
interface World {
  readonly granted: string
  readonly outside: string
}

function createWorld(): World {
  const base = createFolder({ 'granted/sub/file.txt': 'inside', 'granted/file.txt': 'inside', 'outside/dir/': '' })
  writeFileSync(join(base, 'outside/secret.txt'), SECRET)
  return { granted: join(base, 'granted'), outside: join(base, 'outside') }
}

function makeFifo(path: string): void {
  execFileSync(MKFIFO ?? 'mkfifo', [path])
}

function mountOf(path: string, access: 'ro' | 'rw' = 'rw', at = '/'): Mount {
  return { kind: 'host', at, path, access, bytes: 2 ** 20, files: 1_000 }
}

/** Everything about a directory that a guest could have changed or left. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs, nlink } = lstatSync(join(folder, name))
      return [name, mode, size, mtimeMs, nlink, name.endsWith('.txt') ? readFileSync(join(folder, name)) : ''].join(' ')
    })
}

/** Calls every function that takes a path, with that path wherever it takes one, and answers what was answered. */
function tryAll(guest: TestGuest, bytes: Uint8Array, fd = 3): readonly (ErrnoName | undefined)[] {
  const own = text('file.txt')
  guest.put(PATH, bytes).put(PATH + 0x2000, own)
  const path = [PATH, bytes.length] as const
  const other = [PATH + 0x2000, own.length] as const
  const rights = FILE_RIGHTS_ALL
  const calls: readonly [string, ...(number | bigint)[]][] = [
    ...[0, 1].flatMap((follow): [string, ...(number | bigint)[]][] => [
      ['path_open', fd, follow, ...path, 0, rights, rights, 0, OUT],
      ['path_open', fd, follow, ...path, 2, rights, rights, 0, OUT],
      ['path_open', fd, follow, ...path, 0, rights | WRITE, 0n, 0, OUT],
      ['path_open', fd, follow, ...path, 9, rights | WRITE, 0n, 0, OUT],
      ['path_open', fd, follow, ...path, 5, rights | WRITE, 0n, 0, OUT],
      ['path_filestat_get', fd, follow, ...path, OUT],
      ['path_filestat_set_times', fd, follow, ...path, 1n, 1n, 5],
      ['path_link', fd, follow, ...path, fd, ...other],
    ]),
    ['path_readlink', fd, ...path, OUT, 256, OUT + 256],
    ['path_create_directory', fd, ...path],
    ['path_symlink', ...other, fd, ...path],
    ['path_link', fd, 0, ...other, fd, ...path],
    ['path_rename', fd, ...other, fd, ...path],
    ['path_rename', fd, ...path, fd, ...other],
    ['path_remove_directory', fd, ...path],
    ['path_unlink_file', fd, ...path],
  ]
  const before = guest.descriptors.size
  const answers = calls.map(([name, ...args]) => errnoName(Number(guest.call(name, ...args))))
  readAll(guest, before)
  return answers
}

/** Reads whatever could be opened: nothing of it may come from outside. */
function readAll(guest: TestGuest, before: number): void {
  for (let fd = before; fd < guest.descriptors.size + 3; fd += 1) {
    guest.put(0x100, u32(0x200, 0x100))
    guest.bytes.fill(0, 0x200, 0x300)
    guest.call('fd_read', fd, 0x100, 1, OUT)
    guest.call('fd_readdir', fd, 0x200, 0x100, 0n, OUT)
    const read = Buffer.from(guest.bytes.subarray(0x200, 0x300)).toString('latin1')
    assert.ok(!read.includes('secret'), `read ${JSON.stringify(read)}`)
  }
}

interface Trick {
  readonly name: string
  readonly options?: { readonly skip: string | false }
  /** Puts something into the granted directory. */
  readonly prepare?: (world: World) => void
  /** The paths that the guest tries; bytes are taken as they are. */
  readonly paths: (world: World) => readonly (string | Uint8Array)[]
}

const SECRET_PATH = 'outside/secret.txt'

const TRICKS: readonly Trick[] = [
  { name: 'dots', paths: () => [`../${SECRET_PATH}`, `./../${SECRET_PATH}`, '..', '../', '../outside', '../.'] },
  {
    name: 'dots behind directories',
    paths: () => [`sub/../../${SECRET_PATH}`, `sub/.././../${SECRET_PATH}`, `sub//..//..//${SECRET_PATH}`, 'sub/../..'],
  },
  {
    name: 'absolute paths',
    paths: ({ outside }) => ['/', '//', outside, join(outside, 'secret.txt'), `//${outside}`, '/proc/self'],
  },
  {
    name: 'an absolute link to a file',
    prepare: ({ granted, outside }) => symlinkSync(join(outside, 'secret.txt'), join(granted, 'link')),
    paths: () => ['link', 'link/', 'link/.', 'link/..'],
  },
  {
    name: 'an absolute link to a directory',
    prepare: ({ granted, outside }) => symlinkSync(outside, join(granted, 'link')),
    paths: () => ['link/secret.txt', 'link/', 'link/new', 'link/./secret.txt', 'sub/../link/secret.txt', 'link/../x'],
  },
  {
    name: 'a relative link out of the directory',
    prepare: ({ granted }) => symlinkSync('../outside', join(granted, 'link')),
    paths: () => ['link/secret.txt', 'link/', 'link/new', 'link/dir/'],
  },
  {
    name: 'a relative link from below',
    prepare: ({ granted }) => symlinkSync('../../outside', join(granted, 'sub/link')),
    paths: () => ['sub/link/secret.txt', 'sub/link/', 'sub/link/new'],
  },
  {
    name: 'a chain of links',
    prepare: ({ granted }) => {
      symlinkSync('b', join(granted, 'a'))
      symlinkSync('sub/c', join(granted, 'b'))
      symlinkSync('..', join(granted, 'sub/c'))
      symlinkSync('a/../outside', join(granted, 'd'))
    },
    paths: () => ['a/../outside/secret.txt', 'd/secret.txt', 'd/', 'sub/c/../outside/secret.txt'],
  },
  {
    name: 'links into /proc and /dev',
    prepare: ({ granted, outside }) => {
      symlinkSync('/proc/self/root', join(granted, 'root'))
      symlinkSync('/proc/self/cwd', join(granted, 'cwd'))
      symlinkSync('/proc/self/fd', join(granted, 'fd'))
      symlinkSync('/dev', join(granted, 'dev'))
      symlinkSync(`/proc/self/root${outside}`, join(granted, 'around'))
    },
    // Everything is tried on these, deleting too: were there a way out, it must lead to nothing but our own.
    paths: ({ outside }) => [
      'root/',
      `root${outside}/secret.txt`,
      'cwd/',
      'fd/0',
      'fd/3/..',
      'dev/none',
      'dev/fd/0',
      'around/secret.txt',
    ],
  },
  {
    name: 'zeros',
    paths: () => ['\0', 'file.txt\0', `sub\0/../../${SECRET_PATH}`, `../${SECRET_PATH}\0.txt`, 'sub/\0/..'],
  },
  {
    name: 'dots that are no dots',
    paths: () => [
      `．．/${SECRET_PATH}`,
      `‥/${SECRET_PATH}`,
      `.\u0323./${SECRET_PATH}`,
      `.\u200b./${SECRET_PATH}`,
      `%2e%2e/${SECRET_PATH}`,
      `..\\outside\\secret.txt`,
      `..∕${SECRET_PATH}`,
      `...//${SECRET_PATH}`,
    ],
  },
  {
    name: 'bytes that are not UTF-8',
    paths: () => [
      Uint8Array.of(0xc0, 0xae, 0xc0, 0xae, 0x2f, 0x6f),
      Uint8Array.of(0x2e, 0x2e, 0xc0, 0xaf, 0x6f),
      Uint8Array.of(0xe0, 0x80, 0xae, 0x2f),
      Uint8Array.of(0xed, 0xa0, 0x80),
      Uint8Array.of(0xff, 0x2f, 0x2e, 0x2e),
    ],
  },
  {
    name: 'long paths and names',
    paths: () => [
      'x'.repeat(256),
      'ä'.repeat(128),
      `${'sub/../'.repeat(600)}../outside`,
      `${'./'.repeat(3_000)}x`,
      `${'a/'.repeat(65)}x`,
      `${'../'.repeat(1_365)}`,
    ],
  },
  {
    name: 'a FIFO',
    options: WITH_FIFO,
    prepare: ({ granted }) => makeFifo(join(granted, 'fifo')),
    paths: () => ['fifo/', 'fifo/x', 'fifo/..'],
  },
]

for (const { name, options = ON_LINUX, prepare, paths } of TRICKS) {
  for (const access of ['rw', 'ro'] as const) {
    test(`${name} lead nowhere in a directory that is ${access}`, options, () => {
      const world = createWorld()
      prepare?.(world)
      const outside = snapshot(world.outside)
      for (const path of paths(world)) {
        const guest = new TestGuest({ mounts: [mountOf(world.granted, access)] })
        const bytes = typeof path === 'string' ? text(path) : path
        tryAll(guest, bytes)
        guest.descriptors.closeAll()
        assert.deepEqual(snapshot(world.outside), outside, String(path))
      }
      assert.deepEqual(readdirSync(join(world.granted, '..')).sort(), ['granted', 'outside'])
    })
  }
}

test('a directory that is ro is as it was, whatever is called', ON_LINUX, () => {
  const { granted } = createWorld()
  symlinkSync('file.txt', join(granted, 'link'))
  const before = snapshot(granted)
  const paths = ['file.txt', 'sub', 'sub/file.txt', 'link', 'new', 'sub/new', '.', 'sub/', 'new/']
  for (const path of paths) {
    const guest = new TestGuest({ mounts: [mountOf(granted, 'ro')] })
    tryAll(guest, text(path))
    for (let fd = 3; fd < 20; fd += 1) {
      guest.put(0x100, u32(0x200, 4))
      for (const call of [
        ['fd_write', fd, 0x100, 1, OUT],
        ['fd_pwrite', fd, 0x100, 1, 0n, OUT],
        ['fd_filestat_set_size', fd, 0n],
        ['fd_filestat_set_times', fd, 0n, 0n, 10],
        ['fd_allocate', fd, 0n, 100n],
      ] as const) {
        const [name, ...args] = call
        const answer = errnoName(Number(guest.call(name, ...args)))
        assert.notEqual(answer, 'SUCCESS', `${name} of ${path}`)
      }
    }
    guest.descriptors.closeAll()
    assert.deepEqual(snapshot(granted), before, path)
  }
})

test('an absolute path and one that goes up are answered as such', ON_LINUX, () => {
  const session = new Session({ mounts: [mountOf(createWorld().granted)] })
  const open = (path: string, follow = 0) => session.quietly('path_open', [3, follow, path, 0, 2n, 0n, 0, OUT])
  assert.equal(open('/etc/passwd'), 'NOTCAPABLE')
  assert.equal(open('../outside/secret.txt'), 'NOTCAPABLE')
  assert.equal(open('sub/../../x'), 'NOTCAPABLE')
  assert.equal(open('file.txt\0'), 'INVAL')
  assert.equal(open('x'.repeat(256)), 'NAMETOOLONG')
  assert.equal(open(`sub/${'../sub/'.repeat(500)}file.txt`), 'SUCCESS')
  session.guest.descriptors.closeAll()
})

test('a link that the guest makes inside leads out from nowhere it is moved to', ON_LINUX, () => {
  const world = createWorld()
  const session = new Session({ mounts: [mountOf(world.granted)] })
  const call = (name: string, ...args: readonly (string | number | bigint)[]) => session.quietly(name, args)
  assert.equal(call('path_create_directory', 3, 'sub/deep'), 'SUCCESS')
  assert.equal(call('path_symlink', '../../outside', 3, 'sub/deep/link'), 'SUCCESS')
  assert.equal(call('path_open', 3, 1, 'sub/deep/link', 0, 2n, 0n, 0, OUT), 'NOENT')
  assert.equal(call('path_rename', 3, 'sub/deep/link', 3, 'sub/link'), 'SUCCESS')
  assert.equal(call('path_open', 3, 1, 'sub/link', 0, 2n, 0n, 0, OUT), 'NOTCAPABLE')
  assert.equal(call('path_open', 3, 0, 'sub/link/secret.txt', 0, 2n, 0n, 0, OUT), 'NOTCAPABLE')
  assert.equal(call('path_symlink', '../outside', 3, 'link'), 'SUCCESS')
  assert.equal(call('path_rename', 3, 'file.txt', 3, 'link/x'), 'NOTCAPABLE')
  assert.equal(call('path_symlink', world.outside, 3, 'absolute'), 'NOTCAPABLE')
  session.guest.descriptors.closeAll()
})

test('a directory that is moved while it is open has no way up', ON_LINUX, () => {
  const world = createWorld()
  const session = new Session({ mounts: [mountOf(world.granted)] })
  mkdirSync(join(world.granted, 'a/b'), { recursive: true })
  const inner = session.open('a/b', 2)
  assert.equal(session.quietly('path_rename', [3, 'a/b', 3, 'b']), 'SUCCESS')
  assert.equal(session.quietly('path_open', [inner, 0, '..', 0, 0n, 0n, 0, OUT]), 'NOTCAPABLE')
  assert.equal(session.quietly('path_open', [inner, 0, '../../outside/secret.txt', 0, 0n, 0n, 0, OUT]), 'NOTCAPABLE')
  // By somebody else, out of what was granted: what is open stays so, and nothing above it is reached.
  renameSync(join(world.granted, 'b'), join(world.outside, 'b'))
  assert.equal(session.quietly('path_open', [inner, 0, '../secret.txt', 0, 0n, 0n, 0, OUT]), 'NOTCAPABLE')
  session.guest.descriptors.closeAll()
})

test('nothing but files and directories is opened, and a FIFO makes nobody wait', WITH_FIFO, async () => {
  const { granted } = createWorld()
  makeFifo(join(granted, 'fifo'))
  const server = createServer().listen(join(granted, 'socket'))
  await new Promise((resolve) => server.once('listening', resolve))
  const session = new Session({ mounts: [mountOf(granted)] })
  for (const name of ['fifo', 'socket']) {
    for (const rights of [2n, WRITE, 2n | WRITE, 0n]) {
      assert.equal(session.quietly('path_open', [3, 1, name, 0, rights, 0n, 0, OUT]), 'ACCES', name)
    }
    assert.equal(session.quietly('path_open', [3, 1, name, 9, WRITE, 0n, 0, OUT]), 'ACCES', name)
    assert.equal(session.quietly('path_link', [3, 0, name, 3, 'hard']), 'PERM', name)
  }
  session.guest.descriptors.closeAll()
  server.close()
})

test('a file with a name outside of the directory can be read and not changed', ON_LINUX, () => {
  const world = createWorld()
  linkSync(join(world.outside, 'secret.txt'), join(world.granted, 'hard.txt'))
  const before = snapshot(world.outside)
  const session = new Session({ mounts: [mountOf(world.granted)] })
  const open = (oflags: number, rights: bigint, name = 'hard.txt') =>
    session.quietly('path_open', [3, 0, name, oflags, rights, 0n, 0, OUT])
  assert.equal(open(0, 2n), 'SUCCESS')
  assert.equal(open(0, WRITE), 'PERM')
  assert.equal(open(8, 0n), 'PERM')
  assert.equal(open(1, WRITE), 'PERM')
  assert.equal(session.quietly('path_filestat_set_times', [3, 0, 'hard.txt', 1n, 1n, 5]), 'PERM')
  const file = session.open('hard.txt')
  assert.notEqual(session.quietly('fd_filestat_set_size', [file, 0n]), 'SUCCESS')
  assert.equal(session.quietly('fd_filestat_set_times', [file, 1n, 1n, 5]), 'PERM')
  // A name of the guest's own makes it no less somebody else's.
  assert.equal(session.quietly('path_link', [3, 0, 'hard.txt', 3, 'mine']), 'SUCCESS')
  assert.equal(open(0, WRITE, 'mine'), 'PERM')
  assert.equal(session.quietly('path_unlink_file', [3, 'mine']), 'SUCCESS')
  assert.deepEqual(snapshot(world.outside), before)
  session.guest.descriptors.closeAll()
})

test('a mount below the directory is not entered', ON_LINUX, (context) => {
  if (!existsSync('/proc/self/environ')) return context.skip('there is no /proc')
  const session = new Session({ mounts: [mountOf('/', 'ro')] })
  const open = (path: string) => session.quietly('path_open', [3, 1, path, 0, 2n, 2n, 0, OUT])
  for (const path of ['proc', 'proc/', 'proc/self/environ', 'proc/self/root/etc/passwd', 'proc/self/fd/0']) {
    assert.equal(open(path), 'NOTCAPABLE', path)
  }
  for (const path of ['dev/null', 'dev/fd/0', 'dev/stdin']) assert.notEqual(open(path), 'SUCCESS', path)
  session.guest.descriptors.closeAll()
})

for (const path of ['/proc', '/proc/self/fd', '/sys', '/proc/self/root/proc']) {
  test(`${path} cannot be granted`, ON_LINUX, (context) => {
    if (!existsSync(path)) return context.skip(`there is no ${path}`)
    const work = { charge: () => {}, nowNanos: () => 0n }
    assert.throws(() => openMounts([mountOf(path)], work), {
      code: 'ERR_CONFIG_INVALID',
      message: /doors into the kernel/,
    })
  })
}

test('two granted directories are two worlds', ON_LINUX, () => {
  const one = createWorld()
  const session = new Session({ mounts: [mountOf(one.granted), mountOf(one.outside, 'ro', '/outside')] })
  assert.equal(session.quietly('path_rename', [3, 'file.txt', 4, 'x']), 'XDEV')
  assert.equal(session.quietly('path_link', [3, 0, 'file.txt', 4, 'x']), 'XDEV')
  assert.equal(session.quietly('path_link', [4, 0, 'secret.txt', 3, 'x']), 'XDEV')
  assert.equal(session.quietly('path_rename', [4, 'secret.txt', 3, 'x']), 'XDEV')
  assert.equal(session.quietly('path_open', [4, 0, 'secret.txt', 0, WRITE, 0n, 0, OUT]), 'ROFS')
  session.guest.descriptors.closeAll()
})

test('everything that is open is closed with the agent', ON_LINUX, () => {
  const { granted } = createWorld()
  const count = () => readdirSync('/proc/self/fd').length
  const before = count()
  const session = new Session({ mounts: [mountOf(granted)] })
  for (let times = 0; times < 10; times += 1) {
    session.open('file.txt', 0, FILE_RIGHTS_ALL | WRITE)
    const directory = session.open('sub', 2)
    session.quietly('fd_readdir', [directory, 0x2000, 0x1000, 0n, OUT])
    session.quietly('fd_readdir', [directory, 0x2000, 0x1000, 2n, OUT])
  }
  for (const fd of [4, 6, 8]) {
    session.quietly('fd_fdstat_set_flags', [fd, 1])
    session.quietly('fd_write', [fd, 0x100, 1, OUT], { 256: u32(0x200, 4) })
    session.quietly('fd_renumber', [fd, fd + 1])
  }
  for (const path of ['gone', 'gone/x', 'file.txt/x', 'sub/../../x', 'sub/gone/x']) {
    session.quietly('path_open', [3, 1, path, 0, 2n, 0n, 0, OUT])
  }
  assert.ok(count() > before)
  session.guest.descriptors.closeAll()
  session.guest.descriptors.closeAll()
  assert.equal(count(), before)
})
