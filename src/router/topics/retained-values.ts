import type { Clock, Message } from '../../core/index.ts'
import { CaxtonError, readTerms, TOPIC_LIMITS, USER_NAME } from '../../core/index.ts'
import type { Store } from '../../store/index.ts'
import type { SubscriptionTrie } from './subscription-trie.ts'

/** The last value of a topic. */
export interface RetainedValue {
  readonly message: Message
  readonly bytes: number
  /** When it was published, milliseconds since 1970. */
  readonly publishedMs: number
}

export interface RetainedValuesParts {
  readonly clock: Clock
  readonly store: Store
  sizeOf(message: Message): number
}

/** Area of the records that retained values are kept in, by topic. */
export const RETAINED_AREA = 'retained'

interface Use {
  count: number
  bytes: number
}

/**
 * The last values of topics that were published to be retained.
 *
 * Guarantees: never more than TOPIC_LIMITS allows, in all and of each publisher. A value beyond is refused, so that nobody can push out
 * what others have published. Values survive a restart together with the handling that published them.
 */
export class RetainedValues {
  readonly #parts: RetainedValuesParts
  readonly #values = new Map<string, RetainedValue>()
  readonly #used: Use = { count: 0, bytes: 0 }
  readonly #usedBy = new Map<string, Use>()

  constructor(parts: RetainedValuesParts) {
    this.#parts = parts
    const kept = [...parts.store.recordsOf(RETAINED_AREA)].map(
      ([topic, text]) => [topic, parseRetainedValue(text)] as const,
    )
    for (const [topic, value] of kept.sort(([, one], [, other]) => one.publishedMs - other.publishedMs)) {
      this.#put(topic, value)
    }
  }

  get size(): number {
    return this.#values.size
  }

  /** Returns why the last value of a topic cannot become that of a message; null if it can. */
  findExcess(topic: string, message: Message): CaxtonError | null {
    if (message.content === undefined) return null
    const { sender } = message
    const asked = { count: 1, bytes: this.#parts.sizeOf(message) }
    const former = this.#values.get(topic)
    const released = former === undefined ? NOTHING : { count: 1, bytes: former.bytes }
    const { retained, retainedBytes, retainedPerAgent, retainedPerAgentBytes } = TOPIC_LIMITS
    const inAll = findExcess(this.#used, released, asked, { count: retained, bytes: retainedBytes })
    if (inAll !== null || sender === USER_NAME) return inAll
    const own = this.#usedBy.get(sender) ?? NOTHING
    const ownReleased = former?.message.sender === sender ? released : NOTHING
    return findExcess(own, ownReleased, asked, { count: retainedPerAgent, bytes: retainedPerAgentBytes })
  }

  /** Makes a message the last value of a topic; one without content clears it. Call `findExcess` before. */
  keep(topic: string, message: Message): void {
    this.#drop(topic)
    if (message.content === undefined) {
      this.#parts.store.putRecord(RETAINED_AREA, topic, null)
      return
    }
    const { clock, store, sizeOf } = this.#parts
    const value: RetainedValue = { message, bytes: sizeOf(message), publishedMs: clock.nowMs() }
    this.#put(topic, value)
    if (store.isDurable) store.putRecord(RETAINED_AREA, topic, formatRetainedValue(value))
  }

  /** Returns the values of the topics that somebody subscribes to, in the order in which they were published. Cost: looks at each with each pattern. */
  matching(patterns: SubscriptionTrie<unknown>): RetainedValue[] {
    const nowMs = this.#parts.clock.nowMs()
    const found: RetainedValue[] = []
    for (const [topic, value] of this.#values) {
      if (patterns.match(topic).size > 0 && !hasExpired(value, nowMs)) found.push(value)
    }
    return found
  }

  #put(topic: string, value: RetainedValue): void {
    this.#values.set(topic, value)
    this.#count(value, 1)
  }

  #drop(topic: string): void {
    const former = this.#values.get(topic)
    if (former === undefined) return
    this.#values.delete(topic)
    this.#count(former, -1)
  }

  #count({ message, bytes }: RetainedValue, sign: 1 | -1): void {
    const own = this.#usedBy.get(message.sender) ?? { count: 0, bytes: 0 }
    for (const use of [this.#used, own]) {
      use.count += sign
      use.bytes += sign * bytes
    }
    if (own.count === 0) this.#usedBy.delete(message.sender)
    else this.#usedBy.set(message.sender, own)
  }
}

/** Writes a value for the journal: its content behind a line end as it is, since to write a long text into another one takes its time. */
function formatRetainedValue({ message, bytes, publishedMs }: RetainedValue): string {
  const { content, ...header } = message
  return `${JSON.stringify({ header, bytes, publishedMs })}\n${content}`
}

export function parseRetainedValue(text: string): RetainedValue {
  const end = text.indexOf('\n')
  const { header, ...facts } = JSON.parse(text.slice(0, end)) as Omit<RetainedValue, 'message'> & {
    readonly header: Message
  }
  return { ...facts, message: { ...header, content: text.slice(end + 1) } }
}

const NOTHING: Readonly<Use> = Object.freeze({ count: 0, bytes: 0 })

function findExcess(
  used: Readonly<Use>,
  released: Readonly<Use>,
  asked: Readonly<Use>,
  limit: Readonly<Use>,
): CaxtonError | null {
  for (const what of ['count', 'bytes'] as const) {
    const sum = used[what] - released[what] + asked[what]
    if (sum > limit[what]) {
      return new CaxtonError('ERR_LIMIT_RETAINED', { detail: what, data: { what, limit: limit[what], asked: sum } })
    }
  }
  return null
}

/** Whether a value is older than its publisher wanted it to become. */
function hasExpired({ message, publishedMs }: RetainedValue, nowMs: number): boolean {
  const { ttlMs } = readTerms(message)
  return ttlMs !== null && publishedMs + ttlMs <= nowMs
}
