import { stripTypeScriptTypes } from 'node:module'
import { CaxtonError } from '../../core/index.ts'
import type { InterpretedLanguage, Tool } from '../language.ts'

const QUICKJS: Tool = { package: 'quickjs-wasi', file: 'quickjs.wasm', word: 'QuickJS' }

const shared = { kind: 'interpreted', tool: QUICKJS, door: 'javascript' } as const

export const JAVASCRIPT: InterpretedLanguage = {
  ...shared,
  name: 'javascript',
  extensions: ['.js', '.mjs'],
  toJavaScript: (text) => text,
}

/** Types are replaced by blanks, so that places in the script are places in the source. */
export const TYPESCRIPT: InterpretedLanguage = {
  ...shared,
  name: 'typescript',
  extensions: ['.ts', '.mts'],
  toJavaScript: stripTypes,
}

function stripTypes(text: string, file: string): string {
  try {
    return withoutExperimentalWarning(() => stripTypeScriptTypes(text, { mode: 'strip' }))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', { detail: `${file}: ${detail}`, data: { file }, cause })
  }
}

/** Node says once that the function is experimental, in the middle of whatever the caller shows. */
function withoutExperimentalWarning(work: () => string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return work()
  } finally {
    process.emitWarning = emitWarning
  }
}
