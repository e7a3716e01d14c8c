import { z } from 'zod'
import type { Person, PersonLimits } from '../core/index.ts'
import { DEFAULT_PERSON_LIMITS, HOST_LIMITS, PERSON_LIMITS } from '../core/index.ts'
import { amount } from './amount.ts'
import { nameProblem, table, text } from './field.ts'
import type { Problem } from './problems.ts'
import { configError, deepFreeze, formatPath, mismatch, toProblems } from './problems.ts'

type Amount = string | number

/** A person as a user writes it: limits under the keys of the table PERSON_LIMITS. */
export interface PersonInput {
  /** For people: what is asked of this one. */
  readonly description?: string
  readonly mailbox?: Amount
  readonly mailbox_bytes?: Amount
  readonly message_bytes?: Amount
  readonly per_sender?: Amount
}

const NAMES = Object.keys(PERSON_LIMITS) as (keyof PersonLimits)[]

/** Schema of `[people]`: the forms alone. */
export const peopleSchema = z.record(
  z.string(),
  table({
    description: text('a description', 1_024).optional(),
    ...Object.fromEntries(
      NAMES.map((name) => {
        const { key, unit, min, max } = PERSON_LIMITS[name]
        return [key, amount(unit, min, max)]
      }),
    ),
  }),
  { error: (issue) => mismatch(issue.input, 'tables such as [people.alice]') },
)

/** Finds what a schema of named tables does not see: names that are none, and too many of them. */
export function findPeopleProblems(names: readonly string[]): Problem[] {
  const wrong = names.flatMap((name): Problem[] => {
    const problem = nameProblem(name)
    return problem === null ? [] : [{ path: ['people', name], text: problem }]
  })
  if (names.length <= HOST_LIMITS.people) return wrong
  return [{ path: ['people'], text: `are ${names.length}, expected at most ${HOST_LIMITS.people}` }, ...wrong]
}

/**
 * Reads the people of a system as a user writes them.
 *
 * @returns a deeply frozen value with every limit in it
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parsePeople(people: Readonly<Record<string, PersonInput>> = {}): readonly Person[] {
  const result = peopleSchema.safeParse(people)
  const found = result.success ? [] : toProblems(result.error).map((one) => ({ ...one, path: ['people', ...one.path] }))
  const problems = [...found, ...findPeopleProblems(Object.keys(people))]
  const lines = problems.map((problem) => `${formatPath(problem.path)}: ${problem.text}`)
  if (!result.success || lines.length > 0) throw configError(lines, 'people')
  return deepFreeze(Object.entries(result.data).map(([name, written]) => toPerson(name, written)))
}

function toPerson(name: string, written: Readonly<Record<string, unknown>>): Person {
  const given = NAMES.filter((limit) => written[PERSON_LIMITS[limit].key] !== undefined)
  const limits = Object.fromEntries(given.map((limit) => [limit, written[PERSON_LIMITS[limit].key]]))
  const description = (written['description'] as string | undefined) ?? null
  return { name, description, limits: { ...DEFAULT_PERSON_LIMITS, ...limits } }
}
