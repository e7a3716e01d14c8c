import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../core/index.ts'
import { PERFORMATIVES } from '../core/index.ts'
import type { LocalPost } from './local-mail.ts'
import { costOf, isPlain, LocalMail, LocalParty } from './local-mail.ts'
import { MailboxTable } from './mailbox-table.ts'
import type { FromWorker, HandleCall } from './protocol.ts'
import { ReportWriter, readReport } from './report.ts'

const CAPACITIES = { mailboxMessages: 3, mailboxBytes: 1_000, outstandingMessages: 5 }

function toMessage(sender: string, receiver: string, id: string, fields: Partial<Message> = {}): Message {
  return { performative: 'inform', sender, receiver, message_id: id, conversation_id: id, ...fields }
}

/** A message from `a` to `b` in a conversation of its own, or in that of the message that is handled then. */
function toPlain(id: string, fields: object, conversation = ''): [Message, HandleCall | null] {
  const told: Partial<Message> = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  if (conversation === '') return [toMessage('a', 'b', id, told), null]
  const handled: HandleCall = { kind: 'handle', header: '{}', content: undefined, sender: 'b', conversation, hops: 0 }
  return [toMessage('a', 'b', id, { ...told, conversation_id: conversation }), handled]
}

const AGENTS = ['a', 'b', 'c']
const NAMES = new Map(AGENTS.map((name, index) => [index + 1, name]))

/** A thread with the agents `a` (1), `b` (2) and `c` (3), all open. */
function createThread(capacities = CAPACITIES) {
  const table = MailboxTable.create(4)
  const arrived = new Int32Array(1)
  const mail = new LocalMail(table, arrived)
  const parties = AGENTS.map((name, index) => new LocalParty(index + 1, name, table.open(index, capacities)))
  const report = new ReportWriter()
  const taken: LocalPost[] = []
  const take = (post: LocalPost) => void taken.push(post)
  for (const party of parties) {
    mail.admit(party)
    mail.settle(mail.open(party.agent), take)
  }
  const send = (from: number, to: string, bytes = 10, fields: Partial<Message> = {}) => {
    const message = toMessage('abc'[from - 1]!, to, `m-${taken.length}`, fields)
    const answer = mail.send(from, 7, null, message, bytes, report)
    mail.takeSent(take)
    return answer
  }
  const read = (index: number) => table.read(parties[index]!.slot!)
  return { table, arrived, mail, parties, report, taken, take, send, read }
}

suite('mail inside a thread', () => {
  test('is taken, told and counted until it ends', () => {
    const { mail, report, taken, send, read } = createThread()
    assert.equal(send(1, 'b', 10, { content: '[1]' }), true)
    assert.deepEqual(read(1), { messages: 1, bytes: 10, outstanding: 0 })
    assert.equal(read(0).outstanding, 1)
    const [post] = taken
    assert.equal(post!.to.name, 'b')
    const told: unknown[] = []
    readReport(report.take(), NAMES, (message) => told.push(message))
    const message = toMessage('a', 'b', 'm-0', { content: '[1]' })
    assert.deepEqual(told, [{ type: 'local', agent: 1, cause: 7, receiver: 2, id: post!.id, message, bytes: 10 }])
    mail.end(post!)
    assert.deepEqual([read(0), read(1)], Array(2).fill({ messages: 0, bytes: 0, outstanding: 0 }))
  })

  test('is told with all that it may say', () => {
    const text = fc.option(fc.string({ unit: 'binary' }), { nil: undefined })
    const fields = fc.record({
      performative: fc.constantFrom(...PERFORMATIVES.filter((act) => act !== 'cancel')),
      reply_with: text,
      in_reply_to: text,
      reply_to: text,
      language: text,
      encoding: text,
      ontology: text,
      trace: text,
      content: fc.option(fc.json(), { nil: undefined }),
    })
    const conversation = fc.option(fc.string(), { nil: undefined })
    fc.assert(
      fc.property(fc.array(fc.tuple(fields, conversation), { minLength: 1, maxLength: 3 }), (messages) => {
        const { mail, report } = createThread()
        const sent = messages.map(([fields, id], index) => toPlain(`m-${index}`, fields, id))
        for (const [message, handled] of sent) assert.equal(mail.send(1, 7, handled, message, 1, report), true)
        const told: FromWorker[] = []
        readReport(report.take(), NAMES, (message) => told.push(message))
        assert.deepEqual(
          told.map((local) => local.type === 'local' && local.message),
          sent.map(([message]) => message),
        )
      }),
    )
  })

  test('is bounded by the mailbox of the receiver, with what others have reserved in it', () => {
    const { table, parties, send, read } = createThread()
    const journal = new Int32Array(6)
    assert.equal(table.reserve(parties[1]!.slot, null, 100, journal), true)
    assert.deepEqual([send(1, 'b'), send(1, 'b'), send(1, 'b')], [true, true, false])
    assert.equal(table.reserve(parties[1]!.slot, null, 1, journal), false)
    assert.deepEqual(read(1), { messages: 3, bytes: 120, outstanding: 0 })
    assert.equal(send(1, 'c', 1_001), false)
    assert.equal(read(0).outstanding, 2)
  })

  test('is bounded by the places of the sender', () => {
    const { send } = createThread({ ...CAPACITIES, mailboxMessages: 100, outstandingMessages: 2 })
    assert.deepEqual([send(1, 'b'), send(1, 'c'), send(1, 'b'), send(2, 'c')], [true, true, false, true])
  })

  const routed = [
    { name: 'of a protocol', fields: { protocol: 'fipa-request' } },
    { name: 'with a deadline', fields: { reply_by: '2030-01-01T00:00Z' } },
    { name: 'with fields of its own', fields: { extras: { 'x-a': '1' } } },
    { name: 'that cancels', fields: { performative: 'cancel' as const } },
  ]
  for (const { name, fields } of routed) {
    test(`lets a message ${name} go through the main thread`, () => {
      assert.equal(isPlain(toMessage('a', 'b', 'm', fields), null), false)
      assert.equal(createThread().send(1, 'b', 10, fields), null)
    })
  }

  test('keeps to conversations of which it is known that no rule is about them', () => {
    const handled: HandleCall = {
      kind: 'handle',
      header: '{}',
      content: undefined,
      sender: 'b',
      conversation: 'free',
      hops: 0,
    }
    const message = (receiver: string, id: string) => toMessage('a', receiver, 'm', { conversation_id: id })
    assert.equal(isPlain(message('b', 'm'), null), true, 'one that it begins')
    assert.equal(isPlain(message('b', 'free'), handled), true, 'an answer in the one that is handled')
    assert.equal(isPlain(message('c', 'free'), handled), false, 'to somebody else in it')
    assert.equal(isPlain(message('b', 'other'), handled), false, 'in another one')
    assert.equal(isPlain(message('b', 'free'), null), false, 'in one without a message')
    assert.equal(isPlain(message('b', ''), { ...handled, conversation: '' }), false, 'in one under a protocol')
  })

  test('goes through the main thread once in a while, which counts what causes what', () => {
    const handled: HandleCall = {
      kind: 'handle',
      header: '{}',
      content: undefined,
      sender: 'b',
      conversation: 'm',
      hops: 8_191,
    }
    const message = toMessage('a', 'b', 'm')
    assert.equal(isPlain(message, handled), true)
    assert.equal(isPlain(message, { ...handled, hops: 8_192 }), false)
  })

  test('goes to nobody who is not open, was shut, is gone or was never there', () => {
    const { mail, parties, send, take } = createThread()
    assert.equal(send(1, 'nobody'), null)
    mail.shut(2)
    assert.equal(send(1, 'b'), null)
    const mark = mail.open(2)
    assert.equal(send(1, 'b'), null, 'before what came first is settled')
    mail.settle(mark, take)
    assert.equal(send(1, 'b'), true)
    mail.dismiss(parties[1]!)
    assert.equal(send(1, 'b'), null)
    assert.equal(send(2, 'c'), null, 'from one that is gone')
  })

  test('waits behind what went through the main thread to the same receiver, and to whoever has a capability or a subscription', () => {
    const { mail, taken, send, take } = createThread()
    const mark = mail.markRouted(1, 'b')
    assert.equal(send(1, 'b'), true)
    assert.equal(send(1, 'c'), true)
    assert.deepEqual(
      taken.map(({ to }) => to.name),
      ['c'],
    )
    const later = mail.markRouted(1, 'capability:count')
    send(1, 'c')
    mail.settle(mark, take)
    assert.equal(taken.length, 2)
    mail.settle(later, take)
    assert.deepEqual(
      taken.map(({ to }) => to.name),
      ['c', 'b', 'c'],
    )
    assert.equal(mail.markRouted(1, 'nobody'), 0)
    const last = mail.markRouted(1, 'topic:prices')
    send(1, 'b')
    assert.equal(taken.length, 3)
    mail.settle(last, take)
    assert.equal(taken.length, 4)
  })

  test('that an agent is gone for is given up with its room and its place', () => {
    const { mail, parties, taken, send, read } = createThread()
    mail.markRouted(1, 'b')
    send(1, 'b')
    assert.equal(taken.length, 0)
    mail.dismiss(parties[1]!)
    assert.equal(read(1).messages, 0)
    assert.equal(read(0).outstanding, 0)
    send(1, 'c')
    mail.dismiss(parties[0]!)
    mail.end(taken[0]!)
    assert.equal(read(0).outstanding, 0)
    assert.equal(read(2).messages, 0)
  })

  test('waits while the main thread is far behind, until that has come half-way', () => {
    const { arrived, mail, taken, report, send, take } = createThread()
    let sent = 0
    const sendOne = () => {
      assert.equal(send(1, 'b', 300), true)
      sent += 1
      for (const post of taken) mail.end(post)
      return taken.splice(0).length
    }
    while (sendOne() === 1) assert.ok(sent < 10_000)
    assert.equal(sendOne(), 0)
    const told: FromWorker[] = []
    readReport(report.take(), NAMES, (message) => told.push(message))
    const marks = told.flatMap((message) => (message.type === 'mark' ? [message.mark] : []))
    const before = told.findIndex(({ type }) => type === 'mark')
    assert.equal(marks.length, 1)
    assert.ok(before > 0 && before < told.length / 2 + 2)
    arrived[0]! += before * costOf({ bytes: 300 })
    mail.settle(marks[0]!, take)
    assert.equal(taken.length, 2)
    assert.equal(sendOne(), 3)
    arrived[0]! += (sent - before) * costOf({ bytes: 300 })
    assert.equal(sendOne(), 1)
  })

  test('that a termination interrupted leaves no note behind', () => {
    const { table, parties, mail, send, read } = createThread()
    send(1, 'b')
    table.noteLocalMail(parties[1]!.slot!, 2, 20)
    table.noteLocalOutstanding(parties[0]!.slot!, 2)
    mail.repair()
    assert.deepEqual(read(1), { messages: 1, bytes: 10, outstanding: 0 })
    assert.equal(read(0).outstanding, 1)
  })

  test('and mail through the main thread arrive in the order of each pair, whatever waits where', () => {
    const kinds = fc.constantFrom('plain', 'protocol', 'capability', 'main', 'thread')
    const step = fc.record({ kind: kinds, from: fc.constantFrom(1, 2), to: fc.constantFrom('b', 'c') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const capacities = { mailboxMessages: 1_000, mailboxBytes: 1_000_000, outstandingMessages: 1_000 }
        const thread = createThread(capacities)
        const toMain: { key: string; number: number; mark: number }[] = []
        const toThread: ({ key: string; number: number } | number)[] = []
        const arrived = new Map<string, number>()
        let number = 0
        const note = (key: string, which: number) => {
          assert.ok((arrived.get(key) ?? 0) < which, `${key}: ${which} after ${arrived.get(key)}`)
          arrived.set(key, which)
        }
        const take = ({ from, to, header }: LocalPost) =>
          note(`${from.name}-${to.name}`, Number((JSON.parse(header) as Message).message_id))
        const runMain = () => {
          const told = toMain.shift()
          if (told === undefined) return
          toThread.push({ key: told.key, number: told.number })
          if (told.mark > 0) toThread.push(told.mark)
        }
        const runThread = () => {
          const said = toThread.shift()
          if (typeof said === 'number') thread.mail.settle(said, take)
          else if (said !== undefined) note(said.key, said.number)
        }
        for (const { kind, from, to } of steps) {
          number += 1
          const sender = 'ab'[from - 1]!
          if (kind === 'main') runMain()
          else if (kind === 'thread') runThread()
          else {
            const fields = kind === 'protocol' ? { protocol: 'p' } : {}
            const receiver = kind === 'capability' ? 'capability:x' : to
            const message = toMessage(sender, receiver, String(number), fields)
            if (thread.mail.send(from, 7, null, message, 1, new ReportWriter()) === null) {
              toMain.push({ key: `${sender}-${to}`, number, mark: thread.mail.markRouted(from, receiver) })
            }
            thread.mail.takeSent(take)
          }
        }
        while (toMain.length > 0) runMain()
        while (toThread.length > 0) runThread()
        for (const index of [1, 2]) assert.equal(thread.parties[index]!.messages, thread.read(index).messages)
      }),
    )
  })
})
