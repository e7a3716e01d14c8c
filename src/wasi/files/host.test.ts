import assert from 'node:assert/strict'
import { readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FILE_LIMITS } from '../../core/index.ts'
import type { Mount } from '../index.ts'
import { openMounts } from '../index.ts'
import { text, u32 } from '../preview1/guest.case.test.ts'
import { FILE_RIGHTS_ALL, Session } from '../preview1/session.case.test.ts'
import { createFolder, HOST_SKIP } from './file-systems.case.test.ts'
import { countHostDescriptors } from './host-descriptors.ts'
import type { Directory, FileWork } from './node.ts'
import { isProblem } from './problem.ts'

const ON_LINUX = { skip: HOST_SKIP }
const OUT = 0x400
const ALL = FILE_RIGHTS_ALL | (1n << 6n)
const CREAT = 1
const NOTHING: FileWork = { charge: () => {}, nowNanos: () => 0n }

function mountOf(path: string, bytes = 2 ** 20, files = 10_000): Mount {
  return { kind: 'host', at: '/', path, access: 'rw', bytes, files }
}

function openDirectory(path: string, work: FileWork = NOTHING): Directory {
  return openMounts([mountOf(path)], work).preopens[0]!.directory
}

/** Reads all entries; `onEntry` happens after each. */
function listAll(directory: Directory, onEntry = (_name: string) => {}): string[] {
  const listing = directory.list()
  assert.ok(!isProblem(listing))
  const names: string[] = []
  for (let cookie = 0; ; ) {
    const entry = listing.at(cookie)
    assert.ok(!isProblem(entry), String(entry))
    if (entry === null) break
    names.push(entry.name)
    onEntry(entry.name)
    cookie = entry.next
  }
  listing.close()
  return names
}

test('a directory of many entries is read on, back and anew, whatever is removed meanwhile', ON_LINUX, () => {
  const seed = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`file-${index}`, '']))
  const directory = openDirectory(createFolder(seed))
  const names = listAll(directory)
  assert.deepEqual(names.toSorted(), Object.keys(seed).sort())
  const listing = directory.list()
  assert.ok(!isProblem(listing))
  for (const cookie of [0, 899, 450, 451, 3, 898, 0]) {
    const entry = listing.at(cookie)
    assert.ok(entry !== null && !isProblem(entry))
    assert.equal(entry.name, names[cookie])
  }
  assert.equal(listing.at(900), null)
  assert.equal(listing.at(Number.MAX_SAFE_INTEGER), null)
  listing.close()
  const removed = listAll(directory, (name) => directory.unlink(name))
  assert.equal(removed.length, 900)
  assert.deepEqual(listAll(directory), [])
  directory.close()
})

test('a name that is not UTF-8 is left out, since no path could name it', ON_LINUX, () => {
  const folder = createFolder({ good: '' })
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Uint8Array.of(0xc3, 0x28)]), 'x')
  const directory = openDirectory(folder)
  assert.deepEqual(listAll(directory), ['good'])
  directory.close()
})

test('a time is told to the nanosecond as it was set, until somebody else sets it', ON_LINUX, () => {
  const folder = createFolder({ file: '' })
  const directory = openDirectory(folder)
  const exact = 1_700_000_000_123_456_789n
  assert.equal(directory.setChildTimes('file', { accessed: exact + 1n, modified: exact }), null)
  const stat = () => {
    const found = directory.statChild('file')
    assert.ok(!isProblem(found))
    return [found.accessedNanos, found.modifiedNanos]
  }
  assert.deepEqual(stat(), [exact + 1n, exact])
  assert.ok(Math.abs(statSync(join(folder, 'file')).mtimeMs - Number(exact / 1_000_000n)) < 1)
  assert.equal(directory.setChildTimes('file', { accessed: null, modified: 5n }), null)
  assert.deepEqual(stat(), [exact + 1n, 5n])
  utimesSync(join(folder, 'file'), 1_000, 2_000)
  assert.deepEqual(stat(), [1_000_000_000_000n, 2_000_000_000_000n])
  assert.equal(directory.setChildTimes('file', { accessed: 'now', modified: 'now' }), null)
  assert.ok(stat().every((nanos) => nanos > exact))
  directory.close()
})

test('growth is counted once, over all descriptors of a file, and given back with it', ON_LINUX, () => {
  const folder = createFolder({ old: 'x'.repeat(50) })
  const session = new Session({ mounts: [mountOf(folder, 100)] })
  const write = (fd: number, bytes: number, at = 0n) =>
    session.quietly('fd_pwrite', [fd, 0x100, 1, at, OUT], { 256: u32(0x2000, bytes) })
  const one = session.open('file', CREAT, ALL)
  const two = session.open('file', 0, ALL)
  assert.equal(write(one, 100), 'SUCCESS')
  assert.equal(write(two, 100), 'SUCCESS')
  assert.equal(write(two, 1, 100n), 'NOSPC')
  assert.equal(session.quietly('fd_filestat_set_size', [two, 40n]), 'SUCCESS')
  assert.equal(write(one, 100), 'SUCCESS')
  const three = session.open('file', CREAT | 8, ALL)
  assert.equal(write(three, 100), 'SUCCESS')
  assert.equal(write(one, 1, 100n), 'NOSPC')
  const old = session.open('old', 0, ALL)
  assert.equal(write(old, 50), 'SUCCESS')
  assert.equal(write(old, 1, 50n), 'NOSPC')
  for (const fd of [one, two, three]) session.quietly('fd_close', [fd])
  assert.equal(session.quietly('path_unlink_file', [3, 'file']), 'SUCCESS')
  assert.equal(write(old, 100, 50n), 'SUCCESS')
  assert.equal(write(old, 1, 150n), 'NOSPC')
  session.guest.descriptors.closeAll()
})

test('what somebody else does to a file is never credited to the guest', ON_LINUX, () => {
  const folder = createFolder()
  const session = new Session({ mounts: [mountOf(folder, 100)] })
  const file = session.open('file', CREAT, ALL)
  const write = (at: bigint) => session.quietly('fd_pwrite', [file, 0x100, 1, at, OUT], { 256: u32(0x2000, 60) })
  assert.equal(write(0n), 'SUCCESS')
  truncateSync(join(folder, 'file'), 0)
  writeFileSync(join(folder, 'other'), 'x'.repeat(1_000))
  assert.equal(session.quietly('path_unlink_file', [3, 'other']), 'SUCCESS')
  // At most all of it is free again.
  const other = session.open('new', CREAT, ALL)
  assert.equal(session.quietly('fd_filestat_set_size', [other, 101n]), 'NOSPC')
  session.guest.descriptors.closeAll()
})

test('appending goes to the end, wherever somebody else has moved it', ON_LINUX, () => {
  const folder = createFolder()
  const session = new Session({ mounts: [mountOf(folder)] })
  const file = session.open('file', CREAT, ALL, 3, 1)
  const write = () => session.quietly('fd_write', [file, 0x100, 1, OUT], { 256: u32(0x200, 3), 512: text('abc') })
  assert.equal(write(), 'SUCCESS')
  writeFileSync(join(folder, 'file'), 'something longer')
  assert.equal(write(), 'SUCCESS')
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'something longerabc')
  session.guest.descriptors.closeAll()
})

test(
  'an agent that wants too many descriptors of the host gets NFILE, and its neighbours none the fewer',
  ON_LINUX,
  () => {
    const folder = createFolder({ file: '' })
    const [one, two] = [0, 1].map(() => new Session({ mounts: [mountOf(folder), mountOf(folder)] })) as [
      Session,
      Session,
    ]
    const open = (session: Session, fd = 3) => session.quietly('path_open', [fd, 0, 'file', 0, 2n, 0n, 0, OUT])
    while (open(one) === 'SUCCESS');
    assert.deepEqual([open(one), open(one, 4), open(two)], ['NFILE', 'NFILE', 'SUCCESS'])
    assert.ok(countHostDescriptors() <= FILE_LIMITS.hostDescriptors + 3)
    one.guest.descriptors.closeAll()
    two.guest.descriptors.closeAll()
    assert.equal(countHostDescriptors(), 0)
  },
)

test('agents of a thread together get no more than it has', ON_LINUX, () => {
  const folder = createFolder()
  const agents = Math.ceil(FILE_LIMITS.hostDescriptorsPerThread / FILE_LIMITS.hostDescriptors)
  const opened: Directory[] = []
  for (let agent = 0; agent < agents; agent += 1) {
    const root = openDirectory(folder)
    opened.push(root)
    for (let next = root.reopen(); !isProblem(next); next = root.reopen()) opened.push(next)
  }
  assert.equal(countHostDescriptors(), FILE_LIMITS.hostDescriptorsPerThread)
  assert.throws(() => openDirectory(folder), { code: 'ERR_CONFIG_INVALID' })
  for (const directory of opened) directory.close()
  assert.equal(countHostDescriptors(), 0)
})
