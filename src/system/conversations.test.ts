import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DEFAULT_CIRCUIT, DEFAULT_CONVERSATION_LIMITS, isCaxtonError } from '../core/index.ts'
import type { ConversationsInput } from './conversations.ts'
import { parseConversations } from './conversations.ts'
import type { ProtocolInput } from './protocols.ts'
import { loadSystem } from './system.ts'

const REVIEW = {
  summary: 'An author has a text reviewed.',
  roles: ['author', 'reviewer'],
  ends: ['refused', 'done', 'late'],
  states: {
    start: { author: { request: 'asked' } },
    asked: { reviewer: { agree: 'working', refuse: 'refused' }, deadline: { act: 'refuse', next: 'late' } },
    working: { reviewer: { inform: 'done' } },
  },
} as const

function problemsOf(conversations: unknown, protocols: unknown): readonly unknown[] {
  try {
    parseConversations(conversations as ConversationsInput, protocols as Readonly<Record<string, ProtocolInput>>)
  } catch (error) {
    assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'))
    return error.data['problems'] as readonly unknown[]
  }
  return []
}

test('what is not written about conversations has its default', () => {
  assert.deepEqual(parseConversations(), {
    limits: DEFAULT_CONVERSATION_LIMITS,
    protocolLimits: {},
    circuit: DEFAULT_CIRCUIT,
    protocols: [],
  })
})

test('budgets have units, for all and for one protocol', () => {
  const settings = parseConversations({
    messages: '10K',
    bytes: '1MiB',
    wall: '1h',
    protocols: { 'fipa-subscribe': { messages: '1M', cost: 0 } },
    circuit: { failures: 3, rest: '1s' },
  })
  assert.deepEqual(settings.limits, {
    ...DEFAULT_CONVERSATION_LIMITS,
    messages: 10_000,
    bytes: 2 ** 20,
    wallMs: 3_600_000,
  })
  assert.deepEqual(settings.protocolLimits, {
    'fipa-subscribe': { ...settings.limits, messages: 1_000_000, cost: 0 },
  })
  assert.deepEqual(settings.circuit, { ...DEFAULT_CIRCUIT, failures: 3, restMs: 1_000 })
})

test('a protocol of the user is a table like those of FIPA', () => {
  const [protocol] = parseConversations({}, { review: REVIEW }).protocols
  assert.equal(protocol?.source, null)
  assert.deepEqual(protocol?.dialogues, [
    {
      opener: 'author',
      partner: 'reviewer',
      cancel: true,
      ends: REVIEW.ends,
      states: Object.assign(Object.create(null), {
        start: { opener: { request: 'asked' } },
        asked: { partner: { agree: 'working', refuse: 'refused' }, deadline: { act: 'refuse', next: 'late' } },
        working: { partner: { inform: 'done' } },
      }),
    },
  ])
})

const BAD: { name: string; change: object; problem: string }[] = [
  { name: 'an unknown key', change: { state: {} }, problem: 'protocols.review.state: is not a known key' },
  { name: 'no roles', change: { roles: undefined }, problem: 'protocols.review.roles: is missing' },
  { name: 'one role', change: { roles: ['author'] }, problem: 'protocols.review.partner: is missing' },
  { name: 'a role that takes no part', change: { roles: ['author', 'reviewer', 'editor'] }, problem: 'names editor' },
  {
    name: 'an unknown act',
    change: { states: { start: { author: { beg: 'asked' } } } },
    problem: 'states.start.author.beg',
  },
  {
    name: 'an unknown role',
    change: { states: { start: { editor: {} } } },
    problem: 'states.start.editor: is not a known key',
  },
  {
    name: 'a state that nothing reaches',
    change: { states: { ...REVIEW.states, lonely: { author: { inform: 'done' } } } },
    problem: 'protocols.review.states.lonely: is never reached',
  },
  {
    name: 'an end that nothing reaches',
    change: { ends: [...REVIEW.ends, 'never'] },
    problem: 'protocols.review.states.never: is never reached',
  },
  {
    name: 'a dead end',
    change: { states: { ...REVIEW.states, working: { reviewer: { inform: 'working' } } }, ends: ['refused', 'late'] },
    problem: 'protocols.review.states.working: has no way to an end',
  },
  {
    name: 'a state that is not there',
    change: { states: { ...REVIEW.states, working: { reviewer: { inform: 'nowhere' } } } },
    problem: 'leads to nowhere, which is neither a state nor an end',
  },
  { name: 'no start', change: { states: { asked: REVIEW.states.asked } }, problem: 'states.start' },
  {
    name: 'an act that every dialogue has',
    change: { states: { ...REVIEW.states, start: { author: { request: 'asked', cancel: 'done' } } } },
    problem: 'has cancel or not-understood',
  },
  { name: 'an end that every dialogue has', change: { ends: [...REVIEW.ends, 'lost'] }, problem: 'names lost' },
  {
    name: 'a role that opens before anybody has it',
    change: { opener: 'reviewer', partner: 'author' },
    problem: 'opened by reviewer',
  },
]
for (const { name, change, problem } of BAD) {
  test(`a protocol with ${name} is refused with its place`, () => {
    const problems = problemsOf({}, { review: { ...REVIEW, ...change } })
    assert.ok(
      problems.some((line) => String(line).includes(problem)),
      problems.join('\n'),
    )
  })
}

test('names of protocols are names, and those of FIPA are reserved', () => {
  assert.match(String(problemsOf({}, { 'fipa-review': REVIEW })[0]), /begins with "fipa-"/)
  assert.match(String(problemsOf({}, { 'A b': REVIEW })[0]), /expected a name/)
  assert.match(String(problemsOf({}, [])[0]), /tables such as/)
})

test('budgets out of range and unknown ones are refused', () => {
  assert.match(String(problemsOf({ hops: 0 }, {})[0]), /^conversations\.hops: is 0, expected between/)
  assert.match(String(problemsOf({ message: 1 }, {})[0]), /^conversations\.message: is not a known key/)
  assert.match(String(problemsOf({ protocols: { p: { fuel: true } } }, {})[0]), /^conversations\.protocols\.p\.fuel/)
})

test('a system file says it with lines', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-protocols-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const write = (text: string) => {
    const file = join(folder, 'caxton.toml')
    writeFileSync(join(folder, 'a.wasm'), '')
    writeFileSync(file, `name = "x"\n[agents.a]\nmodule = "a.wasm"\n${text}`)
    return file
  }
  const good = `[conversations]
messages = "1K"
[protocols.review]
roles = ["author", "reviewer"]
ends = ["done"]
[protocols.review.states]
start = { author = { request = "asked" } }
asked = { reviewer = { inform = "done" } }
`
  const system = await loadSystem(write(good))
  const settings = parseConversations(system.conversations, system.protocols)
  assert.deepEqual([settings.limits.messages, settings.protocols[0]?.name], [1_000, 'review'])
  await assert.rejects(loadSystem(write(good.replace('"asked" }', '"askd" }'))), (error) => {
    assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'))
    const problems = (error.data['problems'] as string[]).join('\n')
    assert.match(problems, /caxton\.toml:10: protocols\.review\.states\.start: leads to askd/)
    return true
  })
})
