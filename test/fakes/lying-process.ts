import { Socket } from 'node:net'
import { decodeToChild, encodeFromChild } from '../../src/sandbox/process/encoding.ts'
import { FrameReader, writeFrame } from '../../src/sandbox/process/frames.ts'
import type { FromChild } from '../../src/sandbox/process/protocol.ts'
import { NO_USAGE } from '../../src/sandbox/usage.ts'

/**
 * A process of guests in the hands of an enemy. It is honest until an agent is handed a message: then it tells the lie that
 * the content names. The first agent in it is 1, the second 2.
 */
const channel = new Socket({ fd: 3, readable: true, writable: true })
const reader = new FrameReader()
let isDeaf = false

const say = (message: unknown) => channel.write(encodeFromChild(message as FromChild))
/** Number of the call that is answered. */
let asked = 0
const endCall = (agent: number, ending: unknown = null) =>
  say({ type: 'outcome', agent, id: asked, status: 0, ending, usage: NO_USAGE, effects: null })
type Stored = readonly [string, Uint8Array | null]
const keep = (data: readonly Stored[], timers: readonly [number, unknown][] = [], more: object = {}) =>
  say({
    type: 'outcome',
    agent: 1,
    id: asked,
    status: 0,
    ending: null,
    usage: NO_USAGE,
    effects: { data: new Map(data), timers: new Map(timers), subscriptions: new Map() },
    ...more,
  })
const subscribe = (...subscriptions: (readonly [string, boolean])[]) =>
  keep([], [], { effects: { data: new Map(), timers: new Map(), subscriptions: new Map(subscriptions) } })
const message = { performative: 'inform', receiver: 'user', sender: 'liar', message_id: 'm-1', conversation_id: 'm-1' }
const send = (fields: object) =>
  say({ type: 'event', agent: 1, event: { type: 'send', message: { ...message, ...fields } } })
const log = (text: unknown) => say({ type: 'event', agent: 1, event: { type: 'log', line: { level: 'info', text } } })

const LIES: Readonly<Record<string, () => void>> = {
  'another sender': () => send({ sender: 'neighbour' }),
  'no sender': () => send({ sender: undefined }),
  'an id of another': () => send({ message_id: 'm-9', conversation_id: 'm-9' }),
  'content that is not JSON': () => send({ content: '1,"sender":"admin"' }),
  'an unknown field': () => send({ priority: 'high' }),
  'an unknown act': () => send({ performative: 'obey' }),
  'too many messages': () => [1, 2, 3].forEach(() => void send({})),
  'a message that is too large': () => send({ content: JSON.stringify('x'.repeat(8_000)) }),
  'too much log': () => log('x'.repeat(4_000)),
  'a log without text': () => log({}),
  'an unknown level': () =>
    say({ type: 'event', agent: 1, event: { type: 'log', line: { level: 'fatal', text: '' } } }),
  'too many refusals': () => {
    for (let count = 0; count < 9; count += 1) {
      say({ type: 'event', agent: 1, event: { type: 'refuse', refusal: { code: 'ERR_GRANT_MISSING' } } })
    }
  },
  'too many capabilities': () => {
    for (let count = 0; count < 65; count += 1) {
      say({ type: 'event', agent: 1, event: { type: 'register', capability: `c${count}` } })
    }
  },
  'a capability without a name': () =>
    say({ type: 'event', agent: 1, event: { type: 'register', capability: '../etc' } }),
  'an agent that is not there': () => endCall(999),
  'an agent that was not called': () => say({ type: 'event', agent: 2, event: { type: 'register', capability: 'c' } }),
  'two ends of one call': () => {
    // In one piece, so that nobody is called in between.
    channel.cork()
    for (const agent of [1, 1]) endCall(agent)
    channel.uncork()
  },
  'an end nobody asked for': () => say({ type: 'closed', agent: 1 }),
  'an unknown error': () => endCall(1, { reason: { code: 'constructor' }, frames: [] }),
  'too many frames': () =>
    endCall(1, { reason: { code: 'ERR_GUEST_TRAP' }, frames: new Array(17).fill({ functionIndex: 0, offset: 0 }) }),
  'an impossible usage': () =>
    say({
      type: 'outcome',
      agent: 1,
      id: asked,
      status: 0,
      ending: null,
      usage: { ...NO_USAGE, fuel: -1 },
      effects: null,
    }),
  'a call of no host function': () =>
    say({
      type: 'outcome',
      agent: 1,
      id: asked,
      status: 0,
      ending: null,
      usage: { ...NO_USAGE, callsByName: { eval: 1 } },
      effects: null,
    }),
  'the end of another call': () =>
    say({ type: 'outcome', agent: 1, id: asked + 1, status: 0, ending: null, usage: NO_USAGE, effects: null }),
  'a message that was handed over': () =>
    say({ type: 'local', agent: 1, receiver: 2, id: -1, message: { ...message, receiver: 'neighbour' }, bytes: 1 }),
  'more data than it may store': () => keep([['k', new Uint8Array(64)]]),
  'more keys than it may store': () => keep(['a', 'b', 'c'].map((key) => [key, new Uint8Array(1)] as const)),
  'data under a key that is none': () => keep([['k\0', new Uint8Array(1)]]),
  'data of a call that failed': () => keep([['k', new Uint8Array(1)]], [], { status: 2 }),
  'more timers than it may set': () =>
    keep(
      [],
      [1, 2, 3].map((id) => [id, { delayMs: 50, setting: id }]),
    ),
  'a timer that is due at once': () => keep([], [[1, { delayMs: 0, setting: 1 }]]),
  'a timer with a number that is none': () => keep([], [[2 ** 40, { delayMs: 50, setting: 1 }]]),
  'a message to a topic that it may not publish to': () => send({ receiver: 'topic:news' }),
  'a message to a person whom it may not ask': () => send({ receiver: 'human:alice' }),
  'a subscription that it may not make': () => subscribe(['news.>', true]),
  'more subscriptions than it may make': () =>
    subscribe(...Array.from({ length: 65 }, (_, index) => [`a.${index}`, true] as const)),
  'a subscription to no pattern': () => subscribe(['a..b', true]),
  'an unknown message': () => say({ type: 'begin' }),
  'an unknown event': () => say({ type: 'event', agent: 1, event: { type: 'exec' } }),
  'no object': () => say([]),
  'bytes that are no message': () => channel.write(writeFrame(Buffer.from([255, 0, 0, 0, 1, 2, 3]))),
  'an empty message': () => channel.write(writeFrame()),
  'JSON that is nested too deep': () =>
    channel.write(writeFrame(Buffer.from([0, 0, 1, 0]), Buffer.from('['.repeat(65_536)))),
  'a message of four gigabytes': () => channel.write(Buffer.from([255, 255, 255, 255, 0])),
  'its last word': () => process.exit(3),
  'a call that never ends': () => {},
  silence: () => {
    isDeaf = true
  },
  'a fact and an end': () =>
    endCall(1, { reason: { code: 'ERR_GUEST_TRAP', data: { text: '\u001b[2J', list: [1, 'a'] } }, frames: [] }),
}

channel.on('data', (chunk: Buffer) => {
  for (const frame of reader.push(chunk, Number.POSITIVE_INFINITY)) if (frame !== null) answer(frame)
})
channel.on('close', () => process.exit())
say({ type: 'ready' })

function answer(frame: Buffer): void {
  const said = decodeToChild(frame)
  if (said.type === 'ping' && !isDeaf) say({ type: 'pong' })
  if (said.type === 'close') say({ type: 'closed', agent: said.agent })
  if (said.type !== 'call') return
  asked = said.id
  const lie = said.call.kind === 'handle' ? LIES[JSON.parse(said.call.content ?? 'null') as string] : null
  if (lie === null) endCall(said.agent)
  else lie?.()
}
