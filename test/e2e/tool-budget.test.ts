import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import type { CaxtonEvent, Message } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

/*
 * A boss calls tools, has a worker call some more under a protocol, and passes the right to call them on: all of that is paid for by
 * one undertaking.
 */

const BOSS = `
import type { Message } from 'caxton'
import { callTool, delegate, reply, send } from 'caxton'
export async function handleMessage(message: Message) {
  if (message.sender !== 'user') return
  const { calls, workerCalls, isDelegated } = message.content
  for (let call = 0; call < calls; call += 1) await callTool('fake/add', { a: call, b: 1 })
  const handle = isDelegated ? await delegate({ to: 'worker', grant: 'tools', value: ['fake/add'] }) : ''
  const content = { calls: workerCalls, handle }
  send({ performative: 'request', receiver: 'worker', protocol: 'fipa-request', reply_with: 'work', content })
}
`
const WORKER = `
#include <caxton.h>
int caxton_handle(const caxton_message *message) {
  if (!caxton_is(message, CAXTON_ACT_REQUEST)) return CAXTON_OK;
  char handle[128] = "", line[256] = "called:";
  caxton_json_string(caxton_json_get(message->content, "handle"), handle, sizeof handle - 1);
  int64_t calls = caxton_json_integer(caxton_json_get(message->content, "calls"), 0);
  caxton_text sum = {"{\\"a\\":1,\\"b\\":2}", 13}, result;
  for (int64_t call = 0; call < calls; call++) {
    int status = handle[0] == 0 ? caxton_tool("fake/add", sum, &result) : caxton_tool_by(handle, "fake/add", sum, &result);
    snprintf(line + strlen(line), sizeof line - strlen(line), " %d", status);
  }
  caxton_log_line(CAXTON_INFO, line);
  return caxton_reply(message, CAXTON_ACT_INFORM, (caxton_text){"\\"done\\"", 6});
}
`
const SERVER = join(import.meta.dirname, '../fakes/mcp-server.ts')
const folder = mkdtempSync(join(tmpdir(), 'caxton-tool-budget-'))
writeFileSync(join(folder, 'boss.ts'), BOSS)
writeFileSync(join(folder, 'worker.c'), WORKER)
after(() => rmSync(folder, { recursive: true }))

interface World extends AsyncDisposable {
  readonly caxton: Caxton
  readonly events: CaxtonEvent[]
  /** Sends an order and waits until nothing is under way any more. */
  order(content: object): Promise<void>
}

async function start(isolation: 'thread' | 'process'): Promise<World> {
  const caxton = await Caxton.start({
    threads: 1,
    tools: { fake: { command: process.execPath, args: [SERVER] } },
    conversations: { tool_calls: 3 },
  })
  const events: CaxtonEvent[] = []
  caxton.subscribe((event) => events.push(event))
  const grants = { tools: ['fake/add'], send: ['*'], delegate: ['tools'], log: 'info' } as const
  await caxton.deploy({ name: 'boss', source: join(folder, 'boss.ts'), isolation, grants })
  await caxton.deploy({ name: 'worker', source: join(folder, 'worker.c'), isolation, grants })
  return {
    caxton,
    events,
    order: async (content) => {
      caxton.send({ performative: 'request', receiver: 'boss', reply_with: 'order', content })
      await caxton.idle()
    },
    [Symbol.asyncDispose]: () => caxton.close(),
  }
}

const only = <Type extends CaxtonEvent['type']>(events: readonly CaxtonEvent[], type: Type) =>
  events.filter((event): event is Extract<CaxtonEvent, { type: Type }> => event.type === type)
const outcomes = ({ events }: World) =>
  only(events, 'audit')
    .filter(({ service }) => service === 'tool')
    .map(({ agent, outcome }) => `${agent} ${outcome}`)
const logged = ({ events }: World) => only(events, 'log').map(({ text }) => text)

/** What an agent or the user was told of its end: the reasons, and what it answers. */
function told({ events }: World, name: string): unknown[] {
  const isNotice = ({ sender, receiver }: Message) => sender === 'caxton' && receiver === name
  return only(events, 'sent')
    .filter(({ message }) => isNotice(message))
    .map(({ message: { performative, in_reply_to, content } }) => {
      const { reason, guard, budget, limit } = JSON.parse(content ?? '{}') as Record<string, unknown>
      return { performative, in_reply_to, reason, guard, budget, limit }
    })
}

const WHY = { performative: 'failure', reason: 'ERR_GUARD_BUDGET', guard: 'budget', budget: 'toolCalls', limit: 3 }

for (const isolation of ['thread', 'process'] as const) {
  suite(`calls of tools by agents in a ${isolation}`, () => {
    test('count against the budget of their undertaking, which the one too many ends for everybody in it', async () => {
      await using world = await start(isolation)
      await world.order({ calls: 2, workerCalls: 3 })
      // Two of the boss, one of the worker; the next is refused and ends it, and so is the one after that.
      assert.deepEqual(outcomes(world), [
        'boss ok',
        'boss ok',
        'worker ok',
        'worker ERR_GUARD_BUDGET',
        'worker ERR_GUARD_BUDGET',
      ])
      assert.deepEqual(logged(world), ['called: 0 -7 -7'])
      const guards = only(world.events, 'guard').map(({ error }) => [error.code, error.data?.['budget']])
      assert.deepEqual(guards, [['ERR_GUARD_BUDGET', 'toolCalls']])
      assert.deepEqual(told(world, 'user'), [{ ...WHY, in_reply_to: 'order' }])
      assert.deepEqual(told(world, 'boss'), [{ ...WHY, in_reply_to: 'work' }])
      assert.deepEqual(told(world, 'worker'), [{ ...WHY, in_reply_to: undefined }])
      const stopped = world.caxton.conversations()
      assert.ok(stopped.every((one) => one.stopped?.code === 'ERR_GUARD_BUDGET'))
      assert.deepEqual(
        stopped.flatMap(({ dialogues }) => dialogues.map(({ state }) => state)),
        ['stopped'],
      )
      // The answer of the worker came to nobody, and another order has a budget of its own.
      assert.deepEqual(
        only(world.events, 'undelivered').map(({ message, error }) => [message.sender, error.code]),
        [['worker', 'ERR_GUARD_BUDGET']],
      )
      await world.order({ calls: 1, workerCalls: 2 })
      assert.equal(logged(world).at(-1), 'called: 0 0')
      assert.equal(only(world.events, 'guard').length, 1)
    })

    test('count when the right to make them was passed on', async () => {
      await using world = await start(isolation)
      await world.order({ calls: 2, workerCalls: 2, isDelegated: true })
      assert.deepEqual(outcomes(world), ['boss ok', 'boss ok', 'worker ok', 'worker ERR_GUARD_BUDGET'])
      assert.deepEqual(logged(world), ['called: 0 -7'])
      assert.deepEqual(told(world, 'user'), [{ ...WHY, in_reply_to: 'order' }])
    })
  })
}

test('a call that is refused for want of a grant is none', async () => {
  await using world = await start('thread')
  await world.caxton.deploy({
    name: 'other',
    source: join(folder, 'worker.c'),
    grants: { tools: ['fake/pid'], log: 'info' },
  })
  await world.caxton.request({ performative: 'request', receiver: 'other', content: { calls: 5 } })
  assert.deepEqual(logged(world), ['called: -1 -1 -1 -1 -1'])
  assert.deepEqual(only(world.events, 'guard'), [])
})
