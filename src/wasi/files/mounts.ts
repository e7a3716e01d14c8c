import { MemoryDirectory } from './memory-directory.ts'
import type { MemoryTree } from './memory-tree.ts'
import { fillTree, readTree } from './memory-tree.ts'
import { MemoryVolume } from './memory-volume.ts'
import type { Directory, FileWork } from './node.ts'

/** Files that an agent is given at a place, as data: what they are when it starts. It crosses threads. */
export type Mount = MemoryMount

export interface MemoryMount {
  readonly kind: 'memory'
  readonly at: string
  readonly bytes: number
  readonly files: number
  readonly tree: MemoryTree
}

/** The files of one agent, open. Whoever opens them closes them. */
export class Mounts {
  readonly #opened: readonly OpenMount[]

  constructor(opened: readonly OpenMount[]) {
    this.#opened = opened
  }

  /** The directories that the agent starts with, in the order of its grants. */
  get preopens(): readonly { readonly at: string; readonly directory: Directory }[] {
    return this.#opened
  }

  /** Returns what files in memory hold now; null where there are none. */
  export(at: string): MemoryTree | null {
    const found = this.#opened.find((mount) => mount.at === at)
    return found?.volume == null ? null : readTree(found.volume)
  }

  /** Closes what is open of the directories themselves; descriptors are closed by their table. Idempotent. */
  close(): void {
    for (const { directory } of this.#opened) directory.close()
  }
}

interface OpenMount {
  readonly at: string
  readonly directory: Directory
  /** What holds the files; null for those that lie elsewhere. */
  readonly volume: MemoryVolume | null
}

/** Opens what an agent was granted. What that takes is not the agent's work, and costs it nothing. */
export function openMounts(mounts: readonly Mount[], work: FileWork): Mounts {
  let isOpening = true
  const charge = (fuel: number) => {
    if (!isOpening) work.charge(fuel)
  }
  const opened = mounts.map((mount, index) => {
    const volume = new MemoryVolume(mount, BigInt(index + 1), { charge, nowNanos: () => work.nowNanos() })
    fillTree(volume, mount.tree)
    return { at: mount.at, directory: new MemoryDirectory(volume), volume }
  })
  isOpening = false
  return new Mounts(opened)
}
