import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ConversationsInput } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

const ASKED = ['answers', 'refuses', 'agrees', 'mute', 'loops', 'lies', 'nobody']

/** Each asks all of them under a protocol, with a deadline, and tells who asked it what it has collected. */
const INITIATORS: Readonly<Record<string, string>> = {
  'collect.c': `
#include <caxton.h>
static const char *const asked[] = {${ASKED.map((name) => JSON.stringify(name)).join(', ')}};
static caxton_collector all;
static int tell(void) {
  static caxton_writer view;
  caxton_write_begin_object(&view);
  for (size_t i = 0; i < all.count; i++) {
    caxton_message answer = caxton_collector_answer(&all, i);
    caxton_text reason = caxton_collector_reason(&all, i);
    caxton_write_key(&view, asked[i]);
    caxton_write_json(&view, reason.length > 0 ? reason : answer.performative);
  }
  caxton_write_end_object(&view);
  caxton_collector_free(&all);
  return caxton_log(CAXTON_INFO, view.bytes, view.length);
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
import { Collector, Draft, INFO, Message, OK, Writer, collect, lastStatus, log, replyByIn } from 'caxton'
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
  return log(INFO, writer.endObject().toString())
}
`,
  'collect.ts': `
import type { Collector, Message } from 'caxton'
import { collect, log, nowMicros } from 'caxton'
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
  log('info', JSON.stringify(Object.fromEntries([...acts, ...unanswered])))
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
after(() => rmSync(directory, { recursive: true }))

async function start(conversations: ConversationsInput): Promise<Caxton> {
  const caxton = await Caxton.start({ threads: 1, conversations })
  for (const [name, act] of Object.entries(ACTS)) {
    const source = join(directory, `${name}.js`)
    const guard = "if (message.sender === 'caxton') return"
    const body = `export function handleMessage(message) {\n  ${guard}\n  ${act}\n}`
    writeFileSync(source, `import { reply } from 'caxton'\n${body}`)
    await caxton.deploy({ name, source })
  }
  return caxton
}

/** Has an initiator ask all of them; returns what it has collected in the end. */
async function collect(caxton: Caxton, file: string, text: string): Promise<unknown> {
  const source = join(directory, file)
  writeFileSync(source, text)
  const name = file.replaceAll('.', '-')
  await caxton.deploy({ name, source, grants: { send: ['*'], clock: '1ms', log: 'info' } })
  const { promise, resolve } = Promise.withResolvers<unknown>()
  caxton.subscribe((event) => {
    if (event.type === 'log' && event.agent === name) resolve(JSON.parse(event.text))
  })
  caxton.send({ performative: 'request', receiver: name })
  return promise
}

for (const [file, text] of Object.entries(INITIATORS)) {
  test(`${file} has one view of who answered what, and why others did not`, async () => {
    await using caxton = await start({})
    assert.deepEqual(await collect(caxton, file, text), {
      answers: 'inform',
      refuses: 'refuse',
      agrees: 'inform',
      mute: 'KNOWN',
      loops: 'ERR_LIMIT_FUEL',
      lies: 'ERR_PROTOCOL_DEADLINE',
      nobody: 'ERR_AGENT_UNKNOWN',
    })
  })

  test(`${file} waits for nobody when a guard has stopped everything`, async () => {
    await using caxton = await start({ messages: 4 })
    const view = Object.fromEntries(ASKED.map((name) => [name, 'ERR_GUARD_BUDGET']))
    assert.deepEqual(await collect(caxton, file, text), { ...view, mute: 'KNOWN' })
  })
}
