import type { Agent, Outcome } from '../agent/index.ts'
import type { Limits, Message } from '../core/index.ts'
import { asCaxtonError, CaxtonError, USER_NAME } from '../core/index.ts'
import type { Address } from './address.ts'
import { parseAddress } from './address.ts'
import type { ConversationBook } from './conversation.ts'
import type { Directory } from './directory.ts'
import type { EventHub } from './event.ts'
import type { NoticeAct } from './notice.ts'
import { createNotice, isAnswerable } from './notice.ts'
import { NoticeBacklog } from './notice-backlog.ts'
import type { Rest } from './rest.ts'

/*
 * Runs on the main thread, which owns everything here. Threads share only the credit.
 *
 * 1. Every accepted message is handled, or its sender is told by a `failure` or `not-understood`, or it is one that nobody
 *    may answer; each of the three is an event.
 * 2. Messages of one sender to one receiver arrive in the order in which they were sent.
 * 3. The runtime answers no message of its own, no `failure` and no `not-understood`.
 * 4. A message is in a mailbox only with room reserved: by the thread that sent it (`reserved`) or here.
 *    A message that was handed over inside a thread never held credit here.
 * 5. Everything under way is counted in `rest` before what caused it is taken off.
 */

/**
 * What is used of the credit that all threads share for the room in mailboxes.
 *
 * A message of an agent holds a place among the outstanding messages of its sender from the moment it is accepted, and room
 * at its receiver if it was reported as reserved. Names without a mailbox (`user`, `caxton`) hold nothing.
 */
export interface MailboxCredit {
  open(name: string, limits: Limits): unknown
  /** Takes room at the receiver for a message that is not reserved; false when there is none. */
  reserveRoom(receiver: string, bytes: number): boolean
  /** Gives back the room at the receiver and the place of the sender. */
  release(receiver: string, sender: string, bytes: number): void
  /** Gives back the place of the sender of a message that has no room anywhere. */
  releaseSender(sender: string): void
  /** Forgets what is reserved; giving it back afterwards changes nothing. */
  close(name: string): void
}

export interface DeliveryParts {
  readonly credit: MailboxCredit
  readonly agents: ReadonlyMap<string, Agent>
  readonly directory: Directory
  readonly conversations: ConversationBook
  readonly hub: EventHub
  readonly rest: Rest
  sizeOf(message: Message): number
  createMessageId(): string
  /** Notes which agent a message of the user, or of an agent, went to. */
  onAssigned(message: Message, agent: string): void
  /** Hands over the reply that an agent waits for in the middle of a message; false for any other message. */
  claimReply(receiver: string, message: Message): boolean
  onUserMessage(message: Message): void
  /** Whether the runtime still answers agents: not when all of them are about to stop. */
  answersAgents(): boolean
}

/** Brings messages where they go, and tells senders what became of those that go nowhere. */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #backlog = new NoticeBacklog()

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Routes a message of an agent. The sandbox set the sender; one that is not the agent itself never gets further than here. */
  routeOf(agent: Agent, message: Message, reserved: boolean): void {
    if (message.sender === agent.name) {
      this.route(message, reserved)
      return
    }
    this.#giveBackCredit({ ...message, sender: agent.name }, reserved)
    const error = new CaxtonError('ERR_MESSAGE_SENDER_FORGED', { data: { agent: agent.name, sender: message.sender } })
    this.#parts.hub.emit({ type: 'refused', agent: agent.name, error: error.toData() })
  }

  route(message: Message, reserved: boolean): void {
    this.#noteSent(message)
    const agent = this.#parts.agents.get(message.receiver)
    const error =
      agent === undefined ? this.#routeElsewhere(message, reserved) : this.#deliver(agent, message, reserved)
    if (error !== null) this.#giveUp(message, error)
  }

  /** Notes a message that one agent has handed to another in their thread, which waits with it already. */
  noteLocal(agent: Agent, message: Message): void {
    this.#parts.rest.begin()
    this.#noteSent(message)
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: agent.name, message })
  }

  /** Gives up a message that an agent has sent in its thread to another one that is gone. */
  giveUpLocal(_sender: Agent, message: Message): void {
    this.#noteSent(message)
    this.#giveUp(message, new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: { agent: message.receiver } }))
  }

  /** Returns why a message went nowhere; null when it did. */
  #routeElsewhere(message: Message, reserved: boolean): CaxtonError | null {
    const address = readAddress(message.receiver)
    if (!(address instanceof CaxtonError) && address.kind === 'capability')
      return this.#deliverToOne(message, address.name)
    this.#giveBackCredit(message, reserved)
    if (address instanceof CaxtonError) return address
    if (address.kind !== 'user') {
      return new CaxtonError('ERR_AGENT_UNKNOWN', {
        detail: `'${message.receiver}'`,
        data: { agent: message.receiver },
      })
    }
    this.#deliverToUser(message)
    return null
  }

  #deliver(agent: Agent, message: Message, reserved: boolean): CaxtonError | null {
    const bytes = this.#parts.sizeOf(message)
    if (this.#handReply(agent, message, bytes)) {
      this.#giveBackCredit(message, reserved)
      return null
    }
    const problem = findProblem(agent, bytes)
    if (problem === null && (reserved || this.#parts.credit.reserveRoom(agent.name, bytes))) {
      this.#hand(agent, message, bytes)
      return null
    }
    this.#giveBackCredit(message, reserved)
    return problem ?? mailboxFull(agent.name)
  }

  /** Hands a message over that its receiver waits for: into no mailbox, so that one that takes no messages any more gets it, too. */
  #handReply(agent: Agent, message: Message, bytes: number): boolean {
    if (bytes > agent.limits.messageBytes || !this.#parts.claimReply(agent.name, message)) return false
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: agent.name, message })
    return true
  }

  /** Delivers to the next agent in turn that offers a capability and has room, never to the sender itself. */
  #deliverToOne(message: Message, capability: string): CaxtonError | null {
    const { agents, credit, directory } = this.#parts
    const bytes = this.#parts.sizeOf(message)
    const picked = directory.pick(capability, (name) => {
      const agent = agents.get(name)
      if (name === message.sender || agent === undefined || findProblem(agent, bytes) !== null) return false
      return credit.reserveRoom(name, bytes)
    })
    const agent = picked === null ? undefined : agents.get(picked)
    if (agent !== undefined) {
      this.#hand(agent, message, bytes)
      return null
    }
    this.#giveBackCredit(message, false)
    if (directory.agentsFor(capability).some((name) => name !== message.sender)) return mailboxFull(message.receiver)
    return new CaxtonError('ERR_CAPABILITY_UNKNOWN', { detail: `'${capability}'`, data: { capability } })
  }

  /** Gives back what a message holds that goes into no mailbox. */
  #giveBackCredit(message: Message, reserved: boolean): void {
    const { credit } = this.#parts
    if (reserved) credit.release(message.receiver, message.sender, this.#parts.sizeOf(message))
    else credit.releaseSender(message.sender)
  }

  /** Puts a message for which credit is reserved into a mailbox. */
  #hand(agent: Agent, message: Message, bytes: number): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: agent.name, message })
    this.#parts.onAssigned(message, agent.name)
    this.#parts.rest.begin()
    agent.deliver(message, bytes)
  }

  #deliverToUser(message: Message): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: USER_NAME, message })
    this.#parts.onUserMessage(message)
  }

  #giveUp(message: Message, error: CaxtonError): void {
    const answered = this.#mayAnswer(message)
    this.#parts.hub.emit({ type: 'undelivered', message, error: error.toData(), answered })
    this.#answer(message, 'failure', error)
  }

  #answerStatus(agent: Agent, message: Message, status: number): void {
    const data = { agent: agent.name, status }
    if (status === 1) this.#answer(message, 'not-understood', new CaxtonError('ERR_MESSAGE_NOT_UNDERSTOOD', { data }))
    else
      this.#answer(message, 'failure', new CaxtonError('ERR_GUEST_STATUS', { detail: `it answered ${status}`, data }))
  }

  /** While the runtime closes only the user is still answered: every agent is about to stop. */
  #mayAnswer(message: Message): boolean {
    return isAnswerable(message) && (message.sender === USER_NAME || this.#parts.answersAgents())
  }

  /** Tells the sender of a message what became of it, in the name of the runtime. */
  #answer(message: Message, act: NoticeAct, error: CaxtonError): void {
    if (!this.#mayAnswer(message)) return
    const notice = createNotice(message, act, error, this.#parts.createMessageId())
    this.#noteSent(notice)
    if (message.sender === USER_NAME) {
      this.#deliverToUser(notice)
      return
    }
    const agent = this.#parts.agents.get(message.sender)
    if (agent === undefined)
      this.#giveUp(notice, new CaxtonError('ERR_AGENT_UNKNOWN', { detail: `'${message.sender}'` }))
    else this.#deliverNotice(agent, notice)
  }

  /** Delivers a notice; one that finds no room waits for it, so that a full mailbox loses no answer. */
  #deliverNotice(agent: Agent, notice: Message): void {
    const bytes = this.#parts.sizeOf(notice)
    if (this.#handReply(agent, notice, bytes)) return
    const problem = findProblem(agent, bytes)
    if (problem !== null) this.#giveUp(notice, problem)
    else if (!this.#backlog.has(agent.name) && this.#parts.credit.reserveRoom(agent.name, bytes)) {
      this.#hand(agent, notice, bytes)
    } else if (this.#backlog.push(agent.name, notice)) {
      this.#parts.rest.begin()
      this.#deliverBacklog(agent)
    } else this.#giveUp(notice, mailboxFull(agent.name))
  }

  /** Tries the notices that wait once more: a thread that was lost gives back room without a message being handled. */
  retryNotices(): void {
    for (const name of this.#backlog.agents()) {
      const agent = this.#parts.agents.get(name)
      if (agent !== undefined) this.#deliverBacklog(agent)
    }
  }

  #deliverBacklog(agent: Agent): void {
    while (this.#backlog.has(agent.name)) {
      const notice = this.#backlog.peek(agent.name)
      if (notice === undefined || !agent.takesMessages) return
      const bytes = this.#parts.sizeOf(notice)
      if (!this.#parts.credit.reserveRoom(agent.name, bytes)) return
      this.#backlog.drop(agent.name)
      this.#hand(agent, notice, bytes)
      this.#parts.rest.end()
    }
  }

  /** Ends a message whose handling ended: its sender is told unless it was handled. */
  settleHandled(agent: Agent, message: Message, outcome: Outcome): void {
    if (outcome.error !== null) this.#answer(message, 'failure', outcome.error)
    else if (outcome.status !== 0) this.#answerStatus(agent, message, outcome.status)
    this.#deliverBacklog(agent)
    this.#parts.rest.end()
  }

  /** Ends a message that an agent gave back. */
  settleUndelivered(agent: Agent, message: Message, reason: CaxtonError): void {
    this.#giveUp(message, reason)
    this.#deliverBacklog(agent)
    this.#parts.rest.end()
  }

  /** Closes the mailbox of an agent that has ended and gives up the notices that wait for room in it. */
  forgetMailbox(agent: Agent): void {
    this.#parts.credit.close(agent.name)
    const error = new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: { agent: agent.name, phase: agent.state.phase } })
    for (const notice of this.#backlog.takeAll(agent.name)) {
      this.#giveUp(notice, error)
      this.#parts.rest.end()
    }
  }

  #noteSent(message: Message): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message })
    this.#parts.conversations.note(message)
  }
}

function readAddress(receiver: string): Address | CaxtonError {
  try {
    return parseAddress(receiver)
  } catch (error) {
    return asCaxtonError(error)
  }
}

/** Returns why an agent cannot take a message of that size at all, null if it can once there is room. */
function findProblem(agent: Agent, bytes: number): CaxtonError | null {
  if (!agent.takesMessages) {
    return new CaxtonError('ERR_AGENT_NOT_RUNNING', {
      detail: `'${agent.name}' is ${agent.state.phase}`,
      data: { agent: agent.name, phase: agent.state.phase },
    })
  }
  const limit = Math.min(agent.limits.messageBytes, agent.limits.mailboxBytes)
  if (bytes <= limit) return null
  return new CaxtonError('ERR_LIMIT_MESSAGE_BYTES', { data: { agent: agent.name, asked: bytes, limit } })
}

function mailboxFull(receiver: string): CaxtonError {
  return new CaxtonError('ERR_LIMIT_MAILBOX', { detail: `of '${receiver}'`, data: { receiver } })
}
