import type { Agent } from '../agent/index.ts'
import type { Message, Performative } from '../core/index.ts'
import { CaxtonError, isHumanAddress, USER_NAME } from '../core/index.ts'
import type { Tidings } from './conversations-parts.ts'
import type { DeliveryParts } from './delivery-parts.ts'
import { findProblem, isDurable, isGone, mailboxFull } from './delivery-problems.ts'
import { createConfirmation, createNotice, createTidings, isAnswerable } from './notice.ts'
import { NoticeBacklog } from './notice-backlog.ts'
import type { ParkedMail } from './parked-mail.ts'
import type { PeopleMail } from './people-mail.ts'
import type { UserMail } from './user-mail.ts'

export interface NoticesParts extends DeliveryParts {
  readonly parked: ParkedMail
  readonly user: UserMail
  readonly people: PeopleMail
  /** Hands over the reply that an agent waits for in the middle of a message; false for any other message. */
  handReply(agent: Agent, message: Message, bytes: number): boolean
  /** Puts a notice for which room is reserved into a mailbox. */
  take(agent: Agent, notice: Message, bytes: number): void
  giveUp(message: Message, error: CaxtonError): void
}

/** What the runtime itself tells: what became of messages and conversations. */
export class Notices {
  readonly #parts: NoticesParts
  readonly #backlog = new NoticeBacklog()

  constructor(parts: NoticesParts) {
    this.#parts = parts
  }

  /** While the runtime closes only the user is still answered: every agent is about to stop. Asked once for each message. */
  mayAnswer(message: Message): boolean {
    if (!isAnswerable(message) || !this.#parts.conversations.mayTell(message)) return false
    return message.sender === USER_NAME || this.#parts.answersAgents()
  }

  /** Tells the sender of a message what became of it, in the name of the runtime. */
  answer(message: Message, act: Performative, error: CaxtonError): void {
    const { tracing, createMessageId } = this.#parts
    const notice = tracing.begin(createNotice(message, act, error, createMessageId()), message)
    this.#parts.conversations.enterNotice(notice, message)
    this.#tell(message.sender, notice)
  }

  /** Tells somebody what has become of a conversation without having been asked just now. */
  announce(tidings: Tidings): void {
    const { receiver, conversation } = tidings
    if (receiver !== USER_NAME && !this.#parts.answersAgents()) return
    // What a person has not begun with just goes from the list.
    if (isHumanAddress(receiver) && !this.#parts.people.hasPromised(receiver, conversation)) return
    const notice = this.#parts.tracing.begin(createTidings(tidings, this.#parts.createMessageId()), null)
    this.#parts.conversations.enterNotice(notice, conversation)
    this.#tell(receiver, notice)
  }

  /** Tells whoever has cancelled what it asked of a person that it is called off. */
  confirmCancel(cancel: Message): void {
    if (!this.mayAnswer(cancel)) return
    const { tracing, createMessageId } = this.#parts
    const notice = tracing.begin(createConfirmation(cancel, createMessageId()), cancel)
    this.#parts.conversations.enterNotice(notice, cancel)
    this.#tell(cancel.sender, notice)
  }

  /**
   * Tells an agent what it has not asked for in a conversation; nothing while the runtime closes.
   *
   * @param cause the message during whose handling that happened
   */
  inform(notice: Message, cause: Message | null): void {
    if (!this.#parts.answersAgents()) return
    const news = this.#parts.tracing.begin(notice, cause)
    const error = this.#parts.conversations.enterNews(news, cause)
    if (error === null) this.#tell(news.receiver, news)
    else this.#parts.giveUp(news, error)
  }

  #tell(receiver: string, notice: Message): void {
    if (this.#parts.hub.isHeard) this.#parts.hub.emit({ type: 'sent', message: notice })
    if (isHumanAddress(receiver)) {
      this.#parts.people.takeNotice(notice)
      return
    }
    if (this.#parts.parked.isAwaited(receiver)) {
      this.#parts.parked.addAwaited(notice, receiver)
      return
    }
    if (receiver === USER_NAME) {
      this.#parts.user.deliver(notice)
      return
    }
    const agent = this.#parts.agents.get(receiver)
    if (agent === undefined)
      this.#parts.giveUp(notice, new CaxtonError('ERR_AGENT_UNKNOWN', { detail: `'${receiver}'` }))
    else this.#deliver(agent, notice)
  }

  /** Delivers a notice; one that finds no room waits for it, so that a full mailbox loses no answer. */
  #deliver(agent: Agent, notice: Message): void {
    const bytes = this.#parts.sizeOf(notice)
    if (this.#parts.handReply(agent, notice, bytes)) return
    const problem = findProblem(agent, notice, bytes)
    if (problem !== null && isGone(problem) && this.#parts.parked.add(agent, notice, bytes, false)) return
    if (problem === null && isDurable(agent, notice)) this.#parts.mail.accept(notice, agent.name)
    if (problem === null && this.#parts.parked.has(agent)) {
      this.#parts.parked.addFreed(agent.name, notice)
      return
    }
    if (problem !== null) this.#parts.giveUp(notice, problem)
    else if (!this.#backlog.has(agent.name) && this.#parts.credit.reserveRoom(agent.name, bytes)) {
      this.#parts.take(agent, notice, bytes)
    } else if (this.#backlog.push(agent.name, notice)) {
      this.#parts.rest.begin()
      this.deliverBacklog(agent)
    } else this.#parts.giveUp(notice, mailboxFull(agent.name))
  }

  /** Tries the notices that wait once more: a thread that was lost gives back room without a message being handled. */
  retry(): void {
    for (const name of this.#backlog.agents()) {
      const agent = this.#parts.agents.get(name)
      if (agent !== undefined) this.deliverBacklog(agent)
    }
  }

  /** Delivers the notices that wait for an agent, then its parked messages, as long as there is room. */
  deliverBacklog(agent: Agent): void {
    while (this.#backlog.has(agent.name)) {
      const notice = this.#backlog.peek(agent.name)
      if (notice === undefined || !agent.takesMessages) return
      const bytes = this.#parts.sizeOf(notice)
      if (!this.#parts.credit.reserveRoom(agent.name, bytes)) break
      this.#backlog.drop(agent.name)
      this.#parts.take(agent, notice, bytes)
      this.#parts.rest.end()
    }
    this.#parts.parked.deliver(agent)
  }

  /** Takes the notices that wait for room in the mailbox of an agent that has ended. */
  takeBacklog(agent: string): readonly Message[] {
    return this.#backlog.takeAll(agent)
  }
}
