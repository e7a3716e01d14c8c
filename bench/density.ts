import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Caxton } from '../src/index.ts'
import { buildSource } from '../src/languages/index.ts'
import { Collector } from './collect.ts'
import type { Report } from './measure.ts'

const AGENTS = 10_000
/** Deployed before anything is counted: what the process itself takes, and what V8 keeps in hand for any number of agents. */
const FIRST_AGENTS = 5_000
/** Messages to each of them: as many conversations as are remembered at all are remembered then. */
const FIRST_ROUNDS = 3
const TOGETHER = 100
const PAGE_KIB = 64

interface Mapped {
  /** Resident memory of the process, KiB. */
  readonly allKib: number
  /** Of linear memories: those of agents have a size that nothing else has. */
  readonly ownKib: number
  readonly maps: number
}

/**
 * Measures what one more agent costs its process beside the pages of its own memory: deployed and waiting, and after each has
 * answered a message; and that all of ten thousand answer.
 */
export async function benchDensity(): Promise<Report | null> {
  if (process.platform !== 'linux') return null
  const { bytes } = await buildSource(join(import.meta.dirname, 'agents/small.c'))
  await using caxton = await Caxton.start({ threads: 2 })
  using collector = new Collector()
  await deploy(caxton, bytes, 0, FIRST_AGENTS)
  const pages = (caxton.agents()[0]?.memoryBytes ?? 0) / 2 ** 10 / PAGE_KIB
  for (let round = 0; round < FIRST_ROUNDS; round += 1) await answerAll(caxton)
  const read = async () => {
    const before = await readMapped(pages)
    await collector.collect()
    return { before, now: await readMapped(pages) }
  }
  const empty = await read()
  const startMs = performance.now()
  await deploy(caxton, bytes, FIRST_AGENTS, AGENTS)
  const deployMs = (performance.now() - startMs) / (AGENTS - FIRST_AGENTS)
  const waiting = await read()
  const answered = await answerAll(caxton)
  const used = await read()
  const each = (now: Mapped, was: Mapped) => {
    const own = (now.ownKib - was.ownKib) / (AGENTS - FIRST_AGENTS)
    return { own, host: (now.allKib - was.allKib) / (AGENTS - FIRST_AGENTS) - own }
  }
  const row = (name: string, { before, now }: Awaited<ReturnType<typeof read>>) => {
    const { own, host } = each(now, empty.now)
    const withGarbage = each(before, empty.before).host
    return [name, ...[host, withGarbage, own].map((kib) => `${kib.toFixed(1)} KiB`), now.maps.toLocaleString('en')]
  }
  return {
    title: 'Ten thousand agents',
    about:
      `${AGENTS.toLocaleString('en')} C agents of ${(bytes.length / 1_024).toFixed(1)} KiB in one process with two threads; resident memory of one more ` +
      `agent, from the ${FIRST_AGENTS.toLocaleString('en')}th on, beside the pages of its own memory that it has touched. Deploying one took ` +
      `${deployMs.toFixed(2)} ms, ${TOGETHER} at a time; ${answered.toLocaleString('en')} answered. Of the host: what is left when V8 has collected its ` +
      'garbage, which it does when it likes; with garbage: what was there before. Bound: 30 KB.',
    columns: ['agents', 'host, each', 'with garbage', 'own pages, each', 'memory maps of the process'],
    rows: [row('deployed, waiting', waiting), row('waiting, after a message each', used)],
  }
}

async function deploy(caxton: Caxton, bytes: Uint8Array, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += TOGETHER) {
    const names = Array.from({ length: Math.min(TOGETHER, to - first) }, (_, index) => `agent-${first + index}`)
    await Promise.all(names.map((name) => caxton.deploy({ name, bytes })))
  }
}

/** Sends each agent a request; returns how many have answered. */
async function answerAll(caxton: Caxton): Promise<number> {
  const names = caxton.agents().map(({ name }) => name)
  let count = 0
  for (let first = 0; first < names.length; first += TOGETHER) {
    const requests = names
      .slice(first, first + TOGETHER)
      .map((receiver) => caxton.request({ performative: 'request', receiver }))
    for (const { performative } of await Promise.all(requests)) if (performative === 'inform') count += 1
  }
  return count
}

async function readMapped(pages: number): Promise<Mapped> {
  await sleep(2_000)
  let allKib = 0
  let ownKib = 0
  let maps = 0
  let isOwn = false
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) (\S+) /.exec(line)
    const resident = /^Rss: +(\d+) kB/.exec(line)
    if (range !== null) {
      const kib = (Number.parseInt(range[2]!, 16) - Number.parseInt(range[1]!, 16)) / 1_024
      isOwn = range[3] === 'rw-p' && kib === pages * PAGE_KIB
      maps += 1
    } else if (resident !== null) {
      allKib += Number(resident[1])
      if (isOwn) ownKib += Number(resident[1])
    }
  }
  return { allKib, ownKib, maps }
}
