import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import { Caxton } from '../src/index.ts'
import type { Path, Report, Sample } from './measure.ts'
import { measurePaths } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'agents')
const ROUNDS = 9
const SIZES = [
  { label: '100 B', bytes: 100, roundTrips: 4_000 },
  { label: '1 KiB', bytes: 1_024, roundTrips: 1_000 },
  { label: '64 KiB', bytes: 65_536, roundTrips: 50 },
] as const
const AGENTS = [2, 10, 1_000] as const
/** Questions of each pair that are under way at once. */
const WINDOW = 32

type Size = (typeof SIZES)[number]

/** Something that carries messages: how long a sample takes, and how many messages are in it. */
interface MessagePath extends Path {
  readonly size: Size
  readonly messages: number
}

/**
 * Measures requests and their replies between pairs of C agents, one after the other and many at a time, in one worker thread and
 * across two, against what Node itself needs to carry the same texts.
 */
export async function benchMessages(): Promise<Report> {
  const rows: string[][] = []
  for (const size of SIZES) rows.push(...(await benchSize(size)))
  return {
    title: 'Messages between agents',
    about:
      `Requests with a content of so many bytes and replies with the same content; every message is checked, routed, counted and ` +
      `bounded, and each agent is a C program that reads and writes JSON. One at a time, and with ${WINDOW} under way for each pair. A ` +
      `time is that of one request with its reply, over a whole sample; p50 and p99 are of ${ROUNDS} samples. The ratio is messages ` +
      'for a second over those of `postMessage` between two threads in the same rounds. Floors carry the text alone: nothing is parsed, ' +
      'checked or counted. CPU is that of all threads of the process for one message, least of all rounds: it says most on a machine ' +
      'that others use, too. Bound: 10 µs p50 and 200,000/s in one worker, 100,000/s across two on a machine that does nothing else.',
    columns: ['content', 'path', 'under way', 'p50', 'p99', 'messages/s', 'ratio', 'CPU'],
    rows,
  }
}

async function benchSize(size: Size): Promise<string[][]> {
  const paths: MessagePath[] = [
    emitterPath(size),
    channelPath(size),
    await threadPath(size, 1),
    await threadPath(size, WINDOW),
  ]
  for (const threads of [1, 2]) {
    paths.push(await agentsPath(size, threads, 2, 1), await agentsPath(size, threads, 2, WINDOW))
    for (const agents of AGENTS.slice(1))
      if (size.bytes < 65_536) paths.push(await agentsPath(size, threads, agents, 1))
  }
  const samples = await measurePaths(paths, ROUNDS, ({ messages }) => messages)
  return samples.map((sample, index) => [
    ...toRow(paths[index]!, sample, sample.perSecond, samples[3]!.perSecond),
    `${sample.cpuMicros.toFixed(1)} µs`,
  ])
}

function toRow(
  { name, size, messages }: MessagePath,
  { medianMs, p99Ms }: Sample,
  rate: number,
  base: number,
): string[] {
  const [path, underWay] = name.split('; ')
  const micros = (ms: number) => `${((ms / messages) * 2_000).toFixed(1)} µs`
  return [
    size.label,
    path!,
    underWay!,
    micros(medianMs),
    micros(p99Ms),
    Math.round(rate).toLocaleString('en'),
    (rate / base).toFixed(2),
  ]
}

/** Pairs of agents in so many threads: with two, the agents of a pair are in different ones. */
async function agentsPath(size: Size, threads: number, agents: number, window: number): Promise<MessagePath> {
  const caxton = await Caxton.start({ threads })
  const grants = { send: ['*'] }
  const pairs = agents / 2
  for (let pair = 0; pair < pairs; pair += 1) {
    const config = { peer: `pong-${pair}`, bytes: String(size.bytes), window: String(window) }
    await caxton.deploy({ name: `ping-${pair}`, source: join(FOLDER, 'ping.c'), grants, config })
    await caxton.deploy({ name: `pong-${pair}`, source: join(FOLDER, 'pong.c'), grants })
  }
  // About as many in all whatever the number of pairs, but enough for each that what the user says does not count.
  const roundTrips = Math.max(20, Math.ceil(size.roundTrips / pairs))
  const ask = (pair: number) =>
    caxton.request({ performative: 'request', receiver: `ping-${pair}`, content: roundTrips }, { deadlineMs: 120_000 })
  return {
    name: `${agents} agents in ${threads === 1 ? 'one worker' : 'two workers'}; ${window * pairs}`,
    size,
    messages: 2 * roundTrips * pairs,
    run: async () => {
      await Promise.all(Array.from({ length: pairs }, (_, pair) => ask(pair)))
    },
    [Symbol.asyncDispose]: () => caxton.close(),
  }
}

/** Floor: an event that is emitted and answered by another, with no boundary at all. */
function emitterPath(size: Size): MessagePath {
  const text = 'x'.repeat(size.bytes)
  const emitter = new EventEmitter()
  emitter.on('ping', (value: string) => emitter.emit('pong', value))
  let answered = 0
  emitter.on('pong', () => {
    answered += 1
  })
  return {
    name: 'floor: EventEmitter; 1',
    size,
    messages: 2 * size.roundTrips,
    run: () => {
      for (answered = 0; answered < size.roundTrips; ) emitter.emit('ping', text)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Floor: a channel whose two ends are in one thread. */
function channelPath(size: Size): MessagePath {
  const { port1, port2 } = new MessageChannel()
  port2.on('message', (value: string) => port2.postMessage(value))
  return {
    name: 'floor: MessageChannel in one thread; 1',
    size,
    messages: 2 * size.roundTrips,
    run: () => exchange(port1, size, 1),
    [Symbol.asyncDispose]: async () => port1.close(),
  }
}

/** Floor: a text between two threads. */
async function threadPath(size: Size, window: number): Promise<MessagePath> {
  const code = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', (value) => parentPort.postMessage(value))`
  const worker = new Worker(code, { eval: true })
  return {
    name: `floor: postMessage between two threads; ${window}`,
    size,
    messages: 2 * size.roundTrips,
    run: () => exchange(worker, size, window),
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  }
}

interface Echo {
  on(event: 'message', listener: () => void): unknown
  off(event: 'message', listener: () => void): unknown
  postMessage(value: string): void
}

async function exchange(port: Echo, { bytes, roundTrips }: Size, window: number): Promise<void> {
  const text = 'x'.repeat(bytes)
  const done = Promise.withResolvers<void>()
  let asked = Math.min(window, roundTrips)
  let answered = 0
  const onMessage = () => {
    answered += 1
    if (answered === roundTrips) done.resolve()
    if (asked === roundTrips) return
    asked += 1
    port.postMessage(text)
  }
  port.on('message', onMessage)
  for (let index = 0; index < asked; index += 1) port.postMessage(text)
  await done.promise
  port.off('message', onMessage)
}
