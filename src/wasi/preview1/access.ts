import { WASI_LIMITS } from '../../core/index.ts'
import type { Directory } from '../files/node.ts'
import type { FileProblem } from '../files/problem.ts'
import { isProblem } from '../files/problem.ts'
import type { FOLLOW, Place } from '../files/walk.ts'
import { atPath, decodePath } from '../files/walk.ts'
import type { WasiHost } from '../host.ts'
import type { Descriptor, OpenDirectory, OpenRegularFile } from '../state/descriptor-table.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'
import { LOOKUPFLAGS_FOLLOW } from './types.ts'

/** A descriptor that leads to a file. */
export type FileDescriptor = Descriptor & { readonly file: OpenRegularFile }
export type DirectoryDescriptor = Descriptor & { readonly file: OpenDirectory }

/** A path as a guest names it: a directory, and where the text of the path lies. */
export interface GuestPath {
  readonly fd: number
  readonly pointer: number
  readonly length: number
  /** What the directory must have the right to. */
  readonly right: bigint
}

/** Answers what became of an operation that answers nothing when it worked. */
export function toErrno(problem: FileProblem | null): Errno {
  return problem === null ? ERRNO.SUCCESS : ERRNO[problem]
}

/** Finds the file behind a descriptor that has a right. `errno` is the answer for a stream. */
export function findFile(host: WasiHost, fd: number, right: bigint, errno: Errno): FileDescriptor | Errno {
  const descriptor = host.descriptors.get(fd >>> 0)
  if (descriptor === undefined) return ERRNO.BADF
  const { type } = descriptor.file
  if (type === 'directory') return ERRNO.ISDIR
  if (type !== 'file') return errno
  return (descriptor.rightsBase & right) === right ? (descriptor as FileDescriptor) : ERRNO.NOTCAPABLE
}

/** Finds the directory behind a descriptor that has a right. */
export function findDirectory(host: WasiHost, fd: number, right: bigint): DirectoryDescriptor | Errno {
  const descriptor = host.descriptors.get(fd >>> 0)
  if (descriptor === undefined) return ERRNO.BADF
  if (descriptor.file.type !== 'directory') return ERRNO.NOTDIR
  return (descriptor.rightsBase & right) === right ? (descriptor as DirectoryDescriptor) : ERRNO.NOTCAPABLE
}

/** Tells an errno from what was found. */
export function isErrno(found: object | Errno): found is Errno {
  return typeof found === 'number'
}

/** Charges for a path and looks whether all of it can be read; undefined if it can. @throws GUEST_FAULT */
export function checkPath(host: WasiHost, { pointer, length }: GuestPath): Errno | undefined {
  if (length >>> 0 > WASI_LIMITS.pathBytes) return ERRNO.NAMETOOLONG
  host.chargeFuel(length >>> 0)
  host.memory.range(pointer, length)
  return undefined
}

/**
 * Does something where a path leads. The path must have been checked.
 *
 * @param flags lookup flags of preview 1, known ones alone
 */
export function usePath(
  host: WasiHost,
  guestPath: GuestPath,
  flags: number,
  act: (place: Place) => Errno | typeof FOLLOW,
): Errno {
  const found = findDirectory(host, guestPath.fd, guestPath.right)
  if (isErrno(found)) return found
  const text = decodePath(host.memory.range(guestPath.pointer, guestPath.length))
  if (isProblem(text)) return ERRNO[text]
  const { directory } = found.file
  const charge = (fuel: number) => host.chargeFuel(fuel)
  const answer = atPath<Errno>(directory, text.path, (flags & LOOKUPFLAGS_FOLLOW) !== 0, charge, act)
  return isProblem(answer) ? ERRNO[answer] : answer
}

/** Does something where two paths lead, neither of which follows a link at its end. */
export function useTwoPaths(
  host: WasiHost,
  first: GuestPath,
  second: GuestPath,
  act: (from: Place, to: Place) => Errno,
): Errno {
  return usePath(host, first, 0, (from) => usePath(host, second, 0, (to) => act(from, to)))
}

/** What changes a name needs one: `.` and `..` are none. */
export function hasName({ name }: Place): boolean {
  return name !== ''
}

/** Says why a name with a slash behind it is none of a directory; null if it is one or there is no slash. */
export function problemOfSlash({ directory, name, isDirectoryWanted }: Place): FileProblem | null {
  if (!isDirectoryWanted) return null
  const found = (directory as Directory).statChild(name)
  if (isProblem(found)) return found
  return found.type === 'directory' ? null : 'NOTDIR'
}
