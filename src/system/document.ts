import { z } from 'zod'
import type { Performative } from '../core/index.ts'
import { PERFORMATIVES, parseDurationMs } from '../core/index.ts'
import { agentFields } from './agent-options.ts'
import { capabilitiesSchema } from './capabilities.ts'
import { conversationsSchema } from './conversations.ts'
import { field, Mismatch, table, text, word } from './field.ts'
import { limitsSchema } from './limits.ts'
import { peopleSchema } from './people.ts'
import { mismatch, show } from './problems.ts'
import { secretsSchema, toolsSchema } from './services.ts'
import { storeSchema } from './store.ts'

/** What the run waits for when the file does not say how long. */
export const DEFAULT_WITHIN_MS = 60_000
const MAX_WITHIN_MS = 86_400_000
/** Messages that can be sent first. */
const MAX_SENDS = 1_000
const MAX_CONTENT_DEPTH = 64

const act = word<Performative>(PERFORMATIVES)

const sendSchema = table({
  to: text('the name of an agent, "capability:<name>", "topic:<name>" or "human:<name>"', 256),
  performative: act,
  content: field((value) => contentProblem(value, 0) ?? JSON.stringify(value)).optional(),
  content_file: text('the path of a text file').optional(),
  content_from: word(['input']).optional(),
  /** A message to a topic becomes its last value. */
  retain: z.literal(true, { error: (issue) => mismatch(issue.input, 'true') }).optional(),
  conversation_id: text('a conversation id', 1_024).optional(),
  reply_with: text('a text', 1_024).optional(),
  protocol: text('the name of a protocol', 1_024).optional(),
  language: text('the name of a content language', 1_024).optional(),
  ontology: text('the name of an ontology', 1_024).optional(),
})

const goalSchema = table({
  from: text('the name of an agent', 128),
  performative: act,
  within: field((value) => {
    if (typeof value !== 'string' && typeof value !== 'number')
      return new Mismatch(mismatch(value, 'a duration such as "60s"'))
    const ms = parseDurationMs(value)
    return ms >= 1 && ms <= MAX_WITHIN_MS ? ms : new Mismatch(`is ${show(value)}, expected between 1ms and 24h`)
  }).optional(),
})

/** Schema of a whole system file: forms alone. What the parts say about each other and about files is checked apart. */
export const documentSchema = table({
  name: text('the name of the system', 64),
  limits: limitsSchema.optional(),
  store: storeSchema.optional(),
  agents: z.record(z.string(), table(agentFields), {
    error: (issue) => mismatch(issue.input, 'tables such as [agents.coordinator]'),
  }),
  templates: z
    .record(z.string(), table(agentFields), {
      error: (issue) => mismatch(issue.input, 'tables such as [templates.worker]'),
    })
    .optional(),
  input: table({ file: text('the path of a file').optional() }).optional(),
  send: z
    .array(sendSchema, { error: (issue) => mismatch(issue.input, 'an array of tables, written [[send]]') })
    .max(MAX_SENDS, { error: `has too many entries, expected at most ${MAX_SENDS}` })
    .optional(),
  people: peopleSchema.optional(),
  goal: goalSchema.optional(),
  secrets: secretsSchema.optional(),
  tools: toolsSchema.optional(),
  conversations: conversationsSchema.optional(),
  protocols: z.unknown().optional(),
  capabilities: capabilitiesSchema.optional(),
})

export type Document = z.output<typeof documentSchema>
export type SendEntry = z.output<typeof sendSchema>

/** Finds what cannot be said in JSON: TOML has dates, infinities and not-a-number. */
function contentProblem(value: unknown, depth: number): Mismatch | null {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return null
  const isHolder = typeof value === 'object' && value !== null && !(value instanceof Date)
  if (!isHolder || depth >= MAX_CONTENT_DEPTH) {
    return new Mismatch(mismatch(value, 'strings, numbers, booleans, arrays and tables of them'))
  }
  for (const part of Object.values(value)) {
    const problem = contentProblem(part, depth + 1)
    if (problem !== null) return problem
  }
  return null
}
