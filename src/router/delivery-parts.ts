import type { Agent } from '../agent/index.ts'
import type { Alarm, Clock, Guarantee, Message, Person, Strategy } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Conversations } from './conversations.ts'
import type { Directory } from './directory/index.ts'
import type { DurableMail } from './durable-mail.ts'
import type { EventHub } from './event.ts'
import type { MailboxCredit } from './mailbox-credit.ts'
import type { Rest } from './rest.ts'
import type { Tracing } from './tracing.ts'

export interface DeliveryParts {
  readonly clock: Clock
  readonly credit: MailboxCredit
  readonly agents: ReadonlyMap<string, Agent>
  readonly directory: Directory
  /** Those of capabilities that do not have the default one. */
  readonly strategies: ReadonlyMap<string, Strategy>
  readonly conversations: Conversations
  readonly hub: EventHub
  readonly rest: Rest
  readonly tracing: Tracing
  readonly store: Store
  readonly alarm: Alarm
  readonly mail: DurableMail
  /** People that are declared. */
  readonly persons: readonly Person[]
  /** What messages of the user want that say nothing. */
  readonly userGuarantee: Guarantee
  sizeOf(message: Message): number
  createMessageId(): string
  /** Notes who a message of the user, or of an agent, went to; tells whether its sender waits for the reply in the middle of a call. */
  onAssigned(message: Message, receiver: string): boolean
  /** Hands over the reply that an agent waits for in the middle of a message; false for any other message. */
  claimReply(receiver: string, message: Message): boolean
  /** Whether somebody waits for the one reply to a message, and does nothing else meanwhile. */
  isAwaited(message: Message): boolean
  onUserMessage(message: Message): void
  /** A message has come to its end: it was handled, or will not be. */
  onEnded(message: Message, isHandled: boolean): void
  /** Whether the runtime still answers agents: not when all of them are about to stop. */
  answersAgents(): boolean
}
