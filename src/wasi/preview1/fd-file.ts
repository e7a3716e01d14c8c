import type { HostFunction } from '../../capability/index.ts'
import type { OpenNode } from '../files/node.ts'
import { isProblem } from '../files/problem.ts'
import type { WasiHost } from '../host.ts'
import { findFile, isErrno, toErrno } from './access.ts'
import { define, i32, i64 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { readTimes, writeFilestat } from './filestat.ts'
import { FILETYPE, LAST_ADVICE, RIGHTS, SIZE } from './types.ts'

/** The file behind a descriptor: its attributes, its size, its space on a disk. */
export const FD_FILE_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'fd_filestat_get',
    [i32('fd'), i32('filestat_out')],
    200,
    'Writes the attributes of what a descriptor leads to. A stream has one link and no device, size or times. ' +
      'Errno: BADF, NOTCAPABLE, FAULT.',
    (host) => (fd: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      if ((descriptor.rightsBase & RIGHTS.FD_FILESTAT_GET) === 0n) return ERRNO.NOTCAPABLE
      const { memory } = host
      memory.range(out, SIZE.FILESTAT)
      const { file } = descriptor
      if (file.type === 'file' || file.type === 'directory') {
        const attributes = (file.type === 'file' ? file.file : file.directory).stat()
        if (isProblem(attributes)) return ERRNO[attributes]
        writeFilestat(memory, out, attributes)
        return ERRNO.SUCCESS
      }
      memory.range(out, SIZE.FILESTAT).fill(0)
      memory.writeU8(out + 16, FILETYPE.CHARACTER_DEVICE)
      memory.writeU64(out + 24, 1n)
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_filestat_set_size',
    [i32('fd'), i64('size')],
    200,
    'Sets the size of a file; what is new is zero. Errno: BADF, ISDIR, NOTCAPABLE, INVAL: a stream has no size; FBIG for more ' +
      'than 2^53 bytes, NOSPC for more than the quota, ROFS.',
    (host) => (fd: number, size: bigint) => {
      const found = findFile(host, fd, RIGHTS.FD_FILESTAT_SET_SIZE, ERRNO.INVAL)
      if (isErrno(found)) return found
      const bytes = Number(BigInt.asUintN(64, size))
      return Number.isSafeInteger(bytes) ? toErrno(found.file.file.setSize(bytes)) : ERRNO.FBIG
    },
  ),
  define(
    'fd_filestat_set_times',
    [i32('fd'), i64('atim'), i64('mtim'), i32('fst_flags')],
    200,
    'Sets the times of a file or directory. Errno: BADF, INVAL for unknown or contradicting flags, NOTCAPABLE, NOTSUP: a stream ' +
      'has no times; ROFS.',
    (host) => (fd: number, accessed: bigint, modified: bigint, flags: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      const times = readTimes(accessed, modified, flags)
      if (times === undefined) return ERRNO.INVAL
      const { file } = descriptor
      if (file.type !== 'file' && file.type !== 'directory') return ERRNO.NOTSUP
      if ((descriptor.rightsBase & RIGHTS.FD_FILESTAT_SET_TIMES) === 0n) return ERRNO.NOTCAPABLE
      return toErrno((file.type === 'file' ? file.file : file.directory).setTimes(times))
    },
  ),
  define(
    'fd_advise',
    [i32('fd'), i64('offset'), i64('len'), i32('advice')],
    200,
    'Tells how a file will be used, which changes nothing. Errno: BADF, INVAL for unknown advice, ISDIR, NOTCAPABLE, SPIPE: a ' +
      'stream has no offsets.',
    (host) => (fd: number, _offset: bigint, _length: bigint, advice: number) => {
      if (host.descriptors.get(fd >>> 0) === undefined) return ERRNO.BADF
      if (advice >>> 0 > LAST_ADVICE) return ERRNO.INVAL
      const found = findFile(host, fd, RIGHTS.FD_ADVISE, ERRNO.SPIPE)
      return isErrno(found) ? found : ERRNO.SUCCESS
    },
  ),
  define(
    'fd_allocate',
    [i32('fd'), i64('offset'), i64('len')],
    200,
    'Makes sure that a file in memory has room up to `offset + len`, and reaches that far. Errno: BADF, ISDIR, NOTCAPABLE, INVAL ' +
      'for no length, NODEV: a stream lies on no device; NOTSUP in a directory of the host; FBIG, NOSPC, ROFS.',
    (host) => (fd: number, offset: bigint, length: bigint) => {
      const found = findFile(host, fd, RIGHTS.FD_ALLOCATE, ERRNO.NODEV)
      if (isErrno(found)) return found
      if (length === 0n) return ERRNO.INVAL
      const end = Number(BigInt.asUintN(64, offset) + BigInt.asUintN(64, length))
      return Number.isSafeInteger(end) ? toErrno(found.file.file.allocate(end)) : ERRNO.FBIG
    },
  ),
  define(
    'fd_datasync',
    [i32('fd')],
    200,
    'Brings the data of a file to its device. Errno: BADF, NOTCAPABLE, INVAL: a stream lies on no device.',
    (host) => (fd: number) => syncNode(host, fd, RIGHTS.FD_DATASYNC, (node) => node.sync(false)),
  ),
  define(
    'fd_sync',
    [i32('fd')],
    200,
    'Brings a file to its device. Errno: BADF, NOTCAPABLE, INVAL: a stream lies on no device.',
    (host) => (fd: number) => syncNode(host, fd, RIGHTS.FD_SYNC, (node) => node.sync(true)),
  ),
]

function syncNode(
  host: WasiHost,
  fd: number,
  right: bigint,
  sync: (node: OpenNode) => ReturnType<OpenNode['sync']>,
): Errno {
  const descriptor = host.descriptors.get(fd >>> 0)
  if (descriptor === undefined) return ERRNO.BADF
  const { file } = descriptor
  if (file.type !== 'file' && file.type !== 'directory') return ERRNO.INVAL
  if ((descriptor.rightsBase & right) === 0n) return ERRNO.NOTCAPABLE
  return toErrno(sync(file.type === 'file' ? file.file : file.directory))
}
