import type { Usage } from '../agent/index.ts'
import type { ErrorData, Message } from '../core/index.ts'

/** Follows messages from their acceptance to their end. What `begin` returns is the message from then on. */
export interface Tracing {
  /** @param cause the message during whose handling it was sent, null for none */
  begin(message: Message, cause: Message | null): Message
  handled(
    message: Message,
    facts: { readonly agent: string; readonly status: number; readonly error: ErrorData | null; readonly usage: Usage },
  ): void
  /** It reached somebody other than an agent's mailbox. */
  arrived(message: Message): void
  givenUp(message: Message, error: ErrorData): void
}

/** Follows nothing. */
export const NO_TRACING: Tracing = Object.freeze({
  begin: (message: Message) => message,
  handled: () => {},
  arrived: () => {},
  givenUp: () => {},
})
