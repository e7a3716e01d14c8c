import type { HostFunction } from '../../capability/index.ts'
import { isProblem } from '../files/problem.ts'
import { decodePath, FOLLOW } from '../files/walk.ts'
import type { WasiHost } from '../host.ts'
import { checkPath, hasName, problemOfSlash, toErrno, usePath, useTwoPaths } from './access.ts'
import { define, i32, i64 } from './define.ts'
import { ERRNO } from './errno.ts'
import { readTimes, writeFilestat } from './filestat.ts'
import { LOOKUPFLAGS_ALL, LOOKUPFLAGS_FOLLOW, RIGHTS, SIZE } from './types.ts'

const COMMON =
  'Errno: INVAL for unknown flags and for a zero in a path, BADF, NOTDIR, NOTCAPABLE for a right that the directory does not have ' +
  'and for a path that leads out of it, NAMETOOLONG, ILSEQ for a path that is not UTF-8, NOENT, LOOP, FAULT with nothing done'

export const PATH_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'path_create_directory',
    [i32('fd'), i32('path'), i32('path_len')],
    1_000,
    `Makes a directory. ${COMMON}; EXIST, MLINK where it would lie too deep, NOSPC, ROFS.`,
    (host) => (fd: number, pointer: number, length: number) => {
      const path = { fd, pointer, length, right: RIGHTS.PATH_CREATE_DIRECTORY }
      const make = () =>
        usePath(host, path, 0, (place) =>
          hasName(place) ? toErrno(place.directory.makeDirectory(place.name)) : ERRNO.EXIST,
        )
      return checkPath(host, path) ?? make()
    },
  ),
  define(
    'path_filestat_get',
    [i32('fd'), i32('flags'), i32('path'), i32('path_len'), i32('filestat_out')],
    500,
    `Writes the attributes of a file, directory or link. ${COMMON}.`,
    (host) => (fd: number, flags: number, pointer: number, length: number, out: number) => {
      if (hasUnknown(flags, LOOKUPFLAGS_ALL)) return ERRNO.INVAL
      const path = { fd, pointer, length, right: RIGHTS.PATH_FILESTAT_GET }
      const refused = checkPath(host, path)
      if (refused !== undefined) return refused
      host.memory.range(out, SIZE.FILESTAT)
      return usePath(host, path, flags, ({ directory, name, isDirectoryWanted }) => {
        const attributes = name === '' ? directory.stat() : directory.statChild(name)
        if (isProblem(attributes)) return ERRNO[attributes]
        if (attributes.type === 'link' && (isDirectoryWanted || isFollowing(flags))) return FOLLOW
        if (isDirectoryWanted && attributes.type !== 'directory') return ERRNO.NOTDIR
        writeFilestat(host.memory, out, attributes)
        return ERRNO.SUCCESS
      })
    },
  ),
  define(
    'path_filestat_set_times',
    [i32('fd'), i32('flags'), i32('path'), i32('path_len'), i64('atim'), i64('mtim'), i32('fst_flags')],
    500,
    `Sets the times of a file, directory or link. ${COMMON}; ROFS.`,
    (host) =>
      (
        fd: number,
        flags: number,
        pointer: number,
        length: number,
        accessed: bigint,
        modified: bigint,
        fstFlags: number,
      ) => {
        const times = readTimes(accessed, modified, fstFlags)
        if (hasUnknown(flags, LOOKUPFLAGS_ALL) || times === undefined) return ERRNO.INVAL
        const path = { fd, pointer, length, right: RIGHTS.PATH_FILESTAT_SET_TIMES }
        const set = () =>
          usePath(host, path, flags, (place) => {
            const { directory, name, isDirectoryWanted } = place
            if (name === '') return toErrno(directory.setTimes(times))
            if (isFollowing(flags) || isDirectoryWanted) {
              const attributes = directory.statChild(name)
              if (isProblem(attributes)) return ERRNO[attributes]
              if (attributes.type === 'link') return FOLLOW
              if (isDirectoryWanted && attributes.type !== 'directory') return ERRNO.NOTDIR
            }
            return toErrno(directory.setChildTimes(name, times))
          })
        return checkPath(host, path) ?? set()
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
    1_000,
    `Gives a file a further name. ${COMMON}; INVAL also for following a link, EXIST, PERM for a directory, NOSPC, ROFS, XDEV.`,
    (host) =>
      (
        oldFd: number,
        flags: number,
        oldPointer: number,
        oldLength: number,
        fd: number,
        pointer: number,
        length: number,
      ) => {
        if (hasUnknown(flags, LOOKUPFLAGS_ALL)) return ERRNO.INVAL
        const from = { fd: oldFd, pointer: oldPointer, length: oldLength, right: RIGHTS.PATH_LINK_SOURCE }
        const to = { fd, pointer, length, right: RIGHTS.PATH_LINK_TARGET }
        const link = () => {
          if (isFollowing(flags)) return ERRNO.INVAL
          return useTwoPaths(host, from, to, (source, target) => {
            if (!hasName(source)) return ERRNO.PERM
            if (!hasName(target)) return ERRNO.EXIST
            const problem = problemOfSlash(source) ?? problemOfSlash(target)
            if (problem !== null) return ERRNO[problem]
            return toErrno(source.directory.linkChild(source.name, target.directory, target.name))
          })
        }
        return checkPath(host, from) ?? checkPath(host, to) ?? link()
      },
  ),
  define(
    'path_readlink',
    [i32('fd'), i32('path'), i32('path_len'), i32('buf'), i32('buf_len'), i32('size_out')],
    500,
    `Writes the contents of a symbolic link, cut off where the buffer ends. ${COMMON}; INVAL also for what is no link.`,
    (host) => (fd: number, pointer: number, length: number, buffer: number, bufferLength: number, out: number) => {
      const path = { fd, pointer, length, right: RIGHTS.PATH_READLINK }
      const refused = checkPath(host, path)
      if (refused !== undefined) return refused
      const room = host.memory.range(buffer, bufferLength)
      host.memory.range(out, 4)
      return usePath(host, path, 0, ({ directory, name, isDirectoryWanted }) => {
        if (name === '') return ERRNO.INVAL
        const target = directory.readLink(name)
        if (isProblem(target)) return ERRNO[target]
        if (isDirectoryWanted) return FOLLOW
        const written = target.subarray(0, room.length)
        room.set(written)
        host.memory.writeU32(out, written.length)
        return ERRNO.SUCCESS
      })
    },
  ),
  define(
    'path_remove_directory',
    [i32('fd'), i32('path'), i32('path_len')],
    1_000,
    `Removes an empty directory. ${COMMON}; NOTEMPTY, INVAL also for \`.\` and \`..\`, ROFS.`,
    (host) => (fd: number, pointer: number, length: number) => {
      const path = { fd, pointer, length, right: RIGHTS.PATH_REMOVE_DIRECTORY }
      const remove = () =>
        usePath(host, path, 0, (place) =>
          hasName(place) ? toErrno(place.directory.removeDirectory(place.name)) : ERRNO.INVAL,
        )
      return checkPath(host, path) ?? remove()
    },
  ),
  define(
    'path_rename',
    [i32('fd'), i32('old_path'), i32('old_path_len'), i32('new_fd'), i32('new_path'), i32('new_path_len')],
    1_000,
    `Gives a file, directory or link another name, in the place of what has it already. ${COMMON}; BUSY for \`.\` and \`..\`, ISDIR, ` +
      'NOTEMPTY, INVAL also for a directory into itself, MLINK, ROFS, XDEV.',
    (host) => (fd: number, oldPointer: number, oldLength: number, newFd: number, pointer: number, length: number) => {
      const from = { fd, pointer: oldPointer, length: oldLength, right: RIGHTS.PATH_RENAME_SOURCE }
      const to = { fd: newFd, pointer, length, right: RIGHTS.PATH_RENAME_TARGET }
      const rename = () =>
        useTwoPaths(host, from, to, (source, target) => {
          if (!hasName(source) || !hasName(target)) return ERRNO.BUSY
          const slashed = source.isDirectoryWanted || target.isDirectoryWanted
          const problem = slashed ? problemOfSlash({ ...source, isDirectoryWanted: true }) : null
          if (problem !== null) return ERRNO[problem]
          return toErrno(source.directory.rename(source.name, target.directory, target.name))
        })
      return checkPath(host, from) ?? checkPath(host, to) ?? rename()
    },
  ),
  define(
    'path_symlink',
    [i32('old_path'), i32('old_path_len'), i32('fd'), i32('new_path'), i32('new_path_len')],
    1_000,
    `Makes a symbolic link; what it contains need not be there. ${COMMON}; NOTCAPABLE also for an absolute one, EXIST, NOSPC, ROFS.`,
    (host) => (oldPointer: number, oldLength: number, fd: number, pointer: number, length: number) => {
      const target = { fd, pointer: oldPointer, length: oldLength, right: 0n }
      const path = { fd, pointer, length, right: RIGHTS.PATH_SYMLINK }
      const make = () => {
        const text = decodePath(host.memory.range(oldPointer, oldLength))
        return usePath(host, path, 0, (place) => {
          if (isProblem(text)) return ERRNO[text]
          if (text.path === '') return ERRNO.NOENT
          if (text.path.includes('\0')) return ERRNO.INVAL
          if (text.path.startsWith('/')) return ERRNO.NOTCAPABLE
          if (!hasName(place)) return ERRNO.EXIST
          const problem = problemOfSlash(place)
          return problem === null ? toErrno(place.directory.makeLink(place.name, text.path)) : ERRNO[problem]
        })
      }
      return checkPath(host, target) ?? checkPath(host, path) ?? make()
    },
  ),
  define(
    'path_unlink_file',
    [i32('fd'), i32('path'), i32('path_len')],
    1_000,
    `Takes the name of a file or link away. ${COMMON}; ISDIR, ROFS.`,
    (host) => (fd: number, pointer: number, length: number) => {
      const path = { fd, pointer, length, right: RIGHTS.PATH_UNLINK_FILE }
      const unlink = () =>
        usePath(host, path, 0, (place) => {
          if (!hasName(place)) return ERRNO.ISDIR
          const problem = problemOfSlash(place)
          return problem === null ? toErrno(place.directory.unlink(place.name)) : ERRNO[problem]
        })
      return checkPath(host, path) ?? unlink()
    },
  ),
]

function isFollowing(flags: number): boolean {
  return (flags & LOOKUPFLAGS_FOLLOW) !== 0
}

function hasUnknown(flags: number, known: number): boolean {
  return (flags & ~known) !== 0
}
