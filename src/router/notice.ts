import type { CaxtonError, ErrorFacts, Message, Performative } from '../core/index.ts'
import { completeDraft, ERRORS, RUNTIME_NAME, replyTo, USER_NAME } from '../core/index.ts'
import type { Tidings } from './conversations-parts.ts'

/** Facts of an error that guests are told: what a conversation is about, nothing of the host. */
const TOLD_FACTS = ['protocol', 'state', 'expected', 'in_reply_to', 'guard', 'budget', 'limit'] as const

/**
 * Tells whether the runtime may answer a message. It never answers itself, a `failure` or a `not-understood`:
 * otherwise two parties that do not understand each other would keep it busy for ever.
 */
export function isAnswerable(message: Message): boolean {
  return (
    message.sender !== RUNTIME_NAME && message.performative !== 'failure' && message.performative !== 'not-understood'
  )
}

/**
 * Makes the message by which the runtime tells a sender what became of its message.
 *
 * Its content is `{"reason", "sentence", "message_id", "receiver"}`: the error code, the sentence of the code, and what it
 * is about; for a message out of turn also the protocol, its state and what was expected, for a guard which one. The user is also told the detail; a guest is not, because details are words of the host.
 */
export function createNotice(about: Message, act: Performative, error: CaxtonError, messageId: string): Message {
  const content = {
    reason: error.code,
    sentence: ERRORS[error.code].message,
    message_id: about.message_id,
    receiver: about.receiver,
    ...pickFacts(error.data),
    ...(about.sender === USER_NAME && error.detail !== undefined ? { detail: error.detail } : {}),
  }
  // To the sender, even where its answers go elsewhere: what the runtime says is no answer of the receiver's.
  const answer = { ...replyTo(about), receiver: about.sender }
  const draft = { performative: act, ...answer, content: JSON.stringify(content) }
  return completeDraft(draft, RUNTIME_NAME, messageId)
}

/**
 * Makes the message by which the runtime tells somebody what became of a conversation: a deadline that has passed, a side that
 * is gone, a guard that has tripped. Its content is that of `createNotice`; `receiver` is whom it is about.
 */
export function createTidings({ receiver, act, conversation, ask, about, error }: Tidings, messageId: string): Message {
  const content = {
    reason: error.code,
    sentence: ERRORS[error.code].message,
    ...(ask === null ? {} : { message_id: ask.messageId }),
    receiver: about,
    ...pickFacts(error.data),
    ...(receiver === USER_NAME && error.detail !== undefined ? { detail: error.detail } : {}),
  }
  const draft = {
    performative: act,
    receiver,
    conversation_id: conversation.id,
    ...(ask === null || ask.replyWith === null ? {} : { in_reply_to: ask.replyWith }),
    ...(conversation.protocol === null ? {} : { protocol: conversation.protocol.name }),
    content: JSON.stringify(content),
  }
  return completeDraft(draft, RUNTIME_NAME, messageId)
}

/** Makes the message by which the runtime confirms, for a person, that what was asked is called off. Its content is `{"message_id", "receiver"}`. */
export function createConfirmation(cancel: Message, messageId: string): Message {
  const content = JSON.stringify({ message_id: cancel.message_id, receiver: cancel.receiver })
  const answer = { ...replyTo(cancel), receiver: cancel.sender }
  return completeDraft({ performative: 'inform', ...answer, content }, RUNTIME_NAME, messageId)
}

function pickFacts(data: ErrorFacts): ErrorFacts {
  if (data['guard'] === undefined && data['protocol'] === undefined) return {}
  const told = TOLD_FACTS.filter((name) => data[name] !== undefined)
  return Object.fromEntries(told.map((name) => [name, data[name]!]))
}

/** Returns the error code in a message that `createNotice` made. */
export function noticeReason(notice: Message): string | null {
  const content: unknown = JSON.parse(notice.content ?? 'null')
  return typeof content === 'object' && content !== null && 'reason' in content ? String(content.reason) : null
}
