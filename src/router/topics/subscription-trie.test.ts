import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { coversTopics } from '../../core/index.ts'
import { SubscriptionTrie } from './subscription-trie.ts'

const name = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '*'), { minLength: 0, maxLength: 4 }), fc.boolean())
  .filter(([tokens, hasRest]) => tokens.length > 0 || hasRest)
  .map(([tokens, hasRest]) => [...tokens, ...(hasRest ? ['>'] : [])].join('.'))
const change = fc.record({ pattern, subscriber: fc.nat(3), isAdded: fc.boolean() })

test('finds whom a list of all subscriptions finds, after any changes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.array(name, { maxLength: 10 }), (changes, names) => {
      const trie = new SubscriptionTrie<number>()
      const list = new Map<string, readonly [pattern: string, subscriber: number]>()
      for (const { pattern, subscriber, isAdded } of changes) {
        const key = `${pattern} ${subscriber}`
        if (isAdded) {
          assert.equal(trie.add(pattern, subscriber), !list.has(key))
          list.set(key, [pattern, subscriber])
        } else assert.equal(trie.delete(pattern, subscriber), list.delete(key))
      }
      assert.equal(trie.size, list.size)
      for (const topic of names) {
        const expected = [...list.values()].filter(([whole]) => coversTopics(whole, topic)).map(([, one]) => one)
        assert.deepEqual([...trie.match(topic)].sort(), [...new Set(expected)].sort())
      }
    }),
  )
})

test('keeps nothing of subscriptions that are gone', () => {
  const trie = new SubscriptionTrie<string>()
  trie.add('a.b.>', 'one')
  trie.add('a', 'one')
  assert.equal(trie.delete('a.b', 'one'), false)
  assert.equal(trie.delete('a.b.>', 'one'), true)
  assert.deepEqual([...trie.match('a')], ['one'])
  assert.equal(trie.delete('a', 'one'), true)
  assert.deepEqual(trie, new SubscriptionTrie<string>())
})

test('tokens that are names of properties are tokens like others', () => {
  const trie = new SubscriptionTrie<string>()
  for (const topic of ['__proto__', 'constructor.prototype', 'toString']) {
    assert.equal(trie.match(topic).size, 0)
    trie.add(topic, 'one')
    assert.deepEqual([...trie.match(topic)], ['one'])
  }
})
