import type { HostFunction } from '../../capability/index.ts'
import { encodeText } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import type { OpenFile } from '../state/descriptor-table.ts'
import { define, i32, i64 } from './define.ts'
import { ERRNO } from './errno.ts'
import { FDFLAGS, FDFLAGS_ALL, FILETYPE, PREOPENTYPE_DIR, RIGHTS, SIZE } from './types.ts'

/** Flags that can be changed while a descriptor is open. */
const CHANGEABLE_FLAGS = FDFLAGS.APPEND | FDFLAGS.NONBLOCK

/** Descriptors themselves: what they are, what may be done with them, closing and moving. */
export const FD_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'fd_close',
    [i32('fd')],
    200,
    'Closes a descriptor. Errno: BADF.',
    (host) => (fd: number) => (host.descriptors.close(fd >>> 0) ? ERRNO.SUCCESS : ERRNO.BADF),
  ),
  define(
    'fd_renumber',
    [i32('fd'), i32('to')],
    200,
    'Moves a descriptor to the number of another open one, which is closed. Errno: BADF unless both are open.',
    (host) => (fd: number, to: number) => (host.descriptors.renumber(fd >>> 0, to >>> 0) ? ERRNO.SUCCESS : ERRNO.BADF),
  ),
  define(
    'fd_fdstat_get',
    [i32('fd'), i32('fdstat_out')],
    200,
    'Writes the type (standard streams are character devices), flags and rights of a descriptor. Errno: BADF, FAULT.',
    (host) => (fd: number, out: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      const { memory } = host
      memory.range(out, SIZE.FDSTAT).fill(0)
      memory.writeU8(out, FILETYPES[descriptor.file.type])
      memory.writeU16(out + 2, descriptor.flags)
      memory.writeU64(out + 8, descriptor.rightsBase)
      memory.writeU64(out + 16, descriptor.rightsInheriting)
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_fdstat_set_flags',
    [i32('fd'), i32('flags')],
    200,
    'Sets the flags of a descriptor. Errno: BADF, NOTCAPABLE, INVAL for unknown flags and for synchronous writing on a stream, NOTSUP ' +
      'to change that of a file, which is chosen when it is opened.',
    (host) => (fd: number, flags: number) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      const isStream = descriptor.file.type === 'input' || descriptor.file.type === 'output'
      if ((flags & ~(isStream ? CHANGEABLE_FLAGS : FDFLAGS_ALL)) !== 0) return ERRNO.INVAL
      if ((descriptor.rightsBase & RIGHTS.FD_FDSTAT_SET_FLAGS) === 0n) return ERRNO.NOTCAPABLE
      if (((flags ^ descriptor.flags) & ~CHANGEABLE_FLAGS) !== 0) return ERRNO.NOTSUP
      descriptor.flags = flags
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_fdstat_set_rights',
    [i32('fd'), i64('fs_rights_base'), i64('fs_rights_inheriting')],
    200,
    'Takes rights away from a descriptor, for good. Errno: BADF, NOTCAPABLE for a right it does not have.',
    (host) => (fd: number, base: bigint, inheriting: bigint) => {
      const descriptor = host.descriptors.get(fd >>> 0)
      if (descriptor === undefined) return ERRNO.BADF
      const wantedBase = BigInt.asUintN(64, base)
      const wantedInheriting = BigInt.asUintN(64, inheriting)
      const isNarrower =
        (wantedBase & ~descriptor.rightsBase) === 0n && (wantedInheriting & ~descriptor.rightsInheriting) === 0n
      if (!isNarrower) return ERRNO.NOTCAPABLE
      descriptor.rightsBase = wantedBase
      descriptor.rightsInheriting = wantedInheriting
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_prestat_get',
    [i32('fd'), i32('prestat_out')],
    200,
    'Writes the type of a directory that is open from the start, and the length of its name. Errno: BADF for every other ' +
      'descriptor, FAULT.',
    (host) => (fd: number, out: number) => {
      const name = preopenName(host, fd)
      if (name === undefined) return ERRNO.BADF
      host.memory.range(out, SIZE.PRESTAT).fill(0)
      host.memory.writeU8(out, PREOPENTYPE_DIR)
      host.memory.writeU32(out + 4, name.length)
      return ERRNO.SUCCESS
    },
  ),
  define(
    'fd_prestat_dir_name',
    [i32('fd'), i32('path'), i32('path_len')],
    200,
    'Writes the name of a directory that is open from the start, without a final zero. Errno: BADF for every other descriptor, ' +
      'NAMETOOLONG where `path_len` is too small, FAULT.',
    (host) => (fd: number, path: number, length: number) => {
      const name = preopenName(host, fd)
      if (name === undefined) return ERRNO.BADF
      if (name.length > length >>> 0) return ERRNO.NAMETOOLONG
      host.chargeFuel(name.length)
      host.memory.write(path, name)
      return ERRNO.SUCCESS
    },
  ),
]

const FILETYPES: Readonly<Record<OpenFile['type'], number>> = {
  input: FILETYPE.CHARACTER_DEVICE,
  output: FILETYPE.CHARACTER_DEVICE,
  file: FILETYPE.REGULAR_FILE,
  directory: FILETYPE.DIRECTORY,
}

function preopenName(host: WasiHost, fd: number): Uint8Array | undefined {
  const file = host.descriptors.get(fd >>> 0)?.file
  return file?.type === 'directory' && file.preopen !== null ? encodeText(file.preopen) : undefined
}
