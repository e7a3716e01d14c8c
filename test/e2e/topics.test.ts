import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { AgentInput, IncomingMessage } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'
import { ROOT, runProgram, runSystem } from './run-system.ts'

/*
 * The same two agents in three languages. The feed publishes the price that it is sent, gold and silver, gold to be retained. The reader
 * subscribes to all prices when it starts, tells the user each that comes, and ends its subscription when it is told to.
 */
const FEEDS: Readonly<Record<string, string>> = {
  'feed.ts': `
import type { Message } from 'caxton'
import { publish } from 'caxton'
export function handleMessage({ content }: Message) {
  publish('prices.gold', content, { retain: true })
  publish('prices.silver', content / 100)
}
`,
  'feed.as.ts': `
import { Message, OK, publish } from 'caxton'
export function handleMessage(message: Message): i32 {
  const status = publish('prices.gold', message.content, true)
  return status == OK ? publish('prices.silver', message.content + 'e-2') : status
}
`,
  'feed.c': `
#include <stdio.h>
#include <caxton.h>
int caxton_handle(const caxton_message *message) {
  char silver[32];
  int length = snprintf(silver, sizeof silver, "%.*se-2", (int)message->content.length, message->content.at);
  int status = caxton_publish_json("prices.gold", message->content, CAXTON_PUBLISH_RETAIN);
  return status != CAXTON_OK ? 9 : caxton_publish_json("prices.silver", (caxton_text){silver, (size_t)length}, 0);
}
`,
}

const READERS: Readonly<Record<string, string>> = {
  'reader.ts': `
import type { Message } from 'caxton'
import { send, subscribeTopic, unsubscribeTopic } from 'caxton'
export function init() {
  subscribeTopic('prices.>')
}
export function handleMessage({ performative, receiver, content }: Message) {
  if (performative === 'cancel') return unsubscribeTopic('prices.>') ? 0 : 3
  send({ performative: 'inform', receiver: 'user', content: [receiver, content] })
}
`,
  'reader.as.ts': `
import { Draft, Message, OK, send, subscribeTopic, unsubscribeTopic } from 'caxton'
export function init(): i32 {
  return subscribeTopic('prices.>')
}
export function handleMessage(message: Message): i32 {
  if (message.performative == 'cancel') return unsubscribeTopic('prices.>') ? OK : 3
  const draft = new Draft('inform', 'user')
  draft.content = '["' + message.receiver + '",' + message.content + ']'
  return send(draft)
}
`,
  'reader.c': `
#include <stdio.h>
#include <caxton.h>
int caxton_init(void) { return caxton_subscribe("prices.>"); }
int caxton_handle(const caxton_message *message) {
  if (caxton_is(message, CAXTON_ACT_CANCEL)) return caxton_unsubscribe("prices.>") == CAXTON_OK ? 0 : 3;
  char text[128];
  caxton_text receiver = message->receiver, content = message->content;
  int length = snprintf(text, sizeof text, "[%.*s,%.*s]", (int)receiver.length, receiver.at, (int)content.length, content.at);
  caxton_writer *draft = caxton_begin(CAXTON_ACT_INFORM, "user");
  caxton_write_member(draft, "content", (caxton_text){text, (size_t)length});
  return caxton_send(draft);
}
`,
}

const folder = mkdtempSync(join(tmpdir(), 'caxton-topics-'))
after(() => rmSync(folder, { recursive: true, force: true }))
for (const [file, source] of Object.entries({ ...FEEDS, ...READERS })) writeFileSync(join(folder, file), source)

const LIMITS = { fuel: '1G', memory: '32MiB' }
const agent = (name: string, file: string, grants: AgentInput['grants']): AgentInput => ({
  name,
  source: join(folder, file),
  grants: grants!,
  limits: LIMITS,
})
const feed = (file: string) => agent('feed', file, { publish: ['prices.*'] })
const reader = (file: string, name = 'reader') => agent(name, file, { subscribe: ['prices.>'], send: ['user'] })

/** What readers have told the user, by who they are. */
function listen(caxton: Caxton): Map<string, unknown[]> {
  const told = new Map<string, unknown[]>()
  caxton.subscribe((event) => {
    if (event.type !== 'delivered' || event.agent !== 'user') return
    const { sender, content } = event.message
    told.set(sender, [...(told.get(sender) ?? []), JSON.parse(content ?? 'null')])
  })
  return told
}

function say(caxton: Caxton, receiver: string, performative: 'request' | 'cancel', content?: unknown): void {
  caxton.send({ performative, receiver, ...(content === undefined ? {} : { content }) })
}

for (const [index, file] of Object.keys(FEEDS).entries()) {
  const [first = '', second = ''] = [0, 1].map((turn) => Object.keys(READERS)[(index + turn) % 3])
  test(`what ${file} publishes reaches ${first} and ${second}, what is retained whoever comes later`, async () => {
    await using caxton = await Caxton.start({ threads: 1 })
    const told = listen(caxton)
    const heard: IncomingMessage[] = []
    caxton.subscribeTopic('prices.silver', (message) => void heard.push(message))
    await caxton.deploy(feed(file))
    await caxton.deploy(reader(first))
    say(caxton, 'feed', 'request', 700)
    await caxton.idle()
    await caxton.deploy(reader(second, 'late'))
    say(caxton, 'reader', 'cancel')
    await caxton.idle()
    say(caxton, 'feed', 'request', 800)
    await caxton.idle()
    assert.deepEqual(told.get('reader'), [
      ['topic:prices.gold', 700],
      ['topic:prices.silver', 7],
    ])
    assert.deepEqual(told.get('late'), [
      ['topic:prices.gold', 700],
      ['topic:prices.gold', 800],
      ['topic:prices.silver', 8],
    ])
    assert.deepEqual(
      heard.map(({ content, sender }) => [content, sender]),
      [
        [7, 'feed'],
        [8, 'feed'],
      ],
    )
  })
}

test('subscriptions and what is retained outlive the system; one of another grant does not', async (context) => {
  const dataDirectory = createDirectory(context)
  {
    await using caxton = await Caxton.start({ dataDirectory })
    await caxton.deployAll([])
    for (const one of [feed('feed.c'), reader('reader.c'), reader('reader.ts', 'other')]) await caxton.deploy(one)
    say(caxton, 'feed', 'request', 700)
    await caxton.idle()
  }
  await using caxton = await Caxton.start({ dataDirectory })
  const told = listen(caxton)
  await caxton.deploy(feed('feed.c'))
  await caxton.deploy({ ...reader('reader.c'), grants: { subscribe: ['prices.>'], send: ['user'] } })
  await assert.rejects(
    caxton.deploy({ ...reader('reader.ts', 'other'), grants: { subscribe: ['news.>'], send: ['user'] } }),
  )
  say(caxton, 'feed', 'request', 800)
  await caxton.idle()
  assert.deepEqual(told.get('reader'), [
    ['topic:prices.gold', 700],
    ['topic:prices.gold', 800],
    ['topic:prices.silver', 8],
  ])
  assert.equal(told.get('other'), undefined)
})

test('an agent in a process of its own publishes and subscribes like any other', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const told = listen(caxton)
  await caxton.deploy({ ...feed('feed.c'), isolation: 'process' })
  await caxton.deploy({ ...reader('reader.c'), isolation: 'process' })
  say(caxton, 'feed', 'request', 700)
  await caxton.idle()
  assert.deepEqual(told.get('reader'), [
    ['topic:prices.gold', 700],
    ['topic:prices.silver', 7],
  ])
})

test('the example rings once, and topics, conversations and causes are shown from its data directory', async (context) => {
  const data = createDirectory(context)
  const run = await runSystem(join(ROOT, 'examples/topics/caxton.toml'), '--data', data)
  assert.equal(run.exitCode, 0, run.stderr)
  assert.deepEqual(run.summary?.result?.content, { 'topic:prices.silver': 24, 'topic:prices.gold': 805 })

  const list = await runProgram('topic', 'list', '--data', data, '--json')
  const rows = list.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    rows.map(({ type, topic, pattern, publisher, content, subscribers, agents }) => [
      type,
      topic ?? pattern,
      publisher ?? agents,
      content,
      subscribers,
    ]),
    [
      ['retained', 'prices.gold', 'feed', 810, ['alarm']],
      ['retained', 'prices.silver', 'user', 24, ['alarm']],
      ['subscription', 'prices.*', ['alarm'], undefined, undefined],
    ],
  )
  const table = await runProgram('topic', 'list', '--data', data)
  assert.match(
    table.stdout,
    /^retained +published +by +size +content +subscribers\nprices\.gold +\S+ +feed .* 810 +alarm\n/,
  )

  const conversations = await runProgram('conversation', 'list', '--data', data, '--json')
  const talks = conversations.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; participants: string[] })
  const talk = talks.find(({ participants }) => participants.includes('topic:prices.gold'))!
  assert.deepEqual(talk.participants, ['feed', 'topic:prices.gold', 'alarm'])
  const drawing = await runProgram('conversation', 'trace', talk.id, '--data', data)
  assert.match(drawing.stdout, /feed +topic:prices\.gold +alarm\n/)
  const trace = await runProgram('message', 'trace', talk.id, '--data', data)
  assert.match(trace.stdout, /inform feed → topic:prices\.gold [^\n]*\n +└ inform feed → alarm {2}handled/)
  assert.equal((await runProgram('topic', 'list', '--data', join(data, 'none'))).exitCode, 64)
})
