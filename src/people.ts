import type { IncomingMessage } from './caxton-options.ts'
import { parseContent } from './caxton-options.ts'
import type { Performative, Person } from './core/index.ts'
import { readAnswer } from './people-left.ts'
import type { AnswerOrigin, Router, WaitingMessage } from './router/index.ts'
import type { Store } from './store/index.ts'

/** A message that waits for a person, with its content parsed. */
export interface HumanMessage extends Omit<WaitingMessage, 'message'> {
  readonly message: IncomingMessage
}

/** What a person says to a message; `content` is any value that JSON can carry. */
export interface PersonAnswer {
  readonly performative: Performative
  readonly content?: unknown
}

const LIBRARY: AnswerOrigin = Object.freeze({ by: 'library' })

/** What waits for people in a running system. Events `waiting`, `answered`, `withdrawn` and `expired` of the system tell of it. */
export class SystemPeople {
  readonly #router: Pick<Router, 'people'>
  readonly #store: Store

  constructor(router: Pick<Router, 'people'>, store: Store) {
    this.#router = router
    this.#store = store
  }

  /** Those that are declared. */
  get declared(): readonly Person[] {
    return this.#router.people.declared
  }

  /** Lists what waits, in the order of acceptance: for one person, or for all. @throws CaxtonError ERR_PERSON_UNKNOWN */
  list(person?: string): HumanMessage[] {
    return this.#router.people.list(person).map(parseWaiting)
  }

  /** @throws CaxtonError ERR_MESSAGE_ENDED for one that waits no more, ERR_MESSAGE_UNKNOWN */
  show(id: string): HumanMessage {
    return parseWaiting(this.#router.people.show(id))
  }

  /**
   * Answers a message as the person it waits for; resolves when the answer is kept. `agree` promises: the message waits on.
   *
   * @returns the id of the answer
   * @throws CaxtonError ERR_PROTOCOL_TURN with `data.expected` for an act that does not fit, ERR_MESSAGE_ENDED, ERR_MESSAGE_UNKNOWN,
   * ERR_MESSAGE_INVALID, ERR_LIMIT_*, ERR_AGENT_UNKNOWN and ERR_AGENT_NOT_RUNNING when whoever asked is gone, ERR_GUARD_*, ERR_RUNTIME_CLOSED,
   * ERR_STORE_FAILED
   */
  async answer(id: string, answer: PersonAnswer): Promise<string> {
    const message = this.#router.people.answer(id, readAnswer(answer), LIBRARY)
    await this.#store.flush()
    return message.message_id
  }

  /**
   * Takes a message out that wants no answer; resolves when that is kept.
   *
   * @throws CaxtonError ERR_MESSAGE_ANSWER_WANTED, ERR_MESSAGE_ENDED, ERR_MESSAGE_UNKNOWN, ERR_STORE_FAILED
   */
  async dismiss(id: string): Promise<void> {
    this.#router.people.dismiss(id)
    await this.#store.flush()
  }
}

function parseWaiting(waiting: WaitingMessage): HumanMessage {
  return { ...waiting, message: parseContent(waiting.message) }
}
