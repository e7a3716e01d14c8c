import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderAgentTable } from './agent-table.ts'
import { NO_PAINT } from './paint.ts'
import type { AgentRow } from './view.ts'

const QUIET: AgentRow = {
  name: 'one',
  phase: 'stopped',
  reason: null,
  messagesIn: 1,
  messagesOut: 1,
  refusals: 0,
  refusalsByCode: {},
  lastRefusal: null,
  timesThrottled: 0,
  throttledMs: 0,
  fuel: 1,
  cpuMs: 1,
  peakMemoryBytes: 65_536,
}

/** Returns what stands in the column `why`. */
function whyOf(agent: Partial<AgentRow>, columns = 240): string {
  const [head, row] = renderAgentTable([{ ...QUIET, ...agent }], { columns, paint: NO_PAINT })
  return row!.slice(head!.indexOf('why'))
}

const LAST = { code: 'ERR_GRANT_MISSING', detail: "the agent may not write to 'user'" } as const

const WHY: { name: string; agent: Partial<AgentRow>; why: string }[] = [
  { name: 'an agent that was refused nothing has no why', agent: {}, why: '' },
  {
    name: 'one refusal is given in full',
    agent: { refusals: 1, refusalsByCode: { ERR_GRANT_MISSING: 1 }, lastRefusal: LAST },
    why: "refused ERR_GRANT_MISSING: the agent may not write to 'user'",
  },
  {
    name: 'a refusal without a detail has the sentence of its code',
    agent: { refusals: 1, refusalsByCode: { ERR_LIMIT_MAILBOX: 1 }, lastRefusal: { code: 'ERR_LIMIT_MAILBOX' } },
    why: 'refused ERR_LIMIT_MAILBOX: Mailbox is full',
  },
  {
    name: 'refusals of one kind are counted',
    agent: { refusals: 3, refusalsByCode: { ERR_GRANT_MISSING: 3 }, lastRefusal: LAST },
    why: "refused 3: last ERR_GRANT_MISSING: the agent may not write to 'user'",
  },
  {
    name: 'several kinds are listed with their counts, the most frequent first',
    agent: {
      refusals: 3,
      refusalsByCode: { ERR_GRANT_MISSING: 1, ERR_MESSAGE_SENDER_FORGED: 2 },
      lastRefusal: LAST,
    },
    why: "refused ERR_MESSAGE_SENDER_FORGED ×2, ERR_GRANT_MISSING ×1: last ERR_GRANT_MISSING: the agent may not write to 'user'",
  },
  {
    name: 'kinds beyond three are counted',
    agent: {
      refusals: 20,
      refusalsByCode: {
        ERR_LIMIT_LOG: 1,
        ERR_GRANT_MISSING: 7,
        ERR_LIMIT_MAILBOX: 2,
        ERR_MESSAGE_INVALID: 4,
        ERR_MESSAGE_SENDER_FORGED: 6,
      },
      lastRefusal: LAST,
    },
    why: "refused ERR_GRANT_MISSING ×7, ERR_MESSAGE_SENDER_FORGED ×6, ERR_MESSAGE_INVALID ×4, 2 more kinds: last ERR_GRANT_MISSING: the agent may not write to 'user'",
  },
  {
    name: 'an agent that was held back says how often and how long',
    agent: { timesThrottled: 12, throttledMs: 3_400 },
    why: 'throttled 12 times, 3.40 s in all',
  },
  {
    name: 'being held back comes before what was refused, which may be long',
    agent: {
      timesThrottled: 1,
      throttledMs: 20,
      refusals: 1,
      refusalsByCode: { ERR_GRANT_MISSING: 1 },
      lastRefusal: LAST,
    },
    why: "throttled once, 20.0 ms in all; refused ERR_GRANT_MISSING: the agent may not write to 'user'",
  },
  {
    name: 'an agent that failed says why it failed, whatever was refused before',
    agent: {
      phase: 'failed',
      reason: { code: 'ERR_LIMIT_FUEL', detail: 'in f' },
      refusals: 1,
      refusalsByCode: { ERR_GRANT_MISSING: 1 },
      lastRefusal: LAST,
    },
    why: 'ERR_LIMIT_FUEL: in f',
  },
  {
    name: 'what a guest wrote into a refusal is escaped',
    agent: {
      refusals: 1,
      refusalsByCode: { ERR_GRANT_MISSING: 1 },
      lastRefusal: { code: 'ERR_GRANT_MISSING', detail: 'to \x1b[2J\n' },
    },
    why: 'refused ERR_GRANT_MISSING: to \\u{1b}[2J\\n',
  },
]

for (const { name, agent, why } of WHY) {
  test(name, () => assert.equal(whyOf(agent), why))
}

test('a long why is cut to the screen', () => {
  const lastRefusal = { code: 'ERR_GRANT_MISSING', detail: 'x'.repeat(5_000) } as const
  const agent = { ...QUIET, refusals: 1, refusalsByCode: { ERR_GRANT_MISSING: 1 }, lastRefusal }
  const [, row] = renderAgentTable([agent], { columns: 120, paint: NO_PAINT })
  assert.ok(row!.length <= 120 && row!.endsWith('…'))
})
