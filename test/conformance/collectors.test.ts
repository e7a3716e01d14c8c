import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Caxton } from '../../src/index.ts'

const ASKED = ['answers', 'refuses', 'agrees', 'mute', 'loops', 'lies', 'nobody']

/** Each asks all of them under a protocol, with a deadline, and tells who asked it what it has collected. */
const INITIATORS: Readonly<Record<string, string>> = {
  'collect.c': `
#include <caxton.h>
static const char *const asked[] = {${ASKED.map((name) => JSON.stringify(name)).join(', ')}};
static caxton_collector all;
static int tell(void) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_INFORM, "user");
  caxton_write_key(draft, "content");
  caxton_write_begin_object(draft);
  for (size_t i = 0; i < all.count; i++) {
    caxton_message answer = caxton_collector_answer(&all, i);
    caxton_text reason = caxton_collector_reason(&all, i);
    caxton_write_key(draft, asked[i]);
    caxton_write_json(draft, reason.length > 0 ? reason : answer.performative);
  }
  caxton_write_end_object(draft);
  caxton_collector_free(&all);
  return caxton_send(draft);
}
int caxton_handle(const caxton_message *message) {
  if (!caxton_is(message, CAXTON_ACT_REQUEST)) {
    return caxton_collector_take(&all, message) && all.missing == 0 ? tell() : CAXTON_OK;
  }
  caxton_writer *draft = caxton_collect(&all, CAXTON_ACT_QUERY_REF, asked, sizeof asked / sizeof asked[0]);
  caxton_write_key(draft, "protocol");
  caxton_write_string(draft, "fipa-query", strlen("fipa-query"));
  int status = caxton_write_reply_by(draft, 500);
  if (status == CAXTON_OK) status = caxton_send(draft);
  bool gave_up = caxton_collector_give_up(&all, 3, (caxton_text){"\\"KNOWN\\"", 7});
  bool again = caxton_collector_give_up(&all, 3, (caxton_text){"\\"AGAIN\\"", 7});
  return gave_up && !again ? status : 3;
}
`,
  'collect.as.ts': `
import { Collector, Draft, Message, OK, Writer, collect, lastStatus, replyByIn, send } from 'caxton'
let all: Collector | null = null
export function handleMessage(message: Message): i32 {
  if (message.performative == 'request') return ask()
  const waiting = all
  return waiting !== null && waiting.take(message) && waiting.isComplete ? tell(waiting) : OK
}
function ask(): i32 {
  const draft = new Draft('query-ref', '${ASKED[0]}')
  draft.others = [${ASKED.slice(1)
    .map((name) => `'${name}'`)
    .join(', ')}]
  draft.protocol = 'fipa-query'
  draft.replyBy = replyByIn(500)
  const collector = collect(draft)
  if (collector === null) return lastStatus()
  all = collector
  return collector.giveUp('mute', 'KNOWN') && !collector.giveUp('mute', 'AGAIN') ? OK : 3
}
function tell(view: Collector): i32 {
  const writer = new Writer().beginObject()
  const own = view.by('inform').concat(view.by('refuse')).concat(view.by('failure')).concat(view.by('not-understood'))
  for (let i = 0; i < own.length; i++) {
    if (own[i].sender != 'caxton') writer.key(own[i].sender).string(own[i].performative)
  }
  const names = view.unanswered.keys()
  for (let i = 0; i < names.length; i++) writer.key(names[i]).string(view.unanswered.get(names[i]))
  const draft = new Draft('inform', 'user')
  draft.content = writer.endObject().toString()
  return send(draft)
}
`,
  'collect.ts': `
import type { Collector, Message } from 'caxton'
import { collect, nowMicros, send } from 'caxton'
let all: Collector | null = null
export function handleMessage(message: Message) {
  if (message.performative === 'request') ask()
  else if (all?.take(message) && all.isComplete) tell(all)
}
function ask() {
  const reply_by = new Date(nowMicros() / 1_000 + 500).toISOString()
  all = collect({ performative: 'query-ref', receiver: ${JSON.stringify(ASKED)}, protocol: 'fipa-query', reply_by })
  if (!all.giveUp('mute', 'KNOWN') || all.giveUp('mute', 'AGAIN')) throw new Error('it was not missing')
}
function tell({ answers, unanswered }: Collector) {
  const acts = [...answers].map(([name, { performative }]) => [name, performative])
  send({ performative: 'inform', receiver: 'user', content: Object.fromEntries([...acts, ...unanswered]) })
}
`,
}

const ACTS: Readonly<Record<string, string>> = {
  answers: "reply(message, 'inform')",
  refuses: "reply(message, 'refuse')",
  agrees: "reply(message, 'agree')\n  reply(message, 'inform')",
  mute: '',
  loops: 'for (;;) {}',
  lies: "reply(message, 'propose')",
}

const directory = mkdtempSync(join(tmpdir(), 'caxton-collectors-'))
let caxton: Caxton

before(async () => {
  caxton = await Caxton.start({ threads: 1 })
  for (const [name, act] of Object.entries(ACTS)) {
    const source = join(directory, `${name}.js`)
    const guard = "if (message.sender === 'caxton') return"
    writeFileSync(
      source,
      `import { reply } from 'caxton'\nexport function handleMessage(message) {\n  ${guard}\n  ${act}\n}`,
    )
    await caxton.deploy({ name, source, restart: { max: 10, within: '60s' } })
  }
})

after(async () => {
  await caxton.close()
  rmSync(directory, { recursive: true })
})

for (const [file, text] of Object.entries(INITIATORS)) {
  test(`${file} has one view of who answered what, and why others did not`, async () => {
    const source = join(directory, file)
    writeFileSync(source, text)
    const name = file.replaceAll('.', '-')
    await caxton.deploy({ name, source, grants: { send: ['*'], clock: '1ms' } })
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const stop = caxton.subscribe((event) => {
      if (event.type !== 'delivered' || event.agent !== 'user' || event.message.sender !== name) return
      resolve(JSON.parse(event.message.content ?? 'null'))
    })
    caxton.send({ performative: 'request', receiver: name })
    assert.deepEqual(await promise, {
      answers: 'inform',
      refuses: 'refuse',
      agrees: 'inform',
      mute: 'KNOWN',
      loops: 'ERR_LIMIT_FUEL',
      lies: 'ERR_PROTOCOL_DEADLINE',
      nobody: 'ERR_AGENT_UNKNOWN',
    })
    stop()
  })
}
