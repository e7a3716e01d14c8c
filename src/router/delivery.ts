import type { Agent, Outcome } from '../agent/index.ts'
import type { Limits, Message, Performative } from '../core/index.ts'
import { asCaxtonError, CaxtonError, USER_NAME } from '../core/index.ts'
import type { Address } from './address.ts'
import { parseAddress } from './address.ts'
import type { Conversations } from './conversations.ts'
import type { Refused, Tidings } from './conversations-parts.ts'
import type { Directory } from './directory.ts'
import type { EventHub } from './event.ts'
import { createNotice, createTidings, isAnswerable } from './notice.ts'
import { NoticeBacklog } from './notice-backlog.ts'
import type { Step } from './protocols/index.ts'
import type { Rest } from './rest.ts'
import type { Tracing } from './tracing.ts'
import type { Passage } from './undertaking.ts'

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
 * 6. No message of an agent or the user reaches anybody unless `conversations` has admitted it to that receiver.
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
  readonly conversations: Conversations
  readonly hub: EventHub
  readonly rest: Rest
  readonly tracing: Tracing
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

/** How long messages of a stopped undertaking go no way where they cannot be refused, milliseconds. */
const DETOUR_MS = 10_000

/** Brings messages where they go, and tells senders what became of those that go nowhere. */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #backlog = new NoticeBacklog()

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Routes a message of an agent. The sandbox set the sender; one that is not the agent itself never gets further than here. */
  routeOf(agent: Agent, message: Message, reserved: boolean, cause: Message | null): void {
    if (message.sender === agent.name) {
      this.route(message, reserved, cause)
      return
    }
    this.#giveBackCredit({ ...message, sender: agent.name }, reserved)
    const error = new CaxtonError('ERR_MESSAGE_SENDER_FORGED', { data: { agent: agent.name, sender: message.sender } })
    this.#parts.hub.emit({ type: 'refused', agent: agent.name, error: error.toData() })
  }

  /** @param cause the message during whose handling this one was sent; null when nobody sent the sender anything */
  route(sent: Message, reserved: boolean, cause: Message | null): void {
    const message = this.#parts.tracing.begin(sent, cause)
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message })
    const agent = this.#parts.agents.get(message.receiver)
    const address = agent === undefined ? readAddress(message.receiver) : null
    const isOpen = address !== null && !(address instanceof CaxtonError) && address.kind === 'capability'
    const passage = this.#parts.conversations.enter(message, isOpen ? null : message.receiver, cause)
    if ('error' in passage) {
      this.#giveBackCredit(message, reserved)
      this.#refuse(message, passage)
      return
    }
    const problem =
      agent === undefined
        ? this.#routeElsewhere(message, passage, address!, reserved)
        : this.#deliver(agent, message, passage, reserved)
    if (problem instanceof CaxtonError) this.#giveUp(message, problem)
    else if (problem !== null) this.#refuse(message, problem)
  }

  /** Notes a message that one agent has handed to another in their thread, which waits with it already. */
  noteLocal(agent: Agent, message: Message, cause: Message | null): void {
    const { agents, conversations, hub, rest } = this.#parts
    rest.begin()
    if (hub.isHeard) hub.emit({ type: 'sent', message })
    if (!conversations.pass(message, agent.name, cause)) {
      for (const one of [agent, agents.get(message.sender)]) one?.detour(DETOUR_MS)
    }
    if (hub.isHeard) hub.emit({ type: 'delivered', agent: agent.name, message })
  }

  /** Gives up a message that an agent has sent in its thread to another one that is gone. */
  giveUpLocal(_sender: Agent, message: Message, cause: Message | null): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message })
    this.#parts.conversations.enter(message, message.receiver, cause)
    this.#giveUp(message, new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: { agent: message.receiver } }))
  }

  /** Returns why a message went nowhere; null when it did. */
  #routeElsewhere(
    message: Message,
    passage: Passage,
    address: Address | CaxtonError,
    reserved: boolean,
  ): CaxtonError | Refused | null {
    if (!(address instanceof CaxtonError) && address.kind === 'capability') {
      return this.#deliverToOne(message, passage, address.name)
    }
    this.#giveBackCredit(message, reserved)
    if (address instanceof CaxtonError) return address
    if (address.kind !== 'user') {
      return new CaxtonError('ERR_AGENT_UNKNOWN', {
        detail: `'${message.receiver}'`,
        data: { agent: message.receiver },
      })
    }
    const step = this.#parts.conversations.judge(passage, message, USER_NAME)
    if (step !== null && 'error' in step) return step
    this.#parts.conversations.depart(message, step, USER_NAME, false)
    this.#deliverToUser(message)
    return null
  }

  #deliver(agent: Agent, message: Message, passage: Passage, reserved: boolean): CaxtonError | Refused | null {
    const bytes = this.#parts.sizeOf(message)
    const step = this.#parts.conversations.judge(passage, message, agent.name)
    const refused = step !== null && 'error' in step ? step : null
    if (refused === null && this.#handReply(agent, message, bytes)) {
      this.#parts.conversations.depart(message, step as Step | null, agent.name, false)
      this.#giveBackCredit(message, reserved)
      return null
    }
    const problem = refused ?? findProblem(agent, bytes)
    if (problem === null && (reserved || this.#parts.credit.reserveRoom(agent.name, bytes))) {
      this.#hand(agent, message, step as Step | null, bytes)
      return null
    }
    this.#giveBackCredit(message, reserved)
    return problem ?? mailboxFull(agent.name)
  }

  /** Hands a message over that its receiver waits for: into no mailbox, so that one that takes no messages any more gets it, too. */
  #handReply(agent: Agent, message: Message, bytes: number): boolean {
    if (bytes > agent.limits.messageBytes || !this.#parts.claimReply(agent.name, message)) return false
    this.#parts.tracing.arrived(message)
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: agent.name, message })
    return true
  }

  /** Delivers to the next agent in turn that offers a capability and has room, never to the sender itself. */
  #deliverToOne(message: Message, passage: Passage, capability: string): CaxtonError | Refused | null {
    const { agents, conversations, credit, directory } = this.#parts
    const bytes = this.#parts.sizeOf(message)
    let step: Step | null = null
    let refused: Refused | null = null
    const picked = directory.pick(capability, (name) => {
      const agent = agents.get(name)
      if (name === message.sender || agent === undefined || findProblem(agent, bytes) !== null) return false
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
      this.#hand(agent, message, step, bytes)
      return null
    }
    this.#giveBackCredit(message, false)
    if (refused !== null) return refused
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
  #hand(agent: Agent, message: Message, step: Step | null, bytes: number): void {
    this.#parts.conversations.depart(message, step, agent.name, true)
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: agent.name, message })
    this.#parts.onAssigned(message, agent.name)
    this.#parts.rest.begin()
    agent.deliver(message, bytes)
  }

  #deliverToUser(message: Message): void {
    this.#parts.tracing.arrived(message)
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'delivered', agent: USER_NAME, message })
    this.#parts.onUserMessage(message)
  }

  #giveUp(message: Message, error: CaxtonError, act: Performative = 'failure'): void {
    const answered = this.#mayAnswer(message)
    this.#parts.tracing.givenUp(message, error.toData())
    this.#parts.hub.emit({ type: 'undelivered', message, error: error.toData(), answered })
    if (answered) this.#answer(message, act, error)
  }

  /** Ends a message that its conversation does not admit. */
  #refuse(message: Message, refused: Refused): void {
    this.#parts.conversations.refuse(message, refused)
    this.#giveUp(message, refused.error, refused.act)
  }

  #answerStatus(agent: Agent, message: Message, status: number): void {
    const data = { agent: agent.name, status }
    if (!this.#mayAnswer(message)) return
    if (status === 1) this.#answer(message, 'not-understood', new CaxtonError('ERR_MESSAGE_NOT_UNDERSTOOD', { data }))
    else
      this.#answer(message, 'failure', new CaxtonError('ERR_GUEST_STATUS', { detail: `it answered ${status}`, data }))
  }

  /** While the runtime closes only the user is still answered: every agent is about to stop. Asked once for each message. */
  #mayAnswer(message: Message): boolean {
    if (!isAnswerable(message) || !this.#parts.conversations.mayTell(message)) return false
    return message.sender === USER_NAME || this.#parts.answersAgents()
  }

  /** Tells the sender of a message what became of it, in the name of the runtime. */
  #answer(message: Message, act: Performative, error: CaxtonError): void {
    const { tracing, createMessageId } = this.#parts
    const notice = tracing.begin(createNotice(message, act, error, createMessageId()), message)
    this.#parts.conversations.enterNotice(notice, message)
    this.#tell(message.sender, notice)
  }

  /** Tells somebody what has become of a conversation without having been asked just now. */
  announce(tidings: Tidings): void {
    if (tidings.receiver !== USER_NAME && !this.#parts.answersAgents()) return
    const notice = this.#parts.tracing.begin(createTidings(tidings, this.#parts.createMessageId()), null)
    this.#parts.conversations.enterNotice(notice, tidings.conversation)
    this.#tell(tidings.receiver, notice)
  }

  #tell(receiver: string, notice: Message): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message: notice })
    if (receiver === USER_NAME) {
      this.#deliverToUser(notice)
      return
    }
    const agent = this.#parts.agents.get(receiver)
    if (agent === undefined) this.#giveUp(notice, new CaxtonError('ERR_AGENT_UNKNOWN', { detail: `'${receiver}'` }))
    else this.#deliverNotice(agent, notice)
  }

  /** Delivers a notice; one that finds no room waits for it, so that a full mailbox loses no answer. */
  #deliverNotice(agent: Agent, notice: Message): void {
    const bytes = this.#parts.sizeOf(notice)
    if (this.#handReply(agent, notice, bytes)) return
    const problem = findProblem(agent, bytes)
    if (problem !== null) this.#giveUp(notice, problem)
    else if (!this.#backlog.has(agent.name) && this.#parts.credit.reserveRoom(agent.name, bytes)) {
      this.#hand(agent, notice, null, bytes)
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
      this.#hand(agent, notice, null, bytes)
      this.#parts.rest.end()
    }
  }

  /** Ends a message whose handling ended: its sender is told unless it was handled. */
  settleHandled(agent: Agent, message: Message, outcome: Outcome): void {
    const { error, status, usage } = outcome
    this.#parts.tracing.handled(message, { agent: agent.name, status, error: error?.toData() ?? null, usage })
    const failed = error !== null || status > 1 || status < 0 ? 'lost' : status === 1 ? 'not-understood' : null
    this.#parts.conversations.settle(message, agent.name, usage, failed)
    if (error !== null) {
      if (this.#mayAnswer(message)) this.#answer(message, 'failure', error)
    } else if (status !== 0) this.#answerStatus(agent, message, status)
    this.#deliverBacklog(agent)
    this.#parts.rest.end()
  }

  /** Ends a message that an agent gave back. */
  settleUndelivered(agent: Agent, message: Message, reason: CaxtonError): void {
    this.#parts.conversations.settle(message, agent.name, null, 'lost')
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
