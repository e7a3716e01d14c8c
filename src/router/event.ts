import type { AgentPhase, Hold, LogLine, Usage, Warning } from '../agent/index.ts'
import type { Clock, ErrorData, Message, Performative } from '../core/index.ts'
import type { Offer } from './directory/index.ts'
import type { WaitingEnd } from './waiting.ts'

/** What such a record is called in the history. */
export const AUDIT = 'audit'

/** One use of a service by an agent. Holds names, numbers and outcomes: never what was sent or answered, never a secret. */
export interface AuditRecord {
  readonly agent: string
  readonly service: 'http' | 'tool' | 'delegation' | 'spawn' | 'directory'
  /** `GET https://api.example.com/v1/users`, without its query, `weather/forecast`, a handle, the name of an agent or template, or what was asked of the directory. */
  readonly target: string
  /** `ok`, or what went wrong: the code of an error, `not-found`, `invalid`. */
  readonly outcome: string
  /** Why, for the operator. */
  readonly detail?: string
  readonly durationMs: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

/** What the router and its agents do, as plain data. */
export type RouterFact =
  /** Somebody sent a message and it was accepted. `sender` is an agent, `user`, or `caxton` itself. */
  | { readonly type: 'sent'; readonly message: Message }
  /** It went into the mailbox of `agent`, or to the user. `sequence` grows in the order of acceptance; null for what is in memory alone. */
  | {
      readonly type: 'delivered'
      readonly agent: string
      readonly message: Message
      readonly sequence: number | null
    }
  /** Its handling ended: status 0 handled, 1 not understood, else failed; with an error the agent is gone. */
  | {
      readonly type: 'handled'
      readonly agent: string
      readonly message: Message
      readonly status: number
      readonly error: ErrorData | null
      readonly usage: Usage
    }
  /** A timer of an agent was due and its handling ended. */
  | {
      readonly type: 'fired'
      readonly agent: string
      readonly timer: number
      readonly status: number
      readonly error: ErrorData | null
      readonly usage: Usage
    }
  /** It will not be handled. `answered` tells whether the runtime tells its sender. */
  | { readonly type: 'undelivered'; readonly message: Message; readonly error: ErrorData; readonly answered: boolean }
  /** The host refused what an agent asked for. */
  | { readonly type: 'refused'; readonly agent: string; readonly error: ErrorData }
  | {
      readonly type: 'state'
      readonly agent: string
      readonly from: AgentPhase
      readonly to: AgentPhase
      /** Why it failed, else null. */
      readonly reason: ErrorData | null
    }
  /** The thread of an agent was lost, for which it is not to blame; it began again and goes on with what waits. */
  | { readonly type: 'restarted'; readonly agent: string; readonly error: ErrorData }
  /** An agent came near to a limit: it used so much of so much. Told once, until it has come down again. */
  | ({ readonly type: 'warning'; readonly agent: string } & Warning)
  /** A limit over time is used up: the messages of an agent wait for so long, until that time of day. */
  | ({ readonly type: 'throttled'; readonly agent: string; readonly untilMs: number } & Hold)
  /** An agent that failed will be started anew after so long; it is the `attempt`-th time of `max`. */
  | {
      readonly type: 'restarting'
      readonly agent: string
      readonly attempt: number
      readonly max: number
      readonly waitMs: number
      readonly error: ErrorData
    }
  /** A guard has tripped: an undertaking is stopped, or messages of `agent` to one other rest. Told once for each. */
  | {
      readonly type: 'guard'
      /** Whose message was one too many; null where it was not one message. */
      readonly agent: string | null
      /** In which conversation; null where it was in none. */
      readonly conversation: string | null
      readonly error: ErrorData
    }
  /** A deadline has passed: `agent` is told by `act` that no answer of `about` came. */
  | {
      readonly type: 'expired'
      readonly agent: string
      readonly conversation: string
      readonly about: string
      readonly act: Performative
      readonly error: ErrorData
    }
  /** A message waits for a person; told at the start, too, of what waits from before. */
  | { readonly type: 'waiting'; readonly person: string; readonly message: Message; readonly sequence: number | null }
  /** A person has answered the message with the id `question`. `by` says who has brought the answer, as far as is known. */
  | {
      readonly type: 'answered'
      readonly person: string
      readonly question: string
      readonly message: Message
      readonly by: string
    }
  /** A message waits for a person no more, and was not answered. */
  | {
      readonly type: 'withdrawn'
      readonly person: string
      readonly message: Message
      readonly end: Exclude<WaitingEnd, 'answered'>
    }
  | { readonly type: 'log'; readonly agent: string; readonly level: LogLine['level']; readonly text: string }
  /** An agent offers a capability, or says something else of it than before; `untilMs` is when that lapses, null is never. */
  | ({ readonly type: 'registered' } & Offer)
  /** An agent has taken an offer back, or its lease has lapsed. With the agent itself its offers end without an event. */
  | {
      readonly type: 'unregistered'
      readonly agent: string
      readonly capability: string
      readonly cause: 'withdrawn' | 'lapsed'
    }
  /** A message was published to a topic: so many copies of it are on their way, and so many subscribers have lost theirs. */
  | { readonly type: 'published'; readonly message: Message; readonly copies: number; readonly lost: number }
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly agent: string; readonly pattern: string }
  /** An agent used a service of the host, or was refused it. */
  | ({ readonly type: 'audit' } & AuditRecord)
  /** What has to be kept could not be written: it is tried again, or, where `isOver`, nothing is kept or accepted any more. */
  | { readonly type: 'unkept'; readonly error: ErrorData; readonly isOver: boolean }

/** A fact with its time. */
export type RouterEvent = RouterFact & {
  /** Milliseconds since the router was made, never going back. */
  readonly elapsedMs: number
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly timeMs: number
}

export type RouterEventType = RouterEvent['type']
export type RouterListener = (event: RouterEvent) => void

/** Tells listeners what happens. Without a listener it costs one comparison. */
export class EventHub {
  readonly #listeners = new Set<RouterListener>()
  readonly #clock: Clock
  readonly #startMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
  }

  /** Whether anybody listens: ask before making a fact. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** Calls `listener` for each event until the returned function is called. */
  subscribe(listener: RouterListener): () => void {
    const entry: RouterListener = (event) => listener(event)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  emit(fact: RouterFact): void {
    if (this.#listeners.size === 0) return
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs
    const event: RouterEvent = { ...fact, elapsedMs, timeMs: this.#clock.nowMs() }
    for (const listener of this.#listeners) callSafely(listener, event)
  }
}

/** Calls foreign code; what it throws surfaces as an uncaught error instead of breaking whoever calls. */
export function callSafely<Argument>(callback: (argument: Argument) => void, argument: Argument): void {
  try {
    callback(argument)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
