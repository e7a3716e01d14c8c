import { z } from 'zod'
import type { FilesGrant, FilesPreload } from '../capability/index.ts'
import { FILE_LIMITS, formatBytes, parseBytes, parseCount } from '../core/index.ts'
import { field, Mismatch, table, text, word } from './field.ts'
import type { Isolation } from './isolation.ts'
import type { Problem } from './problems.ts'
import { mismatch, show } from './problems.ts'

/** Files at a place as a user writes them: exactly one of `host` and `memory` is given. */
export interface FilesInput {
  /** Where the agent sees them: an absolute path. */
  readonly at: string
  /** A directory of the host. */
  readonly host?: string
  /** Of a directory of the host. @default ro */
  readonly access?: 'ro' | 'rw'
  /** Size of all files in memory together: `"16MiB"`. */
  readonly memory?: string | number
  /** What is in memory when the agent starts: a directory that is copied, or texts by their paths. @default nothing */
  readonly preload?: string | Readonly<Record<string, string>>
  /** Bytes by which a directory of the host may grow while the agent lives. @default 1GiB */
  readonly bytes?: string | number
  /** Files in memory together, or made in a directory of the host while the agent lives. @default 10000 */
  readonly files?: number
}

/** Says what is wrong with a path of the sandbox, null if nothing is. */
export function guestPathProblem(path: string): string | null {
  if (path === '/') return null
  if (!path.startsWith('/')) return `is ${show(path)}, expected an absolute path such as "/data"`
  return relativePathProblem(path.slice(1))
}

/** Says what is wrong with a path below a place, null if nothing is. */
export function relativePathProblem(path: string): string | null {
  const components = path.split('/')
  const isPlain = components.every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0'))
  if (!isPlain) return `is ${show(path)}, expected names joined by single "/", none of them "." or ".."`
  if (components.some((name) => Buffer.byteLength(name) > FILE_LIMITS.nameBytes)) {
    return `is ${show(path)}, expected names of at most ${FILE_LIMITS.nameBytes} bytes`
  }
  return components.length <= FILE_LIMITS.depth ? null : `is ${show(path)}, expected at most ${FILE_LIMITS.depth} names`
}

/** A size in the range of a limit. */
function size(range: { readonly min: number; readonly max: number }) {
  return field((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') {
      return new Mismatch(mismatch(value, 'a size such as "16MiB"'))
    }
    const bytes = parseBytes(value)
    if (bytes >= range.min && bytes <= range.max) return bytes
    return new Mismatch(`is ${show(value)}, expected between ${formatBytes(range.min)} and ${formatBytes(range.max)}`)
  })
}

const count = field((value) => {
  if (typeof value !== 'string' && typeof value !== 'number')
    return new Mismatch(mismatch(value, 'a count such as 1000'))
  const files = parseCount(value)
  if (files >= FILE_LIMITS.files.min && files <= FILE_LIMITS.files.max) return files
  return new Mismatch(`is ${show(value)}, expected at most ${FILE_LIMITS.files.max}`)
})

function readPreload(value: unknown): FilesPreload | Mismatch {
  if (typeof value === 'string' && value !== '') return { kind: 'directory', path: value }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    return new Mismatch(mismatch(value, 'the path of a directory, or a table of texts by their paths'))
  }
  const texts: Record<string, string> = Object.create(null)
  for (const [path, content] of Object.entries(value)) {
    const problem = relativePathProblem(path)
    if (problem !== null) return new Mismatch(`has a path that ${problem}`)
    if (typeof content !== 'string') return new Mismatch(`has ${show(content)} under ${show(path)}, expected a string`)
    texts[path] = content
  }
  return { kind: 'texts', texts }
}

const guestPath = field((value) => {
  if (typeof value !== 'string') return new Mismatch(mismatch(value, 'an absolute path such as "/data"'))
  const problem = guestPathProblem(value)
  return problem === null ? value : new Mismatch(problem)
})

const entry = table({
  at: guestPath,
  host: text('the path of a directory').optional(),
  access: word(['ro', 'rw']).optional(),
  memory: size(FILE_LIMITS.memoryBytes).optional(),
  preload: field(readPreload).optional(),
  bytes: size(FILE_LIMITS.hostBytes).optional(),
  files: count.optional(),
}).transform((written, context): FilesGrant => {
  const { at, host, access, memory, preload, bytes, files = FILE_LIMITS.files.default } = written
  const refuse = (message: string, path: PropertyKey[] = []) => {
    context.addIssue({ code: 'custom', message, path })
    return z.NEVER
  }
  if ((host === undefined) === (memory === undefined))
    return refuse('has no files, expected exactly one of host and memory')
  if (host !== undefined) {
    if (preload !== undefined) return refuse('is for files in memory, expected none with host', ['preload'])
    return {
      kind: 'host',
      at,
      path: host,
      access: access ?? 'ro',
      bytes: bytes ?? FILE_LIMITS.hostBytes.default,
      files,
    }
  }
  if (access !== undefined) return refuse('is for directories of the host, expected none with memory', ['access'])
  if (bytes !== undefined) return refuse('is for directories of the host, expected the size in memory', ['bytes'])
  return { kind: 'memory', at, bytes: memory ?? 0, files, preload: preload ?? null }
})

/** Schema of the grant `files`. */
export const filesGrantSchema = z
  .array(entry, {
    error: (issue) => mismatch(issue.input, 'an array of tables such as { at = "/tmp", memory = "16MiB" }'),
  })
  .max(FILE_LIMITS.grants, { error: `has too many places, expected at most ${FILE_LIMITS.grants}` })
  .refine((entries) => new Set(entries.map(({ at }) => at)).size === entries.length, {
    error: 'has two entries at the same place',
  })

/** Says why an agent cannot be given its files where it runs, for each of them that it cannot have. */
export function findIsolationProblems(grants: readonly FilesGrant[], isolation: Isolation): Problem[] {
  if (isolation.kind !== 'process') return []
  return grants.flatMap(({ kind }, index) => {
    if (kind !== 'host') return []
    const text =
      'is a directory of the host, which an agent with a process of its own cannot reach; expected memory with preload'
    return [{ path: ['grants', 'files', index], text }]
  })
}

/** Puts the paths of the host in a grant relative to a folder. */
export function resolveFilesGrant(grant: FilesGrant, resolve: (path: string) => string): FilesGrant {
  if (grant.kind === 'host') return { ...grant, path: resolve(grant.path) }
  const { preload } = grant
  if (preload?.kind !== 'directory') return grant
  return { ...grant, preload: { ...preload, path: resolve(preload.path) } }
}
