import { z } from 'zod'
import { isCaxtonError, isName } from '../core/index.ts'
import { mismatch, show, suggest } from './problems.ts'

/** What a field says when its value is wrong: the text of the problem. */
export class Mismatch {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/**
 * Makes a schema of a reader of raw values. The reader returns a `Mismatch` for what it does not take; a `CaxtonError` that it
 * throws becomes one, too.
 */
export function field<T>(read: (value: unknown) => T | Mismatch) {
  return z.unknown().transform((value, context): T => {
    const result = readSafely(read, value)
    if (!(result instanceof Mismatch)) return result
    context.addIssue({ code: 'custom', message: result.text })
    return z.NEVER
  })
}

function readSafely<T>(read: (value: unknown) => T | Mismatch, value: unknown): T | Mismatch {
  try {
    return read(value)
  } catch (error) {
    if (isCaxtonError(error) && error.detail !== undefined) return new Mismatch(error.detail)
    throw error
  }
}

/** A table that refuses keys it does not know, each with the nearest known one. */
export function table<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return mismatch(issue.input, 'a table')
      return issue.keys.map((key) => `is not a known key, ${suggest(key, known)}`).join('\n')
    },
  })
}

/** Text that is not empty and no longer than a bound, in characters. */
export function text(expected: string, maxLength = 4_096) {
  return field((value) => {
    if (typeof value !== 'string' || value === '') return new Mismatch(mismatch(value, expected))
    if (value.length <= maxLength) return value
    return new Mismatch(`has ${value.length} characters, expected at most ${maxLength}`)
  })
}

/** One word of a fixed list. */
export function word<Word extends string>(words: readonly Word[]) {
  return field<Word>((value) => {
    const found = words.find((candidate) => candidate === value)
    if (found !== undefined) return found
    if (typeof value !== 'string') return new Mismatch(mismatch(value, `one of ${words.join(', ')}`))
    return new Mismatch(`is ${show(value)}, ${suggest(value, words)}`)
  })
}

/** A list of texts, each of them checked. Repeated ones are refused, because one of them must be a mistake. */
export function list(expected: string, problemOf: (entry: string) => string | null) {
  return z
    .array(
      field((value) => {
        if (typeof value !== 'string') return new Mismatch(mismatch(value, 'a string'))
        const problem = problemOf(value)
        return problem === null ? value : new Mismatch(problem)
      }),
      { error: (issue) => mismatch(issue.input, `an array of ${expected}`) },
    )
    .max(1_000, { error: 'has too many entries, expected at most 1000' })
    .refine((entries) => new Set(entries).size === entries.length, { error: 'names something twice' })
}

const NAME_RULE = 'lower-case letters and digits in words joined by "-", "_" or ".", at most 64 characters'

/** Says what is wrong with the name of an agent or a capability, null if nothing is. */
export function nameProblem(name: string): string | null {
  return isName(name) ? null : `is ${show(name)}, expected a name: ${NAME_RULE}`
}
