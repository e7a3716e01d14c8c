import type { HostFunction } from '../../capability/index.ts'
import type { OpenedFile, OpenHow } from '../files/node.ts'
import type { FileProblem } from '../files/problem.ts'
import { isProblem } from '../files/problem.ts'
import type { Place } from '../files/walk.ts'
import { FOLLOW } from '../files/walk.ts'
import type { WasiHost } from '../host.ts'
import type { Descriptor } from '../state/descriptor-table.ts'
import { checkPath, findDirectory, isErrno, usePath } from './access.ts'
import { define, i32, i64 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import {
  DIRECTORY_RIGHTS,
  FDFLAGS,
  FDFLAGS_ALL,
  FILE_RIGHTS,
  LOOKUPFLAGS_ALL,
  OFLAGS,
  OFLAGS_ALL,
  RIGHTS,
} from './types.ts'

const RESIZING_RIGHTS = RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE
/** Flags that a directory has no use for. */
const FILE_FLAGS = FDFLAGS.APPEND | FDFLAGS.DSYNC | FDFLAGS.RSYNC | FDFLAGS.SYNC

/** What a call asks for. */
interface Request {
  readonly base: bigint
  readonly inheriting: bigint
  readonly oflags: number
  readonly fdflags: number
}

export const PATH_OPEN_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
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
    1_000,
    'Opens a file or directory, makes or empties a file, and writes the number of its descriptor, the lowest that is free from 3 on. ' +
      'Rights that make no sense for what is opened are left out. Errno: INVAL for unknown flags, BADF, NOTDIR, NOTCAPABLE for a ' +
      'right that the directory does not pass on and for a path that leads out of it, NAMETOOLONG, ILSEQ for a path that is not UTF-8, ' +
      'NOENT, EXIST, ISDIR, LOOP, MFILE for too many descriptors, NFILE, NOSPC, ROFS, FAULT with nothing opened.',
    (host) =>
      (
        fd: number,
        dirflags: number,
        path: number,
        length: number,
        oflags: number,
        rightsBase: bigint,
        rightsInheriting: bigint,
        fdflags: number,
        out: number,
      ) => {
        if ((dirflags & ~LOOKUPFLAGS_ALL) !== 0) return ERRNO.INVAL
        if ((oflags & ~OFLAGS_ALL) !== 0 || (fdflags & ~FDFLAGS_ALL) !== 0) return ERRNO.INVAL
        const base = BigInt.asUintN(64, rightsBase)
        const inheriting = BigInt.asUintN(64, rightsInheriting)
        const right = neededRights(oflags)
        const guestPath = { fd, pointer: path, length, right }
        const refused = checkPath(host, guestPath)
        if (refused !== undefined) return refused
        host.memory.range(out, 4)
        const found = findDirectory(host, fd, right)
        if (isErrno(found)) return found
        if (((base | inheriting) & ~found.rightsInheriting) !== 0n) return ERRNO.NOTCAPABLE
        if (host.descriptors.isFull) return ERRNO.MFILE
        return usePath(host, guestPath, dirflags, (place) =>
          open(host, place, { base, inheriting, oflags, fdflags }, out),
        )
      },
  ),
]

/** What the directory must have the right to. */
function neededRights(oflags: number): bigint {
  const create = (oflags & OFLAGS.CREAT) === 0 ? 0n : RIGHTS.PATH_CREATE_FILE
  const truncate = (oflags & OFLAGS.TRUNC) === 0 ? 0n : RIGHTS.PATH_FILESTAT_SET_SIZE
  return RIGHTS.PATH_OPEN | create | truncate
}

function open(host: WasiHost, place: Place, request: Request, out: number): Errno | typeof FOLLOW {
  const how = toHow(place, request)
  if (how === 'INVAL') return ERRNO.INVAL
  const opened = place.name === '' ? openItself(place, how) : place.directory.open(place.name, how)
  // A link that must not be there is not followed either.
  if (opened === 'LOOP') return FOLLOW
  if (isProblem(opened)) return ERRNO[opened]
  host.memory.writeU32(out, host.descriptors.open(describe(opened, request)))
  return ERRNO.SUCCESS
}

function toHow(place: Place, { base, oflags, fdflags }: Request): OpenHow | 'INVAL' {
  const has = (flag: number) => (oflags & flag) !== 0
  if (has(OFLAGS.DIRECTORY) && has(OFLAGS.CREAT)) return 'INVAL'
  return {
    read: (base & RIGHTS.FD_READ) !== 0n,
    write: (base & RIGHTS.FD_WRITE) !== 0n,
    resize: (base & RESIZING_RIGHTS) !== 0n,
    create: has(OFLAGS.CREAT),
    exclusive: has(OFLAGS.EXCL),
    truncate: has(OFLAGS.TRUNC),
    directory: has(OFLAGS.DIRECTORY) || place.isDirectoryWanted,
    sync:
      (fdflags & (FDFLAGS.SYNC | FDFLAGS.RSYNC)) !== 0 ? 'all' : (fdflags & FDFLAGS.DSYNC) !== 0 ? 'data' : 'nothing',
  }
}

function openItself({ directory }: Place, how: OpenHow): OpenedFile | FileProblem {
  if (how.create) return how.exclusive ? 'EXIST' : 'ISDIR'
  return how.write || how.truncate ? 'ISDIR' : directory.reopen()
}

function describe(opened: OpenedFile, { base, inheriting, fdflags }: Request): Descriptor {
  if (opened.type === 'file') {
    const file = { type: 'file', file: opened, position: 0 } as const
    return { file: { ...file }, rightsBase: base & FILE_RIGHTS, rightsInheriting: inheriting, flags: fdflags }
  }
  return {
    file: { type: 'directory', directory: opened, preopen: null, listing: null },
    rightsBase: base & DIRECTORY_RIGHTS,
    rightsInheriting: inheriting,
    flags: fdflags & ~FILE_FLAGS,
  }
}
