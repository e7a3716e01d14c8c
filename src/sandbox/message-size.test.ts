import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../core/index.ts'
import { formatMessage } from '../core/index.ts'
import { messageBytes } from './message-size.ts'

const texts = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed())

test('a message is taken for no less than the bytes of its texts, and not for much more than its JSON', () => {
  fc.assert(
    fc.property(texts, texts, texts, (value, conversation, trace) => {
      const message: Message = {
        performative: 'inform',
        sender: 'a',
        receiver: 'b',
        message_id: 'm-1',
        conversation_id: conversation,
        trace,
        content: JSON.stringify(value),
      }
      const texts = [message.content, conversation, trace].map((text) => Buffer.byteLength(text ?? ''))
      assert.ok(messageBytes(message) >= texts.reduce((sum, bytes) => sum + bytes, 0))
      assert.ok(messageBytes(message) <= Buffer.byteLength(formatMessage(message)) + 256)
    }),
  )
})
