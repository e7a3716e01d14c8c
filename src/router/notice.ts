import type { CaxtonError, Message } from '../core/index.ts'
import { completeDraft, ERRORS, RUNTIME_NAME, replyTo, USER_NAME } from '../core/index.ts'

/** What the runtime tells a sender in its own name. */
export type NoticeAct = 'failure' | 'not-understood'

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
 * is about. The user is also told the detail; a guest is not, because details are words of the host.
 */
export function createNotice(about: Message, act: NoticeAct, error: CaxtonError, messageId: string): Message {
  const content = {
    reason: error.code,
    sentence: ERRORS[error.code].message,
    message_id: about.message_id,
    receiver: about.receiver,
    ...(about.sender === USER_NAME && error.detail !== undefined ? { detail: error.detail } : {}),
  }
  // To the sender, even where its answers go elsewhere: what the runtime says is no answer of the receiver's.
  const answer = { ...replyTo(about), receiver: about.sender }
  const draft = { performative: act, ...answer, content: JSON.stringify(content) }
  return completeDraft(draft, RUNTIME_NAME, messageId)
}

/** Returns the error code in a message that `createNotice` made. */
export function noticeReason(notice: Message): string | null {
  const content: unknown = JSON.parse(notice.content ?? 'null')
  return typeof content === 'object' && content !== null && 'reason' in content ? String(content.reason) : null
}
