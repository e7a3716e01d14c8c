import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Grants } from '../capability/index.ts'
import { STATUS } from '../capability/index.ts'
import type { ErrorCode } from '../core/index.ts'
import { agentWat, createPool, deploy, sendWat } from './fixtures.test.ts'
import { ProcessPool } from './index.ts'
import { NOTHING_KEPT } from './kept/kept.ts'

const IMPORTS = `
  (import "caxton" "publish" (func $publish (param i32 i32 i32 i32 i32) (result i32)))
  (import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))
  (import "caxton" "unsubscribe_topic" (func $unsubscribe (param i32 i32) (result i32)))`
const GRANTS = { publish: ['prices.*'], subscribe: ['prices.>'] }

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')

/** Publishes a text to a topic. */
function publishWat(topic: string, content: string, flags: number): string {
  const data = `(data (i32.const 8192) "${hex(topic)}") (data (i32.const 9216) "${hex(content)}")`
  const [topicBytes, contentBytes] = [Buffer.byteLength(topic), Buffer.byteLength(content)]
  const call = `(call $publish (i32.const 8192) (i32.const ${topicBytes}) (i32.const 9216) (i32.const ${contentBytes})`
  return agentWat(`${call} (i32.const ${flags}))`, IMPORTS + data)
}

interface Case {
  readonly name: string
  readonly topic: string
  readonly content: string
  readonly flags?: number
  readonly status: number
  readonly refusal?: ErrorCode
}

const CASES: readonly Case[] = [
  { name: 'a granted topic takes any JSON', topic: 'prices.gold', content: '{"a":[1,"ä"]}', status: STATUS.OK },
  { name: 'nothing is a content, too', topic: 'prices.gold', content: '', status: STATUS.OK },
  { name: 'what is retained is marked', topic: 'prices.gold', content: '1', flags: 1, status: STATUS.OK },
  { name: 'another flag is refused', topic: 'prices.gold', content: '1', flags: 3, status: STATUS.INVALID },
  {
    name: 'a topic that is not granted is refused',
    topic: 'prices.gold.fix',
    content: '1',
    status: STATUS.DENIED,
    refusal: 'ERR_GRANT_MISSING',
  },
  { name: 'a pattern is no topic', topic: 'prices.*', content: '1', status: STATUS.INVALID },
  {
    name: 'what is no JSON is refused',
    topic: 'prices.gold',
    content: '{',
    status: STATUS.INVALID,
    refusal: 'ERR_MESSAGE_INVALID',
  },
  {
    name: 'what is nested too deep is refused',
    topic: 'prices.gold',
    content: '['.repeat(200) + ']'.repeat(200),
    status: STATUS.INVALID,
    refusal: 'ERR_MESSAGE_INVALID',
  },
  {
    name: 'what is too large is refused',
    topic: 'prices.gold',
    content: `"${'x'.repeat(600)}"`,
    status: STATUS.TOO_LARGE,
    refusal: 'ERR_LIMIT_MESSAGE_BYTES',
  },
]

suite('what a guest publishes', () => {
  for (const { name, topic, content, flags = 0, status, refusal } of CASES) {
    test(name, async () => {
      await using pool = createPool()
      const limits = { messageBytes: 512 }
      const subject = await deploy(pool, publishWat(topic, content, flags), { grants: GRANTS, limits })
      const outcome = await subject.handle()
      assert.deepEqual([outcome.error, outcome.status], [null, status])
      assert.equal(subject.refusals[0]?.code, refusal)
      const [sent] = subject.sent
      assert.equal(sent !== undefined, status === STATUS.OK)
      if (sent === undefined) return
      assert.deepEqual(
        [sent.message.performative, sent.message.receiver, sent.message.content, sent.reserved],
        ['inform', `topic:${topic}`, content === '' ? undefined : content, false],
      )
      assert.deepEqual(sent.message.extras, flags === 1 ? { 'x-retain': 'true' } : undefined)
    })
  }

  const SENDS: readonly (readonly [name: string, grants: Partial<Grants>, status: number])[] = [
    ['a message to a topic needs the grant to publish there', { publish: ['t.>'] }, STATUS.OK],
    ['who may write to everybody may not publish', { send: ['*', 'topic:t.a'] }, STATUS.DENIED],
  ]
  for (const [name, grants, status] of SENDS) {
    test(name, async () => {
      await using pool = createPool()
      const subject = await deploy(pool, sendWat({ performative: 'inform', receiver: 'topic:t.a' }), { grants })
      assert.equal((await subject.handle()).status, status)
      const grant = subject.refusals[0]?.data?.['grant']
      assert.equal(grant, status === STATUS.OK ? undefined : 'publish')
    })
  }
})

/** What the last character of the content says: subscribes to a granted pattern, or to one that is not; unsubscribes; then fails. */
const SUBSCRIBER = agentWat(
  `(local $step i32)
  (local.set $step (i32.load8_u (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 2))))
  (if (i32.eq (local.get $step) (i32.const 49)) (then (return (call $subscribe (i32.const 8192) (i32.const 8)))))
  (if (i32.eq (local.get $step) (i32.const 50)) (then (return (call $subscribe (i32.const 8192) (i32.const 1)))))
  (if (i32.eq (local.get $step) (i32.const 51)) (then (return (call $unsubscribe (i32.const 8192) (i32.const 8)))))
  (drop (call $subscribe (i32.const 8192) (i32.const 8)))
  (i32.const 7)`,
  `${IMPORTS}(data (i32.const 8192) "prices.*")`,
)

for (const tier of ['thread', 'process'] as const) {
  test(`subscriptions come with the outcome of the call that made them, in a ${tier}`, async () => {
    await using threads = createPool()
    await using pool = tier === 'thread' ? createPool() : new ProcessPool({ run: 't', mailboxes: threads.mailboxes })
    const subject = await deploy(pool, SUBSCRIBER, { grants: GRANTS, tenant: 'topics' })
    const act = async (step: number) => {
      const { status, effects } = await subject.handle(String(step))
      return [status, ...(effects === null ? [] : [...effects.subscriptions])]
    }
    assert.deepEqual(await act(4), [7])
    assert.deepEqual(await act(3), [STATUS.NOT_FOUND])
    assert.deepEqual(await act(1), [0, ['prices.*', true]])
    assert.deepEqual(await act(1), [0])
    assert.deepEqual(await act(2), [STATUS.DENIED])
    assert.deepEqual(await act(3), [0, ['prices.*', false]])
    await subject.sandbox.close()
  })
}

test('an instance knows what the one before it has subscribed to', async () => {
  await using pool = createPool()
  const kept = { ...NOTHING_KEPT, subscriptions: new Set(['prices.*']) }
  const unsubscribe = agentWat(
    '(call $unsubscribe (i32.const 8192) (i32.const 8))',
    `${IMPORTS}(data (i32.const 8192) "prices.*")`,
  )
  const subject = await deploy(pool, unsubscribe, { grants: GRANTS, kept })
  const { status, effects } = await subject.handle()
  assert.deepEqual([status, [...(effects?.subscriptions ?? [])]], [0, [['prices.*', false]]])
})
