import type { Message } from '../core/index.ts'
import { asCaxtonError, CaxtonError, humanAddress, personOf, readTerms } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { DeliveryParts } from './delivery-parts.ts'
import { turnOf } from './turn.ts'
import type { Standing, StandingNotes, WaitingEnd, WaitingMessage } from './waiting.ts'
import { NO_NOTES, ownExpiry, standingOf, termsExpiry, WAITING_AREA } from './waiting.ts'
import type { EndedMessage, WaitingEntry } from './waiting-book.ts'
import { WaitingBook } from './waiting-book.ts'

/*
 * Messages that wait for people. Runs on the main thread.
 *
 * 1. A message waits from `take` until exactly one of the ends of `WaitingEnd`, over restarts too: it is pending in the journal
 *    meanwhile, whatever its terms of delivery say, because a person may take days.
 * 2. What wants an answer waits as long as its conversation lets the person give one: after each step of the conversation that is
 *    looked at again.
 * 3. The room of a person is bounded, and so is that of each sender in it. What had room before the system ended keeps it.
 * 4. With a journal nobody here waits for a person: only in memory, where nobody can come back, a deadline counts as under way.
 */

export interface PeopleMailParts extends DeliveryParts {
  giveUp(message: Message, error: CaxtonError): void
  /** Tells who has cancelled that nothing waits for the person any more. */
  confirmCancel(cancel: Message): void
}

export class PeopleMail {
  readonly #parts: PeopleMailParts
  readonly #book: WaitingBook
  /** Deadlines that count as under way, and those that do not. */
  readonly #awaited: DeadlineQueue
  readonly #others: DeadlineQueue
  /** The message that is being answered: it is ended by whoever answers it. */
  #answered: string | null = null
  #keepsBusy = true

  constructor(parts: PeopleMailParts) {
    this.#parts = parts
    this.#book = new WaitingBook(parts.persons)
    const nowMs = () => parts.clock.nowMs()
    this.#awaited = new DeadlineQueue({ nowMs, keepsAlive: true })
    this.#others = new DeadlineQueue({ nowMs, keepsAlive: false })
  }

  /** Everything that waits, in the order of acceptance. */
  all(): WaitingMessage[] {
    return this.#book.all().map(({ waiting }) => waiting)
  }

  get(id: string): WaitingMessage | undefined {
    return this.#book.get(id)?.waiting
  }

  /** See `WaitingBook.endOf`. */
  endOf(id: string): EndedMessage | undefined {
    return this.#book.endOf(id)
  }

  isDeclared(person: string): boolean {
    return this.#book.roomOf(person) !== undefined
  }

  /** Returns why a message cannot wait for a person; null if it can. */
  findProblem(person: string, message: Message): CaxtonError | null {
    const room = this.#book.roomOf(person)
    if (room === undefined) return new CaxtonError('ERR_PERSON_UNKNOWN', { detail: `'${person}'`, data: { person } })
    // Whoever could choose whom a person answers could speak to anybody with a person's voice.
    if (message.reply_to !== undefined && message.reply_to !== message.sender) {
      const data = { person, reply_to: message.reply_to }
      return new CaxtonError('ERR_MESSAGE_REPLY_TO', { detail: `'${message.reply_to}'`, data })
    }
    try {
      readTerms(message)
    } catch (error) {
      return asCaxtonError(error)
    }
    return message.performative === 'cancel' ? null : room.findProblem(message, this.#parts.sizeOf(message))
  }

  /** Takes a message that has departed to a person. */
  take(message: Message): void {
    const { mail, tracing } = this.#parts
    tracing.arrived(message)
    mail.accept(message, message.receiver)
    const isAwaited = this.#parts.onAssigned(message, message.receiver)
    if (message.performative === 'cancel') this.#cancel(message)
    else this.#add(message, { isPromised: false, isAwaited })
  }

  /** Takes what the runtime tells a person: of an answer that failed, or of what was promised. It is dropped where there is no room. */
  takeNotice(notice: Message): void {
    const problem = this.findProblem(personOf(notice.receiver) ?? '', notice)
    if (problem === null) this.take(notice)
    else this.#parts.giveUp(notice, problem)
  }

  /** Whether a person has agreed to something in a conversation and owes the rest. */
  hasPromised(receiver: string, conversation: Conversation): boolean {
    return this.#book
      .of(conversation)
      .some(({ waiting }) => waiting.isPromised && waiting.message.receiver === receiver)
  }

  /** Looks again at what waits in a conversation in which something has happened. */
  review(conversation: Conversation): void {
    for (const { waiting } of this.#book.of(conversation)) {
      // Looking at one may end others.
      const entry = this.#book.get(waiting.id)
      if (entry !== undefined && waiting.id !== this.#answered) this.#review(entry)
    }
  }

  /**
   * Lets a message be answered: `send` brings the answer on its way.
   *
   * @returns why the answer went nowhere, and the message still waits if somebody waits for its answer; null when it did
   */
  answer({ id, message }: WaitingMessage, isPromise: boolean, send: () => CaxtonError | null): CaxtonError | null {
    this.#answered = id
    let problem: CaxtonError | null
    try {
      problem = send()
    } finally {
      this.#answered = null
    }
    const entry = this.#book.get(id)
    if (entry === undefined) return problem
    if (problem !== null) {
      const isLost = problem.code === 'ERR_AGENT_UNKNOWN' || problem.code === 'ERR_AGENT_NOT_RUNNING'
      if (isLost) this.#end(entry, 'over', problem, null)
      else this.#review(entry)
      return problem
    }
    const turn = turnOf(message, message.receiver)
    const isOpen = turn.kind === 'free' ? isPromise : turn.kind === 'bound' && turn.acts.length > 0
    if (isOpen) this.#publish(entry, isPromise || entry.waiting.isPromised)
    else this.#end(entry, 'answered', null, null)
    return null
  }

  /** Somebody waits no more for the answer to what it has asked in the middle of a call: the question is over with the call. */
  endCall(sender: string, replyWith: string | undefined): void {
    for (const entry of this.#book.all()) {
      const { message, isAwaited } = entry.waiting
      if (isAwaited && message.sender === sender && message.reply_with === replyWith) this.#endCall(entry)
    }
  }

  /** Takes a message out that wants no answer. */
  dismiss({ id }: WaitingMessage): void {
    const entry = this.#book.get(id)
    if (entry !== undefined) this.#end(entry, 'dismissed', null, null)
  }

  /** Goes on with what waited when the system ended, of the people that are declared. */
  restore(): void {
    const { mail, store } = this.#parts
    const published = store.recordsOf(WAITING_AREA)
    const standings = new Map([...published].map(([id, text]) => [id, JSON.parse(text) as Standing]))
    const before = new Set(this.#book.all().map(({ waiting }) => waiting.id))
    for (const person of this.#book.persons) {
      mail.unpark(humanAddress(person), ({ message }) => {
        const { isPromised = false, isAwaited = false } = standings.get(message.message_id) ?? {}
        this.#add(message, { isPromised, isAwaited })
        return true
      })
    }
    // Calls ended with the system in which they were made; where they are made again, they ask again.
    for (const entry of this.#book.all()) {
      if (entry.waiting.isAwaited && !before.has(entry.waiting.id)) this.#endCall(entry)
    }
  }

  /** Lets every deadline happen that has passed. */
  runDeadlines(): void {
    this.#awaited.run()
    this.#others.run()
  }

  /** Deadlines keep nobody from resting any more. */
  releaseRest(): void {
    if (!this.#keepsBusy) return
    this.#keepsBusy = false
    for (const { holdsRest } of this.#book.all()) if (holdsRest) this.#parts.rest.end()
  }

  /** Forgets deadlines. What waits can still be read. */
  close(): void {
    this.releaseRest()
    this.#awaited.clear()
    this.#others.clear()
  }

  #add(message: Message, notes: StandingNotes): void {
    const { mail, store, rest, hub } = this.#parts
    const { message_id: id, receiver } = message
    const sinceMs = mail.acceptedMsOf(message)
    const standing = standingOf(message, receiver, sinceMs, notes)
    const waiting: WaitingMessage = { id, person: personOf(receiver)!, message, sinceMs, ...standing }
    const bytes = this.#parts.sizeOf(message)
    const holdsRest = termsExpiry(message, sinceMs) !== null && !store.isDurable && this.#keepsBusy
    if (holdsRest) rest.begin()
    const expiresMs = ownExpiry(message, sinceMs, standing.wantsAnswer)
    const queue = holdsRest ? this.#awaited : this.#others
    const deadline = expiresMs === null ? null : queue.add(expiresMs, () => this.#expire(id))
    const published = JSON.stringify(standing)
    const entry: WaitingEntry = { waiting, bytes, deadline, holdsRest, published }
    this.#book.add(entry)
    store.putRecord(WAITING_AREA, id, published)
    this.#tellWhenKept(() => {
      if (hub.isHeard)
        hub.emit({ type: 'waiting', person: waiting.person, message, sequence: mail.sequenceOf(message) })
    })
    this.#review(entry)
  }

  /** Ends a message whose conversation lets nobody answer it any more, else notes what may be said now. */
  #review(entry: WaitingEntry): void {
    const { message, wantsAnswer, isPromised } = entry.waiting
    if (!wantsAnswer) return
    const turn = turnOf(message, message.receiver)
    if (turn.kind === 'free') return
    if (turn.kind === 'bound' && turn.acts.length > 0) this.#publish(entry, isPromised)
    else if (turn.kind === 'stopped') this.#end(entry, 'over', turn.error, null)
    else if (turn.kind === 'bound') this.#end(entry, 'over', null, null)
    else if (turn.isLate) this.#end(entry, 'expired', this.#expired(message), null)
    else this.#end(entry, turn.state === 'cancelled' ? 'cancelled' : 'over', null, null)
  }

  #publish(entry: WaitingEntry, isPromised: boolean): void {
    const { id, person, message, sinceMs, isAwaited } = entry.waiting
    const standing = standingOf(message, message.receiver, sinceMs, { isPromised, isAwaited })
    const published = JSON.stringify(standing)
    if (published === entry.published) return
    this.#book.update({ ...entry, published, waiting: { id, person, message, sinceMs, ...standing } })
    this.#parts.store.putRecord(WAITING_AREA, id, published)
  }

  /**
   * Calls everything off that a sender has asked of a person in a conversation, or what `in_reply_to` names alone. Whoever has agreed
   * to something is shown that it is called off.
   */
  #cancel(cancel: Message): void {
    const { conversations, mail } = this.#parts
    const asked = this.#book.all().filter(({ waiting }) => isMeant(waiting, cancel))
    // Ends the dialogue, and with it what waits in that.
    conversations.settle(cancel, cancel.receiver, null, 'cancelled')
    for (const entry of asked) this.#end(entry, 'cancelled', null, null)
    this.#parts.confirmCancel(cancel)
    if (asked.some(({ waiting }) => waiting.isPromised)) {
      this.#add(cancel, NO_NOTES)
      return
    }
    mail.noteHandled(cancel, cancel.receiver, { status: 0, error: null, fuel: 0 })
    mail.settle(cancel)
  }

  #endCall(entry: WaitingEntry): void {
    this.#end(entry, 'over', null, () => {})
  }

  #expire(id: string): void {
    const entry = this.#book.get(id)
    if (entry === undefined) return
    const { message } = entry.waiting
    const error = this.#expired(message)
    const { sender: agent, receiver: about, conversation_id: conversation } = message
    this.#parts.hub.emit({ type: 'expired', agent, conversation, about, act: 'failure', error: error.toData() })
    this.#end(entry, 'expired', error, () => this.#parts.giveUp(message, error))
  }

  #expired({ receiver }: Message): CaxtonError {
    return new CaxtonError('ERR_MESSAGE_EXPIRED', { detail: `'${receiver}' has not answered`, data: { receiver } })
  }

  /** @param giveUp tells the sender, who is not told by its conversation; null when it is, or nobody waits */
  #end(entry: WaitingEntry, end: WaitingEnd, error: CaxtonError | null, giveUp: (() => void) | null): void {
    const { mail, store, conversations, rest, hub, clock } = this.#parts
    const { id, person, message } = entry.waiting
    if (!this.#book.remove(entry, { end, atMs: clock.nowMs() })) return
    if (entry.deadline !== null) (entry.holdsRest ? this.#awaited : this.#others).remove(entry.deadline)
    store.putRecord(WAITING_AREA, id, null)
    mail.noteHandled(message, message.receiver, { status: 0, error, fuel: 0 })
    conversations.settle(message, message.receiver, null, giveUp === null ? null : 'lost')
    giveUp?.()
    mail.settle(message)
    if (end !== 'answered' && hub.isHeard) hub.emit({ type: 'withdrawn', person, message, end })
    if (entry.holdsRest && this.#keepsBusy) rest.end()
  }

  /** What is told to the outside has been committed before. */
  #tellWhenKept(tell: () => void): void {
    const { store, rest } = this.#parts
    rest.begin()
    store.whenCommitted(() => {
      tell()
      rest.end()
    })
  }
}

function isMeant({ message, wantsAnswer }: WaitingMessage, cancel: Message): boolean {
  const isTheirs =
    wantsAnswer &&
    message.sender === cancel.sender &&
    message.receiver === cancel.receiver &&
    message.conversation_id === cancel.conversation_id
  return isTheirs && (cancel.in_reply_to === undefined || cancel.in_reply_to === message.reply_with)
}
