import { z } from 'zod'
import type { GrantName, Grants, RandomSource, SpawnGrant, StoreGrant } from '../capability/index.ts'
import { DELEGABLE, GRANTS, LOG_LEVELS, NO_GRANTS, parseToolName } from '../capability/index.ts'
import {
  capabilityOf,
  formatBytes,
  HOST_LIMITS,
  isName,
  isTopicPattern,
  KEPT_LIMITS,
  parseBytes,
  parseCount,
  personOf,
  TOPIC_LIMITS,
  topicOf,
  USER_NAME,
} from '../core/index.ts'
import { field, list, Mismatch, nameProblem, table, word } from './field.ts'
import type { FilesInput } from './files-grant.ts'
import { filesGrantSchema } from './files-grant.ts'
import type { HttpRuleInput } from './http-rule.ts'
import { httpRuleSchema } from './http-rule.ts'
import { configError, deepFreeze, formatPath, mismatch, show, suggest, toProblems } from './problems.ts'
import { envSchema } from './program-input.ts'

/** Grants as a user writes them. Absent means none. */
export interface GrantsInput {
  /** `http` and `tools`: grants that may be passed on. */
  readonly delegate?: readonly string[]
  /** Names of templates, and how many agents of them at once. */
  readonly spawn?: { readonly templates: readonly string[]; readonly agents: number }
  /** Agent names, `capability:<name>`, `human:<name>`, `user`, or `*` for everybody but people. */
  readonly send?: readonly string[]
  /** Patterns of topics, such as `prices.*`; `*` stands for one token, a final `>` for the rest. */
  readonly publish?: readonly string[]
  /** Patterns of topics: what is subscribed to must be covered by one of them. */
  readonly subscribe?: readonly string[]
  /** Capability names. */
  readonly register?: readonly string[]
  /** Capability names, or `*` for all. */
  readonly directory?: readonly string[]
  /** `debug`, `info`, `warn` or `error`. */
  readonly log?: string
  /** Resolution of the clock, 1 µs to 1 h: `"10us"`, `"1ms"`; a number is milliseconds. */
  readonly clock?: string | number
  /** `secure`, or `seeded:<number>`. */
  readonly random?: string
  /** Environment of a WASI program: names and values. */
  readonly env?: Readonly<Record<string, string>>
  /** Files of a WASI program: directories of the host, files in memory. Relative paths of the host go from the system file. */
  readonly files?: readonly FilesInput[]
  /** Data of its own: bytes of keys and values (`"1MiB"`), and keys. */
  readonly store?: { readonly bytes: string | number; readonly keys?: string | number }
  /** Timers set at once. */
  readonly timers?: number
  /** Requests that may be made of the network. */
  readonly http?: readonly HttpRuleInput[]
  /** `<server>/<tool>`, or `<server>/*`. */
  readonly tools?: readonly string[]
}

const RESOLUTION = /^(\d+(?:\.\d+)?) ?([a-z]+)$/
const MICROS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 }

/** Says what is wrong with the form of an address in a `send` grant; whether the agent exists is not its question. */
function addressProblem(address: string): string | null {
  if (address === '*' || address === USER_NAME) return null
  if (isName(personOf(address) ?? capabilityOf(address) ?? address)) return null
  const topic = topicOf(address)
  if (topic !== null)
    return `is ${show(address)}; what may be written to topics is granted by publish = [${show(topic)}]`
  return `is ${show(address)}, expected an agent name, "capability:<name>", "human:<name>", "user" or "*"`
}

function readResolution(value: unknown): { resolutionMicros: number } | Mismatch {
  const match =
    typeof value === 'number' ? [value, value, 'ms'] : typeof value === 'string' ? RESOLUTION.exec(value) : null
  const unit = match && Object.hasOwn(MICROS, String(match[2])) ? MICROS[String(match[2])] : undefined
  const micros = match && unit !== undefined ? Math.round(Number(match[1]) * unit * 1e3) / 1e3 : Number.NaN
  if (Number.isSafeInteger(micros) && micros >= 1 && micros <= 3600e6) return { resolutionMicros: micros }
  return new Mismatch(mismatch(value, 'a resolution from "1us" to "1h" in whole microseconds, such as "1ms"'))
}

function readRandom(value: unknown): RandomSource | Mismatch {
  if (value === 'secure') return { source: 'secure' }
  const digits = typeof value === 'string' ? /^seeded:(\d{1,16})$/.exec(value)?.[1] : undefined
  const seed = Number(digits)
  if (digits !== undefined && Number.isSafeInteger(seed)) return { source: 'seeded', seed }
  return new Mismatch(mismatch(value, '"secure" or "seeded:<number>"'))
}

const DEFAULT_STORE_KEYS = 1_000

function readStore(value: unknown): StoreGrant | Mismatch {
  const expected = 'a table such as { bytes = "1MiB", keys = 1000 }'
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Mismatch(mismatch(value, expected))
  const { bytes, keys = DEFAULT_STORE_KEYS, ...others } = value as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return new Mismatch(`has the key ${show(unknown)}, ${suggest(unknown, ['bytes', 'keys'])}`)
  if (typeof bytes !== 'string' && typeof bytes !== 'number') return new Mismatch(`has no bytes, expected ${expected}`)
  const size = parseBytes(bytes)
  if (size < 1 || size > KEPT_LIMITS.storeBytes) {
    return new Mismatch(`has bytes of ${show(bytes)}, expected at most ${formatBytes(KEPT_LIMITS.storeBytes)}`)
  }
  const count = readCount(keys, KEPT_LIMITS.storeKeys)
  return typeof count === 'number' ? { bytes: size, keys: count } : count
}

function readCount(value: unknown, most: number): number | Mismatch {
  const expected = `a whole number from 1 to ${most}`
  if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, expected))
  const count = parseCount(value)
  return count >= 1 && count <= most ? count : new Mismatch(`is ${show(value)}, expected ${expected}`)
}

const MAX_RULES = 64

const httpRules = z
  .array(httpRuleSchema, {
    error: (issue) => mismatch(issue.input, 'an array of tables such as { url = "…", methods = ["GET"] }'),
  })
  .max(MAX_RULES, { error: `has too many entries, expected at most ${MAX_RULES}` })

function toolProblem(entry: string): string | null {
  const server = entry.endsWith('/*') ? entry.slice(0, -2) : parseToolName(entry)?.server
  return server !== undefined && isName(server) ? null : `is ${show(entry)}, expected "<server>/<tool>" or "<server>/*"`
}

function delegableProblem(entry: string): string | null {
  return (DELEGABLE as readonly string[]).includes(entry) ? null : `is ${show(entry)}, ${suggest(entry, DELEGABLE)}`
}

function readSpawn(value: unknown): SpawnGrant | Mismatch {
  const expected = 'a table such as { templates = ["worker"], agents = 4 }'
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Mismatch(mismatch(value, expected))
  const { templates, agents, ...others } = value as Readonly<Record<string, unknown>>
  const isFit = Array.isArray(templates) && templates.length > 0 && templates.length <= MAX_RULES
  if (Object.keys(others).length > 0 || !isFit) return new Mismatch(mismatch(value, expected))
  for (const name of templates) {
    const problem = typeof name === 'string' ? nameProblem(name) : mismatch(name, 'a string')
    if (problem !== null) return new Mismatch(problem)
  }
  const count = readCount(agents, HOST_LIMITS.spawnedAgents)
  return typeof count === 'number' ? { templates: templates as string[], agents: count } : count
}

function patternProblem(entry: string): string | null {
  const expected = 'tokens of letters, digits, "-" and "_" joined by points, or "*" for one, or ">" for the rest'
  return isTopicPattern(entry) ? null : `is ${show(entry)}, expected a pattern of topics: ${expected}`
}

const patterns = list('patterns of topics', patternProblem).max(TOPIC_LIMITS.grantedPatterns, {
  error: `has too many entries, expected at most ${TOPIC_LIMITS.grantedPatterns}`,
})

/** The form of each grant. The type makes sure that no row of GRANTS is without one. */
const FORMS = {
  send: list('addresses', addressProblem),
  publish: patterns,
  subscribe: patterns,
  register: list('capability names', nameProblem),
  directory: list('capability names', (entry) => (entry === '*' ? null : nameProblem(entry))),
  log: word(LOG_LEVELS),
  clock: field(readResolution),
  random: field(readRandom),
  env: envSchema,
  files: filesGrantSchema,
  store: field(readStore),
  timers: field((value) => readCount(value, KEPT_LIMITS.timers)),
  http: httpRules,
  tools: list('tools', toolProblem),
  delegate: list('grants', delegableProblem),
  spawn: field(readSpawn),
} as const satisfies Record<GrantName, z.ZodType>

type GrantFields = { readonly [Name in GrantName]: z.ZodOptional<(typeof FORMS)[Name]> }

const fields = Object.fromEntries(
  (Object.keys(GRANTS) as GrantName[]).map((name) => [name, z.optional(FORMS[name])]),
) as unknown as GrantFields

/** Schema of a `grants` table; its output holds every grant, none where nothing was written. */
export const grantsSchema = table(fields).transform((written): Grants => {
  const given = Object.entries(written).filter(([, value]) => value !== undefined)
  return { ...NO_GRANTS, ...Object.fromEntries(given) }
})

/**
 * Reads grants as a user writes them, such as `{ send: ['*'], log: 'info', clock: '1ms' }`.
 *
 * Guarantees: nothing that is not written is granted, because that would break the sandbox.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseGrants(input: unknown): Grants {
  const result = grantsSchema.safeParse(input ?? {})
  if (result.success) return deepFreeze(result.data)
  const lines = toProblems(result.error).map(({ path, text }) => `${formatPath(['grants', ...path])}: ${text}`)
  throw configError(lines, 'grants')
}
