import type { Message } from '../../core/index.ts'
import { asCaxtonError, CaxtonError, isTopicPattern, readTerms, TOPIC_LIMITS } from '../../core/index.ts'
import type { Refused } from '../conversations-parts.ts'
import type { DeliveryParts } from '../delivery-parts.ts'
import { callSafely } from '../event.ts'
import type { FanOut } from '../fan-out.ts'
import { TurnCount } from '../turn-count.ts'
import { RetainedValues } from './retained-values.ts'
import { SubscriptionTrie } from './subscription-trie.ts'

/*
 * Publications and who gets them. Owned by the main thread.
 *
 * 1. A publication is brought to every agent that has subscribed to its topic when it is routed, once however many of its patterns stand for
 *    it, and never to its publisher: two patterns make no two messages, and nobody talks in circles with itself.
 * 2. It is retained if and only if it was brought to its subscribers.
 * 3. The retained values are brought to whoever subscribes, before anything that is published later. Each is a conversation of its own: it
 *    tells how something is, whatever became of the conversation in which that was said.
 * 4. Subscriptions belong to the name of an agent. They last until it is stopped, over its failures and those of the system.
 */

/** What one call of an agent has changed: true subscribes to a pattern, false ends that. */
export type SubscriptionChanges = ReadonlyMap<string, boolean>

/** Hears what is published to topics. Not an agent: it has no mailbox and is kept nowhere. */
type TopicListener = (message: Message) => void

export interface TopicsParts extends DeliveryParts {
  readonly fanOut: FanOut
}

export class Topics {
  readonly #parts: TopicsParts
  readonly #subscriptions = new SubscriptionTrie<string>()
  readonly #listeners = new SubscriptionTrie<TopicListener>()
  readonly #retained: RetainedValues
  readonly #looks = new TurnCount()

  constructor(parts: TopicsParts) {
    this.#parts = parts
    this.#retained = new RetainedValues(parts)
    for (const [agent, patterns] of parts.store.subscriptions.all()) {
      for (const pattern of patterns) this.#subscriptions.add(pattern, agent)
    }
  }

  /**
   * Brings a publication to whoever has subscribed to its topic. One to nobody is none the worse.
   *
   * @param cause the message during whose handling it was sent
   * @returns why it went nowhere, or on to nobody more
   */
  publish(publication: Message, topic: string, cause: Message | null): CaxtonError | Refused | null {
    const { agents, fanOut, hub, mail, tracing, store } = this.#parts
    const isRetained = readRetention(publication)
    if (typeof isRetained !== 'boolean') return isRetained
    const excess = isRetained ? this.#retained.findExcess(topic, publication) : null
    if (excess !== null) return excess
    const receivers = [...this.#subscriptions.match(topic)].flatMap((name) => {
      const agent = name === publication.sender ? undefined : agents.get(name)
      return agent === undefined || !(agent.takesMessages || mail.isExpected(name)) ? [] : [agent]
    })
    const copies = fanOut.spread(withoutRetention(publication), cause, receivers, 'none')
    if (typeof copies !== 'number') return copies
    if (isRetained) this.#retained.keep(topic, publication)
    tracing.arrived(publication)
    if (hub.isHeard) {
      hub.emit({ type: 'published', message: publication, copies, lost: receivers.length - copies })
    }
    const listeners = this.#listeners.match(topic)
    if (listeners.size > 0) store.whenCommitted(() => this.#tell(listeners, publication))
    return null
  }

  /**
   * Notes what an agent has subscribed to, and brings it what is retained there.
   *
   * @param cause the message during whose handling it did
   */
  change(agent: string, changes: SubscriptionChanges, cause: Message | null): void {
    const begun = new SubscriptionTrie<string>()
    const kept = new Map<string, boolean>()
    for (const [pattern, isWanted] of changes) {
      if (isWanted && this.#subscriptions.size >= TOPIC_LIMITS.subscriptions) {
        this.#refuse(agent, pattern)
        continue
      }
      const isChanged = isWanted ? this.#subscriptions.add(pattern, agent) : this.#subscriptions.delete(pattern, agent)
      if (isWanted) begun.add(pattern, agent)
      if (!isChanged) continue
      kept.set(pattern, isWanted)
      this.#parts.hub.emit({ type: isWanted ? 'subscribed' : 'unsubscribed', agent, pattern })
    }
    this.#parts.store.subscriptions.put(agent, kept)
    if (begun.size > 0) this.#look(agent, begun, cause)
  }

  /** Forgets what an agent that was stopped has subscribed to. */
  forget(agent: string): void {
    const kept = this.#parts.store.subscriptions.of(agent)
    if (kept.size === 0) return
    this.change(agent, new Map([...kept].map((pattern) => [pattern, false])), null)
  }

  /**
   * Calls `listener` with each message that is published to a topic that a pattern stands for, what the user itself publishes included, until
   * the returned function is called; first with what is retained there. Messages come when everything that led to them is kept.
   *
   * @throws CaxtonError ERR_TOPIC_PATTERN
   */
  listen(pattern: string, listener: TopicListener): () => void {
    if (!isTopicPattern(pattern))
      throw new CaxtonError('ERR_TOPIC_PATTERN', { detail: JSON.stringify(pattern.slice(0, 128)) })
    const patterns = new SubscriptionTrie<TopicListener>()
    const own: TopicListener = (message) => listener(message)
    patterns.add(pattern, own)
    const retained = this.#retained.matching(patterns)
    this.#listeners.add(pattern, own)
    for (const { message } of retained)
      this.#parts.store.whenCommitted(() => queueMicrotask(() => this.#tell([own], message)))
    return () => void this.#listeners.delete(pattern, own)
  }

  #tell(listeners: Iterable<TopicListener>, message: Message): void {
    for (const listener of listeners) callSafely(listener, message)
  }

  #look(agent: string, begun: SubscriptionTrie<string>, cause: Message | null): void {
    const limit = TOPIC_LIMITS.looksPerTurn
    this.#looks.add(agent, this.#retained.size * begun.size)
    if (this.#looks.of(agent) <= limit) this.#bringRetained(agent, begun, cause)
    else {
      const detail = 'retained values were not brought'
      const error = new CaxtonError('ERR_LIMIT_SUBSCRIPTIONS', { detail, data: { agent, limit } })
      this.#parts.hub.emit({ type: 'refused', agent, error: error.toData() })
    }
  }

  /** What finds no room is not brought later: it is still retained, for whoever subscribes again. */
  #bringRetained(agentName: string, patterns: SubscriptionTrie<string>, cause: Message | null): void {
    const { agents, createMessageId, fanOut, hub, mail, tracing } = this.#parts
    const agent = agents.get(agentName)
    if (agent === undefined) return
    const values = this.#retained.matching(patterns).filter(({ message }) => message.sender !== agentName)
    for (const [index, { message }] of values.entries()) {
      const id = createMessageId()
      const copy = tracing.begin({ ...message, message_id: id, conversation_id: id }, cause)
      const problem = fanOut.bring(copy, cause, agent, { tells: 'none', mayCrowd: true })
      if (problem === null) {
        mail.noteSent(copy, cause)
        continue
      }
      const { code } = problem instanceof CaxtonError ? problem : problem.error
      const detail = `${values.length - index} of ${values.length} retained values were not brought`
      const error = new CaxtonError(code, { detail, data: { agent: agentName, receiver: message.receiver } })
      tracing.givenUp(copy, error.toData())
      hub.emit({ type: 'refused', agent: agentName, error: error.toData() })
      return
    }
  }

  #refuse(agent: string, pattern: string): void {
    const data = { agent, pattern, limit: TOPIC_LIMITS.subscriptions }
    const error = new CaxtonError('ERR_LIMIT_SUBSCRIPTIONS', { data })
    this.#parts.hub.emit({ type: 'refused', agent, error: error.toData() })
  }
}

/** Whether a publication is to be retained, or what is wrong with that. */
function readRetention(message: Message): boolean | CaxtonError {
  try {
    if (!readTerms(message).isRetained) return false
  } catch (error) {
    return asCaxtonError(error)
  }
  const { protocol, reply_by: replyBy } = message
  if (protocol === undefined && replyBy === undefined) return true
  const detail = 'x-retain: what is retained is part of no protocol and waits for nobody'
  return new CaxtonError('ERR_MESSAGE_INVALID', { detail })
}

/** What those get who are there when it is published: `x-retain` says of a message that it comes from before. */
function withoutRetention(publication: Message): Message {
  if (publication.extras?.['x-retain'] === undefined) return publication
  const { extras, ...message } = publication
  const { 'x-retain': _, ...others } = extras!
  return Object.keys(others).length === 0 ? message : { ...message, extras: others }
}
