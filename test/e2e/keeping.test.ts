import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Caxton } from '../../src/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'

/*
 * The same agent in three languages: `add` adds a number to what it has stored and answers the sum, `fail` adds and fails,
 * `keys` answers its keys, `remind` sets a timer that tells the user the sum.
 */
const SOURCES: Readonly<Record<string, string>> = {
  'keeper.ts': `
import type { Message } from 'caxton'
import { deleteData, listData, loadData, reply, send, setTimer, storeData } from 'caxton'
export function handleMessage(message: Message) {
  const [what, amount] = message.content
  const sum = Number(loadData('sum') ?? 0) + (amount ?? 0)
  storeData('sum', String(sum))
  if (what === 'fail') return 2
  if (what === 'remind') return setTimer(7, 20)
  if (what === 'forget') return reply(message, 'inform', deleteData('sum'))
  reply(message, 'inform', what === 'keys' ? listData('s') : sum)
}
export function handleTimer(id: number) {
  send({ performative: 'inform', receiver: 'user', content: [id, Number(loadData('sum'))] })
}
`,
  'keeper.as.ts': `
import { Draft, Message, deleteData, listData, loadText, reply, send, setTimer, storeText } from 'caxton'
export function handleMessage(message: Message): i32 {
  const what = message.content
  const before = loadText('sum')
  const sum = (before === null ? 0 : I32.parseInt(before)) + (what.includes('5') ? 5 : 0)
  storeText('sum', sum.toString())
  if (what.includes('fail')) return 2
  if (what.includes('remind')) return setTimer(7, 20)
  if (what.includes('forget')) return reply(message, 'inform', deleteData('sum') ? 'true' : 'false')
  return reply(message, 'inform', what.includes('keys') ? '["' + listData('s').join('","') + '"]' : sum.toString())
}
export function handleTimer(id: i32): i32 {
  const draft = new Draft('inform', 'user')
  draft.content = '[' + id.toString() + ',' + loadText('sum')! + ']'
  return send(draft)
}
`,
  'keeper.c': `
#include <stdio.h>
#include <caxton.h>
static int answer(caxton_writer *draft, const char *json) {
  caxton_write_member(draft, "content", (caxton_text){json, strlen(json)});
  return caxton_send(draft);
}
static int has(const caxton_message *message, const char *word) {
  size_t length = strlen(word);
  for (size_t i = 0; i + length <= message->content.length; i++)
    if (memcmp(message->content.at + i, word, length) == 0) return 1;
  return 0;
}
int caxton_handle(const caxton_message *message) {
  int64_t sum = caxton_load_integer("sum", 0) + (has(message, "5") ? 5 : 0);
  caxton_store_integer("sum", sum);
  char text[64];
  if (has(message, "fail")) return 2;
  if (has(message, "remind")) return caxton_set_timer(7, 20);
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  if (has(message, "forget")) return answer(draft, caxton_delete("sum") == CAXTON_OK ? "true" : "false");
  if (has(message, "keys")) {
    char keys[32];
    int length = caxton_list_data("s", 1, keys, sizeof keys);
    snprintf(text, sizeof text, "[\\"%s\\"]", length == 4 ? keys : "?");
    return answer(draft, text);
  }
  snprintf(text, sizeof text, "%d", (int)sum);
  return answer(draft, text);
}
int caxton_timer(int32_t id) {
  char text[64];
  snprintf(text, sizeof text, "[%d,%d]", (int)id, (int)caxton_load_integer("sum", -1));
  return answer(caxton_begin(CAXTON_ACT_INFORM, "user"), text);
}
`,
}

const folder = mkdtempSync(join(tmpdir(), 'caxton-keeping-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const GRANTS = { send: ['user'], store: { bytes: '1KiB', keys: 4 }, timers: 2 }
const LIMITS = { fuel: '1G', memory: '32MiB' }

async function ask(caxton: Caxton, ...content: unknown[]): Promise<unknown> {
  return (await caxton.request({ performative: 'request', receiver: 'keeper', content })).content
}

for (const [file, source] of Object.entries(SOURCES)) {
  test(`what ${file} stores outlives the system, what failed is rolled back, and a late timer fires at once`, async (context) => {
    writeFileSync(join(folder, file), source)
    const dataDirectory = createDirectory(context)
    const agent = { name: 'keeper', source: join(folder, file), grants: GRANTS, limits: LIMITS }
    {
      await using caxton = await Caxton.start({ threads: 1, dataDirectory })
      await caxton.deploy(agent)
      assert.equal(await ask(caxton, 'add', 5), 5)
      await assert.rejects(ask(caxton, 'fail', 5), { code: 'ERR_REQUEST_FAILED' })
      assert.equal(await ask(caxton, 'add', 5), 10)
      assert.deepEqual(await ask(caxton, 'keys'), ['sum'])
      // Whatever is set before the runtime closes is late when the next one starts.
      caxton.send({ performative: 'request', receiver: 'keeper', content: ['remind'] })
      await new Promise<void>((resolve) => {
        caxton.subscribe(({ type }) => type === 'handled' && resolve())
      })
    }
    await using caxton = await Caxton.start({ threads: 1, dataDirectory })
    const told = Promise.withResolvers<unknown>()
    caxton.subscribe((event) => {
      if (event.type === 'delivered' && event.agent === 'user' && event.message.reply_with === undefined) {
        told.resolve(event.message.content)
      }
    })
    await caxton.deploy(agent)
    assert.equal(await told.promise, '[7,10]')
    assert.equal(await ask(caxton, 'forget'), true)
    assert.equal(await ask(caxton, 'add', 5), 5)
  })
}

test('data in memory outlives its agent, which is started anew', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'keeper', source: join(folder, 'keeper.as.ts'), grants: GRANTS, isolation: 'process' })
  assert.equal(await ask(caxton, 'add', 5), 5)
  assert.equal(await ask(caxton, 'add', 5), 10)
})
