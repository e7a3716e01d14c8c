import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft, Message } from '../core/index.ts'
import { completeDraft, HOST_LIMITS } from '../core/index.ts'
import { ConversationBook } from './conversation.ts'

let count = 0
function message(conversation: string, fields: Partial<Draft> = {}, sender = 'a'): Message {
  count += 1
  const draft: Draft = { performative: 'inform', receiver: 'b', conversation_id: conversation, ...fields }
  return completeDraft(draft, sender, `m-${count}`)
}

test('a conversation has participants, a count, a last act, a protocol and open replies', () => {
  const book = new ConversationBook()
  book.note(message('c', { performative: 'cfp', reply_with: 'r1', protocol: 'contract-net' }))
  book.note(message('c', { performative: 'propose', receiver: 'a', in_reply_to: 'r1', reply_with: 'r2' }, 'b'))
  assert.deepEqual(book.get('c'), {
    id: 'c',
    participants: ['a', 'b'],
    messages: 2,
    lastAct: 'propose',
    protocol: 'contract-net',
    openReplies: ['r2'],
  })
})

test('agree leaves the reply open, the answer closes it', () => {
  const book = new ConversationBook()
  book.note(message('c', { performative: 'request', reply_with: 'r' }))
  book.note(message('c', { performative: 'agree', in_reply_to: 'r' }, 'b'))
  assert.deepEqual(book.get('c')?.openReplies, ['r'])
  book.note(message('c', { performative: 'inform', in_reply_to: 'r' }, 'b'))
  assert.deepEqual(book.get('c')?.openReplies, [])
})

test('the number remembered is bounded: settled ones idle longest go first, then open ones', () => {
  const book = new ConversationBook({ limit: 3 })
  const ids = () => book.list().map(({ id }) => id)
  book.note(message('open-1', { reply_with: 'r' }))
  book.note(message('settled-1'))
  book.note(message('settled-2'))
  book.note(message('settled-1'))
  book.note(message('open-2', { reply_with: 'r' }))
  assert.deepEqual(ids(), ['settled-1', 'open-1', 'open-2'])
  book.note(message('open-3', { reply_with: 'r' }))
  assert.deepEqual(ids(), ['open-1', 'open-2', 'open-3'])
  book.note(message('open-1', { reply_with: 'r' }))
  book.note(message('settled-3'))
  assert.deepEqual(ids(), ['settled-3', 'open-3', 'open-1'])
  assert.equal(book.size, 3)
})

test('participants and open replies of one conversation are bounded', () => {
  const book = new ConversationBook()
  for (let index = 0; index < 1_000; index += 1) {
    book.note(message('c', { receiver: `b${index}`, reply_with: `r${index}` }))
  }
  const info = book.get('c')
  assert.equal(info?.participants.length, HOST_LIMITS.participantsPerConversation)
  assert.equal(info?.openReplies.length, HOST_LIMITS.openRepliesPerConversation)
  assert.equal(info?.messages, 1_000)
})
