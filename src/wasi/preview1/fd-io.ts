import type { HostFunction, Wait } from '../../capability/index.ts'
import type { FileProblem } from '../files/problem.ts'
import { isProblem } from '../files/problem.ts'
import type { WasiHost } from '../host.ts'
import type { ByteSink, ByteSource } from '../state/streams.ts'
import { isReadable } from '../state/streams.ts'
import type { FileDescriptor } from './access.ts'
import { findFile, isErrno } from './access.ts'
import type { Buffers } from './buffers.ts'
import { readBuffers } from './buffers.ts'
import { define, defineWaiting, i32, i64 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { FDFLAGS, LAST_WHENCE, RIGHTS, WHENCE } from './types.ts'

/** Reading, writing and moving in what a descriptor leads to. */
export const FD_IO_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  defineWaiting(
    'fd_read',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i32('nread_out')],
    500,
    'Reads into the buffers that `iovs` names and writes how many bytes it read; 0 means the end. Suspends the guest while ' +
      'there is nothing to read and it is not the end, unless the flag NONBLOCK is set. Errno: AGAIN then, BADF, NOTCAPABLE, INVAL for too many buffers or bytes, FAULT with nothing read.',
    (host) => (fd: number, iovs: number, iovsLength: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined || descriptor.file.type === 'output') return ERRNO.BADF
      if (descriptor.file.type === 'directory') return ERRNO.ISDIR
      if ((descriptor.rightsBase & RIGHTS.FD_READ) === 0n) return ERRNO.NOTCAPABLE
      const buffers = readBuffers(host, iovs, iovsLength)
      if (buffers === undefined) return ERRNO.INVAL
      host.memory.range(out, 4)
      const { file } = descriptor
      if (file.type === 'file') {
        const count = file.file.read(buffers.views, file.position)
        if (!isProblem(count)) file.position += count
        return answerCount(host, out, count)
      }
      const { source } = file
      if (isReadable(source) || buffers.byteCount === 0) return readSource(host, source, buffers, out)
      if ((descriptor.flags & FDFLAGS.NONBLOCK) !== 0) return ERRNO.AGAIN
      return waitFor(source, () => readSource(host, source, buffers, out))
    },
  ),
  defineWaiting(
    'fd_write',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i32('nwritten_out')],
    500,
    'Writes the buffers that `iovs` names and tells how many bytes were taken. Errno: BADF, NOTCAPABLE, INVAL for too many ' +
      'buffers or bytes, FAULT with nothing written, NOSPC when no more is taken. Suspends the guest while nobody takes what it has ' +
      'written, unless the flag NONBLOCK is set: AGAIN then.',
    (host) => (fd: number, iovs: number, iovsLength: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined || descriptor.file.type === 'input') return ERRNO.BADF
      if (descriptor.file.type === 'directory') return ERRNO.ISDIR
      if ((descriptor.rightsBase & RIGHTS.FD_WRITE) === 0n) return ERRNO.NOTCAPABLE
      const buffers = readBuffers(host, iovs, iovsLength)
      if (buffers === undefined) return ERRNO.INVAL
      host.memory.range(out, 4)
      if (descriptor.file.type === 'file') {
        return answerCount(host, out, writeFile(descriptor as FileDescriptor, buffers.views))
      }
      const { sink } = descriptor.file
      host.chargeFuel(buffers.byteCount)
      const { whenReady } = sink
      if (whenReady === undefined || sink.isFull?.() !== true) return writeSink(host, sink, buffers, out)
      if ((descriptor.flags & FDFLAGS.NONBLOCK) !== 0) return ERRNO.AGAIN
      return { refused: ERRNO.AGAIN, begin: whenReady, finish: () => writeSink(host, sink, buffers, out) }
    },
  ),
  define(
    'fd_pread',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i64('offset'), i32('nread_out')],
    500,
    'Reads at an offset, and leaves the position where it is. Errno: BADF for a descriptor that is not open or not readable, ' +
      'ISDIR, NOTCAPABLE, SPIPE: a stream has no offsets; INVAL, FAULT with nothing read.',
    (host) => (fd: number, iovs: number, iovsLength: number, offset: bigint, out: number) => {
      if (host.descriptors.get(fd >>> 0)?.file.type === 'output') return ERRNO.BADF
      const found = findAtOffset(host, fd, RIGHTS.FD_READ, iovs, iovsLength, offset, out)
      if (isErrno(found)) return found
      return answerCount(host, out, found.descriptor.file.file.read(found.buffers.views, found.offset))
    },
  ),
  define(
    'fd_pwrite',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i64('offset'), i32('nwritten_out')],
    500,
    'Writes at an offset, or at the end where the flag APPEND is set, and leaves the position where it is. Errno: BADF for a ' +
      'descriptor that is not open or not writable, ISDIR, NOTCAPABLE, SPIPE: a stream has no offsets; INVAL, FAULT with nothing ' +
      'written, NOSPC, ROFS.',
    (host) => (fd: number, iovs: number, iovsLength: number, offset: bigint, out: number) => {
      if (host.descriptors.get(fd >>> 0)?.file.type === 'input') return ERRNO.BADF
      const found = findAtOffset(host, fd, RIGHTS.FD_WRITE, iovs, iovsLength, offset, out)
      if (isErrno(found)) return found
      const { file } = found.descriptor.file
      const { views } = found.buffers
      const isAppending = (found.descriptor.flags & FDFLAGS.APPEND) !== 0
      return answerCount(host, out, isAppending ? file.append(views) : file.write(views, found.offset))
    },
  ),
  define(
    'fd_seek',
    [i32('fd'), i64('offset'), i32('whence'), i32('offset_out')],
    200,
    'Moves the position and writes where it is then. Errno: BADF, INVAL for an unknown `whence` or a position before the ' +
      'beginning, OVERFLOW beyond 2^53, ISDIR, NOTCAPABLE, SPIPE: a stream has no position; FAULT with nothing moved.',
    (host) => (fd: number, offset: bigint, whence: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      if (whence >>> 0 > LAST_WHENCE) return ERRNO.INVAL
      const { file } = descriptor
      if (file.type === 'directory') return ERRNO.ISDIR
      if (file.type !== 'file') return ERRNO.SPIPE
      const isTelling = whence === WHENCE.CUR && offset === 0n
      const rights = isTelling ? RIGHTS.FD_SEEK | RIGHTS.FD_TELL : RIGHTS.FD_SEEK
      if ((descriptor.rightsBase & rights) === 0n) return ERRNO.NOTCAPABLE
      host.memory.range(out, 8)
      const base = whence === WHENCE.SET ? 0 : whence === WHENCE.CUR ? file.position : file.file.size()
      if (isProblem(base)) return ERRNO[base]
      const position = Number(BigInt(base) + BigInt.asIntN(64, offset))
      if (position < 0) return ERRNO.INVAL
      if (!Number.isSafeInteger(position)) return ERRNO.OVERFLOW
      file.position = position
      host.memory.writeU64(out, BigInt(position))
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_tell',
    [i32('fd'), i32('offset_out')],
    200,
    'Writes the position. Errno: BADF, ISDIR, NOTCAPABLE, SPIPE: a stream has no position; FAULT.',
    (host) => (fd: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      const { file } = descriptor
      if (file.type === 'directory') return ERRNO.ISDIR
      if (file.type !== 'file') return ERRNO.SPIPE
      if ((descriptor.rightsBase & RIGHTS.FD_TELL) === 0n) return ERRNO.NOTCAPABLE
      host.memory.writeU64(out, BigInt(file.position))
      return ERRNO.SUCCESS
    },
  ),
]

interface AtOffset {
  readonly descriptor: FileDescriptor
  readonly buffers: Buffers
  readonly offset: number
}

/** Checks everything about a read or write at an offset before anything is moved. @throws GUEST_FAULT */
function findAtOffset(
  host: WasiHost,
  fd: number,
  right: bigint,
  iovs: number,
  iovsLength: number,
  offset: bigint,
  out: number,
): AtOffset | Errno {
  const descriptor = findFile(host, fd, right, ERRNO.SPIPE)
  if (isErrno(descriptor)) return descriptor
  const buffers = readBuffers(host, iovs, iovsLength)
  const at = Number(BigInt.asUintN(64, offset))
  if (buffers === undefined || !Number.isSafeInteger(at)) return ERRNO.INVAL
  host.memory.range(out, 4)
  return { descriptor, buffers, offset: at }
}

function answerCount(host: WasiHost, out: number, count: number | FileProblem): Errno {
  if (isProblem(count)) return ERRNO[count]
  host.memory.writeU32(out, count)
  return ERRNO.SUCCESS
}

/** Writes at the position, or at the end where the flag APPEND is set, and moves the position behind what was written. */
function writeFile({ file, flags }: FileDescriptor, views: readonly Uint8Array[]): number | FileProblem {
  const isAppending = (flags & FDFLAGS.APPEND) !== 0
  const count = isAppending ? file.file.append(views) : file.file.write(views, file.position)
  if (isProblem(count)) return count
  const end = isAppending ? file.file.size() : file.position + count
  if (!isProblem(end)) file.position = end
  return count
}

function readSource(host: WasiHost, source: ByteSource, { byteCount, views }: Buffers, out: number): number {
  host.chargeFuel(Math.min(byteCount, source.available))
  host.memory.writeU32(out, readAll(source, views))
  return ERRNO.SUCCESS
}

function writeSink(host: WasiHost, sink: ByteSink, { byteCount, views }: Buffers, out: number): number {
  const taken = writeAll(sink, views)
  if (taken === 0 && byteCount > 0) return ERRNO.NOSPC
  host.memory.writeU32(out, taken)
  return ERRNO.SUCCESS
}

function waitFor({ whenReady }: ByteSource, finish: () => number): Wait {
  if (whenReady === 'rest') return { refused: ERRNO.AGAIN, rests: true, begin: () => () => {}, finish }
  return { refused: ERRNO.AGAIN, begin: whenReady, finish }
}

function readAll(source: ByteSource, views: readonly Uint8Array[]): number {
  let total = 0
  for (const view of views) {
    const count = source.read(view)
    total += count
    if (count < view.length) break
  }
  return total
}

function writeAll(sink: ByteSink, views: readonly Uint8Array[]): number {
  let total = 0
  for (const view of views) {
    const count = sink.write(view)
    total += count
    if (count < view.length) break
  }
  return total
}
