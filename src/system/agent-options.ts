import { z } from 'zod'
import type { Grants } from '../capability/index.ts'
import { NO_GRANTS } from '../capability/index.ts'
import type { CompileMode, Guarantee, Limits, Priority, RateLimits, Scheduling } from '../core/index.ts'
import { GUARANTEES, HOST_LIMITS, RUNTIME_NAME, USER_NAME } from '../core/index.ts'
import type { WrittenPlace } from './compile.ts'
import { compileSchema, completePlace, findCompileProblems } from './compile.ts'
import { field, Mismatch, nameProblem, table, text, word } from './field.ts'
import { findIsolationProblems, resolveFilesGrant } from './files-grant.ts'
import type { GrantsInput } from './grants.ts'
import { grantsSchema } from './grants.ts'
import type { Isolation } from './isolation.ts'
import { isolationSchema } from './isolation.ts'
import type { LimitSettings, LimitsInput, WrittenLimits } from './limits.ts'
import { DEFAULT_SETTINGS, limitsSchema, mergeLimits } from './limits.ts'
import type { Problem } from './problems.ts'
import { configError, deepFreeze, formatPath, mismatch, show, toProblems } from './problems.ts'
import { argsSchema } from './program-input.ts'
import { restartSchema } from './restart.ts'
import type { WrittenScheduling } from './scheduling.ts'
import { completeScheduling, schedulingFields } from './scheduling.ts'

/** What an agent runs. */
export type Program =
  /** A source file that is built first; a language of null goes by the name of the file. */
  | { readonly kind: 'source'; readonly path: string; readonly language: string | null }
  /** A ready WebAssembly file. */
  | { readonly kind: 'module'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/** An agent as the library takes it: the same shape as a table under `[agents]`, with `name` and perhaps `bytes`. */
export interface AgentInput {
  readonly name: string
  /** Path of a source file. Exactly one of `source`, `module` and `bytes` is given. */
  readonly source?: string
  /** Path of a WebAssembly file. */
  readonly module?: string
  readonly bytes?: Uint8Array
  /** Language of `source`. @default by the name of the file */
  readonly language?: string
  /** Arguments of a WASI program, which finds its name before them. @default none */
  readonly args?: readonly string[]
  /** @default DEFAULT_LIMITS, no limit over time, warned of from 0.8 of each */
  readonly limits?: LimitsInput
  /** @default none, because anything else would break the sandbox */
  readonly grants?: GrantsInput
  /**
   * Starts the agent anew when it has failed after it has run, at most `max` times (1 to 1000, @default 3) in the time `within`
   * (1s to 24h, @default 60s): with a fresh instance, after a pause that doubles from time to time. @default never
   */
  readonly restart?: { readonly max?: number; readonly within?: string | number }
  /**
   * The wall around the agent: `thread`, `process`, or `process:<tenant>` for a process that agents of one tenant share.
   * @default thread; process for an agent that is compiled for speed
   */
  readonly isolation?: 'thread' | 'process' | `process:${string}`
  /**
   * How V8 compiles it. `start`: its first answer comes soon, and what runs often gets faster from call to call. `speed`: every
   * function is optimised before it runs, for long computations in one call; it starts later, by some 0.3 ms for each function
   * that is called, and needs a process. @default start
   */
  readonly compile?: CompileMode
  /**
   * Share of the thread among agents of one priority that run at the same time: one of weight 400 gets four times the fuel of
   * one of weight 100. From 1 to 10,000. @default 100
   */
  readonly weight?: number
  /** Agents of a higher priority take their turns first; a lower one still gets one turn in 17. @default normal */
  readonly priority?: Priority
  /**
   * What is promised of messages to the agent: `at-most-once`, or `at-least-once`: they are kept until they are handled, and handling one has
   * its effect once. @default `at-least-once` in a system with a data directory, else `at-most-once`
   */
  readonly delivery?: Guarantee
  /** What `get_config` answers; numbers and booleans are given as text. At most 64 KiB in all. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
}

/** A validated agent: every limit and grant is there. */
export interface AgentOptions {
  readonly name: string
  readonly program: Program
  readonly args: readonly string[]
  readonly limits: Limits
  readonly rates: RateLimits
  /** Share of each limit from which the agent is warned of; 0 warns never. */
  readonly warn: number
  readonly grants: Grants
  readonly isolation: Isolation
  readonly compile: CompileMode
  readonly scheduling: Scheduling
  readonly config: Readonly<Record<string, string>>
  /** Null: `at-least-once` in a system with a data directory, else `at-most-once`. */
  readonly delivery: Guarantee | null
  /** Null: it stays failed. */
  readonly restart: { readonly max: number; readonly withinMs: number } | null
}

/** Longest key that a guest can ask for, bytes. */
const KEY_BYTES = 256

/** Says what is wrong with a name for an agent, null if nothing is. */
export function agentNameProblem(name: string): string | null {
  if (name === USER_NAME || name === RUNTIME_NAME) return `is ${show(name)}, which is reserved; expected another name`
  return nameProblem(name)
}

function readConfig(value: unknown): Record<string, string> | Mismatch {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Mismatch(mismatch(value, 'a table'))
  const config: Record<string, string> = Object.create(null)
  let bytes = 0
  for (const [key, setting] of Object.entries(value)) {
    const keyBytes = Buffer.byteLength(key)
    if (keyBytes === 0 || keyBytes > KEY_BYTES)
      return new Mismatch(`has the key ${show(key)}, expected 1 to ${KEY_BYTES} bytes`)
    const taken = typeof setting === 'string' || typeof setting === 'boolean' || Number.isFinite(setting)
    if (!taken) return new Mismatch(`has ${show(setting)} under ${show(key)}, expected a string, a number or a boolean`)
    config[key] = String(setting)
    bytes += keyBytes + Buffer.byteLength(String(setting))
  }
  if (bytes <= HOST_LIMITS.configBytes) return config
  return new Mismatch(`has ${bytes} bytes, expected at most ${HOST_LIMITS.configBytes}`)
}

/** What an agent has in a system file. */
export const agentFields = {
  source: text('the path of a source file').optional(),
  module: text('the path of a .wasm file').optional(),
  language: text('the name of a language', 64).optional(),
  args: argsSchema.optional(),
  limits: limitsSchema.optional(),
  grants: grantsSchema.optional(),
  isolation: isolationSchema.optional(),
  compile: compileSchema.optional(),
  ...schedulingFields,
  delivery: word<Guarantee>(GUARANTEES).optional(),
  config: field(readConfig).optional(),
  restart: restartSchema.optional(),
}

const inputSchema = table({
  name: field((value) => {
    if (typeof value !== 'string') return new Mismatch(mismatch(value, 'a name'))
    const problem = agentNameProblem(value)
    return problem === null ? value : new Mismatch(problem)
  }),
  bytes: z.instanceof(Uint8Array, { error: (issue) => mismatch(issue.input, 'a Uint8Array') }).optional(),
  ...agentFields,
})

/** Says what is wrong with the choice between the ways to give a program, null if nothing is. */
export function programProblem(agent: Readonly<Record<string, unknown>>, ways: readonly string[]): string | null {
  const given = ways.filter((way) => agent[way] !== undefined)
  if (given.length !== 1) {
    return given.length === 0
      ? `has no program, expected one of ${ways.join(', ')}`
      : `has ${given.join(' and ')}, expected exactly one of ${ways.join(', ')}`
  }
  const needless = agent['language'] !== undefined && given[0] !== 'source'
  return needless ? `has a language without a source, expected source = "…"` : null
}

/**
 * Reads an agent as a caller of the library gives it.
 *
 * @param base limits that hold where the agent has none of its own
 * @returns a deeply frozen value; `bytes` are not copied
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseAgentOptions(input: unknown, base: LimitSettings = DEFAULT_SETTINGS): AgentOptions {
  const result = inputSchema.safeParse(input)
  const raw = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {}
  const choice = programProblem(raw, ['source', 'module', 'bytes'])
  const problems = result.success ? [] : toProblems(result.error)
  const lines = problems.map(({ path, text }) => (path.length === 0 ? text : `${formatPath(path)}: ${text}`))
  if (choice !== null && !problems.some(({ path }) => path.length === 0)) lines.unshift(choice)
  if (result.success) {
    const place = { grants: result.data.grants ?? NO_GRANTS, ...completePlace(result.data) }
    for (const { path, text } of findPlaceProblems(place)) lines.push(`${formatPath(path)}: ${text}`)
  }
  if (!result.success || lines.length > 0) throw configError(lines, 'the options of an agent')
  return deepFreeze({ name: result.data.name, ...completeAgent(result.data, base, (path) => path) })
}

interface WrittenAgent extends WrittenScheduling, WrittenPlace {
  readonly source?: string | undefined
  readonly module?: string | undefined
  readonly bytes?: Uint8Array | undefined
  readonly language?: string | undefined
  readonly args?: readonly string[] | undefined
  readonly limits?: WrittenLimits | undefined
  readonly grants?: Grants | undefined
  readonly config?: Record<string, string> | undefined
  readonly restart?: AgentOptions['restart'] | undefined
  readonly delivery?: Guarantee | undefined
}

/** Fills in what is not written. */
export function completeAgent(
  agent: WrittenAgent,
  base: LimitSettings,
  resolve: (path: string) => string,
): Omit<AgentOptions, 'name'> {
  return {
    program: chooseProgram(agent, resolve),
    args: agent.args ?? [],
    ...mergeLimits(base, agent.limits),
    grants: resolveGrants(agent.grants ?? NO_GRANTS, resolve),
    ...completePlace(agent),
    scheduling: completeScheduling(agent),
    delivery: agent.delivery ?? null,
    config: agent.config ?? {},
    restart: agent.restart ?? null,
  }
}

/** Finds what an agent has that cannot be where it runs. */
export function findPlaceProblems({
  grants,
  ...place
}: Pick<AgentOptions, 'grants' | 'isolation' | 'compile'>): Problem[] {
  return [...findIsolationProblems(grants.files, place.isolation), ...findCompileProblems(place)]
}

function resolveGrants(grants: Grants, resolve: (path: string) => string): Grants {
  return { ...grants, files: grants.files.map((grant) => resolveFilesGrant(grant, resolve)) }
}

function chooseProgram(agent: WrittenAgent, resolve: (path: string) => string): Program {
  if (agent.source !== undefined) {
    return { kind: 'source', path: resolve(agent.source), language: agent.language ?? null }
  }
  if (agent.module !== undefined) return { kind: 'module', path: resolve(agent.module) }
  return { kind: 'bytes', bytes: agent.bytes ?? new Uint8Array() }
}
