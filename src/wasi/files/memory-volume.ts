import { Content } from './content.ts'
import type { FileType, FileWork } from './node.ts'

/** What is stored under a name in memory. */
export type MemoryNode = DirectoryNode | FileNode | LinkNode

interface NodeParts {
  readonly inode: bigint
  /** Names that lead here. */
  links: number
  accessedNanos: bigint
  modifiedNanos: bigint
  changedNanos: bigint
}

export interface DirectoryNode extends NodeParts {
  readonly type: 'directory'
  /** By name, in the order in which they were made. */
  readonly entries: Map<string, MemoryEntry>
  /** Null for the root, and for a directory that was removed. */
  parent: DirectoryNode | null
  isRemoved: boolean
  /** Position of the entry that is made next. Numbers are never used again. */
  nextPosition: number
}

export interface FileNode extends NodeParts {
  readonly type: 'file'
  readonly content: Content
  /** How often it is open: a file without a name lives until it is closed. */
  openCount: number
}

export interface LinkNode extends NodeParts {
  readonly type: 'link'
  readonly target: Uint8Array
}

export interface MemoryEntry {
  readonly name: string
  readonly node: MemoryNode
  readonly position: number
}

export interface MemoryQuota {
  /** Sizes of files and links together, holes included: a guest cannot promise itself more than it may have. */
  readonly bytes: number
  /** Names together. */
  readonly files: number
}

/** Bytes that one unit of fuel moves or clears, as in the guest's own bulk instructions. */
export const BYTES_PER_FUEL = 16

/** Positions of `.` and `..`, which are stored nowhere. */
export const FIRST_POSITION = 2

/** What the files at one place have in common: their quota, their numbers, their clock. Nothing in it outlives the agent. */
export class MemoryVolume {
  readonly device: bigint
  readonly work: FileWork
  readonly root: DirectoryNode
  readonly #quota: MemoryQuota
  #usedBytes = 0
  #usedFiles = 0
  #nextInode = 1n

  constructor(quota: MemoryQuota, device: bigint, work: FileWork) {
    this.#quota = quota
    this.device = device
    this.work = work
    this.root = this.createDirectory(null)
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get usedFiles(): number {
    return this.#usedFiles
  }

  get freeBytes(): number {
    return this.#quota.bytes - this.#usedBytes
  }

  get hasRoomForName(): boolean {
    return this.#usedFiles < this.#quota.files
  }

  /** Takes bytes, or gives them back if there are fewer than none. Returns false, with nothing changed, where there are too few. */
  takeBytes(bytes: number): boolean {
    if (bytes > this.freeBytes) return false
    this.#usedBytes += bytes
    return true
  }

  createDirectory(parent: DirectoryNode | null): DirectoryNode {
    const parts = this.#createParts()
    return { ...parts, type: 'directory', entries: new Map(), parent, isRemoved: false, nextPosition: FIRST_POSITION }
  }

  createFile(): FileNode {
    const content = new Content((bytes) => this.work.charge(bytes / BYTES_PER_FUEL))
    return { ...this.#createParts(), type: 'file', content, openCount: 0 }
  }

  createLink(target: Uint8Array): LinkNode {
    return { ...this.#createParts(), type: 'link', target }
  }

  /** Gives a node a name. There must be room for it, and nothing under the name. */
  insert(directory: DirectoryNode, name: string, node: MemoryNode): void {
    directory.entries.set(name, { name, node, position: directory.nextPosition })
    directory.nextPosition += 1
    node.links += 1
    this.#usedFiles += 1
    this.touch(directory)
  }

  /** Takes a name away, and with the last one what it led to, unless that is still open. */
  remove(directory: DirectoryNode, { name, node }: MemoryEntry): void {
    directory.entries.delete(name)
    node.links -= 1
    this.#usedFiles -= 1
    this.touch(directory)
    if (node.type === 'directory') {
      node.isRemoved = true
      node.parent = null
    } else this.forget(node)
  }

  /** Gives back what a node took, once nothing leads to it. */
  forget(node: FileNode | LinkNode): void {
    if (node.links > 0) return
    if (node.type === 'link') this.#usedBytes -= node.target.length
    else if (node.openCount === 0) this.resize(node, 0)
  }

  /** Returns false, with nothing changed, where the quota is too small. */
  resize({ content }: FileNode, size: number): boolean {
    if (!this.takeBytes(size - content.size)) return false
    content.resize(size)
    return true
  }

  /** Notes that a file or directory has changed. */
  touch(node: MemoryNode): void {
    node.modifiedNanos = this.work.nowNanos()
    node.changedNanos = node.modifiedNanos
  }

  #createParts(): NodeParts {
    const nanos = this.work.nowNanos()
    const inode = this.#nextInode
    this.#nextInode += 1n
    return { inode, links: 0, accessedNanos: nanos, modifiedNanos: nanos, changedNanos: nanos }
  }
}

/** Names a node by what it is. */
export function typeOf(node: MemoryNode): FileType {
  return node.type
}
