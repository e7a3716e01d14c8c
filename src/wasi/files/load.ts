import type { Dirent } from 'node:fs'
import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { FilesGrant, FilesPreload } from '../../capability/index.ts'
import { CaxtonError, FILE_LIMITS, formatBytes } from '../../core/index.ts'
import { assertLinux } from './host-volume.ts'
import type { MemoryTree, TreeEntry } from './memory-tree.ts'
import type { Mount } from './mounts.ts'

/**
 * Reads what granted files hold when an agent starts.
 *
 * A directory that is copied into memory is read as it is: links in it are refused, because they would be read as what they
 * lead to, or lead elsewhere in the sandbox.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID for what cannot be read or does not fit
 */
export async function loadMounts(grants: readonly FilesGrant[]): Promise<readonly Mount[]> {
  return Promise.all(grants.map(loadMount))
}

async function loadMount(grant: FilesGrant): Promise<Mount> {
  if (grant.kind === 'host') {
    assertLinux(grant.path)
    return { ...grant, path: resolve(grant.path) }
  }
  const { kind, at, bytes, files, preload } = grant
  return { kind, at, bytes, files, tree: preload === null ? [] : await loadTree(preload, grant) }
}

async function loadTree(preload: FilesPreload, grant: FilesGrant): Promise<MemoryTree> {
  if (preload.kind === 'directory') return copyDirectory(preload.path, grant)
  return Object.entries(preload.texts).map(([path, text]) => ({ type: 'file', path, bytes: Buffer.from(text) }))
}

async function copyDirectory(root: string, { at, bytes, files }: FilesGrant): Promise<MemoryTree> {
  const tree: TreeEntry[] = []
  let left = bytes
  const ahead = ['']
  for (let prefix = ahead.shift(); prefix !== undefined; prefix = ahead.shift()) {
    for (const entry of await listDirectory(join(root, prefix))) {
      const path = `${prefix}${entry.name}`
      const file = join(root, path)
      if (tree.length >= files) throw invalid(`files at ${at}: ${root} holds more than ${files} files`)
      if (path.split('/').length > FILE_LIMITS.depth) throw invalid(`files at ${at}: ${file} lies too deep`)
      if (entry.isDirectory()) {
        tree.push({ type: 'directory', path })
        ahead.push(`${path}/`)
      } else if (entry.isFile()) {
        const content = await readBounded(file, left)
        if (content === null) throw invalid(`files at ${at}: ${root} holds more than ${formatBytes(bytes)}`)
        left -= content.length
        tree.push({ type: 'file', path, bytes: content })
      } else throw invalid(`files at ${at}: ${file} is neither a file nor a directory`)
    }
  }
  return tree
}

/** Reads a file, null if it has more bytes: no more than the quota is ever held. What has become a link or a FIFO is not read. */
async function readBounded(file: string, bytes: number): Promise<Uint8Array | null> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const found = await handle.stat()
    if (!found.isFile()) throw invalid(`${file} is neither a file nor a directory`)
    if (found.size > bytes) return null
    const content = Buffer.alloc(found.size)
    const { bytesRead } = await handle.read(content, 0, content.length, 0)
    return new Uint8Array(content.subarray(0, bytesRead))
  } catch (cause) {
    if (cause instanceof CaxtonError) throw cause
    throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `${file} cannot be read`, cause })
  }
}

/** In the order of their names, so that a copy is the same everywhere. */
async function listDirectory(directory: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch (cause) {
    throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `${directory} cannot be read`, cause })
  }
}

function invalid(detail: string): CaxtonError {
  return new CaxtonError('ERR_CONFIG_INVALID', { detail })
}
