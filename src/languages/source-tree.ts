import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, posix, relative, resolve } from 'node:path'
import { CaxtonError } from '../core/index.ts'
import type { Reference } from './language.ts'

/** Bounds of what one build reads. */
const SOURCE_LIMITS = Object.freeze({ files: 256, fileBytes: 8 * 2 ** 20, totalBytes: 32 * 2 ** 20 })

/** A source and every local file it names, directly or not. */
export interface SourceTree {
  /** Directory of the main source as the user wrote it: `agents` of `agents/bidder.c`. */
  readonly shownDirectory: string
  readonly main: string
  /** Bytes by path relative to the directory of the main source, with `/`. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/**
 * Reads a source and the local files it names.
 *
 * Guarantees: no file outside the directory of the source is read, neither by `..` nor by a symbolic link; counts and sizes
 * are bounded before anything is read. A named file that does not exist is left out: the compiler says so better.
 *
 * @param findReferences lists the local files that a source names; `file` is relative to the directory of the main source
 * @throws CaxtonError ERR_CONFIG_FILE_MISSING for the source itself, ERR_LANGUAGE_BUILD_FAILED for a file outside
 */
export async function readSourceTree(
  path: string,
  findReferences: (text: string, file: string) => readonly Reference[],
): Promise<SourceTree> {
  const shownDirectory = dirname(path)
  const root = await realpath(resolve(shownDirectory)).catch(() => resolve(shownDirectory))
  const main = basename(path)
  const files = new Map<string, Uint8Array>([[main, await readSource(path)]])
  let totalBytes = files.get(main)!.length
  for (const [file, bytes] of files) {
    for (const { named, paths, line } of findReferences(new TextDecoder().decode(bytes), file)) {
      const place = { file: join(shownDirectory, file), line }
      for (const path of paths) {
        const found = resolveReference(file, path)
        if (files.has(found)) break
        if (isOutside(found) || isAbsolute(path)) throw outside(named, place)
        const content = await readInside(root, found, place)
        if (content === undefined) continue
        totalBytes += content.length
        if (files.size >= SOURCE_LIMITS.files || totalBytes > SOURCE_LIMITS.totalBytes) throw tooLarge(place)
        files.set(found, content)
        break
      }
    }
  }
  return { shownDirectory, main, files }
}

/** Returns where a path leads that stands in a file of a tree; both are relative to the directory of the main source. */
export function resolveReference(file: string, path: string): string {
  return posix.normalize(posix.join(posix.dirname(file), path))
}

/** Reads the file of a source. @throws CaxtonError ERR_CONFIG_FILE_MISSING, ERR_LANGUAGE_BUILD_FAILED when it is too large */
export async function readSource(path: string, maxBytes: number = SOURCE_LIMITS.fileBytes): Promise<Uint8Array> {
  const bytes = await readBounded(path, maxBytes, { file: path })
  if (bytes !== undefined) return bytes
  throw new CaxtonError('ERR_CONFIG_FILE_MISSING', { detail: path, data: { file: path } })
}

interface Place {
  readonly file: string
  readonly line?: number
}

async function readInside(root: string, file: string, place: Place): Promise<Uint8Array | undefined> {
  const real = await realpath(join(root, file)).catch(() => undefined)
  if (real === undefined) return undefined
  if (isOutside(relative(root, real))) throw outside(file, place)
  return readBounded(real, SOURCE_LIMITS.fileBytes, place)
}

async function readBounded(path: string, maxBytes: number, place: Place): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || !found.isFile()) return undefined
  if (found.size > maxBytes) throw tooLarge(place)
  return readFile(path).catch(() => undefined)
}

function isOutside(path: string): boolean {
  return path === '..' || path.startsWith('../') || isAbsolute(path)
}

function outside(named: string, place: Place): CaxtonError {
  return new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', {
    detail: `${formatPlace(place)}: ${JSON.stringify(named)} lies outside the directory of the source`,
    data: { ...place },
  })
}

function tooLarge(place: Place): CaxtonError {
  const { files, fileBytes, totalBytes } = SOURCE_LIMITS
  return new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', {
    detail: `${formatPlace(place)}: a build reads at most ${files} files, ${fileBytes} bytes each and ${totalBytes} together`,
    data: { ...place },
  })
}

function formatPlace({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`
}
