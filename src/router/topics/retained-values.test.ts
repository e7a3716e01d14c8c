import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../../core/index.ts'
import { TOPIC_LIMITS } from '../../core/index.ts'
import { Store } from '../../store/index.ts'
import { RetainedValues } from './retained-values.ts'
import { SubscriptionTrie } from './subscription-trie.ts'

const MIB = 2 ** 20
const clock = { nowMs: () => 1_000, monotonicMs: () => 0 }
const everything = new SubscriptionTrie<string>()
everything.add('>', 'all')

function createValues() {
  const sizes = new Map<string, number>()
  const sizeOf = ({ message_id: id }: Message) => sizes.get(id) ?? 1
  const values = new RetainedValues({ clock, store: Store.inMemory(clock), sizeOf })
  let count = 0
  /** Returns the code of why a value was refused, null when it is retained. */
  const keep = (topic: string, sender: string, bytes = 1, content: string | null = '1') => {
    count += 1
    const id = `m-${count}`
    sizes.set(id, bytes)
    const header = {
      performative: 'inform',
      sender,
      receiver: `topic:${topic}`,
      message_id: id,
      conversation_id: id,
    } as const
    const message: Message = content === null ? header : { ...header, content }
    const excess = values.findExcess(topic, message)
    if (excess === null) values.keep(topic, message)
    return excess === null ? null : excess.data['what']
  }
  return { values, keep }
}

test('one publisher has so many values and bytes, and what it publishes anew takes the place of the old', () => {
  const { keep } = createValues()
  for (let index = 0; index < TOPIC_LIMITS.retainedPerAgent; index += 1) assert.equal(keep(`t.${index}`, 'a'), null)
  assert.equal(keep('more', 'a'), 'count')
  assert.equal(keep('t.0', 'a'), null)
  assert.equal(keep('t.0', 'a', 1, null), null)
  assert.equal(keep('more', 'a', 16 * MIB), 'bytes')
  assert.equal(keep('more', 'a', 15 * MIB), null)
  assert.equal(keep('more', 'a', 16 * MIB - TOPIC_LIMITS.retainedPerAgent), null)
  assert.equal(keep('more', 'b', 16 * MIB), null)
  assert.equal(keep('other', 'b'), 'bytes')
})

test('all publishers together have so many values and bytes; what one has published none other pushes out', () => {
  const { values, keep } = createValues()
  for (let index = 0; index < TOPIC_LIMITS.retained; index += 1) {
    assert.equal(keep(`t.${index}`, `a-${index % 5}`), null)
  }
  assert.equal(keep('more', 'b'), 'count')
  assert.equal(keep('t.1', 'b'), null)
  assert.equal(keep('more', 'user'), 'count')
  assert.equal(values.matching(everything).length, TOPIC_LIMITS.retained)
  const { keep: keepLarge } = createValues()
  for (const sender of ['a', 'b', 'c', 'd']) assert.equal(keepLarge(sender, sender, 16 * MIB), null)
  assert.equal(keepLarge('e', 'user'), 'bytes')
})

test('whatever is published, what is retained is within its bounds and is the last of each topic', () => {
  const step = fc.record({
    topic: fc.constantFrom('a', 'b', 'c.d'),
    sender: fc.constantFrom('one', 'two', 'user'),
    bytes: fc.constantFrom(1, 6 * MIB, 20 * MIB),
    isCleared: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { values, keep } = createValues()
      const last = new Map<string, { sender: string; bytes: number }>()
      for (const { topic, sender, bytes, isCleared } of steps) {
        if (keep(topic, sender, bytes, isCleared ? null : '1') !== null) continue
        last.delete(topic)
        if (!isCleared) last.set(topic, { sender, bytes })
      }
      const found = values.matching(everything)
      assert.deepEqual(
        found.map(({ message, bytes }) => [message.receiver.slice(6), { sender: message.sender, bytes }]),
        [...last],
      )
      for (const sender of ['one', 'two']) {
        const own = found.filter(({ message }) => message.sender === sender)
        assert.ok(own.reduce((sum, { bytes }) => sum + bytes, 0) <= TOPIC_LIMITS.retainedPerAgentBytes)
      }
    }),
  )
})
