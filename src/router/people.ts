import type { Draft, Message, Performative, Person } from '../core/index.ts'
import { CaxtonError, completeDraft, humanAddress, replyTo } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import type { Delivery } from './delivery.ts'
import type { EventHub } from './event.ts'
import type { Standing, WaitingMessage } from './waiting.ts'

export interface PeopleParts {
  readonly delivery: Pick<Delivery, 'people' | 'routeOfPerson'>
  readonly hub: EventHub
  readonly store: Store
  createMessageId(): string
  nowMs(): number
  /** @throws CaxtonError ERR_RUNTIME_CLOSED */
  assertOpen(): void
}

/** What a person says to a message. */
export type HumanAnswer = Pick<Draft, 'performative' | 'content'>

/** Who brings an answer, and when it was given. */
export interface AnswerOrigin {
  /** For the history. */
  readonly by: string
  /** Milliseconds since 1970. @default now */
  readonly atMs?: number
}

/** What is looked at of a message that waits. */
type Turn = Standing & { readonly id: string; readonly message: Pick<Message, 'protocol'> }

/** The desk at which people find what waits for them, and answer it. */
export class People {
  readonly #parts: PeopleParts
  readonly #people: readonly Person[]

  constructor(parts: PeopleParts, people: readonly Person[]) {
    this.#parts = parts
    this.#people = people
  }

  /** Those that are declared. */
  get declared(): readonly Person[] {
    return this.#people
  }

  /** Lists what waits, in the order of acceptance: for one person, or for all. @throws CaxtonError ERR_PERSON_UNKNOWN */
  list(person?: string): WaitingMessage[] {
    const { people } = this.#parts.delivery
    if (person !== undefined && !people.isDeclared(person)) {
      throw new CaxtonError('ERR_PERSON_UNKNOWN', { detail: `'${person}'`, data: { person } })
    }
    return people.all().filter((waiting) => person === undefined || waiting.person === person)
  }

  /** @throws CaxtonError ERR_MESSAGE_ENDED for one that waits no more, ERR_MESSAGE_UNKNOWN */
  show(id: string): WaitingMessage {
    const { people } = this.#parts.delivery
    const waiting = people.get(id)
    if (waiting !== undefined) return waiting
    const ended = people.endOf(id)
    if (ended !== undefined) throw endedError(id, ended.end, ended.atMs)
    throw new CaxtonError('ERR_MESSAGE_UNKNOWN', { detail: `${id} waits for nobody`, data: { message: id } })
  }

  /**
   * Answers a message as the person it waits for: to its sender, in its conversation, with its `reply_with` as `in_reply_to`.
   *
   * Guarantees: when it returns, the answer is on its way and the message is answered; when it throws, neither. `agree` promises: the
   * message waits on, for what is promised.
   *
   * @returns the answer
   * @throws CaxtonError ERR_PROTOCOL_TURN with `data.expected` for an act that does not fit, ERR_MESSAGE_ENDED, ERR_MESSAGE_UNKNOWN,
   * ERR_LIMIT_MAILBOX and ERR_LIMIT_MESSAGE_BYTES of the receiver, ERR_AGENT_UNKNOWN and ERR_AGENT_NOT_RUNNING when whoever asked is
   * gone, ERR_GUARD_*, ERR_RUNTIME_CLOSED
   */
  answer(id: string, answer: HumanAnswer, { by, atMs = this.#parts.nowMs() }: AnswerOrigin): Message {
    const { delivery, hub, store, createMessageId } = this.#parts
    this.#parts.assertOpen()
    store.assertKeeps()
    const waiting = this.show(id)
    assertTurn(waiting, answer.performative, atMs)
    const { person, message: question } = waiting
    const draft = { ...answer, ...replyTo(question) }
    const message = completeDraft(draft, humanAddress(person), createMessageId())
    const isPromise = answer.performative === 'agree'
    const problem = delivery.people.answer(waiting, isPromise, () => delivery.routeOfPerson(message, question))
    if (problem !== null) throw problem
    const fact = { id, person, act: answer.performative, answer: message.message_id, by }
    store.note(JSON.stringify({ type: 'answered', at: atMs, ...fact }))
    hub.emit({ type: 'answered', person, question: id, message, by })
    return message
  }

  /** Takes a message out that wants no answer. @throws CaxtonError ERR_MESSAGE_ANSWER_WANTED, ERR_MESSAGE_ENDED, ERR_MESSAGE_UNKNOWN */
  dismiss(id: string): void {
    const waiting = this.show(id)
    if (waiting.wantsAnswer) {
      const detail = `'${waiting.message.sender}' waits for it; refuse it instead`
      throw new CaxtonError('ERR_MESSAGE_ANSWER_WANTED', { detail, data: { message: id } })
    }
    this.#parts.delivery.people.dismiss(waiting)
  }
}

function endedError(id: string, end: string, atMs: number): CaxtonError {
  const detail = `${id} is ${end === 'over' ? 'over' : end} since ${new Date(atMs).toISOString()}`
  return new CaxtonError('ERR_MESSAGE_ENDED', { detail, data: { message: id, end, atMs } })
}

/** Checks that an act fits what waits. @throws CaxtonError ERR_PROTOCOL_TURN with `data.expected`, ERR_MESSAGE_ENDED */
export function assertTurn(waiting: Turn, act: Performative, atMs: number): void {
  const { id, acts, isPromised, expiresMs, message } = waiting
  if (expiresMs !== null && expiresMs <= atMs) throw endedError(id, 'expired', expiresMs)
  const isFree = acts === null
  const isFit = isFree ? !(isPromised && act === 'agree') : acts.includes(act)
  if (isFit || (!isFree && acts.length > 0 && act === 'not-understood')) return
  const expected: string[] = isFree ? ['anything but agree'] : [...acts]
  const { protocol } = message
  throw new CaxtonError('ERR_PROTOCOL_TURN', {
    detail: `${act} to ${id}, expected ${expected.length === 0 ? 'nothing' : expected.join(', ')}`,
    data: { act, expected, ...(protocol === undefined ? {} : { protocol }) },
  })
}
