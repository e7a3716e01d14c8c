import type { ErrorData, Message, Performative } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'
import { FewNamed, FewTexts } from './few.ts'
import type { Ask, DialogueState, ProtocolRules } from './protocols/index.ts'
import { isEnded } from './protocols/index.ts'
import type { Shelved } from './shelf.ts'
import type { Spent, Undertaking } from './undertaking.ts'

/** What is remembered of one conversation: plain data. */
export interface ConversationInfo {
  readonly id: string
  /** Who began it: agents may choose the same id, and talk in conversations of their own then. */
  readonly initiator: string
  /** Who has sent something in it or got something, at most HOST_LIMITS.participantsPerConversation. */
  readonly participants: readonly string[]
  readonly messages: number
  readonly lastAct: Performative
  readonly protocol: string | null
  /** Where each pair of agents stands; empty for a conversation that follows no protocol. */
  readonly dialogues: readonly { readonly opener: string; readonly partner: string; readonly state: string }[]
  /** `reply_with` of messages that nobody has answered, oldest first, at most HOST_LIMITS.openRepliesPerConversation. */
  readonly openReplies: readonly string[]
  /** What the undertaking that it is part of has used. */
  readonly spent: Readonly<Spent>
  /** Why nothing is sent in it any more. */
  readonly stopped: ErrorData | null
}

/** One conversation. */
export interface Conversation extends Shelved {
  readonly id: string
  readonly initiator: string
  readonly protocol: ProtocolRules | null
  readonly undertaking: Undertaking
  readonly participants: FewTexts
  readonly openReplies: FewTexts
  /** The last message of each participant that wants a reply. */
  readonly asks: FewNamed<Ask>
  readonly roles: FewNamed<string>
  readonly dialogues: FewNamed<DialogueState>
  /** Whether a partner in one of them may answer somebody else than its opener. */
  isRedirected: boolean
  messages: number
  lastAct: Performative
  /** Messages that wait in mailboxes or are handled. */
  inFlight: number
  /** Others under the same id. */
  next: Conversation | null
  previous: Conversation | null
}

/** Of all conversations that follow no protocol: nothing is put into these. */
const NO_ROLES = new FewNamed<string>()
const NO_DIALOGUES = new FewNamed<DialogueState>()

export function createConversation(
  message: Message,
  protocol: ProtocolRules | null,
  undertaking: Undertaking,
): Conversation {
  return {
    id: message.conversation_id,
    initiator: message.sender,
    protocol,
    undertaking,
    participants: new FewTexts([message.sender]),
    openReplies: new FewTexts(),
    asks: new FewNamed(),
    roles: protocol === null ? NO_ROLES : new FewNamed([[message.sender, protocol.first]]),
    dialogues: protocol === null ? NO_DIALOGUES : new FewNamed(),
    isRedirected: false,
    messages: 0,
    lastAct: message.performative,
    inFlight: 0,
    next: null,
    previous: null,
    shelf: null,
    before: null,
    after: null,
  }
}

export function dialogueKey(opener: string, partner: string): string {
  return `${opener} ${partner}`
}

/** Returns the dialogue that a message from one to the other is part of. */
export function findDialogue(conversation: Conversation, sender: string, receiver: string): DialogueState | null {
  const { dialogues } = conversation
  const own = dialogues.get(dialogueKey(sender, receiver)) ?? dialogues.get(dialogueKey(receiver, sender))
  if (own !== undefined || !conversation.isRedirected) return own ?? null
  for (const dialogue of dialogues.values()) {
    if (dialogue.partner === sender && dialogue.answersTo === receiver) return dialogue
  }
  return null
}

/** Counts a message and notes who is open to an answer. Its receiver takes part once it has got it. */
export function noteMessage(conversation: Conversation, message: Message): void {
  conversation.messages += 1
  conversation.lastAct = message.performative
  addBounded(conversation.participants, message.sender, HOST_LIMITS.participantsPerConversation)
  const { in_reply_to: answered, reply_with: replyWith = null } = message
  if (answered !== undefined && message.performative !== 'agree') conversation.openReplies.delete(answered)
  if (replyWith === null) return
  addBounded(conversation.openReplies, replyWith, HOST_LIMITS.openRepliesPerConversation)
  if (conversation.participants.has(message.sender)) {
    conversation.asks.set(message.sender, { messageId: message.message_id, replyWith })
  }
}

/** Whether somebody waits for something in it. */
export function isOpen({ openReplies, dialogues, protocol, undertaking }: Conversation): boolean {
  if (undertaking.stopped !== null) return false
  if (protocol === null) return openReplies.size > 0
  for (const dialogue of dialogues.values()) if (!isEnded(protocol.dialogues[dialogue.kind]!, dialogue)) return true
  return false
}

export function describeConversation(conversation: Conversation): ConversationInfo {
  const { id, initiator, participants, messages, lastAct, protocol, dialogues, openReplies, undertaking } = conversation
  const states = [...dialogues.values()].map(({ opener, partner, state }) => Object.freeze({ opener, partner, state }))
  return Object.freeze({
    id,
    initiator,
    participants: Object.freeze([...participants]),
    messages,
    lastAct,
    protocol: protocol?.name ?? null,
    dialogues: Object.freeze(states),
    openReplies: Object.freeze([...openReplies]),
    spent: Object.freeze({ ...undertaking.spent }),
    stopped: undertaking.stopped?.toData() ?? null,
  })
}

function addBounded(set: FewTexts, value: string, limit: number): void {
  if (set.size < limit) set.add(value)
}
