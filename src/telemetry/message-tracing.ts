import type { ErrorData, Message } from '../core/index.ts'
import type { TraceContext } from './trace-context.ts'
import { formatTraceContext, parseTraceContext } from './trace-context.ts'

/** A span of OpenTelemetry, as far as it is used here. */
export interface TelemetrySpan {
  spanContext(): TraceContext
  setAttributes(attributes: Readonly<Record<string, string | number>>): unknown
  setStatus(status: { readonly code: 0 | 1 | 2; readonly message?: string }): unknown
  end(): void
}

/** What begins spans: OpenTelemetry's, see `openTelemetry`. */
export interface SpanSource {
  begin(name: string, parent: TraceContext | null, attributes: Readonly<Record<string, string | number>>): TelemetrySpan
}

/** What is known when a message was handled. */
export interface HandledFacts {
  readonly agent: string
  readonly status: number
  readonly error: ErrorData | null
  readonly usage: {
    readonly fuel: number
    readonly cpuMs: number
    readonly wallMs: number
    readonly memoryBytes: number
    readonly tableElements: number
    readonly stackBytes: number
    readonly callsByName: Readonly<Record<string, number>>
    readonly messagesSent: number
    readonly logBytes: number
    readonly cost: number
  }
}

/** OpenTelemetry's `SpanStatusCode.ERROR`. */
const STATUS_ERROR = 2

/**
 * One span for each message, from its acceptance until it was handled or given up. The span of the message that caused it is
 * its parent, so a trace shows cause and effect across agents.
 *
 * Guarantees: a span that begins ends; an agent cannot choose the trace of what it sends while it handles a message.
 * Cost: none where there is no tracing; else a span and a field of 55 characters for each message.
 */
export class MessageTracing {
  readonly #spans: SpanSource
  readonly #open = new WeakMap<Message, TelemetrySpan>()

  constructor(spans: SpanSource) {
    this.#spans = spans
  }

  /**
   * Begins the span of a message.
   *
   * @param cause the message during whose handling it was sent; null for one from outside, whose own `trace` is believed
   * @returns the message with its `trace`: from now on it is the one to deliver, and to name in the other calls
   */
  begin(message: Message, cause: Message | null): Message {
    const parent = parseTraceContext(cause === null ? message.trace : cause.trace)
    const span = this.#spans.begin(`${message.performative} ${message.receiver}`, parent, {
      'messaging.system': 'caxton',
      'messaging.destination.name': message.receiver,
      'messaging.message.id': message.message_id,
      'messaging.message.conversation_id': message.conversation_id,
      'caxton.performative': message.performative,
      'caxton.sender': message.sender,
      ...(message.protocol === undefined ? {} : { 'caxton.protocol': message.protocol }),
    })
    const traced = { ...message, trace: formatTraceContext(span.spanContext()) }
    this.#open.set(traced, span)
    return traced
  }

  /** Ends the span of a message that an agent has handled, or failed on. */
  handled(message: Message, { agent, status, error, usage }: HandledFacts): void {
    const span = this.#take(message)
    if (span === null) return
    span.setAttributes({
      'caxton.agent': agent,
      'caxton.status': status,
      'caxton.fuel': usage.fuel,
      'caxton.memory_bytes': usage.memoryBytes,
      'caxton.cpu_ms': usage.cpuMs,
      'caxton.wall_ms': usage.wallMs,
      'caxton.table_elements': usage.tableElements,
      'caxton.stack_bytes': usage.stackBytes,
      'caxton.messages_sent': usage.messagesSent,
      'caxton.log_bytes': usage.logBytes,
      'caxton.cost': usage.cost,
      ...Object.fromEntries(Object.entries(usage.callsByName).map(([name, n]) => [`caxton.host_calls.${name}`, n])),
    })
    if (error !== null) fail(span, error)
    else if (status !== 0) span.setStatus({ code: STATUS_ERROR, message: `status ${status}` })
    span.end()
  }

  /** Ends the span of a message that reached whom it was for without being handled by an agent. */
  arrived(message: Message): void {
    this.#take(message)?.end()
  }

  /** Ends the span of a message that nobody gets. */
  givenUp(message: Message, error: ErrorData): void {
    const span = this.#take(message)
    if (span === null) return
    fail(span, error)
    span.end()
  }

  #take(message: Message): TelemetrySpan | null {
    const span = this.#open.get(message) ?? null
    this.#open.delete(message)
    return span
  }
}

function fail(span: TelemetrySpan, { code, detail }: ErrorData): void {
  span.setAttributes({ 'error.type': code })
  span.setStatus({ code: STATUS_ERROR, message: detail === undefined ? code : `${code}: ${detail}` })
}
