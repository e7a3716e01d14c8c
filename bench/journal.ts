import type { Latencies, Load } from './load.ts'
import { LOADS, UNDER_WAY } from './load.ts'
import type { Report } from './measure.ts'
import type { PeerModule } from './peer-module.ts'
import { describeMissing, loadPeer } from './peer-module.ts'
import { emit, postMessages, queueByHand, queueByPlainJob } from './queues.ts'
import { recover } from './recovery.ts'
import { BUSY_MS, PROBES, Ring } from './ring.ts'

const AGENTS = [1, 10, 1_000] as const
const ROUNDS = 2
/** A queue on SQLite from npm, and what it works on. */
const QUEUE = 'plainjob'
const SQLITE = 'better-sqlite3'

/**
 * Measures messages that must not be lost against those that may, and both against what Node and npm have: agents in a ring hand
 * on what they get; and how long a system takes to begin again with messages that nobody has handled.
 */
export async function benchJournal(): Promise<Report> {
  const missing: string[] = []
  const peers = [await loadPeer(QUEUE, missing), await loadPeer(SQLITE, missing, openInMemory)] as const
  const rows: string[][] = []
  for (const load of LOADS) {
    rows.push(...(await measureFloors(load)))
    if (peers[0] !== null && peers[1] !== null) rows.push(await measureQueue(load, peers[0], peers[1]))
    for (const agents of AGENTS) {
      for (const isKept of [false, true]) rows.push(await measureRing(load, agents, isKept))
    }
  }
  rows.push(...(await measureRecovery()))
  return {
    title: 'Messages that must not be lost',
    about:
      `Messages for a second, the best of ${ROUNDS} samples; \`synchronous = "normal"\`, history kept, one worker thread. Agents hand a message of so ` +
      `many bytes on to the next of a ring, ${UNDER_WAY} of them under way; a journaled one is handled, and what it sends accepted, in one transaction. ` +
      `Alone and busy: ${PROBES} messages of the user, one after the other, to a new agent, each from when it is accepted to when it is handled, ` +
      'that is kept where it is journaled, and the user knows; alone while nothing else is under way, busy while the ring goes on, as many as ' +
      `${BUSY_MS / 1_000} s allow. By hand: a table in one thread, a row inserted, read and deleted for each message, nothing checked or routed. ${QUEUE} is a queue from npm on ${SQLITE}, in the main thread, with ` +
      'its own defaults; functions of the same program, which it trusts, handle its jobs. Not measured: `synchronous = "full"`. Bound: 50,000 journaled ' +
      `messages a second.${describeMissing(missing)}`,
    columns: ['content', 'path', 'agents', 'messages/s', 'CPU of all threads', 'alone p50', 'p99', 'busy p50', 'p99'],
    rows,
  }
}

async function measureFloors(load: Load): Promise<string[][]> {
  const floors: readonly [string, () => number | Promise<number>][] = [
    ['EventEmitter', () => emit(load)],
    ['postMessage between two threads', () => postMessages(load)],
    ['node:sqlite by hand, a transaction each', () => queueByHand(load, 1)],
    [`node:sqlite by hand, a transaction for ${UNDER_WAY}`, () => queueByHand(load, UNDER_WAY)],
  ]
  const rows: string[][] = []
  for (const [name, run] of floors) {
    const rates: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) rates.push(await run())
    rows.push([load.label, name, '', formatRate(Math.max(...rates)), '', '', '', '', ''])
  }
  return rows
}

function openInMemory(sqlite: PeerModule): void {
  ;new (sqlite['default'] as new (file: string) => unknown)(':memory:')
}

async function measureQueue(load: Load, queue: PeerModule, sqlite: PeerModule): Promise<string[]> {
  const { perSecond, alone } = await queueByPlainJob(load, queue, sqlite)
  return [load.label, `${QUEUE} on ${SQLITE}`, '', formatRate(perSecond), '', ...formatLatencies(alone), '', '']
}

async function measureRing(load: Load, agents: number, isKept: boolean): Promise<string[]> {
  const rates = []
  for (let round = 0; round < ROUNDS; round += 1) rates.push(await Ring.measureRate(load, agents, isKept))
  const { alone, busy } = await Ring.measureLatencies(load, agents, isKept)
  return [
    load.label,
    isKept ? 'at-least-once, in the journal' : 'at-most-once, in memory',
    `${agents}`,
    formatRate(Math.max(...rates.map(({ perSecond }) => perSecond))),
    `${Math.min(...rates.map(({ cpuMicros }) => cpuMicros)).toFixed(1)} µs`,
    ...formatLatencies(alone),
    ...formatLatencies(busy),
  ]
}

async function measureRecovery(): Promise<string[][]> {
  const { agents, pending, openedMs, deployedMs, handledMs } = await recover()
  const count = pending.toLocaleString('en')
  const row = (what: string, ms: number) => ['100 B', what, `${agents}`, `${Math.round(ms)} ms`, '', '', '', '', '']
  return [
    row(`recovery with ${count} undelivered: open, check and read`, openedMs),
    row('… deploy the agents', deployedMs - openedMs),
    row(`… until all ${count} are handled and that is kept`, handledMs),
  ]
}

function formatRate(rate: number): string {
  return Math.round(rate).toLocaleString('en')
}

function formatLatencies({ p50Ms, p99Ms }: Latencies): string[] {
  return [p50Ms, p99Ms].map((ms) => `${ms.toFixed(2)} ms`)
}
