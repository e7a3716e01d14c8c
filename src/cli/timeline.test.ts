import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../core/index.ts'
import { NO_PAINT } from './paint.ts'
import { columnsOf } from './plain-text.ts'
import type { TimelineOptions } from './timeline.ts'
import { Timeline } from './timeline.ts'
import type { RunEvent } from './view.ts'

function message(fields: Partial<Message>): Message {
  return {
    performative: 'inform',
    sender: 'coordinator',
    receiver: 'count-c',
    message_id: 'm-1',
    conversation_id: 'c-1',
    ...fields,
  }
}

function render(events: readonly RunEvent[], options: Partial<TimelineOptions> = {}): string[] {
  const timeline = new Timeline({
    columns: 100,
    paint: NO_PAINT,
    names: ['coordinator', 'count-c', 'forger'],
    verbose: false,
    ...options,
  })
  return [...events.flatMap((event) => timeline.render(event)), ...timeline.flush()]
}

const USAGE = {
  ...{
    fuel: 12_345,
    cpuMs: 0.5,
    wallMs: 0.75,
    memoryBytes: 327_680,
    tableElements: 0,
    stackBytes: 2_048,
    logBytes: 34,
  },
  callsByName: { send_message: 2, log: 1 },
}
const STORY: readonly RunEvent[] = [
  { type: 'state', elapsedMs: 0.5, agent: 'coordinator', from: 'loaded', to: 'running', reason: null },
  { type: 'registered', elapsedMs: 1, agent: 'count-c', capability: 'count', properties: {} },
  {
    type: 'sent',
    elapsedMs: 12.34,
    message: message({ performative: 'cfp', content: `{"bytes":1200,"why":"${'x'.repeat(80)}"}` }),
  },
  { type: 'delivered', elapsedMs: 12.4, agent: 'count-c', message: message({ performative: 'cfp' }) },
  {
    type: 'handled',
    elapsedMs: 13,
    agent: 'count-c',
    message: message({ performative: 'cfp' }),
    status: 0,
    error: null,
    usage: USAGE,
  },
  { type: 'log', elapsedMs: 14, agent: 'coordinator', level: 'warn', text: 'no bid from slow\n' },
  {
    type: 'refused',
    elapsedMs: 15,
    agent: 'forger',
    error: { code: 'ERR_MESSAGE_SENDER_FORGED', detail: 'it named "coordinator"' },
  },
  {
    type: 'undelivered',
    elapsedMs: 16,
    message: message({ receiver: 'nobody' }),
    error: { code: 'ERR_AGENT_UNKNOWN', detail: 'no agent is called "nobody"' },
  },
  {
    type: 'handled',
    elapsedMs: 17,
    agent: 'count-c',
    message: message({ performative: 'query-if' }),
    status: 1,
    error: null,
    usage: USAGE,
  },
  { type: 'unkept', elapsedMs: 17, error: { code: 'ERR_STORE_FAILED', detail: 'disk is full' }, isOver: false },
  { type: 'restarted', elapsedMs: 18, agent: 'count-c', error: { code: 'ERR_SANDBOX_THREAD_LOST' } },
  {
    type: 'state',
    elapsedMs: 1_234.5,
    agent: 'forger',
    from: 'running',
    to: 'failed',
    reason: { code: 'ERR_LIMIT_FUEL', detail: '100M used' },
  },
]

test('a run reads as a timeline', () => {
  assert.deepEqual(render(STORY), [
    ' +0.00 ms   count-c      offers           capability:count',
    ' +11.3 ms   coordinator → count-c      cfp              c-1           {"bytes":1200,"why":"xxxxxxxx…',
    ' +13.0 ms   coordinator  log warn         no bid from slow',
    ' +14.0 ms ✗ forger       refused          ERR_MESSAGE_SENDER_FORGED: it named "coordinator"',
    ' +15.0 ms ✗ coordinator → nobody       not delivered    c-1           ERR_AGENT_UNKNOWN: no agent i…',
    ' +16.0 ms ! count-c      not handled      did not understand query-if of coordinator in c-1',
    ' +16.0 ms ✗ caxton       not kept         ERR_STORE_FAILED: disk is full (tried again)',
    ' +17.0 ms ! count-c      restarted        ERR_SANDBOX_THREAD_LOST',
    '  +1.23 s ✗ forger       failed           ERR_LIMIT_FUEL: 100M used',
  ])
})

test('verbose shows states, deliveries and what each message cost', () => {
  const lines = render(STORY, { verbose: true, columns: 180 })
  assert.equal(lines.length, STORY.length)
  assert.match(lines[0] ?? '', /running {2,}was loaded$/)
  assert.match(lines[3] ?? '', /coordinator → count-c +delivered +c-1$/)
  assert.match(
    lines[4] ?? '',
    /handled +cfp of coordinator in c-1: 12\.3K fuel, 0\.50 ms CPU of 0\.75 ms, memory 320 KiB, stack 2\.00 KiB, logged 34 B, send_message 2, log 1$/,
  )
})

test('offers are told with what is said of them, and their ends with the reason', () => {
  const offer = { agent: 'count-c', capability: 'count' } as const
  const properties = { to: '\u001b[31mred', fee: 2 }
  assert.deepEqual(
    render([
      { type: 'registered', elapsedMs: 0, ...offer, properties },
      { type: 'unregistered', elapsedMs: 0, ...offer, cause: 'withdrawn' },
      { type: 'unregistered', elapsedMs: 0, ...offer, cause: 'lapsed' },
    ]),
    [
      ' +0.00 ms   count-c      offers           capability:count {"to":"\\u001b[31mred","fee":2}',
      ' +0.00 ms   count-c      offers no more   capability:count',
      ' +0.00 ms   count-c      offer lapsed     capability:count',
    ],
  )
})

test('subscriptions are told, and of publications the number of those who lost them', () => {
  const publication = message({ receiver: 'topic:t', content: '1' })
  const events: readonly RunEvent[] = [
    { type: 'subscribed', elapsedMs: 1, agent: 'reader', pattern: 'prices.>' },
    { type: 'published', elapsedMs: 2, message: publication, copies: 3, lost: 0 },
    { type: 'delivered', elapsedMs: 2, agent: 'reader', message: publication },
    { type: 'published', elapsedMs: 3, message: publication, copies: 2, lost: 1_500 },
    { type: 'unsubscribed', elapsedMs: 4, agent: 'reader', pattern: 'prices.>' },
  ]
  const squeeze = (lines: readonly string[]) => lines.map((line) => line.trim().replaceAll(/ +/g, ' '))
  assert.deepEqual(squeeze(render(events)), [
    '+0.00 ms reader subscribed topic:prices.>',
    '+2.00 ms ! coordinator → topic:t published c-1 to 2, lost to 1500',
    '+3.00 ms reader unsubscribed topic:prices.>',
  ])
  assert.deepEqual(squeeze(render(events, { verbose: true })).slice(1, 3), [
    '+1.00 ms coordinator → topic:t published c-1 to 3',
    '+1.00 ms coordinator → topic:t delivered c-1 to reader',
  ])
})

test('warnings, throttling and restarts say how much, how long and why', () => {
  const warning = { type: 'warning', elapsedMs: 1, agent: 'count-c' } as const
  const rate = { amount: 500e6, periodMs: 1_000, over: 'throttle' } as const
  const lines = render(
    [
      { ...warning, limit: 'fuel', scope: 'message', used: 85e6, bound: 100e6 },
      { ...warning, limit: 'memoryBytes', scope: 'agent', used: 16 * 2 ** 20, bound: 16 * 2 ** 20 },
      { ...warning, limit: 'logBytes', scope: 'rate', used: 1_000, bound: 1_024 },
      { type: 'throttled', elapsedMs: 2, agent: 'count-c', limit: 'fuel', rate, waitMs: 123.4 },
      {
        type: 'restarting',
        elapsedMs: 3,
        agent: 'count-c',
        attempt: 1,
        max: 3,
        waitMs: 75,
        error: { code: 'ERR_LIMIT_FUEL', detail: '100M used' },
      },
    ],
    { columns: 140 },
  )
  assert.deepEqual(lines, [
    ' +0.00 ms ! count-c      warning          fuel at 85 % of its limit for one message: 85.0M of 100M',
    ' +0.00 ms ! count-c      warning          memory at 100 % of its limit: 16.0 MiB of 16.0 MiB',
    ' +0.00 ms ! count-c      warning          log_bytes at 97 % of its limit over time: 1000 B of 1.00 KiB',
    ' +1.00 ms ! count-c      throttled        for 123 ms: fuel 500M/s is used up',
    ' +2.00 ms ! count-c      restarting       in 75.0 ms (1 of 3): ERR_LIMIT_FUEL: 100M used',
  ])
})

test('of a long conversation id the end is shown, because ids of one run differ there', () => {
  const [line] = render([{ type: 'sent', elapsedMs: 1, message: message({ conversation_id: 'm-60c34d39-1a2b' }) }])
  assert.match(line ?? '', /inform +…c34d39-1a2b$/)
})

test('lines that look alike are counted, unless verbose', () => {
  const flood: RunEvent[] = Array.from({ length: 1_000 }, (_, index) => ({
    type: 'sent',
    elapsedMs: index,
    message: message({ sender: 'flood', message_id: `m-${index}`, conversation_id: `m-${index}` }),
  }))
  const after: RunEvent = { type: 'sent', elapsedMs: 2_000, message: message({ performative: 'agree' }) }
  const lines = render([...flood, after])
  assert.equal(lines.length, 8)
  assert.equal(lines[6]?.trim(), '… 994 more like this')
  assert.match(lines[7] ?? '', /agree/)
  assert.equal(render(flood).at(-1)?.trim(), '… 994 more like this')
  assert.equal(render(flood, { verbose: true }).length, 1_000)
})

test('a guest can neither send escape codes nor forge a line', () => {
  const evil = '\x1b[2J\x1b]0;owned\x07\r\nfake line\u009b31m\u202egnirts\u2028\ufeff\ud800'
  const lines = render(
    [
      { type: 'log', elapsedMs: 1, agent: 'forger', level: 'info', text: evil },
      {
        type: 'sent',
        elapsedMs: 1,
        message: message({ content: evil, conversation_id: evil, receiver: evil, sender: evil }),
      },
      { type: 'refused', elapsedMs: 1, agent: 'forger', error: { code: 'ERR_MESSAGE_INVALID', detail: evil } },
    ],
    { columns: 300 },
  )
  assert.equal(lines.length, 3)
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
  assert.match(lines[0] ?? '', /\\u\{1b\}\[2J\\u\{1b\}\]0;owned\\u\{7\}\\r\\nfake line\\u\{9b\}31m\\u\{202e\}gnirts/)
})

test('no line is wider than the screen, whatever is in it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 })
  const event = fc.oneof(
    fc.record({
      type: fc.constant('log' as const),
      elapsedMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
      agent: text,
      level: text,
      text,
    }),
    fc.record({
      type: fc.constant('sent' as const),
      elapsedMs: fc.nat(),
      message: fc.record({ content: text, sender: text, receiver: text, conversation_id: text }).map(message),
    }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), fc.integer({ min: 100, max: 250 }), (events, columns) => {
      for (const line of render(events, { columns })) {
        assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} > ${columns}: ${line}`)
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      }
    }),
  )
})

test('what waits for a person is shown with its id, who asks escaped, and what became of it', () => {
  const asked = message({ performative: 'propose', message_id: 'm-7\u001b[2J', receiver: 'human:ann' })
  const answer = message({ sender: 'human:ann', performative: 'accept-proposal' })
  const events: RunEvent[] = [
    { type: 'waiting', elapsedMs: 1, person: 'ann', message: asked },
    { type: 'answered', elapsedMs: 2, person: 'ann', question: 'm-7', by: 'root', message: answer } as RunEvent,
    { type: 'withdrawn', elapsedMs: 3, person: 'ann', message: asked, end: 'cancelled' },
  ]
  const lines = render(events)
  assert.equal(lines.length, 2)
  assert.match(lines[0]!, /human:ann +waiting +m-7\\u\{1b\}\[2J: propose of coordinator/)
  assert.match(lines[1]!, /! human:ann +withdrawn +m-7.*: cancelled/)
  assert.match(render(events, { verbose: true })[1]!, /answered +m-7 by root/)
})
