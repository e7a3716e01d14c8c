import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import type { ByteSink, ByteSource } from '../state/streams.ts'
import { readBuffers } from './buffers.ts'
import { define, i32, i64 } from './define.ts'
import { ERRNO } from './errno.ts'
import { LAST_WHENCE, RIGHTS } from './types.ts'

/** Reading, writing and moving in what a descriptor leads to. */
export const FD_IO_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'fd_read',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i32('nread_out')],
    500,
    'Reads into the buffers that `iovs` names and writes how many bytes it read; 0 means the end. ' +
      'Errno: BADF, NOTCAPABLE, INVAL for too many buffers or bytes, FAULT with nothing read.',
    (host) => (fd: number, iovs: number, iovsLength: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor?.file.type !== 'input') return ERRNO.BADF
      if ((descriptor.rightsBase & RIGHTS.FD_READ) === 0n) return ERRNO.NOTCAPABLE
      const buffers = readBuffers(host, iovs, iovsLength)
      if (buffers === undefined) return ERRNO.INVAL
      host.memory.range(out, 4)
      host.chargeFuel(Math.min(buffers.byteCount, descriptor.file.source.available))
      host.memory.writeU32(out, readAll(descriptor.file.source, buffers.views))
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_write',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i32('nwritten_out')],
    500,
    'Writes the buffers that `iovs` names and tells how many bytes were taken. Errno: BADF, NOTCAPABLE, INVAL for too many ' +
      'buffers or bytes, FAULT with nothing written, NOSPC when no more is taken.',
    (host) => (fd: number, iovs: number, iovsLength: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor?.file.type !== 'output') return ERRNO.BADF
      if ((descriptor.rightsBase & RIGHTS.FD_WRITE) === 0n) return ERRNO.NOTCAPABLE
      const buffers = readBuffers(host, iovs, iovsLength)
      if (buffers === undefined) return ERRNO.INVAL
      host.memory.range(out, 4)
      host.chargeFuel(buffers.byteCount)
      const taken = writeAll(descriptor.file.sink, buffers.views)
      if (taken === 0 && buffers.byteCount > 0) return ERRNO.NOSPC
      host.memory.writeU32(out, taken)
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_pread',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i64('offset'), i32('nread_out')],
    200,
    'Reads at an offset. Errno: BADF for a descriptor that is not open or not readable, SPIPE: a stream has no offsets.',
    (host) => (fd: number) => (host.descriptors.get(fd >>> 0)?.file.type === 'input' ? ERRNO.SPIPE : ERRNO.BADF),
  ),
  define(
    'fd_pwrite',
    [i32('fd'), i32('iovs'), i32('iovs_len'), i64('offset'), i32('nwritten_out')],
    200,
    'Writes at an offset. Errno: BADF for a descriptor that is not open or not writable, SPIPE: a stream has no offsets.',
    (host) => (fd: number) => (host.descriptors.get(fd >>> 0)?.file.type === 'output' ? ERRNO.SPIPE : ERRNO.BADF),
  ),
  define(
    'fd_seek',
    [i32('fd'), i64('offset'), i32('whence'), i32('offset_out')],
    200,
    'Moves the offset. Errno: BADF, INVAL for an unknown `whence`, SPIPE: a stream has no offset.',
    (host) => (fd: number, _offset: bigint, whence: number) => {
      if (host.descriptors.get(fd >>> 0) === undefined) return ERRNO.BADF
      return whence >>> 0 > LAST_WHENCE ? ERRNO.INVAL : ERRNO.SPIPE
    },
  ),
  define(
    'fd_tell',
    [i32('fd'), i32('offset_out')],
    200,
    'Writes the offset. Errno: BADF, SPIPE: a stream has no offset.',
    (host) => (fd: number) => (host.descriptors.get(fd >>> 0) === undefined ? ERRNO.BADF : ERRNO.SPIPE),
  ),
  define(
    'fd_readdir',
    [i32('fd'), i32('buf'), i32('buf_len'), i64('cookie'), i32('size_out')],
    200,
    'Writes entries of a directory. Errno: BADF, NOTDIR: no agent holds a directory.',
    (host) => (fd: number) => (host.descriptors.get(fd >>> 0) === undefined ? ERRNO.BADF : ERRNO.NOTDIR),
  ),
]

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
