import type { HostFunction } from '../../capability/index.ts'
import { WASI_LIMITS } from '../../core/index.ts'
import type { WasiHost } from '../host.ts'
import { define, i32, i64 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { FDFLAGS_ALL, FSTFLAGS_ALL, LOOKUPFLAGS_ALL, OFLAGS_ALL } from './types.ts'

const NO_DIRECTORIES =
  'Errno: INVAL for unknown flags, NAMETOOLONG, FAULT, BADF for a descriptor that is not open, NOTDIR for every other one: ' +
  'no agent holds a directory.'

export const PATH_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'path_create_directory',
    [i32('fd'), i32('path'), i32('path_len')],
    500,
    `Makes a directory. ${NO_DIRECTORIES}`,
    (host) => (fd: number, path: number, length: number) => refusePath(host, path, length) ?? refuseDirectory(host, fd),
  ),
  define(
    'path_filestat_get',
    [i32('fd'), i32('flags'), i32('path'), i32('path_len'), i32('filestat_out')],
    500,
    `Writes the attributes of a file. ${NO_DIRECTORIES}`,
    (host) => (fd: number, flags: number, path: number, length: number) => {
      if (hasUnknown(flags, LOOKUPFLAGS_ALL)) return ERRNO.INVAL
      return refusePath(host, path, length) ?? refuseDirectory(host, fd)
    },
  ),
  define(
    'path_filestat_set_times',
    [i32('fd'), i32('flags'), i32('path'), i32('path_len'), i64('atim'), i64('mtim'), i32('fst_flags')],
    500,
    `Sets the times of a file. ${NO_DIRECTORIES}`,
    (host) =>
      (fd: number, flags: number, path: number, length: number, _atim: bigint, _mtim: bigint, fstFlags: number) => {
        if (hasUnknown(flags, LOOKUPFLAGS_ALL) || hasUnknown(fstFlags, FSTFLAGS_ALL)) return ERRNO.INVAL
        return refusePath(host, path, length) ?? refuseDirectory(host, fd)
      },
  ),
  define(
    'path_link',
    [
      i32('old_fd'),
      i32('old_flags'),
      i32('old_path'),
      i32('old_path_len'),
      i32('new_fd'),
      i32('new_path'),
      i32('new_path_len'),
    ],
    500,
    `Makes a hard link. ${NO_DIRECTORIES}`,
    (host) =>
      (oldFd: number, flags: number, oldPath: number, oldLength: number, _fd: number, path: number, length: number) => {
        if (hasUnknown(flags, LOOKUPFLAGS_ALL)) return ERRNO.INVAL
        return refusePath(host, oldPath, oldLength) ?? refusePath(host, path, length) ?? refuseDirectory(host, oldFd)
      },
  ),
  define(
    'path_open',
    [
      i32('fd'),
      i32('dirflags'),
      i32('path'),
      i32('path_len'),
      i32('oflags'),
      i64('fs_rights_base'),
      i64('fs_rights_inheriting'),
      i32('fdflags'),
      i32('fd_out'),
    ],
    500,
    `Opens a file or directory. ${NO_DIRECTORIES}`,
    (host) =>
      (
        fd: number,
        dirflags: number,
        path: number,
        length: number,
        oflags: number,
        _base: bigint,
        _inheriting: bigint,
        fdflags: number,
      ) => {
        if (hasUnknown(dirflags, LOOKUPFLAGS_ALL)) return ERRNO.INVAL
        if (hasUnknown(oflags, OFLAGS_ALL) || hasUnknown(fdflags, FDFLAGS_ALL)) return ERRNO.INVAL
        return refusePath(host, path, length) ?? refuseDirectory(host, fd)
      },
  ),
  define(
    'path_readlink',
    [i32('fd'), i32('path'), i32('path_len'), i32('buf'), i32('buf_len'), i32('size_out')],
    500,
    `Writes the contents of a symbolic link. ${NO_DIRECTORIES}`,
    (host) => (fd: number, path: number, length: number) => refusePath(host, path, length) ?? refuseDirectory(host, fd),
  ),
  define(
    'path_remove_directory',
    [i32('fd'), i32('path'), i32('path_len')],
    500,
    `Removes an empty directory. ${NO_DIRECTORIES}`,
    (host) => (fd: number, path: number, length: number) => refusePath(host, path, length) ?? refuseDirectory(host, fd),
  ),
  define(
    'path_rename',
    [i32('fd'), i32('old_path'), i32('old_path_len'), i32('new_fd'), i32('new_path'), i32('new_path_len')],
    500,
    `Renames a file or directory. ${NO_DIRECTORIES}`,
    (host) => (fd: number, oldPath: number, oldLength: number, _fd: number, path: number, length: number) =>
      refusePath(host, oldPath, oldLength) ?? refusePath(host, path, length) ?? refuseDirectory(host, fd),
  ),
  define(
    'path_symlink',
    [i32('old_path'), i32('old_path_len'), i32('fd'), i32('new_path'), i32('new_path_len')],
    500,
    `Makes a symbolic link. ${NO_DIRECTORIES}`,
    (host) => (oldPath: number, oldLength: number, fd: number, path: number, length: number) =>
      refusePath(host, oldPath, oldLength) ?? refusePath(host, path, length) ?? refuseDirectory(host, fd),
  ),
  define(
    'path_unlink_file',
    [i32('fd'), i32('path'), i32('path_len')],
    500,
    `Removes a file. ${NO_DIRECTORIES}`,
    (host) => (fd: number, path: number, length: number) => refusePath(host, path, length) ?? refuseDirectory(host, fd),
  ),
]

/** Charges for a path and says what is wrong with it, undefined if nothing is. @throws GUEST_FAULT */
function refusePath(host: WasiHost, path: number, length: number): Errno | undefined {
  if (length >>> 0 > WASI_LIMITS.pathBytes) return ERRNO.NAMETOOLONG
  host.chargeFuel(length >>> 0)
  host.memory.range(path, length)
  return undefined
}

/** Says why a descriptor cannot be used as a directory. */
function refuseDirectory(host: WasiHost, fd: number): Errno {
  return host.descriptors.get(fd >>> 0) === undefined ? ERRNO.BADF : ERRNO.NOTDIR
}

function hasUnknown(flags: number, known: number): boolean {
  return (flags & ~known) !== 0
}
