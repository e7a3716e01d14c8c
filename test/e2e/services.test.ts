import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { CaxtonEvent } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'
import { runProgram } from './run-system.ts'

/*
 * Agents in C and AssemblyScript that use the services of the host by what their SDKs offer: replies, HTTP, tools.
 */

const FILES: Readonly<Record<string, string>> = {
  'client.c': `
#include <caxton.h>
static char body[65536];
static char *text_of(caxton_text object, const char *name) {
  return caxton_json_string_copy(caxton_json_get(object, name), NULL);
}
static int answer_status(const caxton_message *message, int status) {
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_FAILURE);
  caxton_write_key(draft, "content");
  caxton_write_integer(draft, status);
  return caxton_send(draft);
}
static int ask(const caxton_message *message) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_REQUEST, text_of(message->content, "to"));
  caxton_write_key(draft, "content");
  caxton_write_json(draft, caxton_json_get(message->content, "content"));
  caxton_message reply;
  int status = caxton_ask(draft, (uint32_t)caxton_json_integer(caxton_json_get(message->content, "ms"), 0), &reply);
  if (status < 0) return answer_status(message, status);
  return caxton_reply(message, CAXTON_ACT_INFORM, reply.json);
}
static int fetch(const caxton_message *message) {
  caxton_response response;
  caxton_text none = {0};
  int status = caxton_fetch("GET", text_of(message->content, "url"), caxton_json_get(message->content, "headers"), none, &response);
  if (status < 0) return answer_status(message, status);
  caxton_writer *draft = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(draft, "content");
  caxton_write_begin_array(draft);
  caxton_write_integer(draft, response.status);
  caxton_write_json(draft, caxton_json_get(response.headers, "content-type"));
  long length = 0, count;
  while ((count = caxton_read_body(&response, body + length, 7)) > 0) length += count;
  if (count < 0) return answer_status(message, (int)count);
  caxton_write_string(draft, body, (size_t)length);
  caxton_write_end_array(draft);
  return caxton_send(draft);
}
static int tool(const caxton_message *message) {
  caxton_text result;
  int status = caxton_tool(text_of(message->content, "tool"), caxton_json_get(message->content, "arguments"), &result);
  if (status < 0) return answer_status(message, status);
  return caxton_reply(message, CAXTON_ACT_INFORM, result);
}
int caxton_handle(const caxton_message *message) {
  if (caxton_json_get(message->content, "to").length > 0) return ask(message);
  if (caxton_json_get(message->content, "url").length > 0) return fetch(message);
  if (caxton_json_get(message->content, "tool").length > 0) return tool(message);
  return CAXTON_NOT_UNDERSTOOD;
}
`,
  'client.as.ts': `
import { Draft, Message, NOT_UNDERSTOOD, Request, Writer, ask, callTool, fetch, getField, lastStatus, reply, toInteger, toText } from 'caxton'
function answerStatus(message: Message, status: i32): i32 {
  return reply(message, 'failure', status.toString())
}
export function handleMessage(message: Message): i32 {
  const content = message.content
  const to = toText(getField(content, 'to'))
  if (to != '') {
    const draft = new Draft('request', to)
    draft.content = getField(content, 'content')
    const answer = ask(draft, <i32>toInteger(getField(content, 'ms'), 0))
    if (answer === null) return answerStatus(message, lastStatus())
    const json = new Writer().beginObject().key('performative').string(answer.performative).key('sender').string(answer.sender)
    if (answer.content != '') json.key('content').json(answer.content)
    return reply(message, 'inform', json.endObject().toString())
  }
  const url = toText(getField(content, 'url'))
  if (url != '') {
    const request = new Request(url)
    request.headers = getField(content, 'headers')
    const response = fetch(request)
    if (response.error < 0) return answerStatus(message, response.error)
    const text = response.text()
    if (text === null) return answerStatus(message, -9)
    const json = new Writer().beginArray().integer(response.status).string(response.header('content-type')).string(text)
    return reply(message, 'inform', json.endArray().toString())
  }
  const tool = toText(getField(content, 'tool'))
  if (tool == '') return NOT_UNDERSTOOD
  const result = callTool(tool, getField(content, 'arguments'))
  return result.status < 0 ? answerStatus(message, result.status) : reply(message, 'inform', result.json)
}
`,
  'client.ts': `
import type { Message } from 'caxton'
import { CaxtonError, NOT_UNDERSTOOD, ask, callTool, fetch, reply } from 'caxton'
export async function handleMessage(message: Message) {
  const { to, url, tool, content, ms, headers, arguments: input } = message.content ?? {}
  try {
    if (to) {
      const { performative, sender, content: answer } = await ask({ performative: 'request', receiver: to, content }, ms)
      return reply(message, 'inform', { performative, sender, content: answer })
    }
    if (url) {
      const response = await fetch(url, { headers })
      return reply(message, 'inform', [response.status, response.headers['content-type'], await response.text()])
    }
    return tool ? reply(message, 'inform', await callTool(tool, input)) : NOT_UNDERSTOOD
  } catch (error) {
    if (error instanceof CaxtonError) return reply(message, 'failure', error.status)
    throw error
  }
}
`,
  'clerk.ts': `
import type { Message } from 'caxton'
import { callTool, fetch, getConfig, log, reply } from 'caxton'
export async function handleMessage(message: Message) {
  const response = await fetch(String(getConfig('url')))
  const echoed = await response.text()
  log('info', echoed)
  const told = await callTool('fake/secret')
  const refused = await fetch('http://169.254.169.254/').catch((error) => error.code)
  return reply(message, 'inform', { echoed, told, refused })
}
`,
  'helper.c': `
#include <caxton.h>
int caxton_handle(const caxton_message *message) {
  if (caxton_json_string_is(message->content, "be silent")) return CAXTON_OK;
  if (caxton_json_string_is(message->content, "trap")) __builtin_trap();
  if (caxton_json_string_is(message->content, "what?")) return CAXTON_NOT_UNDERSTOOD;
  if (caxton_json_string_is(message->content, "agree first")) caxton_reply(message, CAXTON_ACT_AGREE, (caxton_text){0});
  return caxton_reply(message, CAXTON_ACT_INFORM, message->content);
}
`,
}

const TOKEN = 'a very secret token'
const SERVER = join(import.meta.dirname, '../fakes/mcp-server.ts')

let folder = ''
const http = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(`${request.url} ${request.headers.authorization} ${request.headers['x-mine']}`)
})

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caxton-services-'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
})

after(() => {
  http.closeAllConnections()
  http.close()
  rmSync(folder, { recursive: true, force: true })
})

interface World extends AsyncDisposable {
  readonly events: CaxtonEvent[]
  readonly origin: string
  ask(content: unknown): Promise<unknown>
}

async function start(source: string, isolation: 'thread' | 'process'): Promise<World> {
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const caxton = await Caxton.start({
    threads: 1,
    secrets: { token: { value: TOKEN } },
    tools: { fake: { command: process.execPath, args: [SERVER], env: { TOKEN: '{token}' } } },
  })
  const events: CaxtonEvent[] = []
  caxton.subscribe((event) => events.push(event))
  await caxton.deploy({
    name: 'client',
    source: join(folder, source),
    isolation,
    grants: {
      send: ['*'],
      http: [{ url: `${origin}/open/*`, methods: ['GET'], secrets: { authorization: 'Bearer {token}' } }],
      tools: ['fake/add', 'fake/secret'],
    },
  })
  await caxton.deploy({ name: 'helper', source: join(folder, 'helper.c'), restart: {}, grants: { register: ['help'] } })
  return {
    events,
    origin,
    ask: async (content) => {
      try {
        return (await caxton.request({ performative: 'request', receiver: 'client', content })).content
      } catch (error) {
        return (error as { data?: { reason?: unknown } }).data?.reason
      }
    },
    [Symbol.asyncDispose]: () => caxton.close(),
  }
}

for (const [source, isolation] of [
  ['client.c', 'thread'],
  ['client.as.ts', 'thread'],
  ['client.ts', 'thread'],
  ['client.c', 'process'],
] as const) {
  suite(`an agent made of ${source} in a ${isolation}`, () => {
    test('waits for the reply to a message, whatever becomes of it', async () => {
      await using world = await start(source, isolation)
      const ask = (content: unknown, ms = 20_000) => world.ask({ to: 'helper', content, ms })
      const told = async (content: unknown) => {
        const { performative, sender, content: answer } = (await ask(content)) as Record<string, unknown>
        return [performative, sender, answer]
      }
      assert.deepEqual(await told({ a: 1 }), ['inform', 'helper', { a: 1 }])
      assert.deepEqual(await told('agree first'), ['inform', 'helper', 'agree first'])
      assert.deepEqual((await told('what?')).slice(0, 2), ['not-understood', 'caxton'])
      assert.equal(await ask('be silent', 30), '-8')
      assert.deepEqual((await told('trap')).slice(0, 2), ['failure', 'caxton'])
      const nobody = (await world.ask({ to: 'nobody', content: 1, ms: 20_000 })) as Record<string, unknown>
      assert.equal(nobody['performative'], 'failure')
    })

    test('makes requests and calls tools that it was granted, with secrets that it never sees', async () => {
      await using world = await start(source, isolation)
      const headers = { 'x-mine': 'yes' }
      assert.deepEqual(await world.ask({ url: `${world.origin}/open/a?b`, headers }), [
        200,
        'text/plain',
        `/open/a?b Bearer ${'*'.repeat(TOKEN.length)} yes`,
      ])
      assert.equal(await world.ask({ url: `${world.origin}/closed` }), '-1')
      assert.equal(await world.ask({ url: `${world.origin}/open/a`, headers: { authorization: 'mine' } }), '-1')
      const sum = { content: [{ type: 'text', text: '5' }] }
      assert.deepEqual(await world.ask({ tool: 'fake/add', arguments: { a: 2, b: 3 } }), sum)
      assert.equal(await world.ask({ tool: 'fake/add', arguments: { a: 2 } }), '-3')
      assert.equal(await world.ask({ tool: 'fake/pid', arguments: {} }), '-1')
      assert.match(JSON.stringify(await world.ask({ tool: 'fake/secret', arguments: {} })), /I was given \*+,/)
      const audits = world.events.flatMap((event) => (event.type === 'audit' ? [event] : []))
      assert.deepEqual(
        audits.map(({ service, target, outcome }) => [service, target.replace(world.origin, ''), outcome]),
        [
          ['http', 'GET /open/a', 'ok'],
          ['http', 'GET /closed', 'ERR_GRANT_MISSING'],
          ['http', 'GET /open/a', 'ERR_HTTP_REFUSED'],
          ['tool', 'fake/add', 'ok'],
          ['tool', 'fake/add', 'invalid'],
          ['tool', 'fake/pid', 'ERR_GRANT_MISSING'],
          ['tool', 'fake/secret', 'ok'],
        ],
      )
      assert.ok(!JSON.stringify(world.events).includes(TOKEN))
    })
  })
}

test('a system file gives agents what they need, and its secrets are in nothing that is printed', async () => {
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  writeFileSync(join(folder, 'token.txt'), `${TOKEN}\n`)
  writeFileSync(
    join(folder, 'caxton.toml'),
    `name = "office"
[secrets]
token = { file = "token.txt" }
[tools.fake]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(SERVER)}]
env = { TOKEN = "{token}" }
[agents.clerk]
source = "clerk.ts"
config = { url = "${origin}/open" }
[agents.clerk.grants]
log = "info"
tools = ["fake/secret"]
http = [{ url = "${origin}/*", methods = ["GET"], secrets = { authorization = "Bearer {token}" } }]
[[send]]
to = "clerk"
performative = "request"
[goal]
from = "clerk"
performative = "inform"
within = "60s"
`,
  )
  for (const flags of [['--json'], ['--verbose']]) {
    const { exitCode, stdout, stderr } = await runProgram('run', join(folder, 'caxton.toml'), ...flags)
    assert.equal(exitCode, 0, stdout + stderr)
    const printed = stdout + stderr
    for (const part of ['/open Bearer *****', 'fake/secret', 'http://169.254.169.254/', 'DENIED']) {
      assert.ok(printed.includes(part), `${part} is not in ${printed}`)
    }
    for (const form of [TOKEN, Buffer.from(TOKEN).toString('base64').slice(0, -4), encodeURIComponent(TOKEN)]) {
      assert.ok(!printed.includes(form), printed)
    }
  }
})
