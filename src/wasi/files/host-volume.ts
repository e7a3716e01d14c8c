import type { BigIntStats } from 'node:fs'
import { fstatSync, statfsSync } from 'node:fs'
import { CaxtonError } from '../../core/index.ts'
import type { DescriptorOwner } from './host-descriptors.ts'
import { attempt, close, duplicateDirectory, openGranted } from './host-descriptors.ts'
import type { Attributes, FileType, FileWork } from './node.ts'
import type { FileProblem } from './problem.ts'
import { isProblem } from './problem.ts'

export interface HostVolumeOptions {
  readonly path: string
  readonly access: 'ro' | 'rw'
  /** Bytes by which files may grow. */
  readonly bytes: number
  /** Names that may be made. */
  readonly files: number
}

/** What all descriptors of one file have in common. */
export interface OpenInode {
  readonly inode: bigint
  openCount: number
  /** How far the guest has brought it: what lies beyond is growth, and is looked up by nobody at every write. */
  size: number
}

/** Bytes that one unit of fuel moves to or from the host. */
const BYTES_PER_FUEL = 8
/** Fuel for a call of the operating system: some microseconds, whatever it does. */
export const SYSTEM_CALL_FUEL = 2_000
/** Times that are remembered to the nanosecond, and files whose names are counted. */
const REMEMBERED = 4_096

/**
 * File systems whose files are doors into the kernel: reading and writing them does something else than storing.
 * Numbers from linux/magic.h.
 */
const KERNEL_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x1cd1, // devpts
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0xcafe4a11, // bpf
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0x42494e4d, // binfmt_misc
  0x62656570, // configfs
  0xf97cff8c, // selinux
  0x43415d53, // smack
  0x19800202, // mqueue
  0x65735543, // fusectl
  0x6e736673, // nsfs
])

/**
 * What the files of one granted directory have in common: where it is, what may be done, how much may be added.
 *
 * A directory on another device than the granted one is a mount that was not granted, and is not entered.
 */
export class HostVolume {
  readonly isReadOnly: boolean
  readonly work: FileWork
  /** Whose descriptors they are. */
  readonly owner: DescriptorOwner
  /** Names the granted directory. */
  readonly root: number
  readonly #device: bigint
  readonly #quota: { readonly bytes: number; readonly files: number }
  #freeBytes: number
  #freeFiles: number
  /** Names that the guest has given to files which had one, by inode. */
  readonly #madeLinks = new Map<bigint, bigint>()
  /** Files that are open, by inode. */
  readonly #openFiles = new Map<bigint, OpenInode>()
  readonly #exactTimes = new Map<string, ExactTime>()

  /** @throws CaxtonError ERR_CONFIG_INVALID for what cannot be granted */
  constructor({ path, access, bytes, files }: HostVolumeOptions, work: FileWork, owner: DescriptorOwner) {
    assertLinux(path)
    this.isReadOnly = access === 'ro'
    this.work = work
    this.owner = owner
    this.#quota = { bytes, files }
    this.#freeBytes = bytes
    this.#freeFiles = files
    const root = openGranted(owner, path)
    if (isProblem(root)) throw invalid(`${path} cannot be opened as a directory (${root})`)
    this.root = root
    const problem = this.#problemOfRoot()
    if (problem !== null) {
      close(root)
      throw invalid(`${path} ${problem}`)
    }
    this.#device = fstatSync(root, { bigint: true }).dev
  }

  get freeBytes(): number {
    return this.#freeBytes
  }

  /** Takes fuel for calls of the operating system and what they move. */
  chargeCalls(count = 1, bytes = 0): void {
    this.work.charge(count * SYSTEM_CALL_FUEL + Math.ceil(bytes / BYTES_PER_FUEL))
  }

  takeBytes(bytes: number): boolean {
    if (bytes > this.#freeBytes) return false
    this.#freeBytes = Math.min(this.#quota.bytes, this.#freeBytes - bytes)
    return true
  }

  takeFile(): boolean {
    if (this.#freeFiles <= 0) return false
    this.#freeFiles -= 1
    return true
  }

  giveFile(): void {
    this.#freeFiles = Math.min(this.#quota.files, this.#freeFiles + 1)
  }

  /** Tells whether a directory belongs to what was granted. */
  isGranted({ dev }: BigIntStats): boolean {
    return dev === this.#device
  }

  /**
   * Tells whether a file may be changed: one with names that the guest has not given it may be somebody else's, outside of what
   * was granted.
   */
  isChangeable({ ino, nlink }: BigIntStats): boolean {
    return nlink <= 1n + (this.#madeLinks.get(ino) ?? 0n)
  }

  /** Counts a name that the guest has given a file, or with −1 one that it has taken away. False if there are too many. */
  countLink(inode: bigint, by: 1n | -1n): boolean {
    const count = (this.#madeLinks.get(inode) ?? 0n) + by
    if (count <= 0n) this.#madeLinks.delete(inode)
    else if (this.#madeLinks.size >= REMEMBERED && !this.#madeLinks.has(inode)) return false
    else this.#madeLinks.set(inode, count)
    return true
  }

  /** Notes that a file is opened once more, and returns what everybody knows who has it open. */
  shareOpen({ ino, size }: Pick<BigIntStats, 'ino' | 'size'>): OpenInode {
    let shared = this.#openFiles.get(ino)
    if (shared === undefined) {
      shared = { inode: ino, openCount: 0, size: 0 }
      this.#openFiles.set(ino, shared)
    }
    shared.openCount += 1
    shared.size = Number(size)
    return shared
  }

  /** Notes that a file is closed. */
  leaveOpen(shared: OpenInode): void {
    shared.openCount -= 1
    if (shared.openCount === 0) this.#openFiles.delete(shared.inode)
  }

  /** A file that is open has not given its bytes back when its last name goes. */
  isOpen(inode: bigint): boolean {
    return this.#openFiles.has(inode)
  }

  toAttributes(stats: BigIntStats): Attributes {
    return {
      device: stats.dev,
      inode: stats.ino,
      type: fileTypeOf(stats),
      links: stats.nlink,
      size: stats.size,
      accessedNanos: this.#exact(stats.ino, 'accessed', stats.atimeNs),
      modifiedNanos: this.#exact(stats.ino, 'modified', stats.mtimeNs),
      changedNanos: BigInt.asUintN(64, stats.ctimeNs),
    }
  }

  /**
   * Notes the time that was asked for: Node sets times as floating-point seconds, which near today are some 240 ns apart. As long
   * as the file has the time it got then, the guest sees the one that it set.
   */
  rememberTime(inode: bigint, which: TimeName, stored: bigint, exact: bigint): void {
    const key = `${which}:${inode}`
    this.#exactTimes.delete(key)
    const distance = stored > exact ? stored - exact : exact - stored
    if (distance === 0n || distance > 1_000n) return
    if (this.#exactTimes.size >= REMEMBERED) this.#exactTimes.delete(this.#exactTimes.keys().next().value!)
    this.#exactTimes.set(key, { stored, exact })
  }

  #exact(inode: bigint, which: TimeName, stored: bigint): bigint {
    const found = this.#exactTimes.size === 0 ? undefined : this.#exactTimes.get(`${which}:${inode}`)
    return BigInt.asUintN(64, found?.stored === stored ? found.exact : stored)
  }

  #problemOfRoot(): string | null {
    const stats = attempt(() => fstatSync(this.root, { bigint: true }))
    const type = attempt(() => statfsSync(`/proc/self/fd/${this.root}`).type)
    const again = duplicateDirectory(this.owner, this.root)
    if (isProblem(stats) || isProblem(type) || isProblem(again)) return 'cannot be granted: /proc is not there'
    const { dev, ino } = fstatSync(again, { bigint: true })
    close(again)
    if (dev !== stats.dev || ino !== stats.ino) return 'cannot be granted: /proc is not that of this process'
    return KERNEL_FILE_SYSTEMS.has(type) ? 'cannot be granted: its files are doors into the kernel' : null
  }
}

export type TimeName = 'accessed' | 'modified'

interface ExactTime {
  readonly stored: bigint
  readonly exact: bigint
}

export function fileTypeOf(stats: BigIntStats): FileType {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'link' : 'special'
}

/** Looks at what a descriptor names. */
export function lookAt(descriptor: number): BigIntStats | FileProblem {
  return attempt(() => fstatSync(descriptor, { bigint: true }))
}

/**
 * Refuses directories of the host where they cannot be granted safely.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID
 */
export function assertLinux(path: string, platform: string = process.platform): void {
  if (platform === 'linux') return
  const why = 'only Linux lets a path be walked safely while others change it'
  throw invalid(`${path} cannot be granted on ${platform}: ${why}; copy it with memory and preload instead`)
}

function invalid(detail: string): CaxtonError {
  return new CaxtonError('ERR_CONFIG_INVALID', { detail })
}
