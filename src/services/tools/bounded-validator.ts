import type { Context } from 'node:vm'
import { createContext, Script } from 'node:vm'
import type { JsonSchemaType, JsonSchemaValidator, jsonSchemaValidator } from '@modelcontextprotocol/client'
import { CaxtonError } from '../../core/index.ts'

/** Milliseconds that a check may take: a schema may hold a pattern that an argument keeps busy for ever. */
const CHECK_MS = 200

const RUN = new Script('check()')

/**
 * Runs a check and stops it when it takes too long.
 *
 * Only the time is bounded by this, not what the check may do: it is our code with patterns that others wrote.
 *
 * @throws CaxtonError ERR_TOOL_REFUSED, and whatever the check throws
 */
export function runBounded<Result>(check: () => Result, timeoutMs = CHECK_MS): Result {
  let result: { readonly value: Result } | null = null
  const context: Context = createContext({
    check: () => {
      result = { value: check() }
    },
  })
  try {
    RUN.runInContext(context, { timeout: timeoutMs })
  } catch (error) {
    // The error is made in the other context: it is no `Error` of this one.
    if ((error as { readonly code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw new CaxtonError('ERR_TOOL_REFUSED', { detail: 'its schema cannot be checked in time' })
  }
  return (result as { readonly value: Result } | null)!.value
}

/** Makes a validator of JSON Schema whose checks are bounded in time. */
export function boundValidator(inner: jsonSchemaValidator): jsonSchemaValidator {
  return {
    getValidator: <T>(schema: JsonSchemaType): JsonSchemaValidator<T> => {
      const check = runBounded(() => inner.getValidator<T>(schema))
      return (input) => runBounded(() => check(input))
    },
  }
}
