import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { TOPIC_LIMITS } from '../../src/core/index.ts'
import type { AgentInput, CaxtonEvent } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

interface Guest {
  /** Pattern that it subscribes to at its start. */
  readonly subscribe?: string
  /** Topic that it publishes to for each message that it gets, whatever that is, and how often. */
  readonly publish?: { readonly topic: string; readonly times: number; readonly retain?: true }
}

const IMPORTS = {
  subscribe: '(import "caxton" "subscribe_topic" (func $subscribe (param i32 i32) (result i32)))',
  publish: '(import "caxton" "publish" (func $publish (param i32 i32 i32 i32 i32) (result i32)))',
}

function build({ subscribe, publish }: Guest): Uint8Array {
  const module = binaryen.parseText(`(module
    ${subscribe === undefined ? '' : IMPORTS.subscribe}
    ${publish === undefined ? '' : IMPORTS.publish}
    (memory (export "memory") 1)
    (data (i32.const 8192) "${subscribe ?? ''}")
    (data (i32.const 9000) "${publish?.topic ?? ''}")
    (data (i32.const 9500) "1")
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func (export "agent_init") (result i32)
      ${subscribe === undefined ? '(i32.const 0)' : `(call $subscribe (i32.const 8192) (i32.const ${subscribe.length}))`})
    (func (export "handle_message") (param i32 i32) (result i32)
      (local $left i32)
      ${
        publish === undefined
          ? ''
          : `(local.set $left (i32.const ${publish.times}))
      (loop $again
        (drop (call $publish (i32.const 9000) (i32.const ${publish.topic.length}) (i32.const 9500) (i32.const 1)
          (i32.const ${publish.retain ? 1 : 0})))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))`
      }
      (i32.const 0)))`)
  const binary = module.emitBinary()
  module.dispose()
  return binary
}

function agent(name: string, guest: Guest, limits: AgentInput['limits'] = {}): AgentInput {
  const grants = { subscribe: ['>'], publish: ['>'], send: ['user'] }
  return { name, bytes: build(guest), grants, limits: limits ?? {} }
}

type Event = Exclude<CaxtonEvent, { type: 'dropped' }>

function listen(caxton: Caxton): Event[] {
  const events: Event[] = []
  caxton.subscribe((event) => void events.push(event))
  return events
}

const of = <Type extends Event['type']>(events: readonly Event[], type: Type) =>
  events.filter((event): event is Extract<Event, { type: Type }> => event.type === type)

function assertAtRest(caxton: Caxton): void {
  for (const { name, phase, waitingMessages } of caxton.agents()) {
    assert.deepEqual([phase, waitingMessages], ['running', 0], name)
  }
}

test('a publication is no lever: its copies are as many as the messages that its publisher may send', async () => {
  await using caxton = await Caxton.start({ threads: 1, conversations: { messages: 5_000 } })
  const SUBSCRIBERS = 40
  for (let index = 0; index < SUBSCRIBERS; index += 1) await caxton.deploy(agent(`sink-${index}`, { subscribe: '>' }))
  await caxton.deploy(agent('bomb', { publish: { topic: 'a.b', times: 100 } }, { messages: 100 }))
  const events = listen(caxton)
  caxton.send({ performative: 'request', receiver: 'bomb' })
  await caxton.idle()
  const copies = of(events, 'delivered').filter(({ message }) => message.sender === 'bomb').length
  // Once for the message of the user, and once for each refusal, which is a message that it publishes at, too.
  const calls = of(events, 'handled').filter(({ agent: name }) => name === 'bomb').length
  assert.ok(copies <= 100 * calls, `${copies} copies in ${calls} calls`)
  const [first] = of(events, 'published')
  assert.deepEqual([first?.copies, first?.lost], [SUBSCRIBERS, 0])
  const refused = of(events, 'undelivered').filter(({ error }) => error.code === 'ERR_LIMIT_FAN_OUT')
  assert.ok(refused.length > 0)
  assertAtRest(caxton)
})

test('calls by the hundred that each publish once keep nobody waiting for all of their copies', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const SUBSCRIBERS = 120
  for (let index = 0; index < SUBSCRIBERS; index += 1) await caxton.deploy(agent(`sink-${index}`, { subscribe: '>' }))
  await caxton.deploy(agent('bomb', { publish: { topic: 'a.b', times: 1 } }))
  const events = listen(caxton)
  let turn = 0
  let most = 0
  caxton.subscribe((event) => {
    if (event.type !== 'delivered' || event.message.sender !== 'bomb') return
    if (turn === 0) {
      setImmediate(() => {
        turn = 0
      })
    }
    turn += 1
    most = Math.max(most, turn)
  })
  // The messages of the user are no calls of the agent: what it publishes comes back together.
  for (let call = 0; call < 200; call += 1) caxton.send({ performative: 'request', receiver: 'bomb' })
  await caxton.idle()
  assert.ok(most >= SUBSCRIBERS && most <= TOPIC_LIMITS.copiesPerTurn, `${most}`)
  const codes = new Set(of(events, 'undelivered').map(({ error }) => error.code))
  codes.delete('ERR_LIMIT_MAILBOX')
  codes.delete('ERR_LIMIT_FAN_OUT')
  assert.deepEqual([...codes], [])
  assertAtRest(caxton)
})

test('two agents that echo each other through topics are stopped', async () => {
  await using caxton = await Caxton.start({ threads: 1, conversations: { hops: 500 } })
  await caxton.deploy(agent('left', { subscribe: 'left.*', publish: { topic: 'right.x', times: 1 } }))
  await caxton.deploy(agent('right', { subscribe: 'right.*', publish: { topic: 'left.x', times: 1 } }))
  const events = listen(caxton)
  caxton.send({ performative: 'inform', receiver: 'left' })
  await caxton.idle()
  assert.deepEqual(
    of(events, 'guard').map(({ error }) => error.code),
    ['ERR_GUARD_HOPS'],
  )
  assert.ok(of(events, 'handled').length <= 510)
  assertAtRest(caxton)
})

test('agents that all publish to what all of them subscribe to are stopped by the budget of messages', async () => {
  await using caxton = await Caxton.start({ threads: 1, conversations: { messages: 2_000 } })
  for (let index = 0; index < 10; index += 1) {
    await caxton.deploy(agent(`gossip-${index}`, { subscribe: '>', publish: { topic: 'gossip', times: 3 } }))
  }
  const events = listen(caxton)
  caxton.send({ performative: 'inform', receiver: 'topic:gossip' })
  await caxton.idle()
  assert.deepEqual(
    of(events, 'guard').map(({ error }) => error.data?.['budget']),
    ['messages'],
  )
  assert.ok(of(events, 'delivered').length <= 2_100)
  assertAtRest(caxton)
})

test('who floods a topic takes no more of the mailbox of a subscriber than it may have messages outstanding', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  // It reads nothing while it is at work on the first message.
  const busy = binaryen.parseText(`(module
    ${IMPORTS.subscribe}
    (memory (export "memory") 1)
    (data (i32.const 8192) "t")
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func (export "agent_init") (result i32) (call $subscribe (i32.const 8192) (i32.const 1)))
    (func (export "handle_message") (param i32 i32) (result i32)
      (local $left i32)
      (local.set $left (i32.const 2000000))
      (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 0)))`)
  await caxton.deploy({
    name: 'busy',
    bytes: busy.emitBinary(),
    grants: { subscribe: ['t'] },
    limits: { mailbox: 1_000 },
  })
  busy.dispose()
  await caxton.deploy(agent('flood', { publish: { topic: 't', times: 900 } }, { outstanding: 50 }))
  let waiting = 0
  let most = 0
  const events = listen(caxton)
  caxton.subscribe((event) => {
    if (!('message' in event) || event.message.sender !== 'flood' || !('agent' in event)) return
    waiting += event.type === 'delivered' ? 1 : event.type === 'handled' ? -1 : 0
    most = Math.max(most, waiting)
  })
  for (let call = 0; call < 10; call += 1) caxton.send({ performative: 'request', receiver: 'flood' })
  caxton.send({ performative: 'inform', receiver: 'busy', content: 'gets through' })
  await caxton.idle()
  assert.ok(most > 0 && most <= 50, `${most}`)
  const lost = of(events, 'undelivered')
  assert.ok(lost.length > 0 && lost.every(({ error, answered }) => error.code === 'ERR_LIMIT_MAILBOX' && !answered))
  assert.deepEqual(
    of(events, 'handled')
      .filter(({ message }) => message.content === '"gets through"')
      .map(({ status }) => status),
    [0],
  )
  assertAtRest(caxton)
})
