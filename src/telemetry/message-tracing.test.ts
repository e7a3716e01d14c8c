import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '../core/index.ts'
import type { SpanSource, TelemetrySpan } from './message-tracing.ts'
import { MessageTracing } from './message-tracing.ts'
import type { TraceContext } from './trace-context.ts'
import { parseTraceContext } from './trace-context.ts'

interface Recorded {
  readonly name: string
  readonly parent: TraceContext | null
  readonly context: TraceContext
  readonly attributes: Record<string, string | number>
  status: number
  ends: number
}

function record(): { readonly spans: Recorded[]; readonly source: SpanSource } {
  const spans: Recorded[] = []
  const begin: SpanSource['begin'] = (name, parent, attributes): TelemetrySpan => {
    const spanId = (spans.length + 1).toString(16).padStart(16, '0')
    const context = { traceId: parent?.traceId ?? spanId.repeat(2), spanId, traceFlags: 1 }
    const span: Recorded = { name, parent, context, attributes: { ...attributes }, status: 0, ends: 0 }
    spans.push(span)
    return {
      spanContext: () => context,
      setAttributes: (more) => Object.assign(span.attributes, more),
      setStatus: ({ code }) => {
        span.status = code
      },
      end: () => {
        span.ends += 1
      },
    }
  }
  return { spans, source: { begin } }
}

function message(id: string, fields: Partial<Message> = {}): Message {
  const ids = { message_id: id, conversation_id: 'c' }
  return { performative: 'request', sender: 'user', receiver: 'a', ...ids, ...fields }
}

const USAGE = {
  ...{
    fuel: 7,
    cpuMs: 1,
    wallMs: 2,
    memoryBytes: 65_536,
    tableElements: 3,
    stackBytes: 96,
    messagesSent: 1,
    logBytes: 7,
    cost: 4,
  },
  callsByName: { send_message: 1, log: 2 },
}

test('a message that was caused by another is a child of its span, in the same trace', () => {
  const { spans, source } = record()
  const tracing = new MessageTracing(source)
  const cause = tracing.begin(message('1'), null)
  const effect = tracing.begin(message('2', { sender: 'a', receiver: 'b' }), cause)
  assert.deepEqual(spans[1]?.parent, spans[0]?.context)
  assert.equal(parseTraceContext(effect.trace)?.traceId, parseTraceContext(cause.trace)?.traceId)
  assert.equal(spans[1]?.attributes['caxton.sender'], 'a')
})

test('what an agent writes into trace is not believed, what a user writes is', () => {
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const { spans, source } = record()
  const tracing = new MessageTracing(source)
  const cause = tracing.begin(message('1'), null)
  tracing.begin(message('2', { trace }), cause)
  tracing.begin(message('3', { trace }), null)
  tracing.begin(message('4', { trace: 'nonsense' }), null)
  assert.deepEqual(
    spans.map(({ parent }) => parent?.traceId ?? null),
    [null, spans[0]?.context.traceId, 'a'.repeat(32), null],
  )
})

test('every span ends once, with what its message cost and what went wrong', () => {
  const { spans, source } = record()
  const tracing = new MessageTracing(source)
  const [handled, failed, refused, arrived] = ['1', '2', '3', '4'].map((id) => tracing.begin(message(id), null))
  tracing.handled(handled!, { agent: 'a', status: 0, error: null, usage: USAGE })
  tracing.handled(failed!, { agent: 'a', status: -1, error: { code: 'ERR_LIMIT_FUEL', detail: 'x' }, usage: USAGE })
  tracing.givenUp(refused!, { code: 'ERR_AGENT_UNKNOWN' })
  tracing.arrived(arrived!)
  for (const one of [handled!, failed!, refused!, arrived!]) tracing.arrived(one)
  assert.deepEqual(
    spans.map(({ ends, status, attributes }) => [ends, status, attributes['error.type'] ?? null]),
    [
      [1, 0, null],
      [1, 2, 'ERR_LIMIT_FUEL'],
      [1, 2, 'ERR_AGENT_UNKNOWN'],
      [1, 0, null],
    ],
  )
  const { attributes } = spans[0]!
  assert.deepEqual(
    [attributes['caxton.performative'], attributes['messaging.message.conversation_id']],
    ['request', 'c'],
  )
  const used = Object.entries(attributes).filter(
    ([name, value]) => name.startsWith('caxton.') && typeof value === 'number',
  )
  assert.deepEqual(Object.fromEntries(used), {
    'caxton.status': 0,
    'caxton.fuel': 7,
    'caxton.cpu_ms': 1,
    'caxton.wall_ms': 2,
    'caxton.memory_bytes': 65_536,
    'caxton.table_elements': 3,
    'caxton.stack_bytes': 96,
    'caxton.messages_sent': 1,
    'caxton.log_bytes': 7,
    'caxton.cost': 4,
    'caxton.host_calls.send_message': 1,
    'caxton.host_calls.log': 2,
  })
})
