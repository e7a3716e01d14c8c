import { CaxtonError } from './errors.ts'

/** The 22 communicative acts of FIPA00037. */
export const PERFORMATIVES = [
  'accept-proposal',
  'agree',
  'cancel',
  'cfp',
  'confirm',
  'disconfirm',
  'failure',
  'inform',
  'inform-if',
  'inform-ref',
  'not-understood',
  'propagate',
  'propose',
  'proxy',
  'query-if',
  'query-ref',
  'refuse',
  'reject-proposal',
  'request',
  'request-when',
  'request-whenever',
  'subscribe',
] as const

export type Performative = (typeof PERFORMATIVES)[number]

/** What a sender may say about a message (FIPA00061); field names are those of the JSON that guests see. */
export interface Draft {
  readonly performative: Performative
  /** An agent name, `capability:<name>`, or `user`. */
  readonly receiver: string
  /** JSON text, kept as text: the host never looks into it. */
  readonly content?: string
  readonly conversation_id?: string
  readonly reply_with?: string
  readonly in_reply_to?: string
  /** ISO 8601 date and time. */
  readonly reply_by?: string
  readonly protocol?: string
  readonly language?: string
  readonly ontology?: string
  readonly trace?: string
  /** Set only to be compared: a sender other than the real one is refused. */
  readonly sender?: string
}

/** An ACL message as the runtime carries it: the runtime itself has set `sender` and `message_id`. */
export interface Message extends Draft {
  readonly sender: string
  readonly message_id: string
  readonly conversation_id: string
}

const TEXT_FIELDS = [
  'receiver',
  'conversation_id',
  'reply_with',
  'in_reply_to',
  'reply_by',
  'protocol',
  'language',
  'ontology',
  'trace',
  'sender',
] as const
const FIELDS: ReadonlySet<string> = new Set([...TEXT_FIELDS, 'performative', 'content', 'message_id'])
const ACTS: ReadonlySet<string> = new Set(PERFORMATIVES)
/** Longest field but the content, characters: what the runtime remembers of a conversation is made of these. */
const FIELD_LENGTH = 256

/**
 * Parses the JSON text of a message that an agent sends.
 *
 * Guarantees: every field has its type, the act is one of the 22, unknown fields are refused, all problems are reported together.
 * Cost: linear in the text; `content` is parsed once and kept as text.
 *
 * @throws CaxtonError ERR_MESSAGE_INVALID, `data.problems` one line per problem with the path of the field
 */
export function parseDraft(text: string): Draft {
  return toDraft(parseJson(text))
}

/** Makes a draft of a value, such as a library caller's; `content` is any JSON value. @throws CaxtonError ERR_MESSAGE_INVALID */
export function toDraft(value: unknown): Draft {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(['expected a JSON object'])
  const fields = value as Readonly<Record<string, unknown>>
  const problems = findProblems(fields)
  if (problems.length > 0) throw invalid(problems)
  const draft: Record<string, string> = {}
  for (const name of TEXT_FIELDS) if (fields[name] !== undefined) draft[name] = fields[name] as string
  draft['performative'] = fields['performative'] as string
  const content = fields['content'] === undefined ? undefined : stringify(fields['content'])
  if (content !== undefined) draft['content'] = content
  return draft as unknown as Draft
}

/** Makes a message of a draft; a message that belongs to no conversation starts one under its own id. */
export function completeDraft(draft: Draft, sender: string, messageId: string): Message {
  return { ...draft, sender, message_id: messageId, conversation_id: draft.conversation_id ?? messageId }
}

/** Writes a message as the JSON text that guests see. */
export function formatMessage(message: Message): string {
  const { content, ...header } = message
  const text = JSON.stringify(header)
  return content === undefined ? text : `${text.slice(0, -1)},"content":${content}}`
}

/** Returns the fields that make a message the answer to another: receiver, conversation, protocol and `in_reply_to`. */
export function replyTo(message: Message): Pick<Draft, 'receiver' | 'conversation_id' | 'in_reply_to' | 'protocol'> {
  return {
    receiver: message.sender,
    conversation_id: message.conversation_id,
    ...(message.reply_with === undefined ? {} : { in_reply_to: message.reply_with }),
    ...(message.protocol === undefined ? {} : { protocol: message.protocol }),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: cause instanceof Error ? cause.message : 'not JSON', cause })
  }
}

function stringify(content: unknown): string | undefined {
  try {
    return JSON.stringify(content)
  } catch (cause) {
    throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: 'content: cannot be written as JSON', cause })
  }
}

function findProblems(fields: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = []
  for (const name of Object.keys(fields)) {
    if (!FIELDS.has(name)) problems.push(`${JSON.stringify(name.slice(0, 64))}: unknown field`)
  }
  for (const name of TEXT_FIELDS) {
    const value = fields[name]
    if (value === undefined) continue
    if (typeof value !== 'string') problems.push(`${name}: expected a string`)
    else if (value.length > FIELD_LENGTH) problems.push(`${name}: longer than ${FIELD_LENGTH} characters`)
  }
  if (fields['receiver'] === undefined || fields['receiver'] === '') problems.push('receiver: is missing')
  if (typeof fields['performative'] !== 'string' || !ACTS.has(fields['performative'])) {
    problems.push('performative: expected one of the acts of FIPA00037')
  }
  return problems.slice(0, 20)
}

function invalid(problems: readonly string[]): CaxtonError {
  return new CaxtonError('ERR_MESSAGE_INVALID', { detail: problems.join('; '), data: { problems } })
}
