import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, posix, resolve } from 'node:path'
import { CaxtonError } from '../../core/index.ts'
import type { MemoryTree } from './memory-tree.ts'
import { isTreePath } from './tree-parts.ts'

/**
 * Writes files that were copied from an agent into a folder that is empty or not there.
 *
 * Guarantees: nothing outside of the folder is written. Links are made last, and only those that lead somewhere in it: what an
 * agent has made must deceive nobody who looks at it later.
 *
 * @returns paths of links that were left out
 * @throws CaxtonError ERR_CONFIG_INVALID for a folder that holds something, or cannot be written
 */
export async function saveTree(tree: MemoryTree, folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true })
    if ((await readdir(folder)).length > 0) throw invalid(`${resolve(folder)} is not empty`)
    return await saveEntries(tree, folder)
  } catch (cause) {
    if (cause instanceof CaxtonError) throw cause
    throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `${resolve(folder)} cannot be written`, cause })
  }
}

async function saveEntries(tree: MemoryTree, folder: string): Promise<readonly string[]> {
  const left: string[] = []
  for (const entry of tree) {
    if (!isTreePath(entry.path)) throw invalid(`${JSON.stringify(entry.path)} is no path of a file`)
    if (entry.type === 'directory') await mkdir(join(folder, entry.path), { recursive: true })
    else if (entry.type === 'file') {
      await mkdir(join(folder, dirname(entry.path)), { recursive: true })
      await writeFile(join(folder, entry.path), entry.bytes, { flag: 'wx' })
    }
  }
  for (const entry of tree) {
    if (entry.type !== 'link') continue
    if (leadsInside(entry.path, entry.target)) await symlink(entry.target, join(folder, entry.path))
    else left.push(entry.path)
  }
  return left
}

function leadsInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false
  const end = posix.normalize(posix.join(posix.dirname(path), target))
  return end !== '..' && !end.startsWith('../')
}

function invalid(detail: string): CaxtonError {
  return new CaxtonError('ERR_CONFIG_INVALID', { detail })
}
