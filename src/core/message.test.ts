import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isCaxtonError } from './errors.ts'
import type { Draft } from './message.ts'
import {
  completeDraft,
  deadlineOf,
  formatMessage,
  PERFORMATIVES,
  parseDraft,
  replyTo,
  spreadDraft,
  toDraft,
} from './message.ts'

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

  test('takes of a text what toDraft takes of its value, and refuses what that refuses', () => {
    const names = ['receiver', 'performative', 'content', 'sender', 'reply_with', 'reply_by', 'protocol', 'message_id']
    const name = fc.constantFrom(...names, 'x-note', 'unknown', '__proto__', 'toJSON')
    const value = fc.oneof(
      fc.constantFrom<fc.JsonValue>('a', '', 'inform', 'x'.repeat(300), '2030-01-01T00:00:00Z', ['a', 'b'], null, 1),
      fc.jsonValue(),
    )
    const text = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((members) => {
      const written = [['performative', 'inform'] as const, ['receiver', 'b'] as const, ...members]
      return `{${written.map(([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`).join(',')}}`
    })
    fc.assert(
      fc.property(text, (json) => {
        const [parsed, made] = [() => parseDraft(json), () => toDraft(JSON.parse(json))]
        assert.deepEqual(problemsOf(parsed), problemsOf(made))
        if (problemsOf(made).length === 0) assert.deepEqual({ ...parsed() }, { ...made() })
      }),
    )
  })

  test('takes every field and keeps content as JSON text', () => {
    const fields = {
      performative: 'request',
      receiver: 'capability:count',
      content: { text: 'a "b" é', n: [1, null] },
      conversation_id: 'c',
      reply_with: 'r',
      in_reply_to: 'q',
      reply_to: 'deputy',
      reply_by: '2030-01-01T00:00Z',
      protocol: 'contract-net',
      language: 'json',
      encoding: 'base64',
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
    {
      name: 'a date without an offset',
      text: '{"performative":"inform","receiver":"a","reply_by":"2030-01-01T00:00:00"}',
      problem: /^reply_by: expected a date and time/,
    },
    {
      name: 'a date that does not exist',
      text: '{"performative":"inform","receiver":"a","reply_by":"2030-13-01T00:00:00Z"}',
      problem: /^reply_by: expected a date and time/,
    },
    {
      name: 'a field of the sender that is no text',
      text: '{"performative":"inform","receiver":"a","x-rank":1}',
      problem: /^x-rank: expected a string/,
    },
    {
      name: 'a field of the sender under a wrong name',
      text: '{"performative":"inform","receiver":"a","x-Rank":"1"}',
      problem: /^"x-Rank": unknown field/,
    },
    {
      name: 'too many fields of the sender',
      text: JSON.stringify({
        performative: 'inform',
        receiver: 'a',
        ...Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`x-${index}`, 'v'])),
      }),
      problem: /^x-…: more than 16 fields/,
    },
    {
      name: 'an empty list of receivers',
      text: '{"performative":"inform","receiver":[]}',
      problem: /^receiver: has 0 entries, expected 1 to 256/,
    },
    {
      name: 'a list of receivers with a hole in it',
      text: '{"performative":"inform","receiver":["a",null]}',
      problem: /^receiver\[1\]: expected a string/,
    },
    {
      name: 'a receiver twice',
      text: '{"performative":"inform","receiver":["a","a"]}',
      problem: /^receiver: names something twice/,
    },
    {
      name: 'content beyond the depth',
      text: `{"performative":"inform","receiver":"a","content":${'['.repeat(129)}${']'.repeat(129)}}`,
      problem: /^content: is nested deeper than 128/,
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

  test('keeps fields of the sender as they are', () => {
    const draft = parseDraft('{"performative":"inform","receiver":"a","x-rank":"7","x-of_whom":""}')
    assert.deepEqual(draft.extras, { 'x-rank': '7', 'x-of_whom': '' })
    const shown = JSON.parse(formatMessage(completeDraft(draft, 'b', 'm-1')))
    assert.deepEqual([shown['x-rank'], shown['x-of_whom'], shown.extras], ['7', '', undefined])
  })

  test('takes content as deep as is allowed', () => {
    const content = `${'['.repeat(128)}${']'.repeat(128)}`
    assert.equal(parseDraft(`{"performative":"inform","receiver":"a","content":${content}}`).content, content)
  })

  test('a list of receivers becomes one draft for each, in one conversation', () => {
    const draft = parseDraft('{"performative":"cfp","receiver":["a","b","c"],"content":1}')
    assert.deepEqual([draft.receiver, draft.others], ['a', ['b', 'c']])
    const spread = spreadDraft(draft, 'm-1')
    assert.deepEqual(
      spread.map(({ receiver, conversation_id, others, content }) => [receiver, conversation_id, others, content]),
      ['a', 'b', 'c'].map((name) => [name, 'm-1', undefined, '1']),
    )
    assert.equal(spreadDraft({ ...draft, conversation_id: 'own' }, 'm-1')[2]?.conversation_id, 'own')
    assert.equal(parseDraft('{"performative":"cfp","receiver":["a"]}').others, undefined)
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
    for (const [content, problem] of [
      [loop, /^content: is nested deeper than 128/],
      [1n, /^content: cannot be written as JSON/],
    ] as const) {
      const found = problemsOf(() => toDraft({ performative: 'inform', receiver: 'a', content }))
      assert.match(String(found[0]), problem)
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

  test('a reply goes where the sender wants answers', () => {
    assert.equal(replyTo(completeDraft({ ...draft, reply_to: 'c' }, 'a', 'm-1')).receiver, 'c')
  })

  test('deadlineOf reads reply_by with its offset', () => {
    assert.equal(deadlineOf({ reply_by: '1970-01-01T01:00:00.250+01:00' }), 250)
    assert.equal(deadlineOf({ reply_by: '1970-01-01T00:00Z' }), 0)
    assert.equal(deadlineOf({}), null)
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
