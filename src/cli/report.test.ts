import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderAgentTable } from './agent-table.ts'
import { NO_PAINT } from './paint.ts'
import { shorten } from './plain-text.ts'
import { renderJsonEvent, renderJsonSummary, renderOutcome, renderReport } from './report.ts'
import type { AgentRow, RunSummary } from './view.ts'

const SCREEN = { columns: 120, paint: NO_PAINT }

const AGENTS: readonly AgentRow[] = [
  {
    name: 'coordinator',
    phase: 'stopped',
    reason: null,
    messagesIn: 31,
    messagesOut: 42,
    refusals: 0,
    refusalsByCode: {},
    lastRefusal: null,
    timesThrottled: 0,
    throttledMs: 0,
    fuel: 1_234_567,
    cpuMs: 12.34,
    peakMemoryBytes: 3 * 2 ** 20,
  },
  {
    name: 'spinner',
    phase: 'failed',
    reason: { code: 'ERR_LIMIT_FUEL', detail: 'it used 100000000\x1b[31m' },
    messagesIn: 1,
    messagesOut: 0,
    refusals: 2,
    refusalsByCode: { ERR_LIMIT_MAILBOX: 2 },
    lastRefusal: { code: 'ERR_LIMIT_MAILBOX' },
    timesThrottled: 0,
    throttledMs: 0,
    fuel: 100_000_000,
    cpuMs: 45.6,
    peakMemoryBytes: 65_536,
  },
]

const SUMMARY: RunSummary = {
  reached: true,
  waiting: [],
  reason: 'goal reached',
  result: {
    performative: 'inform',
    sender: 'coordinator',
    receiver: 'user',
    message_id: 'm-9',
    conversation_id: 'c-1',
    content: '{"the":42,"a":"\\u001b[2J"}',
  },
  agents: AGENTS,
  elapsedMs: 1_234,
}

test('the table has a line per agent with its reason', () => {
  assert.deepEqual(renderAgentTable(AGENTS, SCREEN), [
    'agent        state    in  out  refused   fuel      CPU  peak memory  why',
    'coordinator  stopped  31   42        0  1.23M  12.3 ms     3.00 MiB',
    'spinner      failed    1    0        2   100M  45.6 ms     64.0 KiB  ERR_LIMIT_FUEL: it used 100000000\\u{1b}[31m',
  ])
})

test('the report ends with the result and the verdict', () => {
  const lines = renderReport(SUMMARY, SCREEN)
  assert.deepEqual(lines.slice(-5), [
    '',
    'Result from coordinator:',
    '  {"the":42,"a":"\\u001b[2J"}',
    '',
    'Goal reached in 1.23 s',
  ])
})

test('a result that is text is shown as its lines, escaped one by one', () => {
  const content = JSON.stringify('one\ntwo\x1b[31m\r\nthree\n')
  const lines = renderOutcome({ ...SUMMARY, result: { ...SUMMARY.result!, content } }, SCREEN)
  assert.deepEqual(lines.slice(2, -2), ['  one', '  two\\u{1b}[31m', '  three'])
})

test('a result is broken into lines where it does not fit on one', () => {
  const content = JSON.stringify({ words: 3, top: Array.from({ length: 9 }, (_, index) => [`word-${index}`, index]) })
  const lines = renderOutcome({ ...SUMMARY, result: { ...SUMMARY.result!, content } }, SCREEN)
  assert.deepEqual(lines.slice(2, 6), ['  {', '    "words": 3,', '    "top": [', '      ["word-0",0],'])
})

test('content that nests very deeply is shown as its text', () => {
  const content = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const message = { ...SUMMARY.result!, content }
  assert.equal(renderOutcome({ ...SUMMARY, result: message }, SCREEN)[2]?.slice(0, 8), '  [[[[[[')
  assert.equal(JSON.parse(renderJsonEvent({ type: 'sent', elapsedMs: 1, message })).message.content, content)
  assert.equal(JSON.parse(renderJsonSummary({ ...SUMMARY, result: message })).result.content, content)
})

test('brackets inside of strings, and strings of megabytes, are no nesting', () => {
  const text = `${'[{'.repeat(200)}"\\${'x'.repeat(5_000_000)}`
  const message = { ...SUMMARY.result!, content: JSON.stringify({ text }) }
  assert.equal(JSON.parse(renderJsonEvent({ type: 'sent', elapsedMs: 1, message })).message.content.text, text)
})

test('a long result is cut and says how to see all of it', () => {
  const content = JSON.stringify(Array.from({ length: 5_000 }, (_, index) => index))
  const lines = renderOutcome({ ...SUMMARY, result: { ...SUMMARY.result!, content } }, SCREEN)
  assert.equal(lines.length, 2 + 200 + 1 + 2)
  assert.equal(lines.at(-3), '  … (--json shows all of it)')
})

test('a goal that is missed says why', () => {
  const lines = renderOutcome({ ...SUMMARY, reached: false, reason: 'nothing came within 60 s', result: null }, SCREEN)
  assert.deepEqual(lines, ['', 'Goal not reached after 1.23 s: nothing came within 60 s'])
})

test('a system without a goal has done what it should when it comes to rest', () => {
  const lines = renderOutcome({ ...SUMMARY, reason: 'the system came to rest', result: null }, SCREEN)
  assert.deepEqual(lines, ['', 'Done in 1.23 s: the system came to rest'])
})

test('JSON lines are one object each, with content as a value and nothing a terminal obeys', () => {
  const message = { ...SUMMARY.result!, content: '"\u009b31m\u2028\u202e"' }
  const sent = renderJsonEvent({ type: 'sent', elapsedMs: 1, message })
  assert.doesNotMatch(sent, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  assert.equal(JSON.parse(sent).message.content, '\u009b31m\u2028\u202e')
  const delivered = JSON.parse(renderJsonEvent({ type: 'delivered', elapsedMs: 1, agent: 'a', message }))
  assert.deepEqual(Object.keys(delivered.message), [
    'message_id',
    'conversation_id',
    'sender',
    'receiver',
    'performative',
  ])
  const summary = JSON.parse(renderJsonSummary(SUMMARY))
  assert.equal(summary.type, 'summary')
  assert.deepEqual(summary.result.content, { the: 42, a: '\x1b[2J' })
  assert.equal(summary.agents.length, 2)
})

const SHORT: { text: string; columns: number; shown: string }[] = [
  { text: 'abc', columns: 3, shown: 'abc' },
  { text: 'abcd', columns: 3, shown: 'ab…' },
  { text: '中文字', columns: 6, shown: '中文字' },
  { text: '中文字', columns: 5, shown: '中文…' },
  { text: '\x1b\x1b', columns: 6, shown: '\\u{1b…' },
  { text: 'abc', columns: 0, shown: '' },
  { text: '', columns: 5, shown: '' },
]

for (const { text, columns, shown } of SHORT) {
  test(`${JSON.stringify(text)} in ${columns} columns is ${JSON.stringify(shown)}`, () => {
    assert.equal(shorten(text, columns), shown)
  })
}
