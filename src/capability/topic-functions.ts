import { TOPIC_LIMITS } from '../core/index.ts'
import type { GuestMemory } from './guest-memory.ts'
import type { HostFunction, Parameter } from './host-function.ts'
import type { Status } from './status.ts'
import { STATUS } from './status.ts'

/** What the functions for topics act on. */
export interface TopicHost {
  readonly memory: GuestMemory
  chargeFuel(fuel: number): void
  subscribeTopic(pattern: string): Status
  unsubscribeTopic(pattern: string): Status
  /** Publishes a JSON text, or nothing when it is empty. */
  publish(topic: string, content: Uint8Array, isRetained: boolean): Status
}

/** Bits of the flags of `publish`. */
export const PUBLISH_FLAGS = { RETAIN: 1 } as const

const i32 = (name: string): Parameter => ({ name, type: 'i32' })
const PATTERN = [i32('pattern_ptr'), i32('pattern_len')]

export const TOPIC_FUNCTIONS: readonly HostFunction<TopicHost>[] = [
  {
    name: 'publish',
    params: [i32('topic_ptr'), i32('topic_len'), i32('content_ptr'), i32('content_len'), i32('flags')],
    result: 'i32',
    grant: 'publish',
    fuel: 1_000,
    summary:
      'Publishes the JSON text at `content_ptr` to a topic: an `inform` whose receiver is `topic:<name>` goes to every agent that has ' +
      'subscribed to it. `send_message` to such a receiver does the same with any act and all fields. Flag 1 retains it as the last value ' +
      'of the topic, for whoever subscribes later; without content it clears that. Answers OK when it is accepted, to nobody as well; who ' +
      'loses it for want of room is not told here. INVALID for what is no name of a topic or no JSON, TOO_LARGE, DENIED, and MAILBOX_FULL ' +
      'mean that nothing was published. Each copy counts as a message sent: what is too many of them for one call is answered by a `refuse`.',
    bind: (host) => (topicPointer: number, topicLength: number, pointer: number, length: number, flags: number) => {
      if (topicLength >>> 0 > TOPIC_LIMITS.nameChars) return STATUS.TOO_LARGE
      if ((flags & ~PUBLISH_FLAGS.RETAIN) !== 0) return STATUS.INVALID
      host.chargeFuel(length >>> 0)
      const topic = host.memory.readText(topicPointer, topicLength)
      return host.publish(topic, host.memory.range(pointer, length), flags === PUBLISH_FLAGS.RETAIN)
    },
  },
  {
    name: 'subscribe_topic',
    params: PATTERN,
    result: 'i32',
    grant: 'subscribe',
    // Pays for the look at everything that is retained.
    fuel: 50_000,
    summary:
      'Subscribes to the topics that a pattern stands for: tokens joined by points, of which `*` stands for one and a final `>` for one or ' +
      'more. It holds when the handling of the message succeeds and until the agent is stopped, over restarts; what is retained there comes ' +
      'then at once. Answers OK, also when it is subscribed already, INVALID for what is no pattern, DENIED for one that no granted pattern ' +
      'covers whole, LIMIT when the agent has subscribed to too many.',
    bind: (host) => (pointer: number, length: number) => {
      if (length >>> 0 > TOPIC_LIMITS.nameChars) return STATUS.TOO_LARGE
      return host.subscribeTopic(host.memory.readText(pointer, length))
    },
  },
  {
    name: 'unsubscribe_topic',
    params: PATTERN,
    result: 'i32',
    grant: 'subscribe',
    fuel: 1_000,
    summary:
      'Ends a subscription when the handling of the message succeeds; what was published before may still come. Answers OK, NOT_FOUND when ' +
      'the agent has not subscribed to that pattern.',
    bind: (host) => (pointer: number, length: number) => {
      if (length >>> 0 > TOPIC_LIMITS.nameChars) return STATUS.TOO_LARGE
      return host.unsubscribeTopic(host.memory.readText(pointer, length))
    },
  },
]
