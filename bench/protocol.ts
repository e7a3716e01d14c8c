import { join } from 'node:path'
import { Caxton } from '../src/index.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'agents')
const ROUND_TRIPS = 2_000
const ROUNDS = 9
const WINDOW = 32
const BYTES = 100

interface Pair extends AsyncDisposable {
  readonly name: string
  run(): Promise<void>
}

/**
 * Measures what it costs to keep a protocol: the same requests and replies between two C agents, free and under `fipa-request`,
 * across two worker threads, where both go through the router, and in one, where free ones need not.
 */
export async function benchProtocol(): Promise<Report> {
  const pairs = [
    await createPair('free, across two workers', 2, ''),
    await createPair('fipa-request, across two workers', 2, 'fipa-request'),
    await createPair('free, in one worker', 1, ''),
    await createPair('fipa-request, in one worker', 1, 'fipa-request'),
  ]
  const samples = await measure(pairs, ROUNDS)
  for (const pair of pairs) await pair[Symbol.asyncDispose]()
  const [free] = samples
  return {
    title: 'Keeping a protocol',
    about:
      `${ROUND_TRIPS.toLocaleString('en')} requests of ${BYTES} bytes with their replies a sample, ${WINDOW} under way at once, each in a conversation of its ` +
      `own; median of ${ROUNDS} samples. The ratio is to free ones across two workers: under the protocol every message is looked up, judged by its ` +
      'table and noted. In one worker free messages are handed over there, and what a protocol is about goes through the router.',
    columns: ['exchange', 'ratio', 'one request and reply'],
    rows: samples.map(({ name, medianMs }) => [
      name,
      (medianMs / free!.medianMs).toFixed(2),
      `${((medianMs / ROUND_TRIPS) * 1_000).toFixed(1)} µs`,
    ]),
  }
}

async function createPair(name: string, threads: number, protocol: string): Promise<Pair> {
  const caxton = await Caxton.start({ threads })
  const grants = { send: ['*'] }
  const limits = { outstanding: 1_024 }
  const config = { peer: 'pong', window: WINDOW, bytes: BYTES, protocol }
  await caxton.deploy({ name: 'ping', source: join(FOLDER, 'ping.c'), grants, limits, config })
  await caxton.deploy({ name: 'pong', source: join(FOLDER, 'pong.c'), grants, limits })
  return {
    name,
    run: async () => {
      await caxton.request({ performative: 'request', receiver: 'ping', content: ROUND_TRIPS }, { deadlineMs: 60_000 })
    },
    [Symbol.asyncDispose]: () => caxton.close(),
  }
}
