import type { Agent, Outcome } from '../agent/index.ts'
import type { Message, Performative } from '../core/index.ts'
import { CaxtonError, capabilityOf, USER_NAME } from '../core/index.ts'
import type { AcceptedMessage } from '../store/index.ts'
import { isForOthers, readAddress } from './address.ts'
import { CapabilityMail } from './capability-mail.ts'
import type { Refused } from './conversations-parts.ts'
import type { DeliveryParts } from './delivery-parts.ts'
import { findProblem, isDurable, isGone, mailboxFull, OVERLOADED } from './delivery-problems.ts'
import { Elsewhere } from './elsewhere.ts'
import type { Held } from './fan-out.ts'
import { FanOut } from './fan-out.ts'
import { Notices } from './notices.ts'
import { ParkedMail } from './parked-mail.ts'
import { Passages } from './passages.ts'
import { PeopleMail } from './people-mail.ts'
import type { Step } from './protocols/index.ts'
import { Topics } from './topics/index.ts'
import type { Passage } from './undertaking.ts'
import { UserMail } from './user-mail.ts'

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
 * 6. What is durable is pending in `mail` from before it is in a mailbox until it is handled or given up; when the runtime closes it
 *    stays so. What is told to the user was committed before.
 * 7. No message of an agent or the user reaches anybody unless `conversations` has admitted it to that receiver.
 */

/** How long messages of a stopped undertaking go no way where they cannot be refused, milliseconds. */
const DETOUR_MS = 10_000

/** Brings messages where they go, and tells senders what became of those that go nowhere. */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #elsewhere: Elsewhere
  readonly capabilities: CapabilityMail
  readonly fanOut: FanOut
  readonly topics: Topics
  readonly notices: Notices
  readonly parked: ParkedMail
  readonly user: UserMail
  readonly people: PeopleMail

  constructor(parts: DeliveryParts) {
    this.#parts = parts
    this.user = new UserMail(parts)
    this.parked = new ParkedMail({
      ...parts,
      hand: (agent, message, bytes, payer) => this.#hand(agent, message, bytes, payer),
      giveUp: (message, error) => this.#giveUp(message, error),
    })
    this.people = new PeopleMail({
      ...parts,
      giveUp: (message, error) => this.#giveUp(message, error),
      confirmCancel: (cancel) => this.notices.confirmCancel(cancel),
    })
    const common = { ...parts, parked: this.parked, user: this.user, people: this.people }
    this.notices = new Notices({
      ...common,
      handReply: (agent, message, bytes) => this.#handReply(agent, message, bytes),
      take: (agent, notice, bytes) => this.#take(agent, notice, null, bytes),
      giveUp: (message, error) => this.#giveUp(message, error),
    })
    this.fanOut = new FanOut({
      ...parts,
      put: (agent, message, step, held) => this.#put(agent, message, step, held),
      lose: (copy, agent, problem) => this.#lose(copy, agent, problem),
    })
    this.topics = new Topics({ ...parts, fanOut: this.fanOut })
    const giveBackCredit = (message: Message, reserved: boolean) => this.#giveBackCredit(message, reserved)
    this.capabilities = new CapabilityMail({
      ...common,
      giveBackCredit,
      fanOut: this.fanOut,
      take: (agent, message, step, bytes) => this.#take(agent, message, step, bytes),
    })
    this.#elsewhere = new Elsewhere({ ...common, giveBackCredit, capabilities: this.capabilities, topics: this.topics })
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

  /** Takes a message in that had been given up: one for whoever offers a capability waits until somebody does. */
  redeliver(letter: AcceptedMessage): void {
    this.parked.redeliver(letter)
    const capability = capabilityOf(letter.receiver)
    if (capability !== null) this.capabilities.deliverParked(capability)
  }

  /** Takes back a message that an agent has sent while it handled one in vain. */
  dropOf(agent: Agent, message: Message, reserved: boolean): void {
    this.#giveBackCredit({ ...message, sender: agent.name }, reserved)
  }

  /** @param cause the message during whose handling this one was sent; null when nobody sent the sender anything */
  route(sent: Message, reserved: boolean, cause: Message | null): void {
    const message = this.#begin(sent, cause)
    const problem = this.#bring(message, reserved, cause)
    if (problem instanceof CaxtonError) this.#giveUp(message, problem)
    else if (problem !== null) this.#refuse(message, problem)
  }

  /**
   * Routes what a person answers, who is told at once instead of by a message where it goes nowhere.
   *
   * @returns why it went nowhere; null when it did
   */
  routeOfPerson(sent: Message, question: Message): CaxtonError | null {
    const message = this.#begin(sent, question)
    const problem = this.#bring(message, false, question)
    if (problem === null) return null
    if (!(problem instanceof CaxtonError)) this.#parts.conversations.refuse(message, problem)
    const error = problem instanceof CaxtonError ? problem : problem.error
    this.#parts.tracing.givenUp(message, error.toData())
    this.#parts.hub.emit({ type: 'undelivered', message, error: error.toData(), answered: false })
    return error
  }

  #begin(sent: Message, cause: Message | null): Message {
    const message = this.#parts.tracing.begin(sent, cause)
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message })
    return message
  }

  /** Returns why a message went nowhere; null when it did. */
  #bring(message: Message, reserved: boolean, cause: Message | null): CaxtonError | Refused | null {
    const agent = this.#parts.agents.get(message.receiver)
    const address = agent === undefined ? readAddress(message.receiver) : null
    const isOpen = address !== null && !(address instanceof CaxtonError) && isForOthers(address)
    const passage = this.#parts.conversations.enter(message, isOpen ? null : message.receiver, cause)
    if ('error' in passage) this.#giveBackCredit(message, reserved)
    const problem =
      'error' in passage
        ? passage
        : agent === undefined
          ? this.#elsewhere.deliver(message, passage, address!, reserved, cause)
          : this.#deliver(agent, message, passage, reserved)
    this.#parts.mail.noteSent(message, cause)
    return problem
  }

  /** Notes a message that one agent has handed to another in their thread, which waits with it already. */
  noteLocal(agent: Agent, message: Message, cause: Message | null): void {
    const { agents, conversations, hub, rest } = this.#parts
    rest.begin()
    if (hub.isHeard) hub.emit({ type: 'sent', message })
    if (!conversations.pass(message, agent.name, cause)) {
      for (const one of [agent, agents.get(message.sender)]) one?.detour(DETOUR_MS)
    }
    this.#parts.mail.noteSent(message, cause)
    if (hub.isHeard) hub.emit({ type: 'delivered', agent: agent.name, message, sequence: null })
  }

  /** Gives up a message that an agent has sent in its thread to another one that is gone. */
  giveUpLocal(message: Message, cause: Message | null): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message })
    this.#parts.conversations.enter(message, message.receiver, cause)
    this.#parts.mail.noteSent(message, cause)
    this.#giveUp(message, new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: { agent: message.receiver } }))
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
    const problem =
      refused ?? this.#put(agent, message, step as Step | null, { bytes, reserved, payer: message.sender })
    if (problem !== null) this.#giveBackCredit(message, reserved)
    return problem
  }

  /** Puts a message that is admitted to an agent into its mailbox, or lets it wait for that; returns why it can do neither. */
  #put(agent: Agent, message: Message, step: Step | null, held: Held): CaxtonError | null {
    const { bytes, reserved, payer } = held
    const problem = findProblem(agent, message, bytes)
    const isQueued = problem === null && this.parked.has(agent)
    if (problem === null && !isQueued && (reserved || this.#parts.credit.reserveRoom(agent.name, bytes))) {
      this.#take(agent, message, step, bytes, payer)
      return null
    }
    const mayWait = isQueued || (problem !== null && isGone(problem))
    if (mayWait && this.parked.add(agent, message, bytes, reserved, payer)) {
      this.#parts.conversations.depart(message, step, agent.name, true)
      this.parked.deliver(agent)
      return null
    }
    return problem ?? mailboxFull(agent.name)
  }

  /** Hands a message over that its receiver waits for: into no mailbox, so that one that takes no messages any more gets it, too. */
  #handReply(agent: Agent, message: Message, bytes: number): boolean {
    if (bytes > agent.limits.messageBytes || !this.#parts.claimReply(agent.name, message)) return false
    const { hub, tracing } = this.#parts
    tracing.arrived(message)
    if (hub.isHeard) hub.emit({ type: 'delivered', agent: agent.name, message, sequence: null })
    return true
  }

  /** Gives back what a message holds that goes into no mailbox; what waits for the room gets it. */
  #giveBackCredit(message: Message, reserved: boolean): void {
    if (reserved) this.#parts.credit.release(message.receiver, message.sender, this.#parts.sizeOf(message))
    else this.#parts.credit.releaseSender(message.sender)
    const agent = reserved ? this.#parts.agents.get(message.receiver) : undefined
    if (agent !== undefined) this.notices.deliverBacklog(agent)
  }

  /** Puts a message for which credit is reserved into a mailbox. */
  #take(agent: Agent, message: Message, step: Step | null, bytes: number, payer = message.sender): void {
    this.#parts.conversations.depart(message, step, agent.name, true)
    this.#hand(agent, message, bytes, payer)
  }

  #hand(agent: Agent, message: Message, bytes: number, payer: string): void {
    const { mail, hub } = this.#parts
    if (isDurable(agent, message)) mail.accept(message, agent.name)
    if (hub.isHeard) hub.emit({ type: 'delivered', agent: agent.name, message, sequence: mail.sequenceOf(message) })
    this.#parts.onAssigned(message, agent.name)
    this.#parts.rest.begin()
    agent.deliver(message, bytes, mail.acceptedMsOf(message), payer)
  }

  /** Gives up a copy of a message for several; where nobody is told, it is kept as a dead letter for its receiver if it was durable. */
  #lose(copy: Message, agent: Agent, problem: CaxtonError): void {
    if (Passages.isSilent(copy) && isDurable(agent, copy)) this.#parts.mail.accept(copy, agent.name)
    this.#giveUp(copy, problem)
  }

  #giveUp(message: Message, error: CaxtonError, act: Performative = 'failure'): void {
    this.fanOut.end(message)
    const isLeft = this.parked.isLeft(message)
    const answered = !isLeft && this.notices.mayAnswer(message)
    this.#parts.tracing.givenUp(message, error.toData())
    this.#parts.hub.emit({ type: 'undelivered', message, error: error.toData(), answered })
    this.#parts.onEnded(message, false)
    if (isLeft) return
    this.#parts.mail.noteUndelivered(message, error)
    const isSilent = Passages.isSilent(message)
    const isRefused = OVERLOADED.has(error.code)
    if ((isSilent || !isRefused) && this.#parts.answersAgents()) this.#bury(message, error, isSilent)
    if (answered) this.notices.answer(message, isRefused ? 'refuse' : act, error)
  }

  /** Keeps a message that is given up if it was durable, or would have been had it come that far. */
  #bury(message: Message, error: CaxtonError, isSilent: boolean): void {
    const { mail, agents, userGuarantee } = this.#parts
    const ofSender = message.sender === USER_NAME ? userGuarantee : agents.get(message.sender)?.guarantee
    const isKept = !isSilent && (message.extras?.['x-delivery'] ?? ofSender) === 'at-least-once'
    if (isKept) mail.accept(message, message.receiver)
    mail.bury(message, error)
  }

  /** Ends a message that its conversation does not admit. */
  #refuse(message: Message, refused: Refused): void {
    this.#parts.conversations.refuse(message, refused)
    this.#giveUp(message, refused.error, refused.act)
  }

  #answerStatus(agent: Agent, message: Message, status: number): void {
    const data = { agent: agent.name, status }
    if (!this.notices.mayAnswer(message)) return
    if (status === 1)
      this.notices.answer(message, 'not-understood', new CaxtonError('ERR_MESSAGE_NOT_UNDERSTOOD', { data }))
    else
      this.notices.answer(
        message,
        'failure',
        new CaxtonError('ERR_GUEST_STATUS', { detail: `it answered ${status}`, data }),
      )
  }

  /** Ends a message whose handling ended: its sender is told unless it was handled. */
  settleHandled(agent: Agent, message: Message, outcome: Outcome): void {
    const { error, status, usage } = outcome
    this.#parts.mail.noteHandled(message, agent.name, { status, error, fuel: usage.fuel })
    this.#parts.tracing.handled(message, { agent: agent.name, status, error: error?.toData() ?? null, usage })
    const isAgain = error !== null && this.parked.retry(agent, message)
    const failed = error !== null || status > 1 || status < 0 ? 'lost' : status === 1 ? 'not-understood' : null
    if (!isAgain) {
      this.fanOut.end(message)
      this.#parts.conversations.settle(message, agent.name, usage, failed)
      if (error !== null) {
        if (this.#parts.answersAgents()) this.#parts.mail.bury(message, error)
        if (this.notices.mayAnswer(message)) this.notices.answer(message, 'failure', error)
      } else if (status !== 0) this.#answerStatus(agent, message, status)
      this.#parts.mail.settle(message)
      this.#parts.onEnded(message, error === null)
    }
    this.notices.deliverBacklog(agent)
    this.#parts.rest.end()
  }

  /** Ends a message that an agent gave back. */
  settleUndelivered(agent: Agent, message: Message, reason: CaxtonError): void {
    const { mail } = this.#parts
    if (mail.isPending(message) && mail.isExpected(agent.name) && isGone(reason)) {
      this.parked.addFreed(agent.name, message)
    } else {
      // While the system closes the next one ends the dialogues of what was in memory alone, and tells who waits in them.
      const isLeft = this.#parts.store.isDurable && !this.#parts.answersAgents()
      if (!isLeft) this.#parts.conversations.settle(message, agent.name, null, 'lost')
      this.#giveUp(message, reason)
    }
    this.notices.deliverBacklog(agent)
    this.#parts.rest.end()
  }

  /** Closes the mailbox of an agent that has ended and gives up the notices that wait for room in it. */
  forgetMailbox(agent: Agent): void {
    this.#parts.credit.close(agent.name)
    this.parked.forgetRoom(agent)
    const error = new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: { agent: agent.name, phase: agent.state.phase } })
    for (const notice of this.notices.takeBacklog(agent.name)) {
      this.#giveUp(notice, error)
      this.#parts.rest.end()
    }
  }
}
