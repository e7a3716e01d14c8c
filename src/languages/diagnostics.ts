import { join } from 'node:path'
import { CaxtonError } from '../core/index.ts'
import type { SourceTree } from './source-tree.ts'

/** Most characters of a compiler's message that are kept. */
const MESSAGE_CHARS = 16_384

/**
 * Makes the error of a source that does not compile: the compiler's own message, with paths as the user wrote them.
 *
 * @param location finds the places in the message, groups `file` and `line`
 */
export function toBuildError(message: string, tree: SourceTree, location: RegExp): CaxtonError {
  let first: { file: string; line: number } | undefined
  const shown = message.slice(0, MESSAGE_CHARS).replace(location, (whole: string, ...rest: unknown[]) => {
    const { file, line } = rest.at(-1) as { file: string; line: string }
    const name = file.replace(/^\.\//, '')
    if (!tree.files.has(name)) return whole
    const path = join(tree.shownDirectory, name)
    first ??= { file: path, line: Number(line) }
    return whole.replace(file, path)
  })
  return new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', {
    detail: shown.trimEnd(),
    data: first ?? { file: join(tree.shownDirectory, tree.main) },
  })
}
