import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { SourceTree } from './source-tree.ts'

/** Part of every key: a change of what an entry means makes old ones unreachable. */
const FORMAT = 'caxton-build-2'
/** Bytes of builds that are kept when nobody says how many: thousands of agents. */
export const DEFAULT_CACHE_BYTES = 256 * 2 ** 20

/** What a build depends on. */
export interface BuildInputs {
  readonly language: string
  readonly toolVersion: string
  readonly flags: readonly string[]
  readonly tree: SourceTree
  readonly sdk: Readonly<Record<string, Uint8Array>>
}

/** Returns where builds are kept when nobody says where: `$XDG_CACHE_HOME/caxton/build`, else `~/.cache/caxton/build`. */
export function defaultCacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'caxton', 'build')
}

/** Returns the name of a build: a hash of all it depends on. */
export function hashInputs({ language, toolVersion, flags, tree, sdk }: BuildInputs): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([FORMAT, language, toolVersion, flags, tree.main]))
  const files = [...tree.files].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, bytes] of [...files, ...Object.entries(sdk)]) {
    hash.update(JSON.stringify([name, bytes.length])).update(bytes)
  }
  return hash.digest('hex')
}
