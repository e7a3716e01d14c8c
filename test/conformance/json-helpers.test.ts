import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { Caxton } from '../../src/index.ts'

/** Agents that take a content apart with the helpers of their SDK, down to the characters, and write it anew. */
const REWRITERS = {
  'rewrite.c': `
#include <caxton.h>

static char buffer[1 << 18];

static bool rewrite(caxton_writer *out, caxton_text value) {
  caxton_text key, member;
  caxton_cursor cursor = caxton_json_members(value);
  long length = caxton_json_string(value, buffer, sizeof buffer);
  if (length >= 0) return caxton_write_string(out, buffer, (size_t)length), true;
  switch (value.length > 0 ? value.at[0] : 0) {
    case '{':
      caxton_write_begin_object(out);
      while (caxton_json_next_member(&cursor, &key, &member)) {
        length = caxton_json_string(key, buffer, sizeof buffer);
        if (length < 0) return false;
        caxton_write_key_bytes(out, buffer, (size_t)length);
        if (!rewrite(out, member)) return false;
      }
      return caxton_write_end_object(out), true;
    case '[':
      caxton_write_begin_array(out);
      while (caxton_json_next(&cursor, &member)) {
        if (!rewrite(out, member)) return false;
      }
      return caxton_write_end_array(out), true;
    case 't':
    case 'f': return caxton_write_boolean(out, caxton_json_is_true(value)), true;
    case 'n': return caxton_write_null(out), true;
    case 0: return false;
    default:
      if (caxton_json_integer(value, INT64_MIN) != INT64_MIN) {
        caxton_write_integer(out, caxton_json_integer(value, 0));
      } else {
        caxton_write_number(out, caxton_json_number(value, 0));
      }
      return true;
  }
}

int caxton_handle(const caxton_message *message) {
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  return rewrite(draft, message->content) ? caxton_send(draft) : 2;
}
`,
  'rewrite.as.ts': `
import {
  Draft, Message, Writer, isText, listElements, listMembers, send, toInteger, toNumber, toText
} from "caxton"

export function handleMessage(message: Message): i32 {
  const draft = Draft.reply(message, "inform")
  const writer = new Writer()
  rewrite(writer, message.content)
  draft.content = writer.toString()
  return send(draft)
}

function rewrite(out: Writer, value: string): void {
  const first = value.charCodeAt(0)
  if (isText(value)) out.string(toText(value))
  else if (first == 0x7b) {
    out.beginObject()
    const members = listMembers(value)
    for (let i = 0; i < members.length; i++) {
      out.key(members[i].name)
      rewrite(out, members[i].value)
    }
    out.endObject()
  } else if (first == 0x5b) {
    out.beginArray()
    const elements = listElements(value)
    for (let i = 0; i < elements.length; i++) rewrite(out, elements[i])
    out.endArray()
  } else if (value == "true" || value == "false") out.boolean(value == "true")
  else if (value == "null") out.null()
  else if (toInteger(value, i64.MIN_VALUE) != i64.MIN_VALUE) out.integer(toInteger(value, 0))
  else out.number(toNumber(value, 0))
}
`,
  'rewrite.ts': `
import type { Message } from 'caxton'
import { reply } from 'caxton'

export function handleMessage(message: Message) {
  reply(message, 'inform', message.content)
}
`,
} as const

const directory = mkdtempSync(join(tmpdir(), 'caxton-json-'))
let caxton: Caxton

before(async () => {
  caxton = await Caxton.start({ threads: 1 })
  for (const [file, text] of Object.entries(REWRITERS)) {
    writeFileSync(join(directory, file), text)
    await caxton.deploy({ name: nameOf(file), source: join(directory, file) })
  }
})

after(async () => {
  await caxton.close()
  rmSync(directory, { recursive: true })
})

function nameOf(file: string): string {
  return file.replaceAll('.', '-')
}

async function rewrite(file: string, content: unknown): Promise<unknown> {
  const reply = await caxton.request({ performative: 'request', receiver: nameOf(file), content })
  return reply.content
}

const PLAIN = [
  { name: 'quotes and backslashes', content: 'say "a\\b" \\ / \'' },
  { name: 'control characters', content: '\u0000\u0001\b\t\n\v\f\r\u001f\u007f' },
  { name: 'every plane of Unicode', content: 'größe €\u2028\uffff\u{10000}😀\u{10ffff}' },
  { name: 'keys with escapes', content: { '"': 1, '\\': 2, '\n': 3, '': 4, ключ: 5, '😀': 6 } },
  { name: 'nested content', content: { a: [{ b: [[], {}, [null, true, false]] }, 'x,]}"'], c: {} } },
  { name: 'whole numbers', content: [0, -1, 2 ** 31, -(2 ** 53) + 1, 999_999_999_999_999] },
  { name: 'fractions', content: [0.5, -0.1, 1e21, 1.5e-7, 0.30000000000000004] },
  { name: 'a long text', content: 'x"\n😀'.repeat(10_000) },
]

for (const file of Object.keys(REWRITERS)) {
  for (const { name, content } of PLAIN) {
    test(`${file} gives back ${name}`, async () => {
      assert.deepEqual(await rewrite(file, content), content)
    })
  }

  test(`${file} gives back any content`, async () => {
    const number = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.integer().map((n) => n / 1_024),
    )
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom(null, true, false),
        number,
        text,
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(value, async (content) => {
        const sent = JSON.parse(JSON.stringify(content))
        assert.deepEqual(await rewrite(file, content), sent)
      }),
      { numRuns: 150 },
    )
  })
}

test('half a surrogate pair comes back from languages whose strings can hold it, and as U+FFFD from C', async () => {
  const halves = ['\ud800', 'a\udfffb', '\ude00\ud83d']
  assert.deepEqual(await rewrite('rewrite.as.ts', halves), halves)
  assert.deepEqual(await rewrite('rewrite.ts', halves), halves)
  assert.deepEqual(await rewrite('rewrite.c', halves), ['\ufffd', 'a\ufffdb', '\ufffd\ufffd'])
})
