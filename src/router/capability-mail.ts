import type { Agent } from '../agent/index.ts'
import type { Message } from '../core/index.ts'
import { CAPABILITY_PREFIX, CaxtonError, DEFAULT_STRATEGY } from '../core/index.ts'
import type { Refused } from './conversations-parts.ts'
import type { DeliveryParts } from './delivery-parts.ts'
import { findProblem, mailboxFull } from './delivery-problems.ts'
import { Bonds } from './directory/index.ts'
import type { FanOut } from './fan-out.ts'
import type { ParkedMail } from './parked-mail.ts'
import type { Step } from './protocols/index.ts'
import type { Passage } from './undertaking.ts'

export interface CapabilityMailParts extends DeliveryParts {
  readonly parked: ParkedMail
  readonly fanOut: FanOut
  /** Puts a message for which credit is reserved into a mailbox. */
  take(agent: Agent, message: Message, step: Step | null, bytes: number): void
  /** Gives back what a message holds that goes into no mailbox. */
  giveBackCredit(message: Message, reserved: boolean): void
}

/** Tells whether an agent takes a message. What it takes is delivered to it. */
type Take = (agent: string) => boolean

/** Brings messages to agents that offer a capability, by the strategy of that capability: never to the sender itself. */
export class CapabilityMail {
  readonly #parts: CapabilityMailParts
  readonly #bonds: Bonds

  constructor(parts: CapabilityMailParts) {
    this.#parts = parts
    this.#bonds = new Bonds(parts.store)
  }

  /**
   * @param cause the message during whose handling it was sent
   * @returns why the message went nowhere; null when it did
   */
  deliver(message: Message, passage: Passage, capability: string, cause: Message | null): CaxtonError | Refused | null {
    return this.#strategyOf(capability) === 'all'
      ? this.#deliverToAll(message, capability, cause)
      : this.#deliverToOne(message, passage, capability)
  }

  /** Somebody offers a capability: what waits for that is brought there when everybody knows of it. */
  onOffered(capability: string): void {
    const { mail, rest } = this.#parts
    if (!mail.hasParked(CAPABILITY_PREFIX + capability)) return
    rest.begin()
    queueMicrotask(() => {
      if (this.#parts.answersAgents()) this.deliverParked(capability)
      rest.end()
    })
  }

  /**
   * Brings what waits for whoever offers a capability, such as a dead letter that is delivered again, to one that offers it now: to
   * the next in turn, whatever the strategy says.
   */
  deliverParked(capability: string): void {
    const { directory, mail, parked } = this.#parts
    const address = CAPABILITY_PREFIX + capability
    mail.unpark(address, ({ message }) => {
      const picked = directory.pick(capability, (name) => name !== message.sender)
      if (picked === null) return false
      mail.assign(message, picked)
      parked.addFreed(picked, message)
      parked.deliverTo(picked)
      return true
    })
  }

  #strategyOf(capability: string) {
    return this.#parts.strategies.get(capability) ?? DEFAULT_STRATEGY
  }

  #deliverToOne(message: Message, passage: Passage, capability: string): CaxtonError | Refused | null {
    const { agents, conversations, credit, directory } = this.#parts
    const bytes = this.#parts.sizeOf(message)
    let step: Step | null = null
    let refused: Refused | null = null
    const picked = this.#pick(capability, message, passage, (name) => {
      const agent = agents.get(name)
      if (name === message.sender || agent === undefined || this.#parts.parked.has(agent)) return false
      if (findProblem(agent, message, bytes) !== null) return false
      const judged = conversations.judge(passage, message, name)
      if (judged !== null && 'error' in judged) {
        refused = judged
        return false
      }
      step = judged
      return credit.reserveRoom(name, bytes)
    })
    const agent = picked === null ? undefined : agents.get(picked)
    if (agent !== undefined) {
      this.#parts.take(agent, message, step, bytes)
      return null
    }
    this.#parts.giveBackCredit(message, false)
    if (refused !== null) return refused
    const isOffered = directory.agentsFor(capability).some((name) => name !== message.sender)
    return isOffered ? mailboxFull(message.receiver) : unknown(capability)
  }

  #pick(capability: string, message: Message, { conversation }: Passage, take: Take): string | null {
    const { agents, directory } = this.#parts
    switch (this.#strategyOf(capability)) {
      case 'any':
        return directory.agentsFor(capability).find(take) ?? null
      case 'least-loaded':
        return directory.pick(capability, take, (name) => agents.get(name)?.waitingMessages ?? 0)
      case 'sticky': {
        const tied = this.#bonds.find(capability, message, conversation)
        // Whoever is asked in a conversation and asks for the same in turn asks somebody else.
        if (tied === message.sender) return directory.pick(capability, take)
        if (tied !== null && directory.isOffered(tied, capability)) return take(tied) ? tied : null
        const picked = directory.pick(capability, take)
        if (picked !== null) this.#bonds.tie(capability, message, conversation, picked)
        return picked
      }
      default:
        return directory.pick(capability, take)
    }
  }

  #deliverToAll(message: Message, capability: string, cause: Message | null): CaxtonError | Refused | null {
    const { agents, directory, fanOut } = this.#parts
    const names = directory.agentsFor(capability).filter((name) => name !== message.sender)
    this.#parts.giveBackCredit(message, false)
    if (names.length === 0) return unknown(capability)
    if (this.#parts.isAwaited(message)) {
      return new CaxtonError('ERR_MESSAGE_INVALID', { detail: 'receiver: a request has one receiver' })
    }
    const receivers = names.flatMap((name) => agents.get(name) ?? [])
    const spread = fanOut.spread(message, cause, receivers, 'each')
    return typeof spread === 'number' ? null : spread
  }
}

function unknown(capability: string): CaxtonError {
  return new CaxtonError('ERR_CAPABILITY_UNKNOWN', { detail: `'${capability}'`, data: { capability } })
}
