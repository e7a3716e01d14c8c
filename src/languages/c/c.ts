import type { CompiledLanguage, Tool } from '../language.ts'
import { findPaths } from '../language.ts'

const CLANG: Tool = { package: '@yowasp/clang', file: 'gen/bundle.js', word: 'clang' }

/**
 * SIMD is in every V8 and is worth 15 % on numeric loops. The stack lies below the data, so that an overflow traps and overwrites
 * nothing.
 */
const COMMAND_FLAGS = ['-O2', '-msimd128', '-Wall', '-Wl,--stack-first', '-Wl,-z,stack-size=262144'] as const
/** A reactor, so that the module has no `main`. */
const FLAGS = ['-mexec-model=reactor', ...COMMAND_FLAGS] as const

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

/** A program with a `main` that reads and writes messages as lines, chosen by its name. */
export const C_COMMAND: CompiledLanguage = {
  ...C,
  name: 'c-command',
  extensions: [],
  door: 'stdio',
  flags: ['clang', ...COMMAND_FLAGS],
}

export const CPP_COMMAND: CompiledLanguage = {
  ...CPP,
  name: 'cpp-command',
  extensions: [],
  door: 'stdio',
  flags: ['clang++', '-fno-exceptions', ...COMMAND_FLAGS],
}
