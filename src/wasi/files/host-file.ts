import type { BigIntStats } from 'node:fs'
import {
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  readvSync,
  utimesSync,
  writeSync,
  writevSync,
} from 'node:fs'
import { FILE_LIMITS } from '../../core/index.ts'
import { attempt, close, openThing } from './host-descriptors.ts'
import type { HostVolume, OpenInode } from './host-volume.ts'
import { lookAt } from './host-volume.ts'
import type { Attributes, RegularFile, Times } from './node.ts'
import type { FileProblem } from './problem.ts'
import { isProblem } from './problem.ts'

/** Fuel for waiting until something is on a disk, in calls. */
const SYNC_CALLS = 50

/** An open file of the host. */
export class HostFile implements RegularFile {
  readonly type = 'file'
  readonly #volume: HostVolume
  readonly #descriptor: number
  readonly #shared: OpenInode
  /** For writing at the end; opened when it is first needed. */
  #appending: number | null = null
  #isOpen = true

  /** Takes over a descriptor. */
  constructor(volume: HostVolume, descriptor: number, stats: Pick<BigIntStats, 'ino' | 'size'>) {
    this.#volume = volume
    this.#descriptor = descriptor
    this.#shared = volume.shareOpen(stats)
  }

  stat(): Attributes | FileProblem {
    this.#volume.chargeCalls()
    const stats = lookAt(this.#descriptor)
    return isProblem(stats) ? stats : this.#volume.toAttributes(stats)
  }

  size(): number | FileProblem {
    this.#volume.chargeCalls()
    return attempt(() => fstatSync(this.#descriptor).size)
  }

  setTimes(times: Times): FileProblem | null {
    return setHostTimes(this.#volume, this.#descriptor, times)
  }

  setSize(size: number): FileProblem | null {
    if (this.#volume.isReadOnly) return 'ROFS'
    this.#volume.chargeCalls(2)
    const old = this.size()
    if (isProblem(old)) return old
    if (!this.#volume.takeBytes(Math.max(0, size - old))) return 'NOSPC'
    const problem = attempt(() => {
      ftruncateSync(this.#descriptor, size)
      return null
    })
    // What was not taken in the end, or is free again.
    this.#volume.takeBytes(problem === null ? Math.min(0, size - old) : -Math.max(0, size - old))
    if (problem === null) this.#shared.size = size
    return problem
  }

  allocate(): FileProblem {
    return 'NOTSUP'
  }

  read(into: readonly Uint8Array[], offset: number): number | FileProblem {
    return move(into, (views, done) => {
      this.#volume.chargeCalls(1, byteCount(views))
      return attempt(() =>
        views.length === 1
          ? readSync(this.#descriptor, views[0]!, 0, views[0]!.length, offset + done)
          : readvSync(this.#descriptor, views, offset + done),
      )
    })
  }

  write(from: readonly Uint8Array[], offset: number): number | FileProblem {
    if (this.#volume.isReadOnly) return 'ROFS'
    return move(from, (views, done) =>
      this.#writeGrowing(views, offset + done, (fitting) =>
        fitting.length === 1
          ? writeSync(this.#descriptor, fitting[0]!, 0, fitting[0]!.length, offset + done)
          : writevSync(this.#descriptor, fitting, offset + done),
      ),
    )
  }

  append(from: readonly Uint8Array[]): number | FileProblem {
    if (this.#volume.isReadOnly) return 'ROFS'
    const descriptor = this.#openAppending()
    if (isProblem(descriptor)) return descriptor
    return move(from, (views) => this.#writeGrowing(views, null, (fitting) => writevSync(descriptor, fitting)))
  }

  sync(isWhole: boolean): FileProblem | null {
    this.#volume.chargeCalls(SYNC_CALLS)
    return attempt(() => {
      if (isWhole) fsyncSync(this.#descriptor)
      else fdatasyncSync(this.#descriptor)
      return null
    })
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#volume.leaveOpen(this.#shared)
    close(this.#descriptor)
    if (this.#appending !== null) close(this.#appending)
  }

  #openAppending(): number | FileProblem {
    if (this.#appending !== null) return this.#appending
    this.#volume.chargeCalls()
    const opened = openThing(this.#volume.owner, this.#descriptor, constants.O_WRONLY | constants.O_APPEND)
    if (!isProblem(opened)) this.#appending = opened
    return opened
  }

  /** Writes what the file may still grow by, at an offset or with null at its end. */
  #writeGrowing(
    views: readonly Uint8Array[],
    offset: number | null,
    write: (views: readonly Uint8Array[]) => number,
  ): number | FileProblem {
    const shared = this.#shared
    const bytes = byteCount(views)
    const start = offset ?? shared.size
    const growth = Math.max(0, start + bytes - shared.size)
    this.#volume.chargeCalls(1, bytes)
    if (!this.#volume.takeBytes(growth)) {
      const fitting = bytes - (growth - this.#volume.freeBytes)
      return fitting <= 0 ? 'NOSPC' : this.#writeGrowing([Buffer.concat(views, fitting)], offset, write)
    }
    const written = attempt(() => write(views))
    const grown = isProblem(written) ? 0 : Math.max(0, start + written - shared.size)
    // What was not written is not used.
    this.#volume.takeBytes(grown - growth)
    shared.size += grown
    return written
  }
}

/**
 * Moves bytes: several small buffers in one call, large ones piece by piece, until one is cut short. A problem counts only where
 * nothing was moved before it.
 */
function move(
  all: readonly Uint8Array[],
  step: (views: readonly Uint8Array[], done: number) => number | FileProblem,
): number | FileProblem {
  if (byteCount(all) <= FILE_LIMITS.transferBytes) return all.length === 0 ? 0 : step(all, 0)
  let total = 0
  for (const view of all) {
    for (let done = 0; done < view.length; ) {
      const piece = view.subarray(done, done + FILE_LIMITS.transferBytes)
      const count = step([piece], total)
      if (isProblem(count)) return total > 0 ? total : count
      done += count
      total += count
      if (count < piece.length) return total
    }
  }
  return total
}

function byteCount(views: readonly Uint8Array[]): number {
  let bytes = 0
  for (const view of views) bytes += view.length
  return bytes
}

/** Sets the times of the very thing that a descriptor names. */
export function setHostTimes(volume: HostVolume, descriptor: number, times: Times): FileProblem | null {
  if (volume.isReadOnly) return 'ROFS'
  volume.chargeCalls(3)
  const before = lookAt(descriptor)
  if (isProblem(before)) return before
  if (before.isFile() && !volume.isChangeable(before)) return 'PERM'
  const kept = volume.toAttributes(before)
  const accessed = times.accessed ?? kept.accessedNanos
  const modified = times.modified ?? kept.modifiedNanos
  const problem = attempt(() => {
    utimesSync(`/proc/self/fd/${descriptor}`, toSeconds(accessed), toSeconds(modified))
    return null
  })
  if (problem === null) rememberTimes(volume, descriptor, accessed, modified)
  return problem
}

function rememberTimes(
  volume: HostVolume,
  descriptor: number,
  accessed: bigint | 'now',
  modified: bigint | 'now',
): void {
  const after = lookAt(descriptor)
  if (isProblem(after)) return
  if (accessed !== 'now') volume.rememberTime(after.ino, 'accessed', after.atimeNs, accessed)
  if (modified !== 'now') volume.rememberTime(after.ino, 'modified', after.mtimeNs, modified)
}

/** Node hands an infinite time down as the time of the kernel, if it comes as text. */
function toSeconds(nanos: bigint | 'now'): number | string {
  return nanos === 'now' ? 'Infinity' : Number(nanos) / 1e9
}
