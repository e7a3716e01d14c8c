import type { DoorName } from '../core/index.ts'

/** An npm package that holds a compiler or an interpreter. */
export interface Tool {
  readonly package: string
  /** File inside the package that is loaded. */
  readonly file: string
  /** What people call it. */
  readonly word: string
}

interface LanguageBase {
  readonly name: string
  /** Endings of source files; the longest ending that fits a file wins. */
  readonly extensions: readonly string[]
  readonly tool: Tool
  readonly door: DoorName
}

/** A language whose compiler makes a module out of sources. */
export interface CompiledLanguage extends LanguageBase {
  readonly kind: 'compiled'
  readonly flags: readonly string[]
  /** Directory below `sdk/` whose files the compiler can reach by plain names. */
  readonly sdk: string
  /** Lists the local files that a source names, with the 1-based line of each. */
  findReferences(text: string): readonly Reference[]
  /** Finds places in the compiler's messages: groups `before`, `file`, `line`, and `error` where an error is. */
  readonly location: RegExp
}

/** A language whose interpreter is the module, and whose source is data for it. */
export interface InterpretedLanguage extends LanguageBase {
  readonly kind: 'interpreted'
  /** Makes JavaScript of a source; what stands in a line stays there. @throws CaxtonError ERR_LANGUAGE_BUILD_FAILED */
  toJavaScript(text: string, file: string): string
}

export type Language = CompiledLanguage | InterpretedLanguage

/** A local file that a source names: paths that are tried in turn, relative to the directory of that source. */
export interface Reference {
  /** What the source says. */
  readonly named: string
  readonly paths: readonly string[]
  readonly line: number
}

/** Lists what a pattern with a group `path` finds, with lines. */
export function findPaths(text: string, pattern: RegExp, toPaths: (path: string) => readonly string[]): Reference[] {
  const references: Reference[] = []
  let line = 1
  let seen = 0
  for (const match of text.matchAll(pattern)) {
    for (; seen < match.index; seen += 1) if (text.charCodeAt(seen) === 10) line += 1
    const path = match.groups?.['path']
    if (path !== undefined) references.push({ named: path, paths: toPaths(path), line })
  }
  return references
}
