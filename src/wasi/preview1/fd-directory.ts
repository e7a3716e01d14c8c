import type { GuestMemory, HostFunction } from '../../capability/index.ts'
import { encodeText } from '../../capability/index.ts'
import type { DirectoryEntry } from '../files/node.ts'
import type { FileProblem } from '../files/problem.ts'
import { isProblem } from '../files/problem.ts'
import type { WasiHost } from '../host.ts'
import type { OpenDirectory } from '../state/descriptor-table.ts'
import { findDirectory, isErrno } from './access.ts'
import { define, i32, i64 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { fileTypeNumber } from './filestat.ts'
import { RIGHTS, SIZE } from './types.ts'

/** `.` and `..` come first, with cookies 0 and 1; what is stored follows. */
const DOT_ENTRIES = ['.', '..'] as const

/** The entries of a directory. */
export const FD_DIRECTORY_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'fd_readdir',
    [i32('fd'), i32('buf'), i32('buf_len'), i64('cookie'), i32('size_out')],
    500,
    'Writes entries of a directory from a cookie on, `.` and `..` first; the last one is cut off where the buffer ends. Fewer bytes ' +
      'than `buf_len` mean the end. Each entry has the cookie of the next one. Errno: BADF, NOTDIR, NOTCAPABLE, FAULT with nothing ' +
      'written.',
    (host) => (fd: number, buffer: number, length: number, cookie: bigint, out: number) => {
      const found = findDirectory(host, fd, RIGHTS.FD_READDIR)
      if (isErrno(found)) return found
      const room = host.memory.range(buffer, length)
      host.memory.range(out, 4)
      host.chargeFuel(room.length)
      const at = Number(BigInt.asUintN(64, cookie))
      const written = writeEntries(found.file, room, Number.isSafeInteger(at) ? at : Number.MAX_SAFE_INTEGER)
      return answer(host.memory, out, written)
    },
  ),
]

function answer(memory: GuestMemory, out: number, written: number | FileProblem): Errno {
  if (isProblem(written)) return ERRNO[written]
  memory.writeU32(out, written)
  return ERRNO.SUCCESS
}

/** Returns how many bytes were written. */
function writeEntries(open: OpenDirectory, room: Uint8Array, cookie: number): number | FileProblem {
  let used = 0
  for (let at = cookie; used < room.length; ) {
    const entry = readEntry(open, at)
    if (entry === null) break
    // What has been written already is answered first; the problem comes again.
    if (isProblem(entry)) return used > 0 ? used : entry
    used += writeEntry(room.subarray(used), entry)
    at = entry.next
  }
  return used
}

function readEntry(open: OpenDirectory, cookie: number): DirectoryEntry | null | FileProblem {
  const dot = DOT_ENTRIES[cookie]
  if (dot !== undefined) {
    // Where a granted directory lies is none of the guest's business: the inode of `..` is that of `.`.
    const self = open.directory.stat()
    return isProblem(self) ? self : { name: dot, inode: self.inode, type: 'directory', next: cookie + 1 }
  }
  if (open.listing === null || cookie === DOT_ENTRIES.length) {
    open.listing?.close()
    open.listing = null
    const listing = open.directory.list()
    if (isProblem(listing)) return listing
    open.listing = listing
  }
  const entry = open.listing.at(cookie - DOT_ENTRIES.length)
  return entry === null || isProblem(entry) ? entry : { ...entry, next: entry.next + DOT_ENTRIES.length }
}

/** Writes as much of an entry as there is room for and returns how much that is. */
function writeEntry(room: Uint8Array, { name, inode, type, next }: DirectoryEntry): number {
  const text = encodeText(name)
  const record = new Uint8Array(SIZE.DIRENT + text.length)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(next), true)
  view.setBigUint64(8, inode, true)
  view.setUint32(16, text.length, true)
  view.setUint8(20, fileTypeNumber(type))
  record.set(text, SIZE.DIRENT)
  const written = record.subarray(0, room.length)
  room.set(written)
  return written.length
}
