import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../core/index.ts'
import { formatHeader, PERFORMATIVES } from '../core/index.ts'
import { Heartbeat } from './heartbeat.ts'
import { headerOf } from './message-header.ts'
import type { FromWorker } from './protocol.ts'
import { ReportWriter, readHeld, readReport } from './report.ts'
import { NO_USAGE } from './usage.ts'

const word = fc.string({ maxLength: 40, unit: 'grapheme' })
const json = fc.json({ maxDepth: 2 })
const extras = fc.dictionary(fc.stringMatching(/^x-[a-z0-9]{1,8}$/), word, {
  minKeys: 1,
  maxKeys: 4,
  noNullPrototype: true,
})
const required = {
  performative: fc.constantFrom(...PERFORMATIVES),
  sender: word,
  receiver: word,
  message_id: word,
  conversation_id: word,
}
const anyMessage = fc.record(
  {
    ...required,
    content: json,
    reply_with: word,
    in_reply_to: word,
    reply_to: word,
    reply_by: word,
    protocol: word,
    language: word,
    encoding: word,
    ontology: word,
    trace: word,
    extras,
  },
  { requiredKeys: Object.keys(required) as (keyof typeof required)[], noNullPrototype: true },
)

function sendAll(messages: readonly Message[]): FromWorker[] {
  const { journal, ledger } = new Heartbeat()
  const writer = new ReportWriter()
  for (const [index, message] of messages.entries()) {
    journal.set([2, index, 0, index + 1, 0, 512])
    writer.writeSend({ message, agent: index, reserved: true }, 0, index, journal, ledger)
  }
  const told: FromWorker[] = []
  readReport(structuredClone(writer.take()), new Map(), (message) => told.push(message))
  return told
}

function sentOf(message: FromWorker | undefined) {
  assert.ok(message?.type === 'event' && message.event.type === 'send')
  return message.event
}

suite('reports', () => {
  test('a message arrives as it was sent, with what was reserved for it', () => {
    fc.assert(
      fc.property(fc.array(anyMessage as fc.Arbitrary<Message>, { maxLength: 8 }), (messages) => {
        const told = sendAll(messages)
        assert.equal(told.length, messages.length)
        for (const [index, message] of messages.entries()) {
          const sent = sentOf(told[index])
          assert.deepEqual({ ...sent.message }, message)
          assert.deepEqual([...readHeld(sent.held!)], [2, index, 0, index + 1, 0, 512])
          assert.equal(sent.cause, index)
        }
      }),
    )
  })

  test('the header that its receiver gets is the one of the message, and of a copy that says something else', () => {
    fc.assert(
      fc.property(anyMessage as fc.Arbitrary<Message>, (message) => {
        const { message: arrived } = sentOf(sendAll([message])[0])
        assert.equal(headerOf(arrived), formatHeader(message))
        const copy = { ...arrived, trace: 'another' }
        assert.equal(headerOf(copy), formatHeader({ ...message, trace: 'another' }))
      }),
    )
  })

  test('host calls of outcomes are told one by one, alike or not', () => {
    const uses = [
      {},
      { send_message: 1 },
      { send_message: 1 },
      { send_message: 2 },
      { send_message: 2, now_micros: 1 },
      {},
    ]
    const writer = new ReportWriter()
    for (const [id, callsByName] of uses.entries()) {
      const usage = { ...NO_USAGE, callsByName }
      writer.writeOutcome(1, id, { status: 0, ending: null, effects: null, usage })
    }
    const told: unknown[] = []
    readReport(structuredClone(writer.take()), new Map(), (message) => {
      if (message.type === 'outcome') told.push(message.usage.callsByName)
    })
    assert.deepEqual(told, uses)
  })
})
