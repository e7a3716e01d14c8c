import { FILE_LIMITS } from '../../core/index.ts'
import { CHUNK_BYTES } from './content.ts'
import type { FileNode, MemoryNode, MemoryVolume } from './memory-volume.ts'
import { BYTES_PER_FUEL } from './memory-volume.ts'
import type { Attributes, RegularFile, Times } from './node.ts'
import type { FileProblem } from './problem.ts'

/** Fuel for a look at one name or file in memory. */
export const MEMORY_STEP_FUEL = 100

/** An open file in memory. */
export class MemoryFile implements RegularFile {
  readonly type = 'file'
  readonly #volume: MemoryVolume
  readonly #node: FileNode
  #isOpen = true

  constructor(volume: MemoryVolume, node: FileNode) {
    this.#volume = volume
    this.#node = node
    node.openCount += 1
  }

  stat(): Attributes {
    this.#volume.work.charge(MEMORY_STEP_FUEL)
    return statNode(this.#volume, this.#node)
  }

  size(): number {
    return this.#node.content.size
  }

  setTimes(times: Times): null {
    this.#volume.work.charge(MEMORY_STEP_FUEL)
    setNodeTimes(this.#volume, this.#node, times)
    return null
  }

  setSize(size: number): FileProblem | null {
    // A file that shrinks has the rest of its last chunk cleared.
    this.#volume.work.charge(MEMORY_STEP_FUEL + CHUNK_BYTES / BYTES_PER_FUEL)
    if (!this.#volume.resize(this.#node, size)) return 'NOSPC'
    this.#volume.touch(this.#node)
    return null
  }

  allocate(end: number): FileProblem | null {
    return end <= this.size() ? null : this.setSize(end)
  }

  read(into: readonly Uint8Array[], offset: number): number {
    let total = 0
    for (const view of into) {
      const count = this.#readView(view, offset + total)
      total += count
      if (count < view.length) break
    }
    return total
  }

  write(from: readonly Uint8Array[], offset: number): number | FileProblem {
    let total = 0
    for (const view of from) {
      const count = this.#writeView(view, offset + total)
      total += count
      if (count < view.length) break
    }
    if (total === 0 && from.some((view) => view.length > 0)) return 'NOSPC'
    if (total > 0) this.#volume.touch(this.#node)
    return total
  }

  append(from: readonly Uint8Array[]): number | FileProblem {
    return this.write(from, this.size())
  }

  sync(): null {
    return null
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#node.openCount -= 1
    this.#volume.forget(this.#node)
  }

  #readView(view: Uint8Array, offset: number): number {
    for (let done = 0; done < view.length; ) {
      const piece = view.subarray(done, done + FILE_LIMITS.transferBytes)
      this.#volume.work.charge(Math.ceil(Math.min(piece.length, this.size()) / BYTES_PER_FUEL))
      const count = this.#node.content.read(piece, offset + done)
      done += count
      if (count < piece.length) return done
    }
    return view.length
  }

  /** Writes as much as the quota has room for. */
  #writeView(view: Uint8Array, offset: number): number {
    const { content } = this.#node
    // A hole in front of what is written counts: it cannot be had for nothing.
    const end = Math.min(offset + view.length, content.size + Math.max(0, this.#volume.freeBytes))
    const length = Math.max(0, end - offset)
    if (length === 0) return 0
    this.#volume.takeBytes(Math.max(0, end - content.size))
    content.resize(Math.max(end, content.size))
    for (let done = 0; done < length; ) {
      const piece = view.subarray(done, Math.min(length, done + FILE_LIMITS.transferBytes))
      this.#volume.work.charge(Math.ceil(piece.length / BYTES_PER_FUEL))
      content.write(piece, offset + done)
      done += piece.length
    }
    return length
  }
}

export function statNode(volume: MemoryVolume, node: MemoryNode): Attributes {
  const { inode, type, accessedNanos, modifiedNanos, changedNanos } = node
  const size = type === 'file' ? node.content.size : type === 'link' ? node.target.length : 0
  // A directory is named by its parent and by its own `.`.
  const links = type === 'directory' ? 2 : node.links
  const { device } = volume
  const times = { accessedNanos, modifiedNanos, changedNanos }
  return { device, inode, type, links: BigInt(links), size: BigInt(size), ...times }
}

export function setNodeTimes(volume: MemoryVolume, node: MemoryNode, { accessed, modified }: Times): void {
  const now = volume.work.nowNanos()
  if (accessed !== null) node.accessedNanos = accessed === 'now' ? now : accessed
  if (modified !== null) node.modifiedNanos = modified === 'now' ? now : modified
  node.changedNanos = now
}
