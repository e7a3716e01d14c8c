import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import type { AgentInfo } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

const FILES: Readonly<Record<string, string>> = {
  'helpers.c': `
#include <caxton.h>
static int started;
int caxton_init(void) {
  started = 7;
  return caxton_register("helper");
}
static void write_config(caxton_writer *out, const char *key, size_t capacity) {
  char text[64] = "untouched";
  long status = caxton_config_text(key, text, capacity);
  caxton_write_integer(out, status);
  caxton_write_string(out, text, strlen(text));
}
int caxton_handle(const caxton_message *message) {
  size_t length = 0;
  char *copy = caxton_json_string_copy(caxton_json_get(message->content, "text"), &length);
  if (copy == NULL || caxton_json_string_copy(message->content, NULL) != NULL) return 2;
  caxton_log_format(CAXTON_INFO, "%d%%: %s", 50, copy);
  char *line = calloc(1, 2000);
  memset(line, 'x', 1999);
  caxton_log_format(CAXTON_WARN, "%s", line);
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_array(draft);
  caxton_write_string(draft, copy, length);
  caxton_write_integer(draft, started);
  caxton_write_integer(draft, caxton_config_integer("speed", -1));
  caxton_write_integer(draft, caxton_config_integer("word", -1));
  caxton_write_integer(draft, caxton_config_integer("none", -1));
  write_config(draft, "word", 64);
  write_config(draft, "word", 7);
  write_config(draft, "word", 6);
  write_config(draft, "none", 64);
  caxton_write_end_array(draft);
  free(copy);
  return caxton_send(draft);
}
`,
  'collect.c': `
#include <caxton.h>
static const char *const asked[] = {"bare-c", "nobody"};
static caxton_collector answers;
int caxton_handle(const caxton_message *message) {
  if (caxton_is(message, CAXTON_ACT_REQUEST)) {
    caxton_writer *call = caxton_collect(&answers, CAXTON_ACT_QUERY_REF, asked, 2);
    caxton_write_key(call, "content");
    caxton_write_integer(call, (int64_t)message->json.length);
    return caxton_send(call);
  }
  if (!caxton_collector_take(&answers, message) || answers.missing > 0) return CAXTON_OK;
  caxton_writer *draft = caxton_begin(CAXTON_ACT_INFORM, "user");
  caxton_write_key(draft, "content");
  caxton_write_begin_array(draft);
  for (size_t i = 0; i < answers.count; i++) {
    caxton_write_json(draft, caxton_json_get(answers.answers[i], "performative"));
  }
  caxton_write_end_array(draft);
  caxton_collector_free(&answers);
  return caxton_send(draft);
}
`,
  'bare.c': `
#include <caxton.h>
int caxton_handle(const caxton_message *message) {
  return caxton_reply(message, CAXTON_ACT_INFORM, message->content);
}
`,
  'helpers.as.ts': `
import { Message, getConfigInteger, reply } from 'caxton'
export function handleMessage(message: Message): i32 {
  if (message.content == '"trap"') return divide(1, <i32>getConfigInteger('zero', 0))
  const numbers = [getConfigInteger('speed', -1), getConfigInteger('word', -1), getConfigInteger('none', -1)]
  return reply(message, 'inform', '[' + numbers.join(',') + ']')
}
function divide(a: i32, b: i32): i32 { return a / b }
`,
  'helpers.ts': `
import type { Message } from 'caxton'
import { reply } from 'caxton'
import { double } from './lib/double.ts'
interface Unused {
  readonly nothing: string
}
export function handleMessage(message: Message) {
  reply(message, 'inform', double(message.content), { reply_with: 'next', ontology: 'numbers', language: 'json' })
}
`,
  'lib/double.ts': `
export function double(value: number): number {
  if (typeof value !== 'number') throw new TypeError('no number')
  return value * 2
}
`,
}

const CONFIG = { speed: '200', word: 'größe', zero: '0' }
const directory = mkdtempSync(join(tmpdir(), 'caxton-helpers-'))
const logged: string[] = []
let caxton: Caxton

before(async () => {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  caxton = await Caxton.start({ threads: 1 })
  caxton.subscribe((event) => {
    if (event.type === 'log') logged.push(`${event.level} ${event.text}`)
  })
  const grants = { register: ['helper'], log: 'info', send: ['*'] } as const
  const deploy = (file: string) =>
    caxton.deploy({ name: file.replaceAll('.', '-'), source: join(directory, file), config: CONFIG, grants })
  await Promise.all(['helpers.c', 'collect.c', 'bare.c', 'helpers.as.ts', 'helpers.ts'].map(deploy))
})

after(async () => {
  await caxton.close()
  rmSync(directory, { recursive: true })
})

const ask = (receiver: string, content: unknown) => caxton.request({ performative: 'request', receiver, content })

async function failureOf(name: string, content: unknown): Promise<NonNullable<AgentInfo['reason']>> {
  await assert.rejects(ask(name, content), { code: 'ERR_REQUEST_FAILED' })
  const reason = caxton.agents().find((agent) => agent.name === name)?.reason
  assert.ok(reason)
  return reason
}

test('an agent in C starts, registers, and reads configuration and strings with the helpers of its SDK', async () => {
  const text = 'a "quote", größe, 😀'
  const { content } = await ask('capability:helper', { text })
  const configs = [7, 'größe', -4, '', -4, '', -6, '']
  assert.deepEqual(content, [text, 7, 200, -1, -1, ...configs])
  assert.deepEqual(logged, [`info 50%: ${text}`, `warn ${'x'.repeat(512)}`])
})

test('an agent in C collects one answer of each of several, that of the runtime for one that is not there', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const stop = caxton.subscribe((event) => {
    if (event.type !== 'delivered' || event.agent !== 'user' || event.message.sender !== 'collect-c') return
    resolve(JSON.parse(event.message.content ?? 'null'))
  })
  caxton.send({ performative: 'request', receiver: 'collect-c' })
  assert.deepEqual(await promise, ['inform', 'failure'])
  stop()
})

test('an agent in C needs no function that starts it', async () => {
  assert.deepEqual((await ask('bare-c', [1])).content, [1])
})

test('an agent in AssemblyScript reads whole numbers of its configuration, and a trap names its function', async () => {
  assert.deepEqual((await ask('helpers-as-ts', null)).content, [200, -1, -1])
  const { code, detail } = await failureOf('helpers-as-ts', 'trap')
  assert.equal(code, 'ERR_GUEST_TRAP')
  assert.match(detail ?? '', /in function 'helpers\.as\/handleMessage'/)
})

test('a script of several files adds header fields to a reply, and an exception names the file and line', async () => {
  const { content, reply_with, ontology, language } = await ask('helpers-ts', 21)
  assert.deepEqual([content, reply_with, ontology, language], [42, 'next', 'numbers', 'json'])
  const { code, detail } = await failureOf('helpers-ts', 'word')
  assert.equal(code, 'ERR_GUEST_EXCEPTION')
  assert.match(detail ?? '', /^TypeError: no number at double \(lib\/double\.ts:3:\d+\)$/)
})
