import type { Message } from '../core/index.ts'
import { USER_NAME } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { DurableMail } from './durable-mail.ts'
import type { EventHub } from './event.ts'
import { isAnswerable } from './notice.ts'
import type { Rest } from './rest.ts'
import type { Tracing } from './tracing.ts'

export interface UserMailParts {
  readonly hub: EventHub
  readonly rest: Rest
  readonly tracing: Tracing
  readonly store: Store
  readonly mail: DurableMail
  onUserMessage(message: Message): void
  answersAgents(): boolean
}

/** Messages to the user, who is told when everything that led to a message is kept. */
export class UserMail {
  readonly #parts: UserMailParts

  constructor(parts: UserMailParts) {
    this.#parts = parts
  }

  deliver(message: Message): void {
    const { store, mail, rest } = this.#parts
    if (!store.isDurable) {
      this.#tell(message)
      return
    }
    mail.accept(message, USER_NAME)
    rest.begin()
    store.whenCommitted(() => {
      // While the system closes a message waits for the next one; what the runtime says is about this one.
      if (this.#parts.answersAgents() || !isAnswerable(message)) {
        this.#tell(message)
        mail.settle(message)
      }
      rest.end()
    })
  }

  /** Tells the user what had not reached it when the system ended. */
  deliverParked(): void {
    this.#parts.mail.unpark(USER_NAME, ({ message }) => {
      this.deliver(message)
      return true
    })
  }

  #tell(message: Message): void {
    const { hub, mail, tracing } = this.#parts
    tracing.arrived(message)
    if (hub.isHeard) hub.emit({ type: 'delivered', agent: USER_NAME, message, sequence: mail.sequenceOf(message) })
    this.#parts.onUserMessage(message)
  }
}
