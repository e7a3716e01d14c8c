import type { Agent } from '../agent/index.ts'
import type { Alarm, Message } from '../core/index.ts'
import { CaxtonError, RUNTIME_NAME } from '../core/index.ts'
import type { AcceptedMessage, Store } from '../store/index.ts'
import { Caution } from './caution.ts'
import type { Conversations } from './conversations.ts'
import { findSizeProblem, isDurable } from './delivery-problems.ts'
import type { DurableMail, Parked } from './durable-mail.ts'
import type { MailboxCredit } from './mailbox-credit.ts'
import type { Rest } from './rest.ts'

/*
 * Messages that wait outside of mailboxes: for an agent that is being started anew, for one that is not there yet after the system has
 * begun again, or for room then.
 *
 * 1. Nothing overtakes what waits for an agent: while anything does, later messages wait behind it or are refused.
 * 2. Whatever gives room in a mailbox back tries what waits for it: what is at the head gets it, also from what waits behind it.
 * 3. What comes from a mailbox, or from before the system ended, holds no place of its sender any more, and waits for none.
 * 4. What waits is bounded: by the mailbox of the agent, except what was accepted before the system ended.
 */

export interface ParkedMailParts {
  readonly mail: DurableMail
  readonly credit: MailboxCredit
  readonly agents: ReadonlyMap<string, Agent>
  readonly store: Store
  readonly rest: Rest
  readonly alarm: Alarm
  readonly conversations: Pick<Conversations, 'settle'>
  answersAgents(): boolean
  sizeOf(message: Message): number
  /** Puts a message for which room is reserved, and a place of `payer`, into a mailbox. */
  hand(agent: Agent, message: Message, bytes: number, payer: string): void
  giveUp(message: Message, error: CaxtonError): void
}

export class ParkedMail {
  readonly #parts: ParkedMailParts
  /** Whose mail is being delivered: what that leads to may ask for it once more. */
  readonly #delivering = new Set<string>()
  /** Who had to do with what was under way when the system ended, and is not there yet. */
  readonly #awaited = new Set<string>()

  readonly #caution: Caution

  constructor(parts: ParkedMailParts) {
    this.#parts = parts
    const deliverTo = (receiver: string) => this.deliverTo(receiver)
    this.#caution = new Caution({ ...parts, deliverTo }, parts.mail.restored)
  }

  /** Nothing is delivered any more. */
  close(): void {
    this.#caution.close()
  }

  /** A message that had been written is no longer pending. */
  onUnwritten(message: Message): void {
    this.#caution.end(message)
  }

  /** What comes for these waits for them from now on, although nobody of the name is there. */
  awaitAgents(names: Iterable<string>): void {
    for (const name of names) if (!this.#parts.agents.has(name)) this.#awaited.add(name)
  }

  isAwaited(name: string): boolean {
    return this.#awaited.size > 0 && this.#awaited.has(name)
  }

  /** One that was awaited is there, or null: whoever is not will not come. What waits for such a one goes on waiting. */
  endAwaiting(name: string | null): void {
    if (name === null) this.#awaited.clear()
    else this.#awaited.delete(name)
  }

  /** Lets a message wait for somebody who is awaited. */
  addAwaited(message: Message, receiver: string): void {
    this.#parts.mail.accept(message, receiver)
    this.addFreed(receiver, message)
  }

  has(agent: Agent): boolean {
    return this.#parts.mail.hasParked(agent.name)
  }

  /**
   * Lets a message wait for an agent that is being started anew, or behind others that wait; false when it must not.
   *
   * @param payer who holds a place for it
   */
  add(agent: Agent, message: Message, bytes: number, reserved: boolean, payer = message.sender): boolean {
    const { mail } = this.#parts
    const isRunning = agent.takesMessages
    const isKept = isDurable(agent, message)
    if (!isRunning && !(isKept && mail.isExpected(agent.name))) return false
    if (!reserved) {
      if (!isKept || mail.parkedOf(agent.name).length >= agent.limits.mailboxMessages) return false
    }
    if (isKept) mail.accept(message, agent.name)
    mail.park(agent.name, { message, bytes, hasRoom: reserved && isRunning, hasPlace: payer === message.sender })
    return true
  }

  /** Lets a message wait that holds nothing: one that was given back, or a notice of the runtime. */
  addFreed(receiver: string, message: Message): void {
    const bytes = this.#parts.sizeOf(message)
    this.#parts.mail.park(receiver, { message, bytes, hasRoom: false, hasPlace: false })
  }

  /**
   * Lets a message be handled again by the successor of an agent that was lost while it handled it; while the system closes, by that
   * of the next one. False: it is over with it.
   */
  retry(agent: Agent, message: Message): boolean {
    const { mail } = this.#parts
    if (!this.#parts.answersAgents()) return this.isLeft(message)
    if (!mail.isExpected(agent.name) || !this.#caution.countAttempt(message)) return false
    this.addFreed(agent.name, message)
    return true
  }

  /** Whether a message is left for the next system: this one closes. */
  isLeft(message: Message): boolean {
    const { mail, store } = this.#parts
    return !this.#parts.answersAgents() && store.isDurable && mail.isPending(message)
  }

  /** Takes a message in that had been given up. */
  redeliver({ message, receiver }: AcceptedMessage): void {
    this.#parts.mail.accept(message, receiver)
    this.addFreed(receiver, message)
    this.deliverTo(receiver)
  }

  deliverTo(receiver: string): void {
    const agent = this.#parts.agents.get(receiver)
    if (agent !== undefined) this.deliver(agent)
  }

  /** Delivers what waits for an agent that runs, in order, as long as there is room. */
  deliver(agent: Agent): void {
    const { mail, agents, hand } = this.#parts
    if (!mail.hasParked(agent.name) || this.#delivering.has(agent.name)) return
    this.#delivering.add(agent.name)
    mail.unpark(agent.name, (parked) => {
      if (agent.state.phase !== 'running' || agents.get(agent.name) !== agent) return false
      const { message, bytes, hasPlace } = parked
      const error = this.#caution.findProblem(message) ?? findSizeProblem(agent, bytes)
      if (error !== null) {
        this.#drop(agent, parked, error)
        return true
      }
      if (!this.#caution.admits(message, agent.name)) return false
      if (!parked.hasRoom && !this.#takeRoom(agent, bytes)) return false
      parked.hasRoom = false
      hand(agent, message, bytes, hasPlace ? message.sender : RUNTIME_NAME)
      return true
    })
    this.#delivering.delete(agent.name)
  }

  #takeRoom({ name }: Agent, bytes: number): boolean {
    const { mail, credit } = this.#parts
    if (credit.reserveRoom(name, bytes)) return true
    for (const behind of mail.parkedOf(name)) {
      if (!behind.hasRoom) continue
      behind.hasRoom = false
      credit.release(name, RUNTIME_NAME, behind.bytes)
      if (credit.reserveRoom(name, bytes)) return true
    }
    return false
  }

  /** Gives up what waits for an agent that has ended, unless it will be started anew. */
  giveUp(agent: Agent): void {
    const { mail, agents } = this.#parts
    if (agents.get(agent.name) !== agent || mail.isExpected(agent.name) || !this.#parts.answersAgents()) return
    const error = new CaxtonError('ERR_AGENT_NOT_RUNNING', { data: { agent: agent.name, phase: agent.state.phase } })
    mail.unpark(agent.name, (parked) => {
      this.#drop(agent, parked, error)
      return true
    })
  }

  /** Gives up what is taken out. */
  #drop({ name }: Agent, parked: Parked, error: CaxtonError): void {
    const { credit } = this.#parts
    const { message, bytes, hasPlace } = parked
    if (parked.hasRoom) credit.release(name, RUNTIME_NAME, bytes)
    if (hasPlace) credit.releaseSender(message.sender)
    this.#parts.conversations.settle(message, name, null, 'lost')
    this.#parts.giveUp(message, error)
  }

  /** The mailbox of an agent is closed: nothing has room in it any more. */
  forgetRoom(agent: Agent): void {
    for (const parked of this.#parts.mail.parkedOf(agent.name)) parked.hasRoom = false
  }
}
