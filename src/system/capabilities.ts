import { z } from 'zod'
import type { Strategy } from '../core/index.ts'
import { DEFAULT_STRATEGY, STRATEGIES } from '../core/index.ts'
import { nameProblem, table, word } from './field.ts'
import { configError, formatPath, mismatch, toProblems } from './problems.ts'

/** What holds for capabilities, by their names. */
export type CapabilitiesInput = Readonly<Record<string, { readonly strategy?: Strategy }>>

/** Schema of the tables `[capabilities.<name>]`; the names are looked at apart. */
export const capabilitiesSchema = z.record(z.string(), table({ strategy: word<Strategy>(STRATEGIES).optional() }), {
  error: (issue) => mismatch(issue.input, 'tables such as [capabilities.count]'),
})

/**
 * Reads what holds for capabilities, as a user writes it. Returns their strategies by name.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseCapabilities(input: unknown): ReadonlyMap<string, Strategy> {
  const result = capabilitiesSchema.safeParse(input ?? {})
  const misnamed = Object.keys(Object(input)).flatMap((name) => {
    const text = nameProblem(name)
    return text === null ? [] : [{ path: [name], text }]
  })
  if (result.success && misnamed.length === 0) {
    return new Map(Object.entries(result.data).map(([name, { strategy = DEFAULT_STRATEGY }]) => [name, strategy]))
  }
  const problems = [...misnamed, ...(result.success ? [] : toProblems(result.error))]
  const lines = problems.map(({ path, text }) => `${formatPath(['capabilities', ...path])}: ${text}`)
  throw configError(lines, 'capabilities')
}
