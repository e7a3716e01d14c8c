import type { Message } from '../core/index.ts'
import { CaxtonError, USER_NAME } from '../core/index.ts'
import type { Address } from './address.ts'
import type { CapabilityMail } from './capability-mail.ts'
import type { Refused } from './conversations-parts.ts'
import type { DeliveryParts } from './delivery-parts.ts'
import type { ParkedMail } from './parked-mail.ts'
import type { PeopleMail } from './people-mail.ts'
import type { Topics } from './topics/index.ts'
import type { Passage } from './undertaking.ts'
import type { UserMail } from './user-mail.ts'

export interface ElsewhereParts extends DeliveryParts {
  readonly user: UserMail
  readonly parked: ParkedMail
  readonly topics: Topics
  readonly people: PeopleMail
  readonly capabilities: CapabilityMail
  /** Gives back what a message holds that goes into no mailbox. */
  giveBackCredit(message: Message, reserved: boolean): void
}

/** Brings messages whose receiver is not the name of an agent that is there to whoever is meant. */
export class Elsewhere {
  readonly #parts: ElsewhereParts

  constructor(parts: ElsewhereParts) {
    this.#parts = parts
  }

  /**
   * @param reserved credit is reserved in a mailbox that is there no more
   * @param cause the message during whose handling it was sent
   * @returns why the message went nowhere; null when it did
   */
  deliver(
    message: Message,
    passage: Passage,
    address: Address | CaxtonError,
    reserved: boolean,
    cause: Message | null,
  ): CaxtonError | Refused | null {
    if (!(address instanceof CaxtonError) && address.kind === 'capability') {
      return this.#parts.capabilities.deliver(message, passage, address.name, cause)
    }
    this.#parts.giveBackCredit(message, reserved)
    if (address instanceof CaxtonError) return address
    if (address.kind === 'topic') return this.#parts.topics.publish(message, address.name, cause)
    if (address.kind === 'user') return this.#deliverToUser(message, passage)
    if (address.kind === 'person') return this.#deliverToPerson(message, passage, address.name)
    if (this.#parts.parked.isAwaited(message.receiver)) return this.#park(message, passage)
    const data = { agent: message.receiver }
    return new CaxtonError('ERR_AGENT_UNKNOWN', { detail: `'${message.receiver}'`, data })
  }

  #deliverToUser(message: Message, passage: Passage): Refused | null {
    const { conversations, user } = this.#parts
    const step = conversations.judge(passage, message, USER_NAME)
    if (step !== null && 'error' in step) return step
    conversations.depart(message, step, USER_NAME, false)
    user.deliver(message)
    return null
  }

  #deliverToPerson(message: Message, passage: Passage, person: string): CaxtonError | Refused | null {
    const { conversations, people } = this.#parts
    const problem = people.findProblem(person, message)
    if (problem !== null) return problem
    const step = conversations.judge(passage, message, message.receiver)
    if (step !== null && 'error' in step) return step
    conversations.depart(message, step, message.receiver, true)
    people.take(message)
    return null
  }

  /** Lets a message wait for an agent that had to do with what was under way when the system ended, and is not there yet. */
  #park(message: Message, passage: Passage): Refused | null {
    const { conversations, parked } = this.#parts
    const step = conversations.judge(passage, message, message.receiver)
    if (step !== null && 'error' in step) return step
    conversations.depart(message, step, message.receiver, true)
    parked.addAwaited(message, message.receiver)
    return null
  }
}
