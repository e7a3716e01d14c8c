import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Caxton } from '../src/index.ts'
import type { Contender, Report } from './measure.ts'
import { measure } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'agents')
const ROUNDS = 9
const LARGE_BYTES = 8 * 2 ** 20
const REQUESTS = 100
const ASKS = 300

/** What agents wait for: replies, and answers of a server on this machine. */
export async function benchServices(): Promise<Report> {
  const large = Buffer.alloc(LARGE_BYTES, 'x')
  const server = createServer((request, response) => response.end(request.url === '/large' ? large : 'hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const caxton = await startAgents(origin)
  try {
    const rows: string[][] = []
    const small = `${REQUESTS} requests, 5 bytes each`
    rows.push(...(await compare(small, REQUESTS, fetchers(caxton, `${origin}/small`, REQUESTS))))
    rows.push(...(await compare('1 request, 8 MiB', 1, fetchers(caxton, `${origin}/large`, 1))))
    rows.push(...(await compare(`${ASKS} requests of agents`, ASKS, askers(caxton))))
    return {
      title: 'Services',
      about:
        'A C agent makes HTTP requests of a server on the loopback interface of this machine: each is checked against its rules, resolved, ' +
        'pinned, sent over a connection of its own, and its body is carried to the thread of the agent piece by piece. The baseline is ' +
        '`node:http` on the main thread with connections of their own, which checks nothing. Requests of agents are `request`, which ' +
        'suspends the agent until the reply has come by way of the main thread; their baseline is a request of the user to the same agent. ' +
        'Least time of all rounds; above 1 is slower.',
      columns: ['work', 'how', 'time each', 'ratio'],
      rows,
    }
  } finally {
    await caxton.close()
    server.closeAllConnections()
    server.close()
  }
}

async function startAgents(origin: string): Promise<Caxton> {
  const caxton = await Caxton.start({ threads: 1 })
  const limits = { fuel: '100G', wait: '10m', messages: 1_000_000 }
  const http = [{ url: `${origin}/*`, methods: ['GET'], rate: '1M/s' }]
  await caxton.deploy({ name: 'echo', source: join(FOLDER, 'pong.c'), limits })
  await caxton.deploy({ name: 'caller', source: join(FOLDER, 'caller.c'), limits, grants: { send: ['echo'], http } })
  return caxton
}

function fetchers(caxton: Caxton, url: string, count: number): Contender[] {
  return [
    {
      name: 'node:http',
      run: async () => {
        for (let left = count; left > 0; left -= 1) {
          const [response] = await once(get(url, { agent: false }), 'response')
          await buffer(response)
        }
      },
    },
    { name: 'http_fetch', run: () => call(caxton, { fetch: url, count }) },
  ]
}

function askers(caxton: Caxton): Contender[] {
  return [
    {
      name: 'request of the user',
      run: async () => {
        for (let left = ASKS; left > 0; left -= 1) {
          await caxton.request({ performative: 'request', receiver: 'echo', content: left })
        }
      },
    },
    { name: 'request of an agent', run: () => call(caxton, { ask: 'echo', count: ASKS }) },
  ]
}

async function call(caxton: Caxton, content: object): Promise<void> {
  caxton.send({ performative: 'inform', receiver: 'caller', content })
  await caxton.idle()
}

async function compare(title: string, count: number, contenders: readonly Contender[]): Promise<string[][]> {
  const samples = await measure(contenders, ROUNDS)
  const baseline = samples[0]!.minMs
  return samples.map(({ name, minMs }) => [
    title,
    name,
    `${((minMs / count) * 1_000).toFixed(0)} µs`,
    (minMs / baseline).toFixed(2),
  ])
}
