import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import { createConversation } from './conversation.ts'
import { ConversationBook } from './conversation-book.ts'
import { Undertakings } from './undertakings.ts'

function toMessage(sender: string, receiver: string, id: string): Message {
  return { performative: 'inform', sender, receiver, message_id: 'm', conversation_id: id }
}

function begin({ sender, receiver, id }: { sender: string; receiver: string; id: string }): Conversation {
  const undertaking = new Undertakings({ nowMs: () => 0, monotonicMs: () => 0 }, {}).begin(undefined)
  const conversation = createConversation(toMessage(sender, receiver, id), null, undertaking)
  conversation.participants.add(receiver)
  return conversation
}

const name = fc.constantFrom('a', 'b', 'c')
/** Ids are strings of their own, as they come from other threads. */
const id = fc.constantFrom('one', 'two', 'three').map((text) => [...text].join(''))
const pair = fc.record({ sender: name, receiver: name, id })

suite('the book of conversations', () => {
  test('finds the same conversation whether one under its id, or any other, is known or not', () => {
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 30 }), fc.integer({ min: 1, max: 12 }), (pairs, limit) => {
        const begun: Conversation[] = []
        const forgotten = new Set<Conversation>()
        const book = new ConversationBook({ onForgotten: (one) => void forgotten.add(one) }, { limit })
        for (const { sender, receiver, id } of pairs) {
          const message = toMessage(sender, receiver, id)
          const found = book.find(message, receiver)
          const isThere = (one: Conversation) =>
            one.id === id && !forgotten.has(one) && one.participants.has(sender) && one.participants.has(receiver)
          if (begun.some(isThere)) assert.ok(found?.participants.has(receiver))
          for (const near of begun) assert.equal(book.find(message, receiver, near), found)
          const conversation = begin({ sender, receiver, id })
          if (book.add(conversation)) begun.push(conversation)
        }
        assert.equal(book.size, begun.length - forgotten.size)
        assert.deepEqual(new Set(book.all()), new Set(begun.filter((one) => !forgotten.has(one))))
      }),
    )
  })

  test('keeps apart as many conversations under one id as it may, and forgets each alone', () => {
    const forgotten: string[] = []
    const limit = HOST_LIMITS.conversationsPerId
    const book = new ConversationBook({ onForgotten: ({ initiator }) => void forgotten.push(initiator) }, { limit })
    for (let index = 0; index < limit; index += 1)
      assert.ok(book.add(begin({ sender: `a${index}`, receiver: 'z', id: 'one' })))
    assert.ok(!book.add(begin({ sender: 'late', receiver: 'z', id: 'one' })))
    assert.ok(book.add(begin({ sender: 'b', receiver: 'z', id: 'two' })))
    assert.deepEqual(forgotten, ['a0'])
    assert.equal(book.find(toMessage('a0', 'z', 'one'), 'z'), null)
    for (let index = 1; index < limit; index += 1) {
      assert.equal(book.find(toMessage(`a${index}`, 'z', 'one'), 'z')?.initiator, `a${index}`)
    }
  })
})
