import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft, Message } from '../core/index.ts'
import { completeDraft, DEFAULT_CONVERSATION_LIMITS, HOST_LIMITS } from '../core/index.ts'
import { Conversations } from './conversations.ts'
import type { ConversationsOptions, Refused } from './conversations-parts.ts'
import { Rest } from './rest.ts'

let count = 0
function message(conversation: string, fields: Partial<Draft> = {}, sender = 'a'): Message {
  count += 1
  const draft: Draft = { performative: 'inform', receiver: 'b', conversation_id: conversation, ...fields }
  return completeDraft(draft, sender, `m-${count}`)
}

function createBook(options: ConversationsOptions = {}) {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 }
  const hub = { emit: () => {}, isHeard: false }
  const book = new Conversations({ clock, hub, rest: new Rest(), sizeOf: () => 1, tell: () => {} }, options)
  const refuse = (sent: Message, refused: Refused) => {
    book.refuse(sent, refused)
    return refused.error.code
  }
  /** Sends a message to its end. */
  const note = (sent: Message, cause: Message | null = null) => {
    const passage = book.enter(sent, sent.receiver, cause)
    if ('error' in passage) return refuse(sent, passage)
    const step = book.judge(passage, sent, sent.receiver)
    if (step !== null && 'error' in step) return refuse(sent, step)
    book.depart(sent, step, sent.receiver, true)
    book.settle(sent, sent.receiver, { fuel: 1, cost: 0 }, null)
    return null
  }
  return { book, note }
}

test('a conversation has an initiator, participants, a count, a last act, a protocol, dialogues and open replies', () => {
  const { book, note } = createBook()
  const reply = { receiver: 'a', in_reply_to: 'r1', protocol: 'fipa-contract-net' }
  note(message('c', { performative: 'cfp', reply_with: 'r1', protocol: 'fipa-contract-net' }))
  note(message('c', { ...reply, performative: 'propose', reply_with: 'r2' }, 'b'))
  assert.deepEqual(book.get('c'), {
    id: 'c',
    initiator: 'a',
    participants: ['a', 'b'],
    messages: 2,
    lastAct: 'propose',
    protocol: 'fipa-contract-net',
    dialogues: [{ opener: 'a', partner: 'b', state: 'proposed' }],
    openReplies: ['r2'],
    spent: { messages: 2, bytes: 2, fuel: 2, toolCalls: 0, cost: 0 },
    stopped: null,
  })
})

test('agree leaves the reply open, the answer closes it', () => {
  const { book, note } = createBook()
  note(message('c', { performative: 'request', reply_with: 'r' }))
  note(message('c', { performative: 'agree', receiver: 'a', in_reply_to: 'r' }, 'b'))
  assert.deepEqual(book.get('c')?.openReplies, ['r'])
  note(message('c', { performative: 'inform', receiver: 'a', in_reply_to: 'r' }, 'b'))
  assert.deepEqual(book.get('c')?.openReplies, [])
})

test('the number remembered is bounded: settled ones idle longest go first, then open ones', () => {
  const { book, note } = createBook({ remembered: 3 })
  const ids = () => book.list().map(({ id }) => id)
  note(message('open-1', { reply_with: 'r' }))
  note(message('settled-1'))
  note(message('settled-2'))
  note(message('settled-1'))
  note(message('open-2', { reply_with: 'r' }))
  assert.deepEqual(ids(), ['settled-1', 'open-1', 'open-2'])
  note(message('open-3', { reply_with: 'r' }))
  assert.deepEqual(ids(), ['open-1', 'open-2', 'open-3'])
  note(message('open-1', { reply_with: 'r' }))
  note(message('settled-3'))
  assert.deepEqual(ids(), ['open-2', 'open-3', 'open-1'])
  assert.equal(book.size, 3)
})

test('one with a message under way is not forgotten', () => {
  const { book, note } = createBook({ remembered: 1 })
  const waiting = message('busy')
  const passage = book.enter(waiting, 'b', null)
  assert.ok(!('error' in passage))
  book.depart(waiting, null, 'b', true)
  for (let index = 0; index < 5; index += 1) note(message(`c${index}`, { reply_with: 'r' }))
  assert.deepEqual(
    book.list().map(({ id }) => id),
    ['c4', 'busy'],
  )
  book.settle(waiting, 'b', { fuel: 1, cost: 0 }, null)
  assert.equal(book.size, 1)
})

test('participants and open replies of one conversation are bounded', () => {
  const { book, note } = createBook()
  for (let index = 0; index < 1_000; index += 1) {
    note(message('c', { receiver: `b${index}`, reply_with: `r${index}` }))
  }
  const info = book.get('c')
  assert.equal(info?.participants.length, HOST_LIMITS.participantsPerConversation)
  assert.equal(info?.openReplies.length, HOST_LIMITS.openRepliesPerConversation)
  assert.equal(info?.messages, 1_000)
})

test('whoever takes no part in a conversation has one of its own under the same id', () => {
  const { book, note } = createBook()
  note(message('c', { receiver: 'b' }, 'a'))
  note(message('c', { receiver: 'b' }, 'stranger'))
  note(message('c', { receiver: 'a' }, 'b'))
  const infos = book.list().map(({ initiator, participants, messages }) => [initiator, participants, messages])
  assert.deepEqual(infos, [
    ['stranger', ['stranger', 'b'], 1],
    ['a', ['a', 'b'], 2],
  ])
})

test('conversations under one id are bounded', () => {
  const { book, note } = createBook()
  const codes = Array.from({ length: 40 }, (_, index) =>
    note(message('c', { receiver: `to-${index}` }, `from-${index}`)),
  )
  assert.equal(codes.filter((code) => code === null).length, HOST_LIMITS.conversationsPerId)
  assert.equal(book.size, HOST_LIMITS.conversationsPerId)
})

test('what is begun while a message is handled spends the same budgets, whatever its id', () => {
  const { book, note } = createBook({ limits: { ...DEFAULT_CONVERSATION_LIMITS, messages: 10 } })
  let cause: Message | null = null
  const codes: (string | null)[] = []
  for (let index = 0; index < 12; index += 1) {
    const sent = message(`evasive-${index}`, { receiver: index % 2 === 0 ? 'b' : 'a' }, index % 2 === 0 ? 'a' : 'b')
    codes.push(note(sent, cause))
    cause = sent
  }
  assert.deepEqual(codes.slice(9), [null, 'ERR_GUARD_BUDGET', 'ERR_GUARD_BUDGET'])
  assert.equal(book.list()[0]?.stopped?.code, 'ERR_GUARD_BUDGET')
})
