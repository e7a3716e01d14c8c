import { basename, dirname, join } from 'node:path'
import type { Script, ScriptModule } from '../../core/index.ts'
import type { InterpretedLanguage, Reference } from '../language.ts'
import { findPaths } from '../language.ts'
import { readSourceTree, resolveReference } from '../source-tree.ts'
import { JAVASCRIPT, TYPESCRIPT } from './javascript.ts'

const SPECIFIER = /\b(?:from|import)(?:\s*\(\s*|\s*)(?<quote>["'])(?<path>\.{1,2}\/[^"'\n]*)\k<quote>(?!\s*\+)/g
/** Lines that are nothing but a comment: what they speak of is not imported. */
const COMMENT_LINE = /^[ \t]*(?:\/\/|\*|\/\*(?!.*\*\/)).*$/gm
const SCRIPT_EXTENSION = /\.m?[jt]s$/

/**
 * Reads a script and the local modules that it imports by relative paths, directly or not.
 *
 * Guarantees: those of `readSourceTree`; every line and column is where it is in its source.
 *
 * @throws CaxtonError ERR_CONFIG_FILE_MISSING, ERR_LANGUAGE_BUILD_FAILED
 */
export async function readScript(path: string, language: InterpretedLanguage): Promise<Script> {
  const main = basename(path)
  const toJavaScript = (text: string, file: string) => {
    const { toJavaScript } = file === main ? language : /\.m?ts$/.test(file) ? TYPESCRIPT : JAVASCRIPT
    return toJavaScript(text, join(dirname(path), file))
  }
  const tree = await readSourceTree(path, (text, file) => findImports(toJavaScript(text, file)))
  const modules = new Map<string, ScriptModule>()
  for (const [file, bytes] of tree.files) {
    const text = toJavaScript(new TextDecoder().decode(bytes), file)
    const imports = new Map<string, string>()
    for (const { named, paths } of findImports(text)) {
      const found = paths.map((path) => resolveReference(file, path)).find((path) => tree.files.has(path))
      if (found !== undefined) imports.set(named, found)
    }
    modules.set(file, { text, imports })
  }
  return { main, modules }
}

function findImports(text: string): readonly Reference[] {
  return findPaths(text.replace(COMMENT_LINE, ''), SPECIFIER, toPaths)
}

/** An ending may be left out, and `.js` may stand for what `.ts` becomes. */
function toPaths(specifier: string): readonly string[] {
  if (!SCRIPT_EXTENSION.test(specifier)) return [`${specifier}.ts`, `${specifier}.js`]
  return specifier.endsWith('js') ? [specifier, specifier.replace(/js$/, 'ts')] : [specifier]
}
