import type { DescriptorOwner } from './host-descriptors.ts'
import { closeAll } from './host-descriptors.ts'
import { HostDirectory } from './host-directory.ts'
import { HostVolume } from './host-volume.ts'
import { MemoryDirectory } from './memory-directory.ts'
import type { MemoryTree } from './memory-tree.ts'
import { fillTree } from './memory-tree.ts'
import { MemoryVolume } from './memory-volume.ts'
import type { Directory, FileWork } from './node.ts'
import type { TreePart } from './tree-parts.ts'
import { readParts } from './tree-parts.ts'

/** Files that an agent is given at a place, as data: what they are when it starts. It crosses threads. */
export type Mount = MemoryMount | HostMount

export interface MemoryMount {
  readonly kind: 'memory'
  readonly at: string
  readonly bytes: number
  readonly files: number
  readonly tree: MemoryTree
}

export interface HostMount {
  readonly kind: 'host'
  readonly at: string
  readonly path: string
  readonly access: 'ro' | 'rw'
  readonly bytes: number
  readonly files: number
}

interface OpenMount {
  readonly at: string
  readonly directory: Directory
  /** What holds the files; null for those that lie elsewhere. */
  readonly volume: MemoryVolume | null
}

/** The files of one agent, open. Whoever opens them closes them. */
export class Mounts {
  readonly #opened: readonly OpenMount[]
  readonly #owner: DescriptorOwner

  constructor(opened: readonly OpenMount[], owner: DescriptorOwner) {
    this.#opened = opened
    this.#owner = owner
  }

  /** Closes what no descriptor of the agent leads to any more. Idempotent. */
  close(): void {
    closeAll(this.#owner)
  }

  /** The directories that the agent starts with, in the order of its grants. Their descriptors close them. */
  get preopens(): readonly { readonly at: string; readonly directory: Directory }[] {
    return this.#opened
  }

  /** Copies what files in memory hold now; nothing where there are none. */
  export(at: string): Iterable<TreePart> {
    const found = this.#opened.find((mount) => mount.at === at)
    return found?.volume == null ? [] : readParts(found.volume)
  }
}

/**
 * Opens what an agent was granted. What that takes is not the agent's work, and costs it nothing.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID, with nothing left open
 */
export function openMounts(mounts: readonly Mount[], work: FileWork): Mounts {
  let isOpening = true
  const own: FileWork = {
    charge: (fuel) => isOpening || work.charge(fuel),
    nowNanos: () => work.nowNanos(),
  }
  const owner: DescriptorOwner = { heldCount: 0 }
  const opened: OpenMount[] = []
  try {
    for (const [index, mount] of mounts.entries()) opened.push(openMount(mount, BigInt(index + 1), own, owner))
  } catch (error) {
    closeAll(owner)
    throw error
  }
  isOpening = false
  return new Mounts(opened, owner)
}

function openMount(mount: Mount, device: bigint, work: FileWork, owner: DescriptorOwner): OpenMount {
  if (mount.kind === 'host') {
    return { at: mount.at, directory: new HostDirectory(new HostVolume(mount, work, owner)), volume: null }
  }
  const volume = new MemoryVolume(mount, device, work)
  fillTree(volume, mount.tree)
  return { at: mount.at, directory: new MemoryDirectory(volume), volume }
}
