import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Guest } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import { DiskCache } from '../disk/index.ts'
import { DEFAULT_CACHE_BYTES, defaultCacheDirectory, hashInputs } from './build-cache.ts'
import { compileInProcess } from './build-process.ts'
import { toBuildError } from './diagnostics.ts'
import { readScript } from './javascript/script.ts'
import type { CompiledLanguage, InterpretedLanguage } from './language.ts'
import { MODULE_EXTENSION, MODULE_LANGUAGE, readGuest } from './module/module.ts'
import { SingleFlight } from './single-flight.ts'
import { readSourceTree } from './source-tree.ts'
import { findLanguage } from './table.ts'
import { findTool } from './tool.ts'

export interface BuildOptions {
  /** Name of a language, such as `assemblyscript`, or `wasm` for a ready module; the ending of the file decides when it is not given. */
  readonly language?: string
  /** Where builds are kept. @default `defaultCacheDirectory()` */
  readonly cacheDirectory?: string
  /** Bytes of builds that are kept there; the least recently used go first, 0 keeps none. @default 256 MiB */
  readonly cacheBytes?: number
  /** Takes a line for people when a build takes longer than half a second; of several who wait for one build, the first is told. */
  readonly onProgress?: (line: string) => void
  readonly signal?: AbortSignal
}

const PROGRESS_AFTER_MS = 500
const SDK_ROOT = join(import.meta.dirname, '..', '..', 'sdk')
const flights = new SingleFlight<Uint8Array>()

/**
 * Makes a guest of a source file, or of a ready `.wasm` module.
 *
 * Guarantees: a source is compiled once per content of the file, of every local file it names, of the compiler, its flags and
 * the SDK; the compiler runs in a process that can read nothing but itself, and sees no file outside the source's directory.
 * Cost: a cached build reads and hashes its sources; the first one of a compiler takes 1 to 3 s, the next ones 0.2 to 0.7 s.
 *
 * @throws CaxtonError ERR_CONFIG_FILE_MISSING, ERR_LANGUAGE_UNKNOWN, ERR_LANGUAGE_TOOL_MISSING (`data.command` installs it),
 * ERR_LANGUAGE_BUILD_FAILED (`data.file`, `data.line`), ERR_MODULE_DOOR_UNKNOWN
 */
export async function buildSource(path: string, options: BuildOptions = {}): Promise<Guest> {
  const isModule =
    options.language === MODULE_LANGUAGE || (options.language === undefined && path.endsWith(MODULE_EXTENSION))
  if (isModule) return readGuest(path)
  const language = findLanguage(path, options.language)
  return language.kind === 'compiled' ? compileSource(path, language, options) : wrapSource(path, language)
}

async function wrapSource(path: string, language: InterpretedLanguage): Promise<Guest> {
  const script = await readScript(path, language)
  const tool = await findTool(language.tool, dirname(path))
  const bytes = new Uint8Array(await readFile(tool.path))
  return { bytes, door: language.door, script, origin: basename(path) }
}

async function compileSource(path: string, language: CompiledLanguage, options: BuildOptions): Promise<Guest> {
  const tree = await readSourceTree(path, language.findReferences)
  const tool = await findTool(language.tool, dirname(path))
  const sdk = await readSdk(language.sdk)
  const directory = options.cacheDirectory ?? defaultCacheDirectory()
  const key = hashInputs({ language: language.name, toolVersion: tool.version, flags: language.flags, tree, sdk })
  const cache = new DiskCache(directory, { maxBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES })
  const line = `building ${shortenPath(path)} with ${language.tool.word} (first time only) …`
  const compile = async (signal: AbortSignal) => {
    const inputs = { language: language.name, main: tree.main, files: Object.fromEntries(tree.files), sdk }
    const result = await withProgress(line, options.onProgress, (onBegin) =>
      compileInProcess(tool, { ...inputs, flags: language.flags }, signal, onBegin),
    )
    if (result.kind === 'refused') throw toBuildError(result.message, tree, language.location)
    await cache.write(key, result.bytes)
    return result.bytes
  }
  const bytes = (await cache.read(key)) ?? (await flights.run(join(directory, key), options.signal, compile))
  return { bytes, door: language.door, script: null, origin: basename(path) }
}

/** Reads the SDK files of a language, in the order of their names. @throws CaxtonError ERR_INTERNAL when they are not there */
async function readSdk(language: string): Promise<Record<string, Uint8Array>> {
  const directory = join(SDK_ROOT, language)
  try {
    const names = (await readdir(directory)).filter((name) => /\.(?:h|ts)$/.test(name)).sort()
    const files = names.map(async (name) => [name, new Uint8Array(await readFile(join(directory, name)))] as const)
    return Object.fromEntries(await Promise.all(files))
  } catch (cause) {
    throw new CaxtonError('ERR_INTERNAL', { detail: `the SDK is not at ${directory}`, cause })
  }
}

/** Tells what is being built, if it takes long from when its turn has come. */
async function withProgress<Result>(
  line: string,
  onProgress: ((line: string) => void) | undefined,
  work: (onBegin: () => void) => Promise<Result>,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await work(() => {
      timer = setTimeout(() => onProgress?.(line), PROGRESS_AFTER_MS)
    })
  } finally {
    clearTimeout(timer)
  }
}

/** Returns a path below the working directory without it. */
function shortenPath(path: string): string {
  const short = relative(process.cwd(), resolve(path))
  return short.startsWith('..') ? path : short
}
