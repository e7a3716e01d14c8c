import { checkDeadlineMs } from '../agent/index.ts'
import type { Draft, Message, Strategy } from '../core/index.ts'
import { CaxtonError, completeDraft, readTerms, spreadDraft, topicOf, USER_NAME } from '../core/index.ts'
import type { Store } from '../store/index.ts'
import { parseAddress } from './address.ts'
import type { Delivery } from './delivery.ts'
import { callSafely } from './event.ts'
import { PendingRequests } from './pending-requests.ts'

export interface UserDeskParts {
  readonly delivery: Pick<Delivery, 'route' | 'people'>
  readonly store: Store
  /** Those of capabilities that do not have the default one. */
  readonly strategies: ReadonlyMap<string, Strategy>
  createMessageId(): string
  createReplyId(): string
  /** @throws CaxtonError ERR_RUNTIME_CLOSED */
  assertOpen(): void
  /** Gets the messages to the user that are not the reply to a request. */
  onMessage(message: Message): void
}

/** What the user sends, and what comes back. */
export class UserDesk {
  readonly #parts: UserDeskParts
  readonly #requests: PendingRequests

  constructor(parts: UserDeskParts) {
    this.#parts = parts
    const { people } = parts.delivery
    this.#requests = new PendingRequests({
      onExpired: ({ sender, reply_with: replyWith }) => people.endCall(sender, replyWith),
    })
  }

  /** See `Router.send`. */
  send(draft: Draft): Message {
    const { delivery, createMessageId } = this.#parts
    if (draft.others === undefined) {
      const message = this.#complete(draft)
      delivery.route(message, false, null)
      return message
    }
    const first = createMessageId()
    const drafts = spreadDraft(draft, first)
    const messages = drafts.map((one, index) => this.#complete(one, index === 0 ? first : createMessageId()))
    for (const message of messages) delivery.route(message, false, null)
    return messages[0]!
  }

  /** See `Router.request`. */
  async request(draft: Draft, deadlineMs: number): Promise<Message> {
    if (draft.others !== undefined || this.#isForSeveral(draft.receiver)) {
      throw new CaxtonError('ERR_MESSAGE_INVALID', { detail: 'receiver: a request has one receiver' })
    }
    const replyWith = draft.reply_with ?? this.#parts.createReplyId()
    const message = this.#complete({ ...draft, reply_with: replyWith })
    const reply = this.#requests.open(message, replyWith, checkDeadlineMs(deadlineMs))
    this.#parts.delivery.route(message, false, null)
    return reply
  }

  /** Notes who has got a message of the user; tells whether its reply is waited for. */
  assign(message: Message, responder: string): boolean {
    return this.#requests.assign(message, responder)
  }

  /** Takes a message to the user. */
  take(message: Message): void {
    if (!this.#requests.claim(message)) callSafely(this.#parts.onMessage, message)
  }

  /** Rejects the requests that wait. */
  close(): void {
    this.#requests.rejectAll(new CaxtonError('ERR_RUNTIME_CLOSED'))
  }

  #isForSeveral(receiver: string): boolean {
    if (topicOf(receiver) !== null) return true
    const address = parseAddress(receiver)
    return address.kind === 'capability' && this.#parts.strategies.get(address.name) === 'all'
  }

  #complete(draft: Draft, messageId: string = this.#parts.createMessageId()): Message {
    this.#parts.assertOpen()
    this.#parts.store.assertKeeps()
    parseAddress(draft.receiver)
    readTerms(draft)
    if (draft.sender !== undefined && draft.sender !== USER_NAME) {
      throw new CaxtonError('ERR_MESSAGE_SENDER_FORGED', { data: { sender: draft.sender } })
    }
    return completeDraft(draft, USER_NAME, messageId)
  }
}
