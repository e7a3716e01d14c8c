import { z } from 'zod'
import type { CircuitLimits, ConversationLimits, Protocol } from '../core/index.ts'
import { CONVERSATION_LIMITS, DEFAULT_CIRCUIT, DEFAULT_CONVERSATION_LIMITS } from '../core/index.ts'
import { amount } from './amount.ts'
import { table } from './field.ts'
import type { Problem } from './problems.ts'
import { configError, deepFreeze, formatPath, mismatch, toProblems } from './problems.ts'
import type { ProtocolInput } from './protocols.ts'
import { readProtocol } from './protocols.ts'

type Amount = string | number

/** Budgets as a user writes them, under the keys of the table CONVERSATION_LIMITS: `{ messages: '10K', wall: '1h' }`. */
export interface BudgetsInput {
  readonly messages?: Amount
  readonly bytes?: Amount
  readonly fuel?: Amount
  readonly wall?: Amount
  readonly tool_calls?: Amount
  readonly cost?: Amount
  readonly hops?: Amount
  readonly delegations?: Amount
  readonly revisits?: Amount
}

/** What holds for conversations; docs/LIMITS.md says what each limit means. */
export interface ConversationsInput extends BudgetsInput {
  /** For undertakings that begin under a protocol: what is not written is as above. */
  readonly protocols?: Readonly<Record<string, BudgetsInput>>
  readonly circuit?: { readonly failures?: number; readonly within?: Amount; readonly rest?: Amount }
}

/** Everything that is known of conversations before there is one. */
export interface ConversationSettings {
  readonly limits: ConversationLimits
  readonly protocolLimits: Readonly<Record<string, ConversationLimits>>
  readonly circuit: CircuitLimits
  readonly protocols: readonly Protocol[]
}

/** Protocols of its own that one system may have. */
const MAX_PROTOCOLS = 64

const NAMES = Object.keys(CONVERSATION_LIMITS) as (keyof ConversationLimits)[]
const budgetFields = Object.fromEntries(
  NAMES.map((name) => {
    const { key, unit, min, max } = CONVERSATION_LIMITS[name]
    return [key, amount(unit, min, max)]
  }),
)
const budgets = table(budgetFields)

/** Schema of `[conversations]`: the forms alone. */
export const conversationsSchema = table({
  ...budgetFields,
  protocols: z
    .record(z.string(), budgets, { error: (issue) => mismatch(issue.input, 'tables by protocol') })
    .optional(),
  circuit: table({
    failures: amount('count', 1, 1e6),
    within: amount('ms', 1, 86_400_000),
    rest: amount('ms', 1, 86_400_000),
  }).optional(),
})

type Written = Readonly<Record<string, unknown>>

function mergeBudgets(base: ConversationLimits, written: Written): ConversationLimits {
  const given = NAMES.filter((name) => written[CONVERSATION_LIMITS[name].key] !== undefined)
  return { ...base, ...Object.fromEntries(given.map((name) => [name, written[CONVERSATION_LIMITS[name].key]])) }
}

/** Finds what is wrong with the protocols of a system; paths begin with `protocols`. */
export function findProtocolsProblems(protocols: unknown): Problem[] {
  return readProtocols(protocols).problems
}

function readProtocols(value: unknown): { protocols: Protocol[]; problems: Problem[] } {
  if (value === undefined) return { protocols: [], problems: [] }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    return {
      protocols: [],
      problems: [{ path: ['protocols'], text: mismatch(value, 'tables such as [protocols.review]') }],
    }
  }
  const entries = Object.entries(value)
  if (entries.length > MAX_PROTOCOLS) {
    const text = `are ${entries.length}, expected at most ${MAX_PROTOCOLS}`
    return { protocols: [], problems: [{ path: ['protocols'], text }] }
  }
  const read = entries.map(([name, one]) => ({ name, ...readProtocol(name, one) }))
  return {
    protocols: read.map(({ protocol }) => protocol),
    problems: read.flatMap(({ name, problems }) =>
      problems.map(({ path, text }) => ({ path: ['protocols', name, ...path], text })),
    ),
  }
}

/**
 * Reads what holds for conversations, and the protocols of a system's own, as a user writes them.
 *
 * @returns a deeply frozen value with everything in it
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem
 */
export function parseConversations(
  conversations: ConversationsInput = {},
  protocols: Readonly<Record<string, ProtocolInput>> = {},
): ConversationSettings {
  const result = conversationsSchema.safeParse(conversations)
  const own = readProtocols(protocols)
  const problems = [
    ...(result.success ? [] : toProblems(result.error)).map(({ path, text }) => ({
      path: ['conversations', ...path],
      text,
    })),
    ...own.problems,
  ]
  const lines = problems.map(({ path, text }) => `${formatPath(path)}: ${text}`)
  if (!result.success || lines.length > 0) throw configError(lines, 'conversations')
  const written = result.data as Written
  const limits = mergeBudgets(DEFAULT_CONVERSATION_LIMITS, written)
  const byProtocol = Object.entries((written['protocols'] ?? {}) as Readonly<Record<string, Written>>)
  const circuit = (written['circuit'] ?? {}) as { failures?: number; within?: number; rest?: number }
  return deepFreeze({
    limits,
    protocolLimits: Object.fromEntries(byProtocol.map(([name, one]) => [name, mergeBudgets(limits, one)])),
    circuit: {
      failures: circuit.failures ?? DEFAULT_CIRCUIT.failures,
      withinMs: circuit.within ?? DEFAULT_CIRCUIT.withinMs,
      restMs: circuit.rest ?? DEFAULT_CIRCUIT.restMs,
    },
    protocols: own.protocols,
  })
}
