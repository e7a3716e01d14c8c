import type { CaxtonError, Message, Performative } from '../core/index.ts'
import { findDialogue } from './conversation.ts'
import { Passages } from './passages.ts'
import { actsOf, dueOf } from './protocols/index.ts'

/** What whoever has got a message may say to it now. */
export type Turn =
  /** It follows no protocol: whatever they like. */
  | { readonly kind: 'free' }
  /** One of these; none where nothing is asked of them. */
  | { readonly kind: 'bound'; readonly acts: readonly Performative[]; readonly dueMs: number | null }
  /** Nothing: the dialogue has ended, or has gone on without them. */
  | { readonly kind: 'over'; readonly state: string; readonly isLate: boolean }
  /** Nothing: a guard has stopped everything that the message is part of. */
  | { readonly kind: 'stopped'; readonly error: CaxtonError }

const FREE: Turn = { kind: 'free' }

/** Tells what the receiver of a message may say to it, by the protocol of its conversation. Changes nothing. */
export function turnOf(message: Message, receiver: string): Turn {
  const passage = Passages.get(message)
  const stopped = passage?.undertaking.stopped ?? null
  if (stopped !== null) return { kind: 'stopped', error: stopped }
  const conversation = passage?.conversation ?? null
  const protocol = conversation?.protocol ?? null
  if (conversation === null || protocol === null) return FREE
  const dialogue = findDialogue(conversation, message.sender, receiver)
  if (dialogue === null) return { kind: 'over', state: 'lost', isLate: false }
  const side = dialogue.partner === receiver ? 'partner' : 'opener'
  const acts = actsOf(protocol, dialogue, side)
  const last = dialogue.asks[side === 'partner' ? 'opener' : 'partner']
  const { state, isLate } = dialogue
  const isPast = acts === null || (isLate && acts.length === 0)
  if (isPast || last?.messageId !== message.message_id) return { kind: 'over', state, isLate }
  return { kind: 'bound', acts, dueMs: dueOf(dialogue)?.atMs ?? null }
}
