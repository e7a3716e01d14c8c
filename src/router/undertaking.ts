import type { ConversationLimits, Message, Performative } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import type { FewThings } from './few.ts'
import type { DialogueState } from './protocols/index.ts'

/** What an undertaking has used of its budgets. */
export interface Spent {
  messages: number
  bytes: number
  fuel: number
  toolCalls: number
  cost: number
}

export type Budget = keyof Spent

/**
 * A conversation and all that were begun while its messages were handled: what budgets are about. Agents that go on under a
 * new id stay in it; only somebody outside, a timer or the start of an agent begins another.
 */
export interface Undertaking {
  readonly id: number
  /** That of its first message, by which its bounds are chosen. */
  readonly protocol: string | null
  readonly limits: ConversationLimits
  readonly startedMs: number
  readonly spent: Spent
  /** Why nothing is sent in it any more. */
  stopped: CaxtonError | null
  /** Who has been told so: each is told once. */
  readonly told: FewThings<string>
  /** Those that are remembered, the first one first. */
  readonly conversations: FewThings<Conversation>
  /** Messages of it that are pending and written: as long as there are any, what it has used is kept with them. */
  written: number
}

/** One question among those that are asked in order to answer another. */
export interface Trail {
  readonly asker: string
  readonly receiver: string
  /** What was asked, for comparison. */
  readonly question: string
  readonly above: Trail | null
  readonly depth: number
}

/** What is known of the way of a message: it lasts as long as the message. */
export interface Passage {
  readonly undertaking: Undertaking
  /** Null when it was refused before it came into one. */
  conversation: Conversation | null
  /** Messages that caused it, one after the other. */
  readonly hops: number
  trail: Trail | null
  /** In which it has taken a step; null where it has taken none. */
  dialogue: DialogueState | null
  isInFlight: boolean
  /** It is one of many copies, and its sender is told of no single one. */
  isSilent: boolean
}

export function createPassage(
  undertaking: Undertaking,
  conversation: Conversation | null,
  hops: number,
  trail: Trail | null,
): Passage {
  return { undertaking, conversation, hops, trail, dialogue: null, isInFlight: false, isSilent: false }
}

const QUESTIONS: ReadonlySet<Performative> = new Set([
  'cfp',
  'propagate',
  'proxy',
  'query-if',
  'query-ref',
  'request',
  'request-when',
  'request-whenever',
  'subscribe',
])

/** Tells whether a message that follows no protocol asks for something: by its act, or since it says how it is replied to. */
export function isQuestion({ performative, reply_with: replyWith }: Message): boolean {
  return replyWith !== undefined || performative === 'propose' || QUESTIONS.has(performative)
}

/** Returns the trail of a message that is sent while one with the trail `above` is handled. */
export function followTrail(message: Message, receiver: string, above: Trail | null): Trail | null {
  if (QUESTIONS.has(message.performative)) {
    const question = describeQuestion(message)
    return { asker: message.sender, receiver, question, above, depth: (above?.depth ?? 0) + 1 }
  }
  // An answer to the asker ends the question; what is said to anybody else belongs to it.
  return above !== null && above.asker === receiver ? above.above : above
}

/** Returns why a question must not be asked; null if it may. Cost: linear in the questions above it. */
export function findCycle(trail: Trail, limits: ConversationLimits): CaxtonError | null {
  if (trail.depth > limits.delegations) return cycle(trail, 'delegations', limits.delegations)
  let visits = 0
  for (let above = trail.above; above !== null; above = above.above) {
    if (above.receiver !== trail.receiver) continue
    visits += 1
    if (above.question === trail.question) return cycle(trail, 'questions', 1)
  }
  return visits < limits.revisits ? null : cycle(trail, 'revisits', limits.revisits)
}

/** Agents from the first question to this one. */
function cycle(trail: Trail, what: string, limit: number): CaxtonError {
  const names = [trail.receiver]
  for (let at: Trail | null = trail; at !== null && names.length < 16; at = at.above) names.unshift(at.asker)
  const data = { guard: 'cycle', what, limit, trail: names }
  return new CaxtonError('ERR_GUARD_CYCLE', { detail: `${names.join(' → ')} (${what}, at most ${limit})`, data })
}

/** Characters of each end of a long content that are compared. */
const END_CHARS = 1_024

/** The question that was described last: a message is looked at where it may go, and at once again where it goes. */
let described: { readonly message: Message; readonly question: string } | null = null

/** Long contents are told apart by their length and a checksum of their ends: the trail must not keep them alive. */
function describeQuestion(message: Message): string {
  if (described?.message === message) return described.question
  const { performative, ontology = '', content = '' } = message
  const shown = content.length <= 256 ? content : `${content.length}:${checksum(content)}`
  const question = `${performative}\n${ontology}\n${shown}`
  described = { message, question }
  return question
}

function checksum(text: string): number {
  const first = Math.min(END_CHARS, text.length)
  return addChars(addChars(0, text, 0, first), text, Math.max(first, text.length - END_CHARS), text.length)
}

/** A function of its own: variables that are shared with another one would be loaded and stored for each character. */
function addChars(start: number, text: string, from: number, to: number): number {
  let sum = start
  for (let index = from; index < to; index += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0
  return sum
}

/** Returns which budget of an undertaking has been exceeded; null if none has. */
export function findOverdraft({ spent, limits }: Undertaking): CaxtonError | null {
  if (spent.messages > limits.messages) return overdraft('messages', spent.messages, limits.messages)
  if (spent.bytes > limits.bytes) return overdraft('bytes', spent.bytes, limits.bytes)
  if (spent.fuel > limits.fuel) return overdraft('fuel', spent.fuel, limits.fuel)
  if (spent.toolCalls > limits.toolCalls) return overdraft('toolCalls', spent.toolCalls, limits.toolCalls)
  if (spent.cost > limits.cost) return overdraft('cost', spent.cost, limits.cost)
  return null
}

export function overdraft(budget: Budget | 'wallMs', used: number, limit: number): CaxtonError {
  const data = { guard: 'budget', budget, used, limit }
  return new CaxtonError('ERR_GUARD_BUDGET', { detail: `${budget}, at most ${limit}`, data })
}
