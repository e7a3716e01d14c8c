import { join } from 'node:path'
import { CaxtonError } from '../core/index.ts'
import type { SourceTree } from './source-tree.ts'

/** Most characters of a compiler's message that are kept. */
const MESSAGE_CHARS = 16_384

/**
 * Makes the error of a source that does not compile: the compiler's own message, with paths as the user wrote them.
 *
 * @param location as `CompiledLanguage.location`
 */
export function toBuildError(message: string, tree: SourceTree, location: RegExp): CaxtonError {
  let first: { file: string; line: number } | undefined
  const shown = message.slice(0, MESSAGE_CHARS).replace(location, (whole: string, ...rest: unknown[]) => {
    const { before = '', file = '', line, error } = rest.at(-1) as Readonly<Record<string, string | undefined>>
    const name = file.replace(/^\.\//, '')
    if (!tree.files.has(name)) return whole
    const path = join(tree.shownDirectory, name)
    if (error !== undefined) first ??= { file: path, line: Number(line) }
    return before + path + whole.slice(before.length + file.length)
  })
  return new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', {
    detail: shown.trimEnd(),
    data: first ?? { file: join(tree.shownDirectory, tree.main) },
  })
}
