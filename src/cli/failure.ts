import type { CaxtonError, ErrorCode, ErrorKind } from '../core/index.ts'
import { ERRORS } from '../core/index.ts'
import type { Paint } from './paint.ts'
import { escapeText, toJsonLine } from './plain-text.ts'

/** What whoever can act does next, by kind, where the code says nothing more. */
const NEXT_BY_KIND: Readonly<Record<ErrorKind, string>> = {
  caller: 'correct what is named above and run the command again',
  guest: 'correct the program of the agent; "caxton inspect <module>" shows what a module offers and wants',
  limit: 'make the program use less, or raise the limit that is named above',
  denied: 'grant what is named above if the program is to have it',
  system: 'this is not the fault of the program: please report it with the lines below',
}

const NEXT_BY_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  ERR_CLI_USAGE: 'see "caxton --help" or "caxton <command> --help"',
  ERR_CONFIG_SYNTAX: 'correct the line that is named; the file is TOML 1.0',
  ERR_CONFIG_FILE_MISSING: 'check the path; it is relative to the working directory',
  ERR_LANGUAGE_TOOL_MISSING: 'install the package that is named above, or give a ready module with module = "x.wasm"',
  ERR_LANGUAGE_BUILD_FAILED: 'correct the source; the lines above are those of its compiler',
  ERR_LIMIT_FUEL: 'raise fuel (limits = { fuel = "…" }, or --fuel) if the program needs that much',
  ERR_LIMIT_WALL: 'raise the wall time (limits = { wall = "…" }, or --timeout) if the program needs that long',
  ERR_LIMIT_WAIT: 'raise the time to wait (limits = { wait = "…" }, or --timeout) if the program needs that long',
  ERR_LIMIT_MEMORY: 'raise memory (limits = { memory = "…" }, or --memory) if the program needs that much',
  ERR_GOAL_MISSED: 'look for the lines marked ✗ in the timeline; --verbose shows more',
}

/**
 * Writes an error for people: what happened, each fact on its line, what to do next. A stack is shown only where the host itself is
 * at fault.
 */
export function renderFailure(error: CaxtonError, paint: Paint): string[] {
  const [first = '', ...more] = (error.detail ?? '').split('\n').map(escapeText)
  const sentence = ERRORS[error.code].message
  const next = NEXT_BY_CODE[error.code] ?? NEXT_BY_KIND[error.kind]
  return [
    `${paint('bad', error.code)}: ${sentence}${first === '' ? '' : `: ${first}`}`,
    ...more.map((line) => `  ${line}`),
    `${paint('dim', 'next:')} ${next}`,
    ...(error.kind === 'system' ? renderStack(error, paint) : []),
  ]
}

/** Writes how a program trapped: what, and the functions it was in with their offsets in its module, the innermost first. */
export function renderTrap(error: CaxtonError, paint: Paint): string[] {
  const { stack } = error.data
  const frames = Array.isArray(stack) ? stack.map(String) : []
  return [
    `${paint('bad', error.code)}: ${escapeText(error.message)}`,
    ...frames.map((frame, depth) => escapeText(`  ${depth === 0 ? 'in' : 'called by'} ${frame}`)),
  ]
}

function renderStack(error: CaxtonError, paint: Paint): string[] {
  const source = error.cause instanceof Error ? error.cause : error
  return (source.stack ?? '').split('\n').map((line) => paint('dim', `  ${escapeText(line)}`))
}

/** Writes an error as one line of JSON: `{"error":{"code","detail","data"}}`. */
export function renderJsonFailure(error: CaxtonError): string {
  return toJsonLine({ error: error.toData() })
}
