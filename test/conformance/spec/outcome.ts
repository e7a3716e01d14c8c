import type { Value } from './values.ts'
import { formatValue } from './values.ts'

/** Why a module that a command needs is not there. */
export type Absence = 'refused' | 'not runnable' | 'not assembled'

/** How a command ended. Two runs are compared by `formatOutcome`. */
export type Outcome =
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'trap'; readonly message: string }
  | { readonly kind: 'exhaustion' | 'exception' | 'out of fuel' | 'invalid' | 'unlinkable' }
  /** The assembler did not take the text. */
  | { readonly kind: 'not assembled' }
  /** The rewriter does not take the module, or the rewritten code keeps to a cap: an array larger than all memory. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'missing'; readonly absence: Absence }
  /** A value went in or out that JavaScript has no form for. */
  | { readonly kind: 'not callable' }
  | { readonly kind: 'fault'; readonly message: string }

export const DONE: Outcome = { kind: 'values', values: [] }

export function formatOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'values':
      return `[${outcome.values.map(formatValue).join(' ')}]`
    case 'trap':
    case 'fault':
      return `${outcome.kind}: ${outcome.message}`
    case 'refused':
      return `refused: ${outcome.code}`
    case 'missing':
      return `missing: ${outcome.absence}`
    default:
      return outcome.kind
  }
}

/** What an error that came out of WebAssembly means. Whatever is none of its own is a fault of the runner. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof WebAssembly.RuntimeError) return { kind: 'trap', message: error.message }
  if (error instanceof WebAssembly.Exception) return { kind: 'exception' }
  if (error instanceof WebAssembly.LinkError) return { kind: 'unlinkable' }
  if (error instanceof WebAssembly.CompileError) return { kind: 'invalid' }
  if (error instanceof RangeError && /call stack/.test(error.message)) return { kind: 'exhaustion' }
  if (error instanceof TypeError && error.message.startsWith('type incompatibility')) return { kind: 'not callable' }
  return { kind: 'fault', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
}
