import type { z } from 'zod'
import { CaxtonError } from '../core/index.ts'
import type { Path } from './toml.ts'

/** Something that is wrong at one place: `is "x", expected a count such as "50M"`. */
export interface Problem {
  readonly path: Path
  readonly text: string
}

/** Problems that are listed; more are counted. */
const MAX_PROBLEMS = 100
const MAX_SHOWN = 60

/** Makes the one error of everything that is wrong. `data.problems` has one line for each. */
export function configError(lines: readonly string[], heading: string): CaxtonError {
  const shown = lines.slice(0, MAX_PROBLEMS)
  if (lines.length > shown.length) shown.push(`… and ${lines.length - shown.length} more`)
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`
  return new CaxtonError('ERR_CONFIG_INVALID', {
    detail: `${count} in ${heading}\n${shown.join('\n')}`,
    data: { problems: shown },
  })
}

/** Turns what zod found into problems: one for each unknown key and for each wrong value. */
export function toProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path as Path
    if (issue.code !== 'unrecognized_keys') return [{ path, text: issue.message }]
    const lines = issue.message.split('\n')
    return issue.keys.map((key, index) => ({ path: [...path, key], text: lines[index] ?? 'is not a known key' }))
  })
}

/** Writes a path for people: `send[0].to`, `agents."a b".source`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      const name = /^[\w-]+$/.test(step) ? step : show(step)
      return index === 0 ? name : `.${name}`
    })
    .join('')
}

/** Writes any value shortly, on one line, without control characters. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  if (value instanceof Date) return 'a date'
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'string') return typeof value === 'object' ? 'a table' : `a ${typeof value}`
  const text = JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)
  // JSON leaves C1 controls as they are, and terminals obey them.
  return text.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Says what a value is and what it should have been. */
export function mismatch(value: unknown, expected: string): string {
  return value === undefined ? `is missing, expected ${expected}` : `is ${show(value)}, expected ${expected}`
}

/** Says what a word should have been: the nearest of the known ones if one is near, else all of them. */
export function suggest(word: string, known: readonly string[]): string {
  const nearest = known
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (nearest && nearest.distance <= allowedDistance(nearest.name)) {
    return `did you mean ${show(nearest.name)}?`
  }
  const listed = known.slice(0, 24)
  const rest = known.length > listed.length ? ', …' : ''
  return known.length === 0 ? 'expected nothing here' : `expected one of ${listed.join(', ')}${rest}`
}

function allowedDistance(name: string): number {
  return name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3))
}

/** Counts insertions, deletions and replacements; words longer than 64 characters are as far apart as they are long. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Math.max(a.length, b.length)
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Freezes a value and everything in it; bytes stay as they are, because they cannot be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
