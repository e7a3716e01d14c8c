import type { CompiledLanguage, Tool } from '../language.ts'
import { findPaths } from '../language.ts'

const CLANG: Tool = { package: '@yowasp/clang', file: 'gen/bundle.js', word: 'clang' }

/**
 * A reactor, so that the module has no `main`. SIMD is in every V8 and is worth 15 % on numeric loops. The stack lies below
 * the data, so that an overflow traps and overwrites nothing.
 */
const FLAGS = [
  '-mexec-model=reactor',
  '-O2',
  '-msimd128',
  '-Wall',
  '-Wl,--stack-first',
  '-Wl,-z,stack-size=262144',
] as const

const shared = {
  kind: 'compiled',
  tool: CLANG,
  door: 'caxton',
  sdk: 'c',
  findReferences: (text: string) =>
    findPaths(text, /^[ \t]*#[ \t]*(?:include|embed)[ \t]*"(?<path>[^"\n]+)"/gm, (path) => [path]),
  location: /^(?<before>In file included from |)(?<file>[^:\n]+):(?<line>\d+)(?<error>:\d+: (?:fatal )?error)?/gm,
} as const

export const C: CompiledLanguage = { ...shared, name: 'c', extensions: ['.c'], flags: ['clang', ...FLAGS] }

/** C++ without exceptions: the sysroot has no unwinder. */
export const CPP: CompiledLanguage = {
  ...shared,
  name: 'cpp',
  extensions: ['.cpp', '.cc', '.cxx'],
  flags: ['clang++', '-fno-exceptions', ...FLAGS],
}
