import type { Status, Wait } from '../../capability/index.ts'
import { isSpawnedBy, maySend, STATUS } from '../../capability/index.ts'
import type { Draft, Message } from '../../core/index.ts'
import {
  completeDraft,
  createIdSource,
  isCaxtonError,
  isTopicName,
  parseDraft,
  spreadDraft,
  TOPIC_PREFIX,
  toDraft,
  topicOf,
} from '../../core/index.ts'
import type { Slot } from '../mailbox-table.ts'
import { messageBytes } from '../message-size.ts'
import type { HostOptions, HostParts } from './agent-host.ts'
import type { Asks } from './asks.ts'
import type { Refusals } from './refusals.ts'

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true })

export interface SenderParts {
  readonly host: HostParts
  readonly asks: Asks
  readonly refusals: Refusals
}

/** Messages that one agent sends: checked, counted, and given room before they are accepted. */
export class Sender {
  readonly #parts: HostParts
  readonly #asks: Asks
  readonly #refusals: Refusals
  readonly #options: HostOptions
  readonly #nextId: () => string
  #correspondent: string | null = null
  #sendCount = 0
  messagesSent = 0

  constructor({ host, asks, refusals }: SenderParts, options: HostOptions) {
    this.#parts = host
    this.#asks = asks
    this.#refusals = refusals
    this.#options = options
    this.#nextId = createIdSource('m', `${options.run}${options.agent.toString(36)}`)
  }

  /** Begins the handling of a message of that sender, or the start. */
  begin(correspondent: string | null): void {
    this.#correspondent = correspondent
    this.#sendCount = 0
    this.messagesSent = 0
  }

  send(text: Uint8Array): Status {
    const draft = this.#readDraft(text)
    if (typeof draft === 'number') return draft
    return draft.others === undefined ? this.#sendToOne(draft) : this.#sendToAll(draft, draft.others)
  }

  /** Sends what a publication is: an `inform` to a topic. */
  publish(topic: string, content: Uint8Array, isRetained: boolean): Status {
    const { limits } = this.#options
    if (!isTopicName(topic)) return STATUS.INVALID
    if (content.length > limits.messageBytes) return this.#refuseSize(content.length)
    const draft = this.#readSafely(() => {
      const value = content.length === 0 ? undefined : (JSON.parse(STRICT_UTF8.decode(content)) as unknown)
      const extras = isRetained ? { 'x-retain': 'true' } : {}
      return toDraft({ performative: 'inform', receiver: `${TOPIC_PREFIX}${topic}`, content: value, ...extras })
    })
    return draft === null ? STATUS.INVALID : this.#sendToOne(draft)
  }

  /** Returns what is sent, or why it is not. */
  #readDraft(text: Uint8Array): Draft | Status {
    const { limits, name } = this.#options
    if (text.length > limits.messageBytes) return this.#refuseSize(text.length)
    const draft = this.#readSafely(() => parseDraft(STRICT_UTF8.decode(text)))
    if (draft === null) return STATUS.INVALID
    if (draft.sender !== undefined && draft.sender !== name) {
      this.#refusals.add(
        'ERR_MESSAGE_SENDER_FORGED',
        { claimed: draft.sender },
        `'${name}' claims to be '${draft.sender}'`,
      )
      return STATUS.DENIED
    }
    return draft
  }

  /** Sends a message and waits for its reply, which the main thread hands over. */
  request(text: Uint8Array, deadlineMs: number): Wait | Status {
    const draft = this.#readDraft(text)
    if (typeof draft === 'number') return draft
    const { reply_with: replyWith, receiver } = draft
    if (replyWith === undefined || draft.others !== undefined || topicOf(receiver) !== null) return STATUS.INVALID
    if (!this.#mayWriteTo(receiver)) return STATUS.DENIED
    this.#countSend()
    const { agent } = this.#options
    const question = JSON.stringify({ reply_with: replyWith, deadline_ms: deadlineMs })
    return this.#asks.wait(
      (emit) => {
        const message = completeDraft(draft, this.#options.name, this.#nextId())
        const slot = this.#parts.findSlot(receiver) ?? null
        // The main thread knows what is waited for before it gets the message that is to be replied to.
        const isSent = this.#route(message, slot, slot === null ? 0 : messageBytes(message), () =>
          emit({ service: 'request', text: question, bytes: new Uint8Array() }),
        )
        if (!isSent) return this.#refuseFull(receiver)
        this.#parts.awaitReply(agent, replyWith)
        this.messagesSent += 1
        return STATUS.OK
      },
      (answer) => {
        this.#parts.awaitReply(agent, null)
        return this.#asks.keep(answer)
      },
    )
  }

  #readSafely(read: () => Draft): Draft | null {
    try {
      return read()
    } catch (error) {
      if (isCaxtonError(error)) this.#refusals.add(error.code, error.data, error.detail)
      else this.#refusals.add('ERR_MESSAGE_INVALID', {}, 'not JSON in UTF-8')
      return null
    }
  }

  #refuseSize(asked: number): Status {
    this.#refusals.add('ERR_LIMIT_MESSAGE_BYTES', { limit: this.#options.limits.messageBytes, asked })
    return STATUS.TOO_LARGE
  }

  /** Counts an attempt: a guest that goes on while mailboxes are full is not let off. */
  #countSend(): void {
    const { limits, meter } = this.#options
    this.#sendCount += 1
    if (this.#sendCount > limits.messages) {
      meter.end({ code: 'ERR_LIMIT_MESSAGES', data: { limit: limits.messages, asked: this.#sendCount } })
    }
  }

  #sendToOne(draft: Draft): Status {
    if (!this.#mayWriteTo(draft.receiver)) return STATUS.DENIED
    this.#countSend()
    const receiver = this.#parts.findSlot(draft.receiver) ?? null
    if (this.#post(draft, this.#nextId(), receiver)) return STATUS.OK
    return this.#refuseFull(draft.receiver)
  }

  #refuseFull(receiver: string): Status {
    this.#refusals.add('ERR_LIMIT_MAILBOX', { receiver })
    return STATUS.MAILBOX_FULL
  }

  /**
   * Sends a message to each of several: all are accepted or none is. One whose mailbox is full is accepted, too: the sender is
   * told by a `failure`, so that one of many can neither hold up the others nor be forgotten.
   */
  #sendToAll(draft: Draft, others: readonly string[]): Status {
    const { name, limits } = this.#options
    for (const receiver of [draft.receiver, ...others]) if (!this.#mayWriteTo(receiver)) return STATUS.DENIED
    const own = this.#parts.findSlot(name)
    const waiting = own === undefined ? 0 : this.#parts.mailboxes.read(own).outstanding
    if (waiting + others.length + 1 > limits.outstandingMessages) {
      this.#refusals.add('ERR_LIMIT_MAILBOX', { receiver: draft.receiver, asked: others.length + 1 })
      return STATUS.MAILBOX_FULL
    }
    const firstId = this.#nextId()
    for (const [index, one] of spreadDraft(draft, firstId).entries()) {
      this.#countSend()
      const id = index === 0 ? firstId : this.#nextId()
      const receiver = this.#parts.findSlot(one.receiver) ?? null
      if (!this.#post(one, id, receiver)) this.#post(one, id, null)
    }
    return STATUS.OK
  }

  #mayWriteTo(receiver: string): boolean {
    const { grants, name } = this.#options
    if (receiver === this.#correspondent || maySend(grants, receiver)) return true
    if (grants.spawn !== null && isSpawnedBy(receiver, name)) return true
    const detail = `the agent may not write to '${receiver}'`
    const grant = topicOf(receiver) === null ? 'send' : 'publish'
    this.#refusals.add('ERR_GRANT_MISSING', { grant, receiver }, detail)
    return false
  }

  /** Passes a message on if there is room for it; where no mailbox is known of, the router looks for one. */
  #post(draft: Draft, id: string, receiver: Slot | null): boolean {
    const message = completeDraft(draft, this.#options.name, id)
    const bytes = receiver === null ? 0 : messageBytes(message)
    const isLocal = receiver !== null && !this.#options.holdsSends
    const isHandedOver = !isLocal ? null : this.#parts.sendLocally(this.#options.agent, message, bytes)
    if (!(isHandedOver ?? this.#route(message, receiver, bytes))) return false
    this.messagesSent += 1
    return true
  }

  /** Sends a message to the main thread if there is room for it; `before` is called then, ahead of it. */
  #route(message: Message, receiver: Slot | null, bytes: number, before?: () => void): boolean {
    const { mailboxes, journal } = this.#parts
    const sender = this.#parts.findSlot(this.#options.name) ?? null
    if (!mailboxes.reserve(receiver, sender, bytes, journal)) return false
    before?.()
    this.#parts.emitSend({ agent: this.#options.agent, message, reserved: receiver !== null })
    return true
  }
}
