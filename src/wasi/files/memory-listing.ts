import type { DirectoryNode, MemoryEntry } from './memory-volume.ts'
import { FIRST_POSITION } from './memory-volume.ts'
import type { DirectoryEntry, FileWork, Listing } from './node.ts'

/** Fuel for each entry that is passed. */
const ENTRY_FUEL = 20

/**
 * The entries of a directory in memory. A cookie is the position of an entry, so that nothing that is removed moves another;
 * going on from the last entry costs nothing, going back begins anew.
 */
export class MemoryListing implements Listing {
  readonly #work: FileWork
  readonly #node: DirectoryNode
  #rest: Iterator<MemoryEntry>
  #current: MemoryEntry | null = null
  #isBegun = false

  constructor(work: FileWork, node: DirectoryNode) {
    this.#work = work
    this.#node = node
    this.#rest = node.entries.values()
  }

  at(cookie: number): DirectoryEntry | null {
    const position = cookie + FIRST_POSITION
    if (!this.#isBegun || (this.#current?.position ?? Number.POSITIVE_INFINITY) > position) this.#begin()
    while (this.#current !== null && (this.#current.position < position || !this.#isThere(this.#current)))
      this.#advance()
    if (this.#current === null) return null
    const { name, node } = this.#current
    return { name, inode: node.inode, type: node.type, next: this.#current.position - FIRST_POSITION + 1 }
  }

  close(): void {}

  #begin(): void {
    this.#isBegun = true
    this.#rest = this.#node.entries.values()
    this.#advance()
  }

  #advance(): void {
    this.#work.charge(ENTRY_FUEL)
    const { value, done } = this.#rest.next()
    this.#current = done === true ? null : (value as MemoryEntry)
  }

  #isThere({ name, position }: MemoryEntry): boolean {
    return this.#node.entries.get(name)?.position === position
  }
}
