import { FILE_LIMITS } from '../../core/index.ts'
import { MEMORY_STEP_FUEL, MemoryFile, setNodeTimes, statNode } from './memory-file.ts'
import { MemoryListing } from './memory-listing.ts'
import type { DirectoryNode, MemoryEntry, MemoryNode, MemoryVolume } from './memory-volume.ts'
import type { Attributes, Directory, Listing, OpenedFile, OpenHow, Times } from './node.ts'
import type { FileProblem } from './problem.ts'

const UTF8 = new TextEncoder()

/** An open directory in memory. */
export class MemoryDirectory implements Directory {
  readonly type = 'directory'
  readonly #volume: MemoryVolume
  readonly #node: DirectoryNode

  constructor(volume: MemoryVolume, node: DirectoryNode = volume.root) {
    this.#volume = volume
    this.#node = node
  }

  stat(): Attributes {
    this.#step()
    return statNode(this.#volume, this.#node)
  }

  setTimes(times: Times): null {
    this.#step()
    setNodeTimes(this.#volume, this.#node, times)
    return null
  }

  sync(): null {
    return null
  }

  close(): void {}

  reopen(): Directory {
    this.#step()
    return new MemoryDirectory(this.#volume, this.#node)
  }

  list(): Listing {
    return new MemoryListing(this.#volume.work, this.#node)
  }

  enter(name: string): Directory | FileProblem {
    const node = this.#find(name)
    if (node === undefined) return 'NOENT'
    if (node.type === 'link') return 'LOOP'
    return node.type === 'directory' ? new MemoryDirectory(this.#volume, node) : 'NOTDIR'
  }

  readLink(name: string): Uint8Array | FileProblem {
    const node = this.#find(name)
    if (node === undefined) return 'NOENT'
    if (node.type !== 'link') return 'INVAL'
    this.#volume.work.charge(node.target.length)
    return node.target
  }

  statChild(name: string): Attributes | FileProblem {
    const node = this.#find(name)
    return node === undefined ? 'NOENT' : statNode(this.#volume, node)
  }

  setChildTimes(name: string, times: Times): FileProblem | null {
    const node = this.#find(name)
    if (node === undefined) return 'NOENT'
    setNodeTimes(this.#volume, node, times)
    return null
  }

  open(name: string, how: OpenHow): OpenedFile | FileProblem {
    const node = this.#find(name)
    if (node === undefined) return how.create ? this.#create(name, how) : 'NOENT'
    if (how.create && how.exclusive) return 'EXIST'
    if (node.type === 'link') return 'LOOP'
    if (node.type === 'directory') {
      if (how.create || how.write || how.truncate) return 'ISDIR'
      return new MemoryDirectory(this.#volume, node)
    }
    if (how.directory) return 'NOTDIR'
    const file = new MemoryFile(this.#volume, node)
    if (how.truncate) file.setSize(0)
    return file
  }

  makeDirectory(name: string): FileProblem | null {
    const problem = this.#problemOfNew(name)
    if (problem !== null) return problem
    if (this.#depth() >= FILE_LIMITS.depth) return 'MLINK'
    this.#volume.insert(this.#node, name, this.#volume.createDirectory(this.#node))
    return null
  }

  makeLink(name: string, target: string): FileProblem | null {
    const problem = this.#problemOfNew(name)
    if (problem !== null) return problem
    const bytes = UTF8.encode(target)
    if (!this.#volume.takeBytes(bytes.length)) return 'NOSPC'
    this.#volume.insert(this.#node, name, this.#volume.createLink(bytes))
    return null
  }

  linkChild(name: string, to: Directory, newName: string): FileProblem | null {
    const node = this.#find(name)
    if (node === undefined) return 'NOENT'
    if (!this.#isBeside(to)) return 'XDEV'
    const problem = to.#problemOfNew(newName)
    if (problem !== null) return problem
    if (node.type === 'directory') return 'PERM'
    this.#volume.insert(to.#node, newName, node)
    node.changedNanos = this.#volume.work.nowNanos()
    return null
  }

  rename(name: string, to: Directory, newName: string): FileProblem | null {
    const entry = this.#entry(name)
    if (entry === undefined) return 'NOENT'
    if (!this.#isBeside(to)) return 'XDEV'
    if (to.#node.isRemoved) return 'NOENT'
    const replaced = to.#entry(newName)
    if (replaced?.node === entry.node) return null
    const problem = to.#problemOfReplacing(entry.node, replaced?.node)
    if (problem !== null) return problem
    if (replaced !== undefined) this.#volume.remove(to.#node, replaced)
    this.#move(entry, to.#node, newName)
    return null
  }

  unlink(name: string): FileProblem | null {
    const entry = this.#entry(name)
    if (entry === undefined) return 'NOENT'
    if (entry.node.type === 'directory') return 'ISDIR'
    this.#volume.remove(this.#node, entry)
    return null
  }

  removeDirectory(name: string): FileProblem | null {
    const entry = this.#entry(name)
    if (entry === undefined) return 'NOENT'
    if (entry.node.type !== 'directory') return 'NOTDIR'
    if (entry.node.entries.size > 0) return 'NOTEMPTY'
    this.#volume.remove(this.#node, entry)
    return null
  }

  #create(name: string, how: OpenHow): OpenedFile | FileProblem {
    if (how.directory) return 'ISDIR'
    const problem = this.#problemOfNew(name)
    if (problem !== null) return problem
    const node = this.#volume.createFile()
    this.#volume.insert(this.#node, name, node)
    return new MemoryFile(this.#volume, node)
  }

  /** A moved entry keeps its node, and its directory the quota it had. */
  #move(entry: MemoryEntry, to: DirectoryNode, newName: string): void {
    const { node } = entry
    this.#node.entries.delete(entry.name)
    to.entries.set(newName, { name: newName, node, position: to.nextPosition })
    to.nextPosition += 1
    if (node.type === 'directory') node.parent = to
    this.#volume.touch(this.#node)
    this.#volume.touch(to)
    node.changedNanos = this.#volume.work.nowNanos()
  }

  /** Says why nothing new can get a name here, null if it can. */
  #problemOfNew(name: string): FileProblem | null {
    if (this.#find(name) !== undefined) return 'EXIST'
    if (this.#node.isRemoved) return 'NOENT'
    return this.#volume.hasRoomForName ? null : 'NOSPC'
  }

  /** Says why a node cannot be moved here, in the place of another one. */
  #problemOfReplacing(moved: MemoryNode, replaced: MemoryNode | undefined): FileProblem | null {
    if (moved.type !== 'directory') return replaced?.type === 'directory' ? 'ISDIR' : null
    if (replaced !== undefined && replaced.type !== 'directory') return 'NOTDIR'
    if (this.#isWithin(moved)) return 'INVAL'
    if (replaced !== undefined && replaced.entries.size > 0) return 'NOTEMPTY'
    return this.#depth() + this.#height(moved) > FILE_LIMITS.depth ? 'MLINK' : null
  }

  #isWithin(directory: DirectoryNode): boolean {
    for (let node: DirectoryNode | null = this.#node; node !== null; node = node.parent) {
      if (node === directory) return true
    }
    return false
  }

  /** Directories from the root to this one. */
  #depth(): number {
    let depth = 0
    for (let node = this.#node.parent; node !== null; node = node.parent) depth += 1
    return depth
  }

  /** Levels of directories, this one included. */
  #height(top: DirectoryNode): number {
    let level: DirectoryNode[] = [top]
    let height = 0
    for (; level.length > 0; height += 1) {
      const next: DirectoryNode[] = []
      for (const { entries } of level) {
        this.#volume.work.charge(entries.size)
        for (const { node } of entries.values()) if (node.type === 'directory') next.push(node)
      }
      level = next
    }
    return height
  }

  #isBeside(other: Directory): other is MemoryDirectory {
    return other instanceof MemoryDirectory && other.#volume === this.#volume
  }

  #entry(name: string): MemoryEntry | undefined {
    this.#step()
    return this.#node.entries.get(name)
  }

  #find(name: string): MemoryNode | undefined {
    return this.#entry(name)?.node
  }

  #step(): void {
    this.#volume.work.charge(MEMORY_STEP_FUEL)
  }
}
