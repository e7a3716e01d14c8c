import type { CompiledLanguage } from '../language.ts'
import { findPaths } from '../language.ts'

/**
 * `incremental` collects garbage between calls; `minimal` never does. `--debug` keeps the names of functions, for whoever
 * reads of a trap, and changes no code. Endings: `.as.ts`, because `.ts` alone is TypeScript.
 */
const FLAGS = ['--runtime', 'incremental', '-O3', '--debug', '--enable', 'simd', '--noColors'] as const

export const ASSEMBLYSCRIPT: CompiledLanguage = {
  kind: 'compiled',
  name: 'assemblyscript',
  extensions: ['.as.ts', '.as'],
  tool: { package: 'assemblyscript', file: 'dist/asc.js', word: 'asc' },
  door: 'caxton',
  sdk: 'assemblyscript',
  flags: FLAGS,
  findReferences: (text) =>
    findPaths(text, /\b(?:from|import)\s*(?<quote>["'])(?<path>\.[^"'\n]*)\k<quote>/g, (path) => [
      `${path}.ts`,
      `${path}/index.ts`,
    ]),
  location: /(?<before>\bin )(?<file>[^\s(]+)\((?<line>\d+)(?<error>),/g,
}
