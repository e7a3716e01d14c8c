import { resolve } from 'node:path'
import { z } from 'zod'
import type { SecretSource, SecretTemplate, ToolServerOptions } from '../capability/index.ts'
import { parseHttpUrl, secretsOf, TOOL_SERVER_DEFAULTS } from '../capability/index.ts'
import {
  formatBytes,
  formatDurationMs,
  isName,
  parseBytes,
  parseCount,
  parseDurationMs,
  parseRate,
} from '../core/index.ts'
import { field, Mismatch, nameProblem, table, text } from './field.ts'
import { configError, deepFreeze, formatPath, mismatch, show, toProblems } from './problems.ts'
import { readSecretTemplate } from './secret-template.ts'

/*
 * What a system offers its agents beside each other: secrets that the host fills in for them, servers of tools.
 */

/** An MCP server as a user writes it: either `command`, which is started, or `url`. */
export interface ToolServerInput {
  /** Program that speaks MCP on its standard input and output. It runs with the rights of the host: it is no guest. */
  readonly command?: string
  readonly args?: readonly string[]
  /** Its environment; texts may name secrets. That of the host is not passed on. @default none */
  readonly env?: Readonly<Record<string, string>>
  /** @default the folder of the system file, or the working directory */
  readonly cwd?: string
  /** URL of a server over streamable HTTP. */
  readonly url?: string
  /** Headers of its requests; texts may name secrets. */
  readonly headers?: Readonly<Record<string, string>>
  /** For one call. @default 30s */
  readonly timeout?: string | number
  /** @default 64KiB */
  readonly argument_bytes?: string | number
  /** @default 1MiB */
  readonly result_bytes?: string | number
  /** Calls of all agents at once. @default 16 */
  readonly concurrency?: number
  /** Calls of one agent. @default 600/m */
  readonly rate?: string
}

const MAX_ARGS = 256

function amount(
  parse: (value: string | number) => number,
  format: (value: number) => string,
  min: number,
  max: number,
) {
  return field((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, format(max)))
    const found = parse(value)
    if (found >= min && found <= max) return value
    return new Mismatch(`is ${show(value)}, expected between ${format(min)} and ${format(max)}`)
  })
}

/** A table of texts that may name secrets. */
function templates(namePattern: RegExp, what: string) {
  return field((value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return new Mismatch(mismatch(value, 'a table'))
    for (const [name, written] of Object.entries(value)) {
      if (!namePattern.test(name)) return new Mismatch(`has ${show(name)}, expected ${what}`)
      const template = readSecretTemplate(written)
      if (template instanceof Mismatch) return new Mismatch(`${name}: ${template.text}`)
    }
    return value as Readonly<Record<string, string>>
  })
}

const serverSchema = table({
  command: text('the name of a program').optional(),
  args: z
    .array(text('an argument', 8_192), { error: (issue) => mismatch(issue.input, 'an array of texts') })
    .max(MAX_ARGS, { error: `has too many entries, expected at most ${MAX_ARGS}` })
    .optional(),
  env: templates(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable').optional(),
  cwd: text('the path of a folder').optional(),
  url: field((value) => {
    if (typeof value === 'string' && parseHttpUrl(value) !== null) return value
    return new Mismatch(mismatch(value, 'an http or https URL without a user'))
  }).optional(),
  headers: templates(/^[A-Za-z0-9-]{1,64}$/, 'the name of a header').optional(),
  timeout: amount(parseDurationMs, formatDurationMs, 1, 3_600_000).optional(),
  argument_bytes: amount(parseBytes, formatBytes, 0, 2 ** 26).optional(),
  result_bytes: amount(parseBytes, formatBytes, 0, 2 ** 28).optional(),
  concurrency: amount(parseCount, String, 1, 1_000).optional(),
  rate: field((value) => {
    if (typeof value !== 'string') return new Mismatch(mismatch(value, 'a rate such as "600/m"'))
    const { amount: calls, periodMs } = parseRate(value, parseCount)
    if (calls >= 1 && calls <= 1e9 && periodMs >= 100 && periodMs <= 86_400_000) return value
    return new Mismatch(`is ${show(value)}, expected 1 to 1G in a period between 100ms and 24h`)
  }).optional(),
}).transform((written, context): ToolServerInput => {
  const refuse = (problem: string): ToolServerInput => {
    context.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  }
  const { command, url, args, env, cwd, headers } = written
  if ((command === undefined) === (url === undefined)) return refuse('expected either a command or a url')
  if (url !== undefined && (args ?? env ?? cwd) !== undefined)
    return refuse('has a url, so args, env and cwd say nothing')
  if (command !== undefined && headers !== undefined) return refuse('has a command, so headers say nothing')
  return written as ToolServerInput
})

function named<Schema extends z.ZodType>(schema: Schema, example: string) {
  return z.record(
    z.string().refine((name) => isName(name), { error: (issue) => nameProblem(String(issue.input)) ?? '' }),
    schema,
    { error: (issue) => mismatch(issue.input, `tables such as ${example}`) },
  )
}

/** Schema of the table `tools`. */
export const toolsSchema = named(serverSchema, '[tools.weather]')

/** Schema of the table `secrets`. */
export const secretsSchema = named(
  table({ env: text('the name of a variable', 256).optional(), file: text('the path of a file').optional() }).transform(
    ({ env, file }, context): SecretSource => {
      if (env !== undefined && file === undefined) return { env }
      if (file !== undefined && env === undefined) return { file }
      context.addIssue({ code: 'custom', message: 'expected either env or file' })
      return z.NEVER
    },
  ),
  'api_key = { env = "API_KEY" }',
)

/**
 * Reads the servers of tools as a user writes them.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseToolServers(
  input: Readonly<Record<string, ToolServerInput>>,
): Readonly<Record<string, ToolServerOptions>> {
  const result = toolsSchema.safeParse(input)
  if (!result.success) {
    const lines = toProblems(result.error).map(
      (problem) => `${formatPath(['tools', ...problem.path])}: ${problem.text}`,
    )
    throw configError(lines, 'tools')
  }
  const servers = Object.entries(result.data).map(([name, server]) => [name, completeServer(server)])
  return deepFreeze(Object.fromEntries(servers) as Record<string, ToolServerOptions>)
}

/** Puts the folder of the system file where paths are relative. */
export function resolveServices(
  secrets: Readonly<Record<string, SecretSource>>,
  tools: Readonly<Record<string, ToolServerInput>>,
  folder: string,
): {
  readonly secrets: Readonly<Record<string, SecretSource>>
  readonly tools: Readonly<Record<string, ToolServerInput>>
} {
  const resolveSecret = (source: SecretSource) => ('file' in source ? { file: resolve(folder, source.file) } : source)
  const resolveServer = (server: ToolServerInput) =>
    server.command === undefined ? server : { ...server, cwd: resolve(folder, server.cwd ?? '.') }
  return {
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, source]) => [name, resolveSecret(source)])),
    tools: Object.fromEntries(Object.entries(tools).map(([name, server]) => [name, resolveServer(server)])),
  }
}

function completeServer(input: ToolServerInput): ToolServerOptions {
  const { timeout, argument_bytes, result_bytes, concurrency, rate } = input
  const defaults = TOOL_SERVER_DEFAULTS
  return {
    transport:
      input.url === undefined
        ? {
            kind: 'stdio',
            command: input.command ?? '',
            args: input.args ?? [],
            env: toTemplates(input.env ?? {}),
            cwd: input.cwd ?? null,
          }
        : { kind: 'http', url: input.url, headers: toTemplates(input.headers ?? {}) },
    timeoutMs: timeout === undefined ? defaults.timeoutMs : parseDurationMs(timeout),
    argumentBytes: argument_bytes === undefined ? defaults.argumentBytes : parseBytes(argument_bytes),
    resultBytes: result_bytes === undefined ? defaults.resultBytes : parseBytes(result_bytes),
    concurrency: concurrency ?? defaults.concurrency,
    rate: rate === undefined ? defaults.rate : parseRate(rate, parseCount),
  }
}

function toTemplates(texts: Readonly<Record<string, string>>): Readonly<Record<string, SecretTemplate>> {
  const entries = Object.entries(texts).map(([name, written]) => [name, readSecretTemplate(written) as SecretTemplate])
  return Object.fromEntries(entries) as Record<string, SecretTemplate>
}

/** Names the secrets that a server is given. */
export function secretsOfServer({ env, headers }: ToolServerInput): string[] {
  const written = toTemplates({ ...env, ...headers })
  return Object.values(written).flatMap((template) => secretsOf(template))
}
