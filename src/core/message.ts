import { CaxtonError } from './errors.ts'
import { MESSAGE_LIMITS } from './limits.ts'
import { MESSAGE_FIELDS } from './message-fields.ts'

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
  /** An agent name, `capability:<name>`, `topic:<name>`, `human:<name>`, or `user`. */
  readonly receiver: string
  /** Further receivers: a list of several is short for one message to each, in the same conversation. */
  readonly others?: readonly string[]
  /** JSON text, kept as text: the host never looks into it. */
  readonly content?: string
  readonly conversation_id?: string
  readonly reply_with?: string
  readonly in_reply_to?: string
  /** Whom answers go to, when not to the sender. */
  readonly reply_to?: string
  /** ISO 8601 date and time with its offset from UTC. */
  readonly reply_by?: string
  readonly protocol?: string
  readonly language?: string
  /** How `content` is written within JSON, such as `base64`. */
  readonly encoding?: string
  readonly ontology?: string
  readonly trace?: string
  /** Set only to be compared: a sender other than the real one is refused. */
  readonly sender?: string
  /** Fields of the sender's own, `x-…`: members of the message itself in the JSON that guests see. */
  readonly extras?: Readonly<Record<string, string>>
}

/** An ACL message as the runtime carries it: the runtime itself has set `sender` and `message_id`. */
export interface Message extends Omit<Draft, 'others'> {
  readonly sender: string
  readonly message_id: string
  readonly conversation_id: string
}

/** Fields that hold text, beside `receiver`. */
const TEXT_FIELDS: readonly string[] = MESSAGE_FIELDS.filter(({ kind }) => kind === 'text').map(({ name }) => name)
/** Those that may say anything. */
const FREE_TEXTS: ReadonlySet<string> = new Set(TEXT_FIELDS.filter((name) => name !== 'reply_by'))
const FIELDS: ReadonlySet<string> = new Set(MESSAGE_FIELDS.map(({ name }) => name))
const ACTS: ReadonlySet<string> = new Set(PERFORMATIVES)
const EXTRA_NAME = /^x-[a-z0-9][a-z0-9_-]{0,62}$/
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

/**
 * Parses the JSON text of a message that an agent sends.
 *
 * Guarantees: every field has its type, the act is one of the 22, unknown fields are refused, all problems are reported together.
 * Cost: linear in the text; `content` is parsed once and kept as text.
 *
 * @throws CaxtonError ERR_MESSAGE_INVALID, `data.problems` one line per problem with the path of the field
 */
export function parseDraft(text: string): Draft {
  const value = parseJson(text)
  return asUsualDraft(value) ?? toDraft(value)
}

/**
 * Makes the draft that `toDraft` makes, in the value itself, which nobody else has: the usual one, with a receiver, an act, a content
 * and short texts. Null for every other.
 */
function asUsualDraft(value: unknown): Draft | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = value as Record<string, unknown>
  const { receiver, performative, content } = fields
  if (!isShortText(receiver) || receiver === '') return null
  if (typeof performative !== 'string' || !ACTS.has(performative)) return null
  for (const name in fields) {
    if (name === 'receiver' || name === 'performative' || name === 'content') continue
    if (!FREE_TEXTS.has(name) || !isShortText(fields[name])) return null
  }
  if (content === undefined) return fields as unknown as Draft
  if (isDeeper(content, MESSAGE_LIMITS.depth)) return null
  fields['content'] = stringify(content)
  return fields as unknown as Draft
}

/** Makes a draft of a value, such as a library caller's; `content` is any JSON value. @throws CaxtonError ERR_MESSAGE_INVALID */
export function toDraft(value: unknown): Draft {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(['expected a JSON object'])
  const fields = value as Readonly<Record<string, unknown>>
  const draft: Record<string, unknown> = {}
  const problems: string[] = []
  let known = readReceiver(fields['receiver'], draft, problems)
  for (const name of TEXT_FIELDS) {
    const text = fields[name]
    if (text === undefined) continue
    known += 1
    if (isShortText(text)) draft[name] = text
    else problems.push(textProblem(name, text))
  }
  known += readAct(fields['performative'], draft, problems)
  if (draft['reply_by'] !== undefined && deadlineOf(draft as unknown as Draft) === null) {
    problems.push('reply_by: expected a date and time such as 2030-01-31T12:00:00Z')
  }
  if (fields['content'] !== undefined) known += readContent(fields['content'], draft, problems)
  // Every name is known when as many were found as there are: the usual case looks at no name.
  const names = Object.keys(fields)
  if (names.length !== known) readOthers(names, fields, draft, problems)
  if (problems.length > 0) throw invalid(problems.slice(0, MESSAGE_LIMITS.problems))
  return draft as unknown as Draft
}

/** Returns `reply_by` in milliseconds since 1970, null where there is none or it is no date. */
export function deadlineOf({ reply_by: replyBy }: Pick<Draft, 'reply_by'>): number | null {
  if (replyBy === undefined || !DATE_TIME.test(replyBy)) return null
  const ms = Date.parse(replyBy)
  return Number.isNaN(ms) ? null : ms
}

/** Makes a message of a draft; a message that belongs to no conversation starts one under its own id. */
export function completeDraft(draft: Draft, sender: string, messageId: string): Message {
  return { ...draft, sender, message_id: messageId, conversation_id: draft.conversation_id ?? messageId }
}

/**
 * Makes one draft for each receiver, in the order of the list.
 *
 * @param conversationId of those whose draft names none
 */
export function spreadDraft(draft: Draft, conversationId: string): Draft[] {
  const { others = [], ...first } = draft
  const conversation = draft.conversation_id ?? conversationId
  return [draft.receiver, ...others].map((receiver) => ({ ...first, receiver, conversation_id: conversation }))
}

/** Writes a message as the JSON text that guests see. */
export function formatMessage(message: Message): string {
  return joinMessage(formatHeader(message), message.content)
}

/** Writes everything but the content of a message as JSON text. */
export function formatHeader(message: Message): string {
  const { extras } = message
  // Every field by its name: to copy all but one of them costs more than to write them. What is undefined is not written.
  const header = {
    performative: message.performative,
    sender: message.sender,
    receiver: message.receiver,
    message_id: message.message_id,
    conversation_id: message.conversation_id,
    reply_with: message.reply_with,
    in_reply_to: message.in_reply_to,
    reply_to: message.reply_to,
    reply_by: message.reply_by,
    protocol: message.protocol,
    language: message.language,
    encoding: message.encoding,
    ontology: message.ontology,
    trace: message.trace,
  } satisfies { readonly [Name in keyof Omit<Message, 'content' | 'extras'>]-?: Message[Name] | undefined }
  return JSON.stringify(extras === undefined ? header : { ...header, ...extras })
}

/** Puts a content behind a header that `formatHeader` has written. */
export function joinMessage(header: string, content: string | undefined): string {
  return content === undefined ? header : `${header.slice(0, -1)},"content":${content}}`
}

/** Returns the fields that make a message the answer to another: receiver, conversation, protocol and `in_reply_to`. */
export function replyTo(message: Message): Pick<Draft, 'receiver' | 'conversation_id' | 'in_reply_to' | 'protocol'> {
  return {
    receiver: message.reply_to ?? message.sender,
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

/** Each reader below returns how many fields it has found: 1, or 0 where there is none. */
function readReceiver(value: unknown, draft: Record<string, unknown>, problems: string[]): number {
  if (isShortText(value) && value !== '') draft['receiver'] = value
  else if (value === undefined || value === '') problems.push('receiver: is missing')
  else if (Array.isArray(value)) readReceivers(value, draft, problems)
  else problems.push(textProblem('receiver', value))
  return value === undefined ? 0 : 1
}

function readReceivers(value: readonly unknown[], draft: Record<string, unknown>, problems: string[]): void {
  const most = MESSAGE_LIMITS.receivers
  if (value.length === 0 || value.length > most) {
    problems.push(`receiver: has ${value.length} entries, expected 1 to ${most}`)
    return
  }
  for (const [index, entry] of value.entries()) {
    if (!isShortText(entry) || entry === '') problems.push(textProblem(`receiver[${index}]`, entry))
  }
  if (new Set(value).size !== value.length) problems.push('receiver: names something twice')
  draft['receiver'] = value[0]
  if (value.length > 1) draft['others'] = value.slice(1)
}

function readAct(value: unknown, draft: Record<string, unknown>, problems: string[]): number {
  if (typeof value === 'string' && ACTS.has(value)) draft['performative'] = value
  else problems.push('performative: expected one of the acts of FIPA00037')
  return value === undefined ? 0 : 1
}

function readContent(value: unknown, draft: Record<string, unknown>, problems: string[]): number {
  if (isDeeper(value, MESSAGE_LIMITS.depth)) {
    problems.push(`content: is nested deeper than ${MESSAGE_LIMITS.depth}`)
    return 1
  }
  const text = stringify(value)
  if (text !== undefined) draft['content'] = text
  return 1
}

/** Takes the fields under names of the sender's own and refuses all that are not known. */
function readOthers(
  names: readonly string[],
  fields: Readonly<Record<string, unknown>>,
  draft: Record<string, unknown>,
  problems: string[],
): void {
  const extras: Record<string, string> = {}
  let count = 0
  for (const name of names) {
    const value = fields[name]
    if (FIELDS.has(name) || (value === undefined && EXTRA_NAME.test(name))) continue
    if (!EXTRA_NAME.test(name)) problems.push(`${JSON.stringify(name.slice(0, 64))}: unknown field`)
    else if (!isShortText(value)) problems.push(textProblem(name, value))
    else {
      extras[name] = value
      count += 1
    }
  }
  if (count > MESSAGE_LIMITS.extraFields) problems.push(`x-…: more than ${MESSAGE_LIMITS.extraFields} fields`)
  if (count > 0) draft['extras'] = extras
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MESSAGE_LIMITS.fieldChars
}

function textProblem(path: string, value: unknown): string {
  if (value === '') return `${path}: is empty`
  if (typeof value !== 'string') return `${path}: expected a string`
  return `${path}: longer than ${MESSAGE_LIMITS.fieldChars} characters`
}

/** Tells whether arrays and objects are nested deeper than that. Never deeper itself. */
function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (most === 0) return true
  if (Array.isArray(value)) {
    for (const part of value) if (typeof part === 'object' && isDeeper(part, most - 1)) return true
    return false
  }
  for (const name in value) {
    const part = (value as Readonly<Record<string, unknown>>)[name]
    if (typeof part === 'object' && isDeeper(part, most - 1)) return true
  }
  return false
}

function stringify(content: unknown): string | undefined {
  try {
    return JSON.stringify(content)
  } catch (cause) {
    throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: 'content: cannot be written as JSON', cause })
  }
}

function invalid(problems: readonly string[]): CaxtonError {
  return new CaxtonError('ERR_MESSAGE_INVALID', { detail: problems.join('; '), data: { problems } })
}
