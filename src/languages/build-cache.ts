import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { SourceTree } from './source-tree.ts'

/** Part of every key: a change of what an entry means makes old ones unreachable. */
const FORMAT = 'caxton-build-1'
const DIGEST_BYTES = 32

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

/** Reads a build; undefined when there is none, or when it is not as it was written. */
export async function readBuild(directory: string, key: string): Promise<Uint8Array | undefined> {
  const entry = await readFile(join(directory, key)).catch(() => undefined)
  if (entry === undefined || entry.length <= DIGEST_BYTES) return undefined
  const bytes = entry.subarray(DIGEST_BYTES)
  return digest(bytes).equals(entry.subarray(0, DIGEST_BYTES)) ? new Uint8Array(bytes) : undefined
}

/** Writes a build so that a reader sees all of it or nothing. A directory that cannot be written only costs the next build. */
export async function writeBuild(directory: string, key: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(directory, `${key}.${randomUUID()}`)
  try {
    await mkdir(directory, { recursive: true })
    await writeFile(temporary, Buffer.concat([digest(bytes), bytes]))
    await rename(temporary, join(directory, key))
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
