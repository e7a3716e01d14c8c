import type { BigIntStats } from 'node:fs'
import {
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { FILE_LIMITS } from '../../core/index.ts'
import {
  attempt,
  close,
  createFile,
  duplicateDirectory,
  enterDirectory,
  NEW_DIRECTORY_MODE,
  nameThing,
  openThing,
  pathOf,
} from './host-descriptors.ts'
import { HostFile, setHostTimes } from './host-file.ts'
import { HostListing } from './host-listing.ts'
import type { HostVolume } from './host-volume.ts'
import { lookAt } from './host-volume.ts'
import type { Attributes, Directory, Listing, OpenedFile, OpenHow, Times } from './node.ts'
import type { FileProblem } from './problem.ts'
import { isProblem } from './problem.ts'

const { O_DIRECTORY, O_DSYNC, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants
/** What changing a name costs, in calls: it is written down somewhere. */
const NAME_CALLS = 10
/** How often a name is looked at again when it is there and is not there in turn. */
const ATTEMPTS = 8

/**
 * An open directory of the host.
 *
 * Everything is done to a name beside the descriptor of the directory: see `host-descriptors.ts`. Nothing is checked by name and
 * then used by name where the difference could lead out of what was granted.
 */
export class HostDirectory implements Directory {
  readonly type = 'directory'
  readonly #volume: HostVolume
  readonly #descriptor: number
  readonly #depth: number

  /** Takes over a descriptor that names a directory. */
  constructor(volume: HostVolume, descriptor: number = volume.root, depth = 0) {
    this.#volume = volume
    this.#descriptor = descriptor
    this.#depth = depth
  }

  stat(): Attributes | FileProblem {
    this.#volume.chargeCalls()
    const stats = lookAt(this.#descriptor)
    return isProblem(stats) ? stats : this.#volume.toAttributes(stats)
  }

  setTimes(times: Times): FileProblem | null {
    return setHostTimes(this.#volume, this.#descriptor, times)
  }

  sync(): FileProblem | null {
    this.#volume.chargeCalls(50)
    const opened = openThing(this.#volume.owner, this.#descriptor, O_RDONLY | O_DIRECTORY)
    if (isProblem(opened)) return opened
    const problem = attempt(() => {
      fsyncSync(opened)
      return null
    })
    close(opened)
    return problem
  }

  close(): void {
    close(this.#descriptor)
  }

  reopen(): Directory | FileProblem {
    this.#volume.chargeCalls()
    const opened = duplicateDirectory(this.#volume.owner, this.#descriptor)
    return isProblem(opened) ? opened : new HostDirectory(this.#volume, opened, this.#depth)
  }

  list(): Listing | FileProblem {
    return HostListing.open(this.#volume, this.#descriptor)
  }

  enter(name: string): Directory | FileProblem {
    this.#volume.chargeCalls(2)
    const opened = enterDirectory(this.#volume.owner, this.#descriptor, name)
    if (opened === 'NOTDIR') return isProblem(this.readLink(name)) ? 'NOTDIR' : 'LOOP'
    if (isProblem(opened)) return opened
    return this.#keepDirectory(opened)
  }

  readLink(name: string): Uint8Array | FileProblem {
    this.#volume.chargeCalls()
    return attempt(() => readlinkSync(pathOf(this.#descriptor, name), 'buffer'))
  }

  statChild(name: string): Attributes | FileProblem {
    const stats = this.#look(name)
    return isProblem(stats) ? stats : this.#volume.toAttributes(stats)
  }

  setChildTimes(name: string, times: Times): FileProblem | null {
    if (this.#volume.isReadOnly) return 'ROFS'
    this.#volume.chargeCalls()
    const thing = nameThing(this.#volume.owner, this.#descriptor, name)
    if (isProblem(thing)) return thing
    try {
      return setHostTimes(this.#volume, thing, times)
    } finally {
      close(thing)
    }
  }

  open(name: string, how: OpenHow): OpenedFile | FileProblem {
    for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
      this.#volume.chargeCalls(4)
      // Asked first because an error costs ten times as much; what counts is what the next calls find.
      const isThere = this.#isThere(name)
      const thing = isThere ? nameThing(this.#volume.owner, this.#descriptor, name) : 'NOENT'
      if (thing !== 'NOENT') return isProblem(thing) ? thing : this.#openThing(thing, how)
      if (!how.create) return 'NOENT'
      const created = this.#create(name, how)
      // Somebody was faster: what is there now is looked at like what was there before.
      if (created !== 'EXIST' || how.exclusive) return created
    }
    return 'BUSY'
  }

  makeDirectory(name: string): FileProblem | null {
    if (this.#depth >= FILE_LIMITS.depth) return 'MLINK'
    return this.#make(() => mkdirSync(pathOf(this.#descriptor, name), NEW_DIRECTORY_MODE))
  }

  makeLink(name: string, target: string): FileProblem | null {
    return this.#make(() => symlinkSync(target, pathOf(this.#descriptor, name)))
  }

  linkChild(name: string, to: Directory, newName: string): FileProblem | null {
    if (!this.#isBeside(to)) return 'XDEV'
    if (this.#volume.isReadOnly) return 'ROFS'
    const stats = this.#look(name)
    if (isProblem(stats)) return stats
    if (!isProblem(to.#look(newName))) return 'EXIST'
    if (!stats.isFile() && !stats.isSymbolicLink()) return 'PERM'
    if (!this.#volume.countLink(stats.ino, 1n)) return 'MLINK'
    const problem = this.#make(() => linkSync(pathOf(this.#descriptor, name), pathOf(to.#descriptor, newName)))
    if (problem !== null) this.#volume.countLink(stats.ino, -1n)
    return problem
  }

  rename(name: string, to: Directory, newName: string): FileProblem | null {
    if (!this.#isBeside(to)) return 'XDEV'
    if (this.#volume.isReadOnly) return 'ROFS'
    const moved = this.#look(name)
    if (isProblem(moved)) return moved
    const replaced = to.#look(newName)
    const problem = this.#do(() => renameSync(pathOf(this.#descriptor, name), pathOf(to.#descriptor, newName)))
    if (problem === null && !isProblem(replaced) && replaced.ino !== moved.ino) this.#giveBack(replaced)
    return problem
  }

  unlink(name: string): FileProblem | null {
    if (this.#volume.isReadOnly) return 'ROFS'
    const stats = this.#look(name)
    if (isProblem(stats)) return stats
    if (stats.isDirectory()) return 'ISDIR'
    const problem = this.#do(() => unlinkSync(pathOf(this.#descriptor, name)))
    if (problem === null) this.#giveBack(stats)
    return problem
  }

  removeDirectory(name: string): FileProblem | null {
    const problem = this.#do(() => rmdirSync(pathOf(this.#descriptor, name)))
    if (problem === null) this.#volume.giveFile()
    return problem
  }

  /** Opens what a descriptor names, and nothing else: files and directories alone. Closes the descriptor, or keeps it. */
  #openThing(thing: number, how: OpenHow): OpenedFile | FileProblem {
    const stats = lookAt(thing)
    if (!isProblem(stats) && stats.isDirectory()) {
      const problem = this.#problemOfDirectory(how)
      if (problem === null) return this.#keepDirectory(thing)
      close(thing)
      return problem
    }
    try {
      return isProblem(stats) ? stats : this.#openFile(thing, stats, how)
    } finally {
      close(thing)
    }
  }

  #problemOfDirectory(how: OpenHow): FileProblem | null {
    if (how.create && how.exclusive) return 'EXIST'
    return how.create || how.write || how.truncate ? 'ISDIR' : null
  }

  #openFile(thing: number, stats: BigIntStats, how: OpenHow): OpenedFile | FileProblem {
    if (how.create && how.exclusive) return 'EXIST'
    if (stats.isSymbolicLink()) return 'LOOP'
    if (!stats.isFile()) return 'ACCES'
    if (how.directory) return 'NOTDIR'
    const isChanging = how.write || how.truncate
    if (isChanging && this.#volume.isReadOnly) return 'ROFS'
    const isChangeable = !this.#volume.isReadOnly && this.#volume.isChangeable(stats)
    if (isChanging && !isChangeable) return 'PERM'
    const opened = openThing(this.#volume.owner, thing, openFlags({ ...how, resize: how.resize && isChangeable }))
    if (isProblem(opened)) return opened
    if (how.truncate) this.#volume.takeBytes(-Number(stats.size))
    return new HostFile(this.#volume, opened, { ino: stats.ino, size: how.truncate ? 0n : stats.size })
  }

  #create(name: string, how: OpenHow): OpenedFile | FileProblem {
    if (how.directory) return 'ISDIR'
    if (this.#volume.isReadOnly) return 'ROFS'
    if (!this.#volume.takeFile()) return 'NOSPC'
    this.#volume.chargeCalls(NAME_CALLS)
    const opened = createFile(this.#volume.owner, this.#descriptor, name, SYNC_FLAGS[how.sync])
    if (isProblem(opened)) {
      this.#volume.giveFile()
      return opened
    }
    const stats = lookAt(opened)
    if (!isProblem(stats)) return new HostFile(this.#volume, opened, stats)
    close(opened)
    return stats
  }

  /** A directory that was opened is kept only if it belongs to what was granted. */
  #keepDirectory(descriptor: number): Directory | FileProblem {
    const stats = lookAt(descriptor)
    if (!isProblem(stats) && this.#volume.isGranted(stats)) {
      return new HostDirectory(this.#volume, descriptor, this.#depth + 1)
    }
    close(descriptor)
    return isProblem(stats) ? stats : 'NOTCAPABLE'
  }

  /** Makes something that takes a name of the quota. */
  #make(act: () => void): FileProblem | null {
    if (this.#volume.isReadOnly) return 'ROFS'
    if (!this.#volume.takeFile()) return 'NOSPC'
    const problem = this.#do(act)
    if (problem !== null) this.#volume.giveFile()
    return problem
  }

  /** Changes names. */
  #do(act: () => void): FileProblem | null {
    if (this.#volume.isReadOnly) return 'ROFS'
    this.#volume.chargeCalls(NAME_CALLS)
    return attempt(() => {
      act()
      return null
    })
  }

  /** A name is gone. Its bytes are free again if it was the last one, and nothing has the file open. */
  #giveBack(stats: BigIntStats): void {
    this.#volume.giveFile()
    if (!stats.isFile()) return
    if (stats.nlink > 1n) this.#volume.countLink(stats.ino, -1n)
    else if (!this.#volume.isOpen(stats.ino)) this.#volume.takeBytes(-Number(stats.size))
  }

  #look(name: string): BigIntStats | FileProblem {
    this.#volume.chargeCalls()
    const path = pathOf(this.#descriptor, name)
    return attempt(() => lstatSync(path, { bigint: true, throwIfNoEntry: false })) ?? 'NOENT'
  }

  #isThere(name: string): boolean {
    const path = pathOf(this.#descriptor, name)
    return attempt(() => lstatSync(path, { throwIfNoEntry: false })) !== undefined
  }

  #isBeside(other: Directory): other is HostDirectory {
    return other instanceof HostDirectory && other.#volume === this.#volume
  }
}

const SYNC_FLAGS: Readonly<Record<OpenHow['sync'], number>> = { nothing: 0, data: O_DSYNC, all: O_SYNC }

function openFlags(how: OpenHow): number {
  const isWriting = how.write || how.truncate || how.resize
  const mode = !isWriting ? O_RDONLY : how.read ? O_RDWR : O_WRONLY
  return mode | (how.truncate ? O_TRUNC : 0) | SYNC_FLAGS[how.sync]
}
