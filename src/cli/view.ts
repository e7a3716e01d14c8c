import type { ErrorCode, ErrorData, Limits, Message, RateLimit, RateName } from '../core/index.ts'
import type { Paint } from './paint.ts'

/** What the renderers use of the events of a runtime. */
export type RunEvent = {
  /** Milliseconds since the run began. */
  readonly elapsedMs: number
} & (
  | { readonly type: 'sent'; readonly message: Message }
  | { readonly type: 'delivered'; readonly agent: string; readonly message: Message }
  | {
      readonly type: 'handled'
      readonly agent: string
      readonly message: Message
      readonly status: number
      readonly error: ErrorData | null
      readonly usage: {
        readonly fuel: number
        readonly cpuMs: number
        readonly wallMs: number
        readonly memoryBytes: number
        readonly tableElements: number
        readonly stackBytes: number
        readonly logBytes: number
        readonly callsByName: Readonly<Record<string, number>>
      }
    }
  | { readonly type: 'fired'; readonly agent: string; readonly timer: number; readonly status: number }
  | { readonly type: 'undelivered'; readonly message: Message; readonly error: ErrorData }
  | { readonly type: 'refused'; readonly agent: string; readonly error: ErrorData }
  | {
      readonly type: 'state'
      readonly agent: string
      readonly from: string
      readonly to: string
      readonly reason: ErrorData | null
    }
  | { readonly type: 'unkept'; readonly error: ErrorData; readonly isOver: boolean }
  | { readonly type: 'restarted'; readonly agent: string; readonly error: ErrorData }
  | {
      readonly type: 'warning'
      readonly agent: string
      readonly limit: keyof Limits
      readonly scope: 'message' | 'rate' | 'agent'
      readonly used: number
      readonly bound: number
    }
  | {
      readonly type: 'throttled'
      readonly agent: string
      readonly limit: RateName
      readonly rate: RateLimit
      readonly waitMs: number
    }
  | {
      readonly type: 'restarting'
      readonly agent: string
      readonly attempt: number
      readonly max: number
      readonly waitMs: number
      readonly error: ErrorData
    }
  | {
      readonly type: 'guard'
      readonly agent: string | null
      readonly conversation: string | null
      readonly error: ErrorData
    }
  | {
      readonly type: 'expired'
      readonly agent: string
      readonly conversation: string
      readonly about: string
      readonly act: string
      readonly error: ErrorData
    }
  | { readonly type: 'waiting'; readonly person: string; readonly message: Message }
  | { readonly type: 'answered'; readonly person: string; readonly question: string; readonly by: string }
  | { readonly type: 'withdrawn'; readonly person: string; readonly message: Message; readonly end: string }
  | { readonly type: 'log'; readonly agent: string; readonly level: string; readonly text: string }
  | { readonly type: 'published'; readonly message: Message; readonly copies: number; readonly lost: number }
  | { readonly type: 'subscribed' | 'unsubscribed'; readonly agent: string; readonly pattern: string }
  | {
      readonly type: 'registered'
      readonly agent: string
      readonly capability: string
      readonly properties: Readonly<Record<string, string | number | boolean>>
    }
  | {
      readonly type: 'unregistered'
      readonly agent: string
      readonly capability: string
      readonly cause: 'withdrawn' | 'lapsed'
    }
  | {
      readonly type: 'audit'
      readonly agent: string
      readonly service: string
      readonly target: string
      readonly outcome: string
      readonly detail?: string
      readonly durationMs: number
      readonly sentBytes: number
      readonly receivedBytes: number
    }
)

/** What the table uses of an agent. */
export interface AgentRow {
  readonly name: string
  readonly phase: string
  readonly reason: ErrorData | null
  readonly messagesIn: number
  readonly messagesOut: number
  readonly refusals: number
  readonly refusalsByCode: Readonly<Partial<Record<ErrorCode, number>>>
  readonly lastRefusal: ErrorData | null
  readonly timesThrottled: number
  readonly throttledMs: number
  readonly fuel: number
  readonly cpuMs: number
  readonly peakMemoryBytes: number
}

/** What a run ends with. */
export interface RunSummary {
  readonly reached: boolean
  /** What it waits for people for; it has not ended then. */
  readonly waiting: readonly unknown[]
  /** Why it ended. */
  readonly reason: string
  /** The message that was the goal, null if it did not come. */
  readonly result: Message | null
  readonly agents: readonly AgentRow[]
  readonly elapsedMs: number
}

/** What the renderers know of the terminal. */
export interface Screen {
  readonly columns: number
  readonly paint: Paint
}
