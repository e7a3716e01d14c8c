import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { Caxton } from '../src/index.ts'
import type { Path, Report } from './measure.ts'
import { measurePaths } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'agents')
const ROUNDS = 9
const BYTES = 100
/** Subscribers, and publications of one sample. */
const FANS = [
  { subscribers: 1, publications: 2_000 },
  { subscribers: 10, publications: 500 },
  { subscribers: 100, publications: 100 },
] as const
/** Publications of one call: fewer than may be under way. */
const BURST = 50

type Fan = (typeof FANS)[number]

interface TopicPath extends Path {
  readonly fan: Fan
}

/** Measures how many copies of publications reach C agents in a second, one publisher to 1, 10 and 100 of them. */
export async function benchTopics(): Promise<Report> {
  const paths: TopicPath[] = []
  for (const fan of FANS) paths.push(emitterPath(fan), await topicPath(fan, 1), await topicPath(fan, 2))
  const samples = await measurePaths(paths, ROUNDS, ({ fan }) => fan.subscribers * fan.publications)
  return {
    title: 'Topics',
    about:
      `One C agent publishes contents of ${BYTES} bytes, ${BURST} in one call, and so many others, which have subscribed by a wildcard, read ` +
      'them. Copies are those that were handled in a second, in a whole sample until all agents rest; each is matched, admitted, counted and ' +
      'bounded on the main thread and handed to its subscriber. The floor is an EventEmitter with as many listeners: it carries a text, within ' +
      'one thread, and checks nothing. The ratio is copies for a second over those of the floor. CPU is that of all threads of the process for ' +
      'one copy, least of all rounds.',
    columns: ['subscribers', 'path', 'copies/s', 'ratio', 'CPU'],
    rows: paths.map(({ fan, name }, index) => [
      String(fan.subscribers),
      name.split('; ')[0]!,
      Math.round(samples[index]!.perSecond).toLocaleString('en'),
      (samples[index]!.perSecond / samples[index - (index % 3)]!.perSecond).toPrecision(2),
      `${samples[index]!.cpuMicros.toFixed(2)} µs`,
    ]),
  }
}

async function topicPath(fan: Fan, threads: number): Promise<TopicPath> {
  const caxton = await Caxton.start({ threads })
  const limits = { messages: '1M', outstanding: 10_000 }
  await caxton.deploy({
    name: 'feed',
    source: join(FOLDER, 'feed.c'),
    grants: { publish: ['bench.>'] },
    limits,
    config: { bytes: String(BYTES) },
  })
  for (let index = 0; index < fan.subscribers; index += 1) {
    const grants = { subscribe: ['bench.>'] }
    await caxton.deploy({
      name: `reader-${index}`,
      source: join(FOLDER, 'reader.c'),
      grants,
      limits: { mailbox: 10_000 },
    })
  }
  return {
    name: `${threads === 1 ? 'one worker' : 'two workers'}; ${fan.subscribers}`,
    fan,
    run: async () => {
      for (let left = fan.publications; left > 0; left -= BURST) {
        await caxton.request({ performative: 'request', receiver: 'feed', content: Math.min(left, BURST) })
      }
      await caxton.idle()
    },
    [Symbol.asyncDispose]: () => caxton.close(),
  }
}

/** Floor: an event with so many listeners. */
function emitterPath(fan: Fan): TopicPath {
  const text = 'x'.repeat(BYTES)
  const emitter = new EventEmitter()
  emitter.setMaxListeners(fan.subscribers)
  const heard = { chars: 0 }
  for (let index = 0; index < fan.subscribers; index += 1) {
    emitter.on('feed', (value: string) => {
      heard.chars += value.length
    })
  }
  return {
    name: `floor: EventEmitter; ${fan.subscribers}`,
    fan,
    run: () => {
      for (let index = 0; index < fan.publications; index += 1) emitter.emit('feed', text)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
