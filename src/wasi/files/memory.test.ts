import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILE_LIMITS, WASI_LIMITS } from '../../core/index.ts'
import { openMounts } from '../index.ts'
import { text, u32 } from '../preview1/guest.case.test.ts'
import { FILE_RIGHTS_ALL, Session } from '../preview1/session.case.test.ts'
import { Content } from './content.ts'
import { FILE_SYSTEMS } from './file-systems.case.test.ts'
import { MemoryDirectory } from './memory-directory.ts'
import { fillTree } from './memory-tree.ts'
import { MemoryVolume } from './memory-volume.ts'
import type { FileWork, OpenHow, RegularFile } from './node.ts'
import { readParts, TreeCollector } from './tree-parts.ts'

const OUT = 0x400
const ALL = FILE_RIGHTS_ALL | (1n << 6n)
const CREAT = 1
const NOTHING: FileWork = { charge: () => {}, nowNanos: () => 0n }
const NEW: OpenHow = {
  read: true,
  write: true,
  resize: true,
  create: true,
  exclusive: false,
  truncate: false,
  directory: false,
  sync: 'nothing',
}

function createVolume(bytes = 1_000, files = 10): { volume: MemoryVolume; root: MemoryDirectory } {
  const volume = new MemoryVolume({ bytes, files }, 1n, NOTHING)
  return { volume, root: new MemoryDirectory(volume) }
}

function openFile(root: MemoryDirectory, name = 'file', how: Partial<OpenHow> = {}): RegularFile {
  const file = root.open(name, { ...NEW, ...how })
  assert.ok(typeof file !== 'string' && file.type === 'file', String(file))
  return file
}

for (const fileSystem of FILE_SYSTEMS) {
  test(`3 GB at once are refused by the quota on ${fileSystem.name}`, { skip: fileSystem.skip }, () => {
    const session = new Session({ mounts: [fileSystem.mount({}, { bytes: 2 ** 20 })] })
    const fd = session.open('file', CREAT, ALL)
    const before = process.memoryUsage().arrayBuffers
    assert.equal(session.quietly('fd_filestat_set_size', [fd, 3_000_000_000n]), 'NOSPC')
    assert.equal(session.quietly('fd_pwrite', [fd, 0x100, 1, 3_000_000_000n, OUT], { 256: u32(0x200, 1) }), 'NOSPC')
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20)
    assert.equal(session.quietly('fd_seek', [fd, 0n, 2, OUT]), 'SUCCESS')
    assert.equal(session.guest.memory.readU64(OUT), 0n)
    session.guest.descriptors.closeAll()
  })

  test(`a hole counts against the quota on ${fileSystem.name}, and is given back`, { skip: fileSystem.skip }, () => {
    const session = new Session({ mounts: [fileSystem.mount({}, { bytes: 1_000 })] })
    const one = session.open('one', CREAT, ALL)
    const two = session.open('two', CREAT, ALL)
    const size = (fd: number, bytes: bigint) => session.quietly('fd_filestat_set_size', [fd, bytes])
    assert.equal(size(one, 600n), 'SUCCESS')
    assert.equal(size(two, 600n), 'NOSPC')
    assert.equal(size(two, 400n), 'SUCCESS')
    assert.equal(size(one, 601n), 'NOSPC')
    assert.equal(size(one, 100n), 'SUCCESS')
    assert.equal(size(two, 900n), 'SUCCESS')
    session.guest.descriptors.closeAll()
  })

  test(`what does not fit is cut short, then refused on ${fileSystem.name}`, { skip: fileSystem.skip }, () => {
    const session = new Session({ mounts: [fileSystem.mount({}, { bytes: 10 })] })
    const fd = session.open('file', CREAT, ALL)
    const write = () => session.quietly('fd_write', [fd, 0x100, 1, OUT], { 256: u32(0x200, 7) })
    assert.deepEqual([write(), session.guest.memory.readU32(OUT)], ['SUCCESS', 7])
    assert.deepEqual([write(), session.guest.memory.readU32(OUT)], ['SUCCESS', 3])
    assert.equal(write(), 'NOSPC')
    session.guest.descriptors.closeAll()
  })

  test(`names are bounded on ${fileSystem.name}, whatever they name`, { skip: fileSystem.skip }, () => {
    const session = new Session({ mounts: [fileSystem.mount({}, { files: 4 })] })
    session.open('file', CREAT, ALL)
    const call = (name: string, ...args: readonly (string | number)[]) => session.quietly(name, args)
    assert.equal(call('path_create_directory', 3, 'dir'), 'SUCCESS')
    assert.equal(call('path_symlink', 'file', 3, 'link'), 'SUCCESS')
    assert.equal(call('path_link', 3, 0, 'file', 3, 'hard'), 'SUCCESS')
    assert.equal(call('path_create_directory', 3, 'more'), 'NOSPC')
    assert.equal(call('path_symlink', 'file', 3, 'more'), 'NOSPC')
    assert.equal(call('path_link', 3, 0, 'file', 3, 'more'), 'NOSPC')
    assert.equal(session.quietly('path_open', [3, 0, 'more', CREAT, ALL, 0n, 0, OUT]), 'NOSPC')
    assert.equal(call('path_unlink_file', 3, 'link'), 'SUCCESS')
    assert.equal(call('path_create_directory', 3, 'more'), 'SUCCESS')
    assert.equal(call('path_rename', 3, 'file', 3, 'moved'), 'SUCCESS')
    assert.equal(call('path_rename', 3, 'moved', 3, 'hard'), 'SUCCESS')
    session.guest.descriptors.closeAll()
  })

  test(`names, depth and open files are bounded on ${fileSystem.name}`, { skip: fileSystem.skip }, () => {
    const session = new Session({ mounts: [fileSystem.mount({ file: '' }, { files: 10_000 })] })
    const call = (name: string, ...args: readonly (string | number)[]) => session.quietly(name, args)
    assert.equal(call('path_create_directory', 3, 'ä'.repeat(127)), 'SUCCESS')
    assert.equal(call('path_create_directory', 3, 'ä'.repeat(128)), 'NAMETOOLONG')
    const deep = Array.from({ length: FILE_LIMITS.depth + 2 }, (_, index) => `${'d/'.repeat(index)}d`)
    const answers = deep.map((path) => call('path_create_directory', 3, path))
    assert.equal(
      answers.findIndex((answer) => answer !== 'SUCCESS'),
      FILE_LIMITS.depth,
    )
    let opened = session.guest.descriptors.size
    while (session.quietly('path_open', [3, 0, 'file', 0, 2n, 0n, 0, OUT]) === 'SUCCESS') opened += 1
    assert.equal(opened, Math.min(WASI_LIMITS.descriptors, opened))
    assert.match(session.quietly('path_open', [3, 0, 'file', 0, 2n, 0n, 0, OUT]), /^(MFILE|NFILE)$/)
    session.guest.descriptors.closeAll()
  })

  test(`an unlinked file lives on ${fileSystem.name} until it is closed`, { skip: fileSystem.skip }, () => {
    const session = new Session({ mounts: [fileSystem.mount({}, { bytes: 100 })] })
    const one = session.open('file', CREAT, ALL)
    const size = (fd: number, bytes: bigint) => session.quietly('fd_filestat_set_size', [fd, bytes])
    assert.equal(size(one, 100n), 'SUCCESS')
    assert.equal(session.quietly('path_unlink_file', [3, 'file']), 'SUCCESS')
    const two = session.open('file', CREAT, ALL)
    assert.equal(size(two, 1n), 'NOSPC')
    assert.equal(size(one, 50n), 'SUCCESS')
    assert.equal(size(two, 50n), 'SUCCESS')
    session.guest.descriptors.closeAll()
  })
}

test('files of a volume leave nothing of their quota behind', () => {
  const { volume, root } = createVolume()
  const file = openFile(root)
  assert.equal(file.write([text('x'.repeat(300))], 0), 300)
  root.makeLink('link', 'target')
  root.linkChild('file', root, 'hard')
  assert.deepEqual([volume.usedBytes, volume.usedFiles], [306, 3])
  root.unlink('file')
  root.unlink('link')
  assert.deepEqual([volume.usedBytes, volume.usedFiles], [300, 1])
  root.unlink('hard')
  assert.deepEqual([volume.usedBytes, volume.usedFiles], [300, 0])
  file.close()
  file.close()
  assert.deepEqual([volume.usedBytes, volume.usedFiles], [0, 0])
  openFile(root, 'again', { truncate: true }).write([text('y')], 500)
  root.rename('again', root, 'other')
  assert.deepEqual([volume.usedBytes, volume.usedFiles], [501, 1])
})

test('a directory is not moved so that what it holds lies too deep', () => {
  const { root } = createVolume(0, 1_000)
  const makeChain = (name: string, length: number) => {
    let directory = root
    for (let level = 0; level < length; level += 1) {
      assert.equal(directory.makeDirectory(name), null)
      directory = directory.enter(name) as MemoryDirectory
    }
    return directory
  }
  const bottom = makeChain('a', 40)
  makeChain('b', 25)
  assert.equal(root.rename('b', bottom, 'b'), 'MLINK')
  makeChain('c', 24)
  assert.equal(root.rename('c', bottom, 'c'), null)
})

test('contents hold holes, chunks and what was cut off as zeros', () => {
  const content = new Content()
  const far = 200_000
  content.write(text('end'), far)
  content.write(text('start'), 0)
  assert.equal(content.size, far + 3)
  const all = new Uint8Array(far + 10).fill(7)
  assert.equal(content.read(all, 0), far + 3)
  assert.equal(Buffer.from(all.subarray(0, 5)).toString(), 'start')
  assert.ok(all.subarray(5, far).every((byte) => byte === 0))
  content.resize(2)
  content.resize(10)
  const some = new Uint8Array(10)
  assert.equal(content.read(some, 0), 10)
  assert.deepEqual([...some], [0x73, 0x74, 0, 0, 0, 0, 0, 0, 0, 0])
  assert.equal(content.read(some, 10), 0)
  assert.equal(content.read(some, 1e12), 0)
})

test('a large file comes out in parts that are no larger than they are', () => {
  const { volume, root } = createVolume(10_000_000)
  const file = openFile(root)
  file.write([text('begin')], 0)
  file.write([text('end')], 300_000)
  const parts = [...readParts(volume)]
  assert.equal(parts.length, 1 + Math.ceil(300_003 / 65_536))
  const collector = new TreeCollector()
  for (const part of parts) {
    if (part.type === 'bytes') assert.equal(part.bytes.buffer.byteLength, part.bytes.length)
    collector.take(part)
  }
  const [entry] = collector.finish()
  assert.ok(entry?.type === 'file' && entry.bytes.length === 300_003)
  assert.equal(Buffer.from(entry.bytes.subarray(300_000)).toString(), 'end')
})

test('a tree of files goes in and comes out', () => {
  const { volume } = createVolume()
  const tree = [
    { type: 'directory', path: 'a' },
    { type: 'file', path: 'b', bytes: text('b') },
    { type: 'link', path: 'c', target: 'a' },
    { type: 'file', path: 'a/d', bytes: text('dd') },
  ] as const
  fillTree(volume, tree)
  const collector = new TreeCollector()
  for (const part of readParts(volume)) collector.take(part)
  assert.deepEqual(collector.finish(), tree)
})

for (const [name, quota] of Object.entries({ bytes: { bytes: 2, files: 9 }, files: { bytes: 9, files: 1 } })) {
  test(`a tree that has too many ${name} is refused`, () => {
    const tree = ['a', 'b'].map((path) => ({ type: 'file', path, bytes: text('xy') }) as const)
    const mount = { kind: 'memory', at: '/', tree, ...quota } as const
    assert.throws(() => openMounts([mount], NOTHING), { code: 'ERR_CONFIG_INVALID', message: /no room for "b"/ })
  })
}

test('entries are listed once each, whatever is removed and added meanwhile', () => {
  const { root } = createVolume(0, 100)
  for (let index = 0; index < 10; index += 1) root.makeDirectory(`d${index}`)
  const listing = root.list()
  const names: string[] = []
  for (let cookie = 0; ; ) {
    const entry = listing.at(cookie)
    if (entry === null || typeof entry === 'string') break
    names.push(entry.name)
    root.removeDirectory(entry.name)
    if (entry.name === 'd3') root.makeDirectory('late')
    cookie = entry.next
  }
  assert.deepEqual(names, ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9', 'late'])
  assert.equal(listing.at(0), null)
})
