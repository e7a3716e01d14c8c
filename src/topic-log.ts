import { coversTopics } from './core/index.ts'
import { parseRetainedValue, RETAINED_AREA } from './router/index.ts'
import { StoreReader, SUBSCRIPTIONS_AREA } from './store/index.ts'

/** The last value of a topic. */
export interface LoggedTopic {
  readonly topic: string
  readonly publisher: string
  readonly publishedMs: number
  readonly bytes: number
  readonly content: unknown
  /** Agents that have subscribed to it, by whatever pattern. */
  readonly subscribers: readonly string[]
}

export interface LoggedSubscription {
  readonly pattern: string
  readonly agents: readonly string[]
}

export interface TopicOverview {
  /** In the order of their names. */
  readonly retained: readonly LoggedTopic[]
  /** In the order of their patterns. */
  readonly subscriptions: readonly LoggedSubscription[]
}

/**
 * Tells what is retained on a data directory and who subscribes to what, whether a system runs on it or not.
 *
 * @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_VERSION, ERR_STORE_CORRUPT
 */
export function readTopics(directory: string): TopicOverview {
  using reader = new StoreReader(directory)
  const agents = new Map<string, string[]>()
  for (const [agent, text] of reader.records(SUBSCRIPTIONS_AREA)) {
    for (const pattern of JSON.parse(text) as readonly string[]) {
      agents.set(pattern, [...(agents.get(pattern) ?? []), agent])
    }
  }
  const subscriptions = [...agents].sort(([one], [other]) => (one < other ? -1 : 1))
  const retained = [...reader.records(RETAINED_AREA)].map(([topic, text]): LoggedTopic => {
    const { message, bytes, publishedMs } = parseRetainedValue(text)
    const subscribers = subscriptions.flatMap(([pattern, names]) => (coversTopics(pattern, topic) ? names : []))
    return {
      topic,
      publisher: message.sender,
      publishedMs,
      bytes,
      content: JSON.parse(message.content ?? 'null') as unknown,
      subscribers: [...new Set(subscribers)].sort(),
    }
  })
  return { retained, subscriptions: subscriptions.map(([pattern, names]) => ({ pattern, agents: names })) }
}
