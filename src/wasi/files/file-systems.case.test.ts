import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Mount } from '../index.ts'

/** Files that are there when a test begins, by their paths; a path that ends with a slash is a directory. */
export type Seed = Readonly<Record<string, string>>

/** A file system under test: the same cases run on each. */
export interface FileSystemCase {
  readonly name: 'memory' | 'host'
  /** Says why it cannot be tested here, false if it can. */
  readonly skip: string | false
  mount(seed?: Seed, quota?: { readonly bytes?: number; readonly files?: number }): Mount
}

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Makes a folder of the host with files in it, which is removed after the tests. */
export function createFolder(seed: Seed = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-files-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(seed)) {
    if (path.endsWith('/')) mkdirSync(join(folder, path), { recursive: true })
    else {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  return folder
}

export const HOST_SKIP = process.platform === 'linux' ? false : 'directories of the host are offered on Linux alone'

export const FILE_SYSTEMS: readonly FileSystemCase[] = [
  {
    name: 'memory',
    skip: false,
    mount: (seed = {}, { bytes = 2 ** 20, files = 1_000 } = {}) => ({
      kind: 'memory',
      at: '/',
      bytes,
      files,
      tree: Object.entries(seed).map(([path, text]) =>
        path.endsWith('/')
          ? { type: 'directory', path: path.slice(0, -1) }
          : { type: 'file', path, bytes: Buffer.from(text) },
      ),
    }),
  },
  {
    name: 'host',
    skip: HOST_SKIP,
    mount: (seed = {}, { bytes = 2 ** 20, files = 1_000 } = {}) => ({
      kind: 'host',
      at: '/',
      path: createFolder(seed),
      access: 'rw',
      bytes,
      files,
    }),
  },
]
