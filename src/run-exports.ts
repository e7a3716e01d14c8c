import { readdir } from 'node:fs/promises'
import type { ErrorData } from './core/index.ts'
import { asCaxtonError, CaxtonError } from './core/index.ts'
import type { Caxton } from './runtime.ts'
import type { System } from './system/index.ts'
import { saveTree } from './wasi/index.ts'

/** Files in memory that are written into a folder when a run has ended, before its agents are stopped. */
export interface RunExport {
  readonly agent: string
  /** The place of the files, as in the grant. */
  readonly at: string
  /** A folder that is empty or not there. */
  readonly folder: string
}

/** What became of an export. */
export interface RunExported extends RunExport {
  /** Files, directories and links that were written. */
  readonly entries: number
  /** Links that were left out because they lead elsewhere. */
  readonly leftOut: readonly string[]
  /** Why nothing was written, null if it was. */
  readonly error: ErrorData | null
}

/**
 * Looks whether files can be exported before anything starts: a run is not made twice for a folder that is not empty.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export async function checkExports(system: System, exports: readonly RunExport[]): Promise<void> {
  const found = await Promise.all(exports.map((entry) => problemOf(system, entry)))
  const problems = found.filter((problem) => problem !== null)
  if (problems.length === 0) return
  throw new CaxtonError('ERR_CONFIG_INVALID', { detail: problems.join('\n'), data: { problems } })
}

/** Writes the files. What cannot be written is told, and keeps nothing else from being written. */
export async function saveExports(caxton: Caxton, exports: readonly RunExport[]): Promise<readonly RunExported[]> {
  const saved: RunExported[] = []
  for (const entry of exports) {
    try {
      const tree = await caxton.exportFiles(entry.agent, entry.at)
      const leftOut = await saveTree(tree, entry.folder)
      saved.push({ ...entry, entries: tree.length - leftOut.length, leftOut, error: null })
    } catch (cause) {
      saved.push({ ...entry, entries: 0, leftOut: [], error: asCaxtonError(cause).toData() })
    }
  }
  return saved
}

async function problemOf(system: System, { agent, at, folder }: RunExport): Promise<string | null> {
  const found = system.agents.find(({ name }) => name === agent)
  if (found === undefined) return `export of ${agent}:${at}: no agent has that name`
  const places = found.grants.files.filter(({ kind }) => kind === 'memory').map((grant) => grant.at)
  if (!places.includes(at)) {
    const known = places.length === 0 ? 'none' : places.join(', ')
    return `export of ${agent}:${at}: the agent has no files in memory there, but at: ${known}`
  }
  const held = await readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : null))
  if (held === null) return `export of ${agent}:${at}: ${folder} is no folder that can be read`
  return held.length === 0 ? null : `export of ${agent}:${at}: ${folder} is not empty`
}
