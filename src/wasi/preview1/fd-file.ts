import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { define, i32, i64 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { FILETYPE, FSTFLAGS, FSTFLAGS_ALL, LAST_ADVICE, RIGHTS, SIZE } from './types.ts'

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
    'Sets the size of a file. Errno: BADF, INVAL: a stream has no size.',
    (host) => (fd: number) => refuseStream(host, fd, ERRNO.INVAL),
  ),
  define(
    'fd_filestat_set_times',
    [i32('fd'), i64('atim'), i64('mtim'), i32('fst_flags')],
    200,
    'Sets the times of a file. Errno: BADF, INVAL for unknown or contradicting flags, NOTSUP: a stream has no times.',
    (host) => (fd: number, _atim: bigint, _mtim: bigint, flags: number) =>
      refuseStream(host, fd, areTimesFlags(flags) ? ERRNO.NOTSUP : ERRNO.INVAL),
  ),
  define(
    'fd_advise',
    [i32('fd'), i64('offset'), i64('len'), i32('advice')],
    200,
    'Tells how a file will be used. Errno: BADF, INVAL for unknown advice, SPIPE: a stream has no offsets.',
    (host) => (fd: number, _offset: bigint, _length: bigint, advice: number) =>
      refuseStream(host, fd, advice >>> 0 > LAST_ADVICE ? ERRNO.INVAL : ERRNO.SPIPE),
  ),
  define(
    'fd_allocate',
    [i32('fd'), i64('offset'), i64('len')],
    200,
    'Makes sure that a file has room. Errno: BADF, NODEV: a stream lies on no device.',
    (host) => (fd: number) => refuseStream(host, fd, ERRNO.NODEV),
  ),
  define(
    'fd_datasync',
    [i32('fd')],
    200,
    'Brings the data of a file to its device. Errno: BADF, INVAL: a stream lies on no device.',
    (host) => (fd: number) => refuseStream(host, fd, ERRNO.INVAL),
  ),
  define(
    'fd_sync',
    [i32('fd')],
    200,
    'Brings a file to its device. Errno: BADF, INVAL: a stream lies on no device.',
    (host) => (fd: number) => refuseStream(host, fd, ERRNO.INVAL),
  ),
]

/** Answers an errno for an open descriptor, BADF for one that is not. */
function refuseStream(host: WasiHost, fd: number, errno: Errno): Errno {
  return host.descriptors.get(fd >>> 0) === undefined ? ERRNO.BADF : errno
}

/** Tells whether flags are known and ask for at most one value of each time. */
function areTimesFlags(flags: number): boolean {
  const hasBoth = (first: number, second: number) => (flags & first) !== 0 && (flags & second) !== 0
  if ((flags & ~FSTFLAGS_ALL) !== 0) return false
  return !hasBoth(FSTFLAGS.ATIM, FSTFLAGS.ATIM_NOW) && !hasBoth(FSTFLAGS.MTIM, FSTFLAGS.MTIM_NOW)
}
