import type { Message, Performative } from '../core/index.ts'
import { PERFORMATIVES } from '../core/index.ts'

/*
 * A message that is handed over inside a thread, as it is told to the main thread: its act and the agents are numbers, its id and
 * the texts that it has are values of the report.
 */

/** What a message that `isPlain` lets through may have besides its id. Without `conversation_id` it begins a conversation. */
export const LOCAL_TEXTS = {
  conversation_id: 1,
  reply_with: 2,
  in_reply_to: 4,
  reply_to: 8,
  language: 16,
  encoding: 32,
  ontology: 64,
  trace: 128,
  content: 256,
} satisfies Record<Exclude<keyof Message, KnownField | RoutedField>, number>
type KnownField = 'performative' | 'sender' | 'receiver' | 'message_id'
type RoutedField = 'protocol' | 'reply_by' | 'extras'

const ACTS: ReadonlyMap<Performative, number> = new Map(PERFORMATIVES.map((act, index) => [act, index]))

export function numberOf(act: Performative): number {
  return ACTS.get(act)!
}

/** Returns which texts a message has: a sum of `LOCAL_TEXTS`. */
export function textsOf(message: Message): number {
  return (
    (message.conversation_id === message.message_id ? 0 : LOCAL_TEXTS.conversation_id) +
    (message.reply_with === undefined ? 0 : LOCAL_TEXTS.reply_with) +
    (message.in_reply_to === undefined ? 0 : LOCAL_TEXTS.in_reply_to) +
    (message.reply_to === undefined ? 0 : LOCAL_TEXTS.reply_to) +
    (message.language === undefined ? 0 : LOCAL_TEXTS.language) +
    (message.encoding === undefined ? 0 : LOCAL_TEXTS.encoding) +
    (message.ontology === undefined ? 0 : LOCAL_TEXTS.ontology) +
    (message.trace === undefined ? 0 : LOCAL_TEXTS.trace) +
    (message.content === undefined ? 0 : LOCAL_TEXTS.content)
  )
}

/** What is known of a message beside its texts. */
export interface LocalHead {
  readonly act: number
  readonly sender: string
  readonly receiver: string
  readonly texts: number
}

/** Makes a message of its texts in the order of `LOCAL_TEXTS`, its id before them; `next` returns one after the other. */
export function readLocalMessage({ act, sender, receiver, texts }: LocalHead, next: () => string): Message {
  const id = next()
  const message: { -readonly [Name in keyof Message]: Message[Name] } = {
    performative: PERFORMATIVES[act]!,
    sender,
    receiver,
    message_id: id,
    conversation_id: (texts & LOCAL_TEXTS.conversation_id) === 0 ? id : next(),
  }
  if ((texts & LOCAL_TEXTS.reply_with) !== 0) message.reply_with = next()
  if ((texts & LOCAL_TEXTS.in_reply_to) !== 0) message.in_reply_to = next()
  if ((texts & LOCAL_TEXTS.reply_to) !== 0) message.reply_to = next()
  if ((texts & LOCAL_TEXTS.language) !== 0) message.language = next()
  if ((texts & LOCAL_TEXTS.encoding) !== 0) message.encoding = next()
  if ((texts & LOCAL_TEXTS.ontology) !== 0) message.ontology = next()
  if ((texts & LOCAL_TEXTS.trace) !== 0) message.trace = next()
  if ((texts & LOCAL_TEXTS.content) !== 0) message.content = next()
  return message
}
