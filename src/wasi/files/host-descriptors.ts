import { closeSync, constants, openSync } from 'node:fs'
import { FILE_LIMITS } from '../../core/index.ts'
import type { FileProblem } from './problem.ts'

/*
 * Descriptors of the operating system, and how a name is opened beside one.
 *
 * 1. Nothing of the host is named but through `/proc/self/fd/<descriptor>`, which leads to the very directory that is open,
 *    wherever it has been moved to, and one name behind it, which is not followed if it is a link.
 * 2. A descriptor is noted in the same breath in which it is opened, and closed with its agent at the latest.
 * 3. `O_PATH` names a thing without opening it: a FIFO does not wait for its other end, a device does nothing. What it is can be
 *    seen by then and cannot change any more; only files and directories are opened, through the same descriptor.
 */

/** Linux's flag for a descriptor that names a thing without opening it; Node has no constant for it. */
const O_PATH = 0o10000000
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

/** Flags of everything that is opened for good: it never waits, and never becomes a terminal of the process. */
const QUIETLY = O_NONBLOCK | O_NOCTTY

/** Permissions of what a guest makes; the umask of the host takes its part. */
export const NEW_FILE_MODE = 0o666
export const NEW_DIRECTORY_MODE = 0o777

/** Who holds descriptors: one for each agent. */
export interface DescriptorOwner {
  heldCount: number
}

/** The descriptors that files of this thread have, and whose they are. */
const held = new Map<number, DescriptorOwner>()

/** Keeps the thread from being stopped between two steps that belong together; see `Heartbeat`. */
export interface DescriptorGuard {
  enter(): void
  leave(): void
}

let guard: DescriptorGuard = { enter: () => {}, leave: () => {} }

/** Says what keeps this thread from being stopped while a descriptor is opened and noted, or closed and forgotten. */
export function guardDescriptors(by: DescriptorGuard): void {
  guard = by
}

function guarded<Answer>(act: () => Answer): Answer {
  guard.enter()
  try {
    return act()
  } finally {
    guard.leave()
  }
}

/** Returns how many descriptors of the host the agents of this thread hold. */
export function countHostDescriptors(): number {
  return held.size
}

/** The path of a name beside an open directory. */
export function pathOf(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`
}

/** Names a thing without opening it. A link is named itself. */
export function nameThing(owner: DescriptorOwner, directory: number, name: string): number | FileProblem {
  return open(owner, pathOf(directory, name), O_PATH | O_NOFOLLOW)
}

/** Opens a directory to go on from there. NOTDIR for a link, too. */
export function enterDirectory(owner: DescriptorOwner, directory: number, name: string): number | FileProblem {
  return open(owner, pathOf(directory, name), O_PATH | O_NOFOLLOW | O_DIRECTORY)
}

/** Makes a file that was not there. */
export function createFile(
  owner: DescriptorOwner,
  directory: number,
  name: string,
  flags: number,
): number | FileProblem {
  return open(owner, pathOf(directory, name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | QUIETLY | flags)
}

/** Opens the thing that a descriptor names. */
export function openThing(owner: DescriptorOwner, descriptor: number, flags: number): number | FileProblem {
  return open(owner, `/proc/self/fd/${descriptor}`, QUIETLY | flags)
}

/** Names the thing that a descriptor names once more. */
export function duplicateDirectory(owner: DescriptorOwner, descriptor: number): number | FileProblem {
  return open(owner, `/proc/self/fd/${descriptor}`, O_PATH | O_DIRECTORY)
}

/** Opens a directory that an operator has named; links on the way to it are the operator's. */
export function openGranted(owner: DescriptorOwner, path: string): number | FileProblem {
  return open(owner, path, O_PATH | O_DIRECTORY)
}

export function close(descriptor: number): void {
  const owner = held.get(descriptor)
  if (owner === undefined) return
  guarded(() => {
    held.delete(descriptor)
    owner.heldCount -= 1
    closeSync(descriptor)
  })
}

/** Closes whatever an agent still has: a call that was stopped has closed nothing. */
export function closeAll(owner: DescriptorOwner): void {
  for (const [descriptor, whose] of held) if (whose === owner) close(descriptor)
}

function open(owner: DescriptorOwner, path: string, flags: number): number | FileProblem {
  if (owner.heldCount >= FILE_LIMITS.hostDescriptors || held.size >= FILE_LIMITS.hostDescriptorsPerThread)
    return 'NFILE'
  const descriptor = guarded(() => {
    const opened = attempt(() => openSync(path, flags, NEW_FILE_MODE))
    if (typeof opened === 'number') held.set(opened, owner)
    return opened
  })
  if (typeof descriptor === 'number') owner.heldCount += 1
  return descriptor
}

const PROBLEMS: Readonly<Record<string, FileProblem>> = {
  EACCES: 'ACCES',
  EBUSY: 'BUSY',
  EDQUOT: 'NOSPC',
  EEXIST: 'EXIST',
  EFBIG: 'FBIG',
  EINVAL: 'INVAL',
  EISDIR: 'ISDIR',
  ELOOP: 'LOOP',
  EMFILE: 'NFILE',
  EMLINK: 'MLINK',
  ENAMETOOLONG: 'NAMETOOLONG',
  ENFILE: 'NFILE',
  ENODEV: 'ACCES',
  ENOENT: 'NOENT',
  ENOMEM: 'NOMEM',
  ENOSPC: 'NOSPC',
  ENOTDIR: 'NOTDIR',
  ENOTEMPTY: 'NOTEMPTY',
  ENOTSUP: 'NOTSUP',
  ENXIO: 'ACCES',
  EOPNOTSUPP: 'NOTSUP',
  EOVERFLOW: 'OVERFLOW',
  EPERM: 'PERM',
  EROFS: 'ROFS',
  ESTALE: 'STALE',
  ETXTBSY: 'TXTBSY',
  EXDEV: 'XDEV',
  // A process under Node's permission model may touch no file.
  ERR_ACCESS_DENIED: 'ACCES',
}

/** Does something of the operating system and names the problem if there is one. No text of the host gets further. */
export function attempt<Answer>(act: () => Answer): Answer | FileProblem {
  try {
    return act()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const problem = PROBLEMS[code]
    if (problem !== undefined) return problem
    // What ends a guest, and mistakes of the host itself, are no problems of a file.
    if (error instanceof Error && 'syscall' in error) return 'IO'
    throw error
  }
}
