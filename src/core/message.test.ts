import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isCaxtonError } from './errors.ts'
import type { Draft } from './message.ts'
import { completeDraft, formatMessage, PERFORMATIVES, parseDraft, replyTo, toDraft } from './message.ts'

const problemsOf = (run: () => unknown): readonly unknown[] => {
  try {
    run()
  } catch (error) {
    assert.ok(isCaxtonError(error, 'ERR_MESSAGE_INVALID'))
    return (error.data['problems'] as readonly unknown[] | undefined) ?? [error.detail]
  }
  return []
}

test('there are the 22 acts of FIPA00037', () => {
  assert.equal(PERFORMATIVES.length, 22)
  assert.deepEqual(PERFORMATIVES, [...new Set(PERFORMATIVES)].toSorted())
})

describe('parseDraft', () => {
  for (const performative of PERFORMATIVES) {
    test(`takes ${performative}`, () => {
      assert.deepEqual(parseDraft(`{"performative":"${performative}","receiver":"a"}`), { performative, receiver: 'a' })
    })
  }

  test('takes every field and keeps content as JSON text', () => {
    const fields = {
      performative: 'request',
      receiver: 'capability:count',
      content: { text: 'a "b" é', n: [1, null] },
      conversation_id: 'c',
      reply_with: 'r',
      in_reply_to: 'q',
      reply_by: '2030-01-01T00:00Z',
      protocol: 'contract-net',
      language: 'json',
      ontology: 'words',
      trace: 't',
      sender: 'me',
    }
    assert.deepEqual(parseDraft(JSON.stringify(fields)), { ...fields, content: JSON.stringify(fields.content) })
  })

  const problems = [
    { name: 'no JSON', text: '{', problem: /JSON|Expected/ },
    { name: 'an array', text: '[]', problem: /expected a JSON object/ },
    { name: 'null', text: 'null', problem: /expected a JSON object/ },
    { name: 'no receiver', text: '{"performative":"inform"}', problem: /^receiver: is missing/ },
    { name: 'an empty receiver', text: '{"performative":"inform","receiver":""}', problem: /^receiver: is missing/ },
    { name: 'no act', text: '{"receiver":"a"}', problem: /^performative: expected one/ },
    { name: 'an unknown act', text: '{"performative":"beg","receiver":"a"}', problem: /^performative: expected one/ },
    { name: 'an act of another type', text: '{"performative":["inform"],"receiver":"a"}', problem: /^performative/ },
    {
      name: 'an unknown field',
      text: '{"performative":"inform","receiver":"a","x":1}',
      problem: /^"x": unknown field/,
    },
    {
      name: '__proto__ as a field',
      text: '{"performative":"inform","receiver":"a","__proto__":{"sender":"b"}}',
      problem: /^"__proto__": unknown field/,
    },
    {
      name: 'a field of another type',
      text: '{"performative":"inform","receiver":7}',
      problem: /^receiver: expected a string/,
    },
    {
      name: 'a long field',
      text: JSON.stringify({ performative: 'inform', receiver: 'a', trace: 'x'.repeat(257) }),
      problem: /^trace: longer than 256/,
    },
  ]
  for (const { name, text, problem } of problems) {
    test(`refuses ${name}`, () => {
      const found = problemsOf(() => parseDraft(text))
      assert.equal(found.length, 1)
      assert.match(String(found[0]), problem)
    })
  }

  test('reports all problems together, at most 20', () => {
    assert.equal(problemsOf(() => parseDraft('{"receiver":1,"performative":2,"x":3,"protocol":4}')).length, 4)
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x${index}`, 1]))
    assert.equal(problemsOf(() => toDraft(many)).length, 20)
  })

  test('throws nothing but ERR_MESSAGE_INVALID, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        problemsOf(() => parseDraft(text))
      }),
    )
  })
})

describe('toDraft', () => {
  test('takes any JSON value as content', () => {
    for (const content of [null, 0, '', false, [], {}, 'text']) {
      assert.equal(toDraft({ performative: 'inform', receiver: 'a', content }).content, JSON.stringify(content))
    }
  })

  test('content that is undefined is absent', () => {
    assert.ok(!('content' in toDraft({ performative: 'inform', receiver: 'a', content: undefined })))
  })

  test('refuses content that cannot be written as JSON', () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    for (const content of [loop, 1n]) {
      const found = problemsOf(() => toDraft({ performative: 'inform', receiver: 'a', content }))
      assert.match(String(found[0]), /^content: cannot be written as JSON/)
    }
  })

  test('a message_id is known and dropped: the runtime sets it', () => {
    assert.ok(!('message_id' in toDraft({ performative: 'inform', receiver: 'a', message_id: 'forged' })))
  })
})

describe('messages', () => {
  const draft: Draft = { performative: 'cfp', receiver: 'b', reply_with: 'r', protocol: 'p', sender: 'forged' }

  test('completing sets sender and ids; a message without a conversation starts one', () => {
    const message = completeDraft(draft, 'a', 'm-1')
    assert.deepEqual([message.sender, message.message_id, message.conversation_id], ['a', 'm-1', 'm-1'])
    assert.equal(completeDraft({ ...draft, conversation_id: 'c' }, 'a', 'm-2').conversation_id, 'c')
  })

  test('a reply goes to the sender, in the same conversation and protocol', () => {
    const message = completeDraft(draft, 'a', 'm-1')
    assert.deepEqual(replyTo(message), { receiver: 'a', conversation_id: 'm-1', in_reply_to: 'r', protocol: 'p' })
    const plain = completeDraft({ performative: 'inform', receiver: 'b' }, 'a', 'm-2')
    assert.deepEqual(replyTo(plain), { receiver: 'a', conversation_id: 'm-2' })
  })

  test('a formatted message is the JSON that was meant, with content as a value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 1, maxLength: 50 }), (content, text) => {
        const value = JSON.parse(JSON.stringify(content))
        const fields = { performative: 'inform', receiver: text, protocol: text, content: value }
        const message = completeDraft(toDraft(fields), 'a', 'm-1')
        const shown = JSON.parse(formatMessage(message))
        assert.deepEqual(shown, { ...fields, sender: 'a', message_id: 'm-1', conversation_id: 'm-1' })
      }),
    )
  })

  test('a formatted message parses to the draft it came from', () => {
    const message = completeDraft(toDraft({ performative: 'inform', receiver: 'b', content: [1] }), 'a', 'm-1')
    assert.deepEqual(parseDraft(formatMessage(message)), {
      performative: 'inform',
      receiver: 'b',
      content: '[1]',
      conversation_id: 'm-1',
      sender: 'a',
    })
  })

  test('a message without content has none', () => {
    const message = completeDraft({ performative: 'inform', receiver: 'b' }, 'a', 'm-1')
    assert.ok(!('content' in JSON.parse(formatMessage(message))))
  })
})
