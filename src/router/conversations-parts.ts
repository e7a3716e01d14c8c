import type { CaxtonError, CircuitLimits, Clock, ConversationLimits, Message, Performative } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import type { EventHub } from './event.ts'
import type { PassageSnapshot } from './passage-snapshot.ts'
import type { Ask, Rulebook } from './protocols/index.ts'
import type { Rest } from './rest.ts'
import type { Undertaking } from './undertaking.ts'

/** Why a message goes nowhere, and what its sender is told. */
export interface Refused {
  readonly error: CaxtonError
  readonly act: Performative
  /** Whether it ends the undertaking. */
  readonly stops: boolean
}

/** What somebody is told in the name of the runtime, without having sent a message just now. */
export interface Tidings {
  readonly receiver: string
  readonly act: Performative
  readonly conversation: Conversation
  /** What it answers; null when nothing was asked. */
  readonly ask: Ask | null
  /** Whom it is about. */
  readonly about: string
  readonly error: CaxtonError
}

/** A message that was under way when the system ended. */
export interface UnderWay {
  readonly message: Message
  readonly receiver: string
  /** Null where nothing is known of its way. */
  readonly passage: PassageSnapshot | null
}

export interface ConversationsParts {
  readonly clock: Clock
  readonly hub: Pick<EventHub, 'emit' | 'isHeard'>
  readonly rest: Rest
  sizeOf(message: Message): number
  tell(tidings: Tidings): void
  /** Whether a party may answer after this process has ended: its deadlines keep nobody from resting. @default nobody */
  isOutside?(party: string): boolean
  /** Something has happened in a conversation. @default nothing */
  onSettled?(conversation: Conversation): void
  /** A conversation is forgotten. @default nothing */
  onDropped?(conversation: Conversation): void
  /** An undertaking of which messages are written has used something, or was stopped. @default nothing */
  onSpent?(undertaking: Undertaking): void
}

export interface ConversationsOptions {
  /** @default those of FIPA */
  readonly protocols?: Rulebook
  /** @default DEFAULT_CONVERSATION_LIMITS */
  readonly limits?: ConversationLimits
  /** For undertakings that begin with a conversation of that protocol. */
  readonly protocolLimits?: Readonly<Record<string, ConversationLimits>>
  /** @default DEFAULT_CIRCUIT */
  readonly circuit?: CircuitLimits
  /** @default HOST_LIMITS.conversations */
  readonly remembered?: number
}
