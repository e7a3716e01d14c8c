import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Caxton } from '../src/index.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'agents')
const ROUND_TRIPS = 1_000
const ROUNDS = 9

/**
 * Measures a request and its reply between two C agents: in one worker thread, and in two, against a bare `postMessage` there
 * and back between two threads of Node.
 */
export async function benchMessages(): Promise<Report> {
  await using one = await startPair(1)
  await using two = await startPair(2)
  const bare = createEcho()
  const [base, same, across] = await measure(
    [
      { name: 'postMessage there and back', run: () => bare.roundTrips(ROUND_TRIPS) },
      { name: 'agents in one worker', run: () => roundTrips(one) },
      { name: 'agents in two workers', run: () => roundTrips(two) },
    ],
    ROUNDS,
  )
  await bare.close()
  const rows = [base!, same!, across!].map(({ name, medianMs }) => [
    name,
    (medianMs / base!.medianMs).toFixed(2),
    `${((medianMs / ROUND_TRIPS) * 1_000).toFixed(1)} µs`,
  ])
  return {
    title: 'Request and reply between two agents',
    about:
      `One after the other, ${ROUND_TRIPS.toLocaleString('en')} round trips a sample, median of ${ROUNDS} samples; every message is routed, ` +
      'counted and bounded. Baseline: an empty message between two threads. Not measured: many at a time.',
    columns: ['path', 'ratio', 'one round trip'],
    rows,
  }
}

async function startPair(threads: number): Promise<Caxton> {
  const caxton = await Caxton.start({ threads })
  const grants = { send: ['*'] }
  await caxton.deploy({ name: 'ping', source: join(FOLDER, 'ping.c'), grants })
  await caxton.deploy({ name: 'pong', source: join(FOLDER, 'pong.c'), grants })
  return caxton
}

async function roundTrips(caxton: Caxton): Promise<void> {
  await caxton.request({ performative: 'request', receiver: 'ping', content: ROUND_TRIPS }, { deadlineMs: 60_000 })
}

function createEcho() {
  const code = `require('node:worker_threads').parentPort.on('message', (value) => require('node:worker_threads').parentPort.postMessage(value))`
  const worker = new Worker(code, { eval: true })
  return {
    async roundTrips(count: number): Promise<void> {
      const done = Promise.withResolvers<void>()
      let left = count
      const onMessage = () => {
        left -= 1
        if (left > 0) worker.postMessage('p')
        else done.resolve()
      }
      worker.on('message', onMessage)
      worker.postMessage('p')
      await done.promise
      worker.off('message', onMessage)
    },
    async close(): Promise<void> {
      await worker.terminate()
    },
  }
}
