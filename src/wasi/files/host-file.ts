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
import type { HostVolume } from './host-volume.ts'
import { lookAt } from './host-volume.ts'
import type { Attributes, RegularFile, Times } from './node.ts'
import type { FileProblem } from './problem.ts'
import { isProblem } from './problem.ts'

/** Bytes that one unit of fuel moves to or from the host. */
const BYTES_PER_FUEL = 8
/** Fuel for waiting until something is on a disk, in calls. */
const SYNC_CALLS = 50

/** An open file of the host. */
export class HostFile implements RegularFile {
  readonly type = 'file'
  readonly #volume: HostVolume
  readonly #descriptor: number
  readonly #inode: bigint
  /** For writing at the end; opened when it is first needed. */
  #appending: number | null = null
  #isOpen = true

  /** Takes over a descriptor. */
  constructor(volume: HostVolume, descriptor: number, inode: bigint) {
    this.#volume = volume
    this.#descriptor = descriptor
    this.#inode = inode
    volume.countOpen(inode, 1)
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
    return problem
  }

  allocate(): FileProblem {
    return 'NOTSUP'
  }

  read(into: readonly Uint8Array[], offset: number): number | FileProblem {
    return move(into, this.#isSmall(into), (views, done) => {
      this.#charge(views)
      return attempt(() =>
        views.length === 1
          ? readSync(this.#descriptor, views[0]!, 0, views[0]!.length, offset + done)
          : readvSync(this.#descriptor, views, offset + done),
      )
    })
  }

  write(from: readonly Uint8Array[], offset: number): number | FileProblem {
    if (this.#volume.isReadOnly) return 'ROFS'
    return this.#write(from, (views, done, size) => ({
      end: offset + done + byteCount(views),
      size,
      write: () =>
        views.length === 1
          ? writeSync(this.#descriptor, views[0]!, 0, views[0]!.length, offset + done)
          : writevSync(this.#descriptor, views, offset + done),
    }))
  }

  append(from: readonly Uint8Array[]): number | FileProblem {
    if (this.#volume.isReadOnly) return 'ROFS'
    if (this.#appending === null) {
      this.#volume.chargeCalls()
      const opened = openThing(this.#descriptor, constants.O_WRONLY | constants.O_APPEND)
      if (isProblem(opened)) return opened
      this.#appending = opened
    }
    const descriptor = this.#appending
    return this.#write(from, (views, _done, size) => ({
      end: size + byteCount(views),
      size,
      write: () => writevSync(descriptor, views),
    }))
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
    this.#volume.countOpen(this.#inode, -1)
    close(this.#descriptor)
    if (this.#appending !== null) close(this.#appending)
  }

  /** Writes piece by piece, each within what the file may still grow by. */
  #write(
    from: readonly Uint8Array[],
    plan: (
      views: readonly Uint8Array[],
      done: number,
      size: number,
    ) => { readonly end: number; readonly size: number; readonly write: () => number },
  ): number | FileProblem {
    return move(from, this.#isSmall(from), (views, done) => {
      this.#charge(views)
      const size = this.size()
      if (isProblem(size)) return size
      const asked = plan(views, done, size)
      const growth = Math.max(0, asked.end - asked.size)
      if (!this.#volume.takeBytes(growth)) {
        const fitting = byteCount(views) - (growth - this.#volume.freeBytes)
        if (fitting <= 0 || views.length > 1) return 'NOSPC'
        return this.#write([views[0]!.subarray(0, fitting)], (part, _done, now) => plan(part, done, now))
      }
      const count = attempt(asked.write)
      const written = isProblem(count) ? 0 : count
      // What was not written is not used.
      this.#volume.takeBytes(-Math.min(growth, byteCount(views) - written))
      return count
    })
  }

  /** Several small buffers go in one call. */
  #isSmall(views: readonly Uint8Array[]): boolean {
    return views.length > 1 && byteCount(views) <= FILE_LIMITS.transferBytes
  }

  #charge(views: readonly Uint8Array[]): void {
    this.#volume.chargeCalls()
    this.#volume.work.charge(Math.ceil(byteCount(views) / BYTES_PER_FUEL))
  }
}

/** Moves bytes all at once or piece by piece, until one is cut short. A problem counts only where nothing was moved before it. */
function move(
  all: readonly Uint8Array[],
  isSmall: boolean,
  step: (views: readonly Uint8Array[], done: number) => number | FileProblem,
): number | FileProblem {
  if (isSmall) return step(all, 0)
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
