import { access, constants, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CaxtonError, formatBytes, LIMITS } from '../core/index.ts'
import type { Problem } from './problems.ts'
import { show } from './problems.ts'
import { listAt, tableAt } from './references.ts'
import { isTable } from './tables.ts'
import type { Path, TomlTable } from './toml.ts'

/** A system file is written by hand; a larger one is a mistake. */
const MAX_FILE_BYTES = 2 ** 20
/** No message can be larger, so no larger text can be sent. */
const MAX_TEXT_BYTES = LIMITS.messageBytes.max

/** A file that a system file names. */
interface NamedFile {
  /** Where it is named; null for the input that the caller gives instead of the file's own. */
  readonly path: Path | null
  readonly file: string
  /** A text is sent, so that it is read while validating. */
  readonly kind: 'file' | 'text' | 'directory'
}

/** What the files that a system file names hold, and what is wrong with them. */
export interface NamedFiles {
  readonly problems: readonly Problem[]
  /** Problem with the input that the caller gave, null if there is none. */
  readonly inputProblem: string | null
  /** Text by absolute path, for files whose text is sent. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Reads the text of a system file. A folder stands for the `caxton.toml` in it.
 *
 * @returns the text and the path under which it was found
 * @throws CaxtonError ERR_CONFIG_FILE_MISSING, ERR_CONFIG_INVALID for more than 1 MiB, ERR_CONFIG_SYNTAX for bytes that are not UTF-8
 */
export async function readSystemFile(path: string): Promise<{ file: string; text: string }> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const file = isFolder ? join(path, 'caxton.toml') : path
  const problem = await fileProblem(file)
  if (problem !== null) {
    const detail = `${show(file)} ${problem}; give the path of a system file or of a folder with a caxton.toml`
    throw new CaxtonError('ERR_CONFIG_FILE_MISSING', { detail, data: { file } })
  }
  const { size } = await stat(file)
  if (size > MAX_FILE_BYTES) {
    const text = `${file}:1: has ${formatBytes(size)}, expected at most ${formatBytes(MAX_FILE_BYTES)}`
    throw new CaxtonError('ERR_CONFIG_INVALID', { detail: text, data: { problems: [text] } })
  }
  const text = decode(await readFile(file))
  if (text !== null) return { file, text }
  throw new CaxtonError('ERR_CONFIG_SYNTAX', { detail: `${file}:1: is not UTF-8 text`, data: { file, line: 1 } })
}

/** Looks at every file that the document names and reads those whose text is sent. */
export async function readNamedFiles(
  document: TomlTable,
  folder: string,
  input: string | undefined,
): Promise<NamedFiles> {
  const problems: Problem[] = []
  const texts = new Map<string, string>()
  let inputProblem: string | null = null
  for (const { path, file, kind } of listNamedFiles(document, folder, input)) {
    const found = kind === 'text' ? await readText(file) : { problem: await fileProblem(file, kind), text: null }
    if (found.text !== null) texts.set(file, found.text)
    if (found.problem === null) continue
    const text = `is ${show(file)}, which ${found.problem}`
    if (path === null) inputProblem = text
    else problems.push({ path, text })
  }
  return { problems, inputProblem, texts }
}

function listNamedFiles(document: TomlTable, folder: string, input: string | undefined): NamedFile[] {
  const files: NamedFile[] = []
  const add = (table: unknown, key: string, base: Path, kind: NamedFile['kind']) => {
    const file = isTable(table) ? table[key] : undefined
    if (typeof file === 'string' && file !== '') files.push({ path: [...base, key], file: resolve(folder, file), kind })
  }
  const programs = ['agents', 'templates'].flatMap((group) =>
    Object.entries(tableAt(document, group)).map(([name, agent]) => ({ path: [group, name], agent })),
  )
  for (const { path, agent } of programs) {
    add(agent, 'source', path, 'file')
    add(agent, 'module', path, 'file')
    const grants = isTable(agent) ? tableAt(agent, 'grants') : {}
    listAt(grants, 'files').forEach((entry, index) => {
      const base = [...path, 'grants', 'files', index]
      add(entry, 'host', base, 'directory')
      add(entry, 'preload', base, 'directory')
    })
  }
  listAt(document, 'send').forEach((entry, index) => {
    add(entry, 'content_file', ['send', index], 'text')
  })
  if (input !== undefined) files.push({ path: null, file: resolve(input), kind: 'text' })
  else add(document['input'], 'file', ['input'], 'text')
  return files
}

/** Says why a path is not a file or directory that can be read, null if it is. */
async function fileProblem(path: string, kind: NamedFile['kind'] = 'file'): Promise<string | null> {
  try {
    const found = await stat(path)
    if (kind === 'directory') {
      if (!found.isDirectory()) return 'is not a directory'
    } else if (!found.isFile()) return 'is not a file'
    await access(path, constants.R_OK)
    return null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${String(code)})`
  }
}

async function readText(path: string): Promise<{ problem: string | null; text: string | null }> {
  const problem = await fileProblem(path)
  if (problem !== null) return { problem, text: null }
  const { size } = await stat(path)
  if (size > MAX_TEXT_BYTES) {
    return { problem: `has ${formatBytes(size)}, expected at most ${formatBytes(MAX_TEXT_BYTES)}`, text: null }
  }
  const text = decode(await readFile(path))
  return text === null ? { problem: 'is not UTF-8 text', text } : { problem: null, text }
}

/** Returns bytes as text, null if they are not UTF-8. A byte order mark is dropped. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
