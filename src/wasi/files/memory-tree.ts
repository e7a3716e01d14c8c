import { CaxtonError } from '../../core/index.ts'
import { MemoryFile } from './memory-file.ts'
import type { DirectoryNode, MemoryVolume } from './memory-volume.ts'

/** Files as data: by their paths from the root, directories before what they hold. */
export type MemoryTree = readonly TreeEntry[]

export type TreeEntry =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly type: 'link'; readonly path: string; readonly target: string }

/**
 * Fills an empty volume.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID for more than its quota
 */
export function fillTree(volume: MemoryVolume, tree: MemoryTree): void {
  for (const entry of tree) {
    const components = entry.path.split('/')
    const name = components.pop()!
    const directory = components.reduce((node, component) => makeDirectory(volume, node, component), volume.root)
    if (entry.type === 'directory') makeDirectory(volume, directory, name)
    else if (entry.type === 'link') makeLink(volume, directory, name, entry.target)
    else makeFile(volume, directory, name, entry.bytes)
  }
}

function makeDirectory(volume: MemoryVolume, parent: DirectoryNode, name: string): DirectoryNode {
  const found = parent.entries.get(name)?.node
  if (found?.type === 'directory') return found
  assertRoom(found === undefined && volume.hasRoomForName, name)
  const made = volume.createDirectory(parent)
  volume.insert(parent, name, made)
  return made
}

function makeLink(volume: MemoryVolume, parent: DirectoryNode, name: string, target: string): void {
  const bytes = new TextEncoder().encode(target)
  assertRoom(!parent.entries.has(name) && volume.hasRoomForName && volume.takeBytes(bytes.length), name)
  volume.insert(parent, name, volume.createLink(bytes))
}

function makeFile(volume: MemoryVolume, parent: DirectoryNode, name: string, bytes: Uint8Array): void {
  assertRoom(!parent.entries.has(name) && volume.hasRoomForName, name)
  const node = volume.createFile()
  volume.insert(parent, name, node)
  const file = new MemoryFile(volume, node)
  const written = file.write([bytes], 0)
  file.close()
  assertRoom(written === bytes.length, name)
}

function assertRoom(hasRoom: boolean, name: string): void {
  if (hasRoom) return
  const detail = `no room for ${JSON.stringify(name)} among the files that are there from the start`
  throw new CaxtonError('ERR_CONFIG_INVALID', { detail })
}
