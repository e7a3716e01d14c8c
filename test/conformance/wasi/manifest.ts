import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** One case of the suite: a module, and what its run is given and must show. */
export interface WasiCase {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The directory that is seen at `/`, null for none. */
  readonly root: string | null
  readonly exitCode: number
  /** What must be written, undefined where nothing is said. */
  readonly stdout: string | undefined
  readonly stderr: string | undefined
}

/** A module of preview 1 is a core module: its version is 1, and a component's is not. */
const CORE_MODULE = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)

/**
 * Finds every module below a folder with the manifest beside it, as `doc/specification.md` of the suite says. Components are
 * left out.
 */
export function readCases(folder: string): WasiCase[] {
  return globSync('**/*.wasm', { cwd: folder })
    .sort()
    .map((name) => join(folder, name))
    .filter((file) => CORE_MODULE.every((byte, index) => readFileSync(file)[index] === byte))
    .map((file) => readCase(folder, file))
}

function readCase(folder: string, file: string): WasiCase {
  const manifestFile = file.replace(/\.wasm$/, '.json')
  const written: unknown = existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, 'utf8')) : {}
  const manifest = runOperation(written)
  const root = manifest['root']
  return {
    name: relative(folder, file).replace(/\.wasm$/, ''),
    file,
    args: (manifest['args'] ?? []) as readonly string[],
    env: (manifest['env'] ?? {}) as Readonly<Record<string, string>>,
    root: typeof root === 'string' ? join(dirname(file), root) : null,
    exitCode: Number(manifest['exit_code'] ?? 0),
    stdout: manifest['stdout'] as string | undefined,
    stderr: manifest['stderr'] as string | undefined,
  }
}

/** A manifest is either one table of everything, or a list of operations with one that runs and one that waits. */
function runOperation(written: unknown): Readonly<Record<string, unknown>> {
  const manifest = Object(written) as Readonly<Record<string, unknown>>
  const operations = manifest['operations']
  if (!Array.isArray(operations)) return manifest
  return Object.assign({}, ...operations.map((operation: object) => ({ ...operation })))
}
