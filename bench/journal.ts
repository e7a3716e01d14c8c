import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import binaryen from 'binaryen'
import { SYSTEM_CLOCK } from '../src/core/index.ts'
import { Caxton } from '../src/index.ts'
import { Store } from '../src/store/index.ts'
import type { Report } from './measure.ts'

const SIZES = [
  { label: '100 B', bytes: 100, messages: 30_000 },
  { label: '1 KiB', bytes: 1_024, messages: 15_000 },
  { label: '64 KiB', bytes: 65_536, messages: 600 },
] as const
const AGENTS = [1, 10, 1_000] as const
const UNDER_WAY = 256
const ROUNDS = 2
const PENDING = 100_000

type Size = (typeof SIZES)[number]

/**
 * Measures messages that must not be lost: agents in a ring hand on what they get, with 256 messages under way, each handled and
 * its successor accepted in one transaction; and how long a system takes to begin again with 100,000 messages that nobody has handled.
 */
export async function benchJournal(): Promise<Report> {
  const rows: string[][] = []
  for (const size of SIZES) {
    const floors = [
      ['EventEmitter', best(() => emit(size))],
      ['postMessage between two threads', await bestOf(() => postMessages(size))],
      ['node:sqlite by hand, a transaction each', best(() => queueByHand(size, 1))],
      ['node:sqlite by hand, a transaction for 256', best(() => queueByHand(size, UNDER_WAY))],
    ] as const
    for (const [name, rate] of floors) rows.push([size.label, name, '', formatRate(rate), ''])
    for (const agents of AGENTS) {
      if (size.bytes > 10_000 && agents > 10) continue
      for (const isKept of [false, true]) {
        const cpu = { micros: Number.POSITIVE_INFINITY }
        const rate = await bestOf(() => ring(size, agents, isKept, cpu))
        rows.push([
          size.label,
          isKept ? 'at-least-once, in the journal' : 'at-most-once, in memory',
          `${agents}`,
          formatRate(rate),
          `${cpu.micros.toFixed(1)} µs`,
        ])
      }
    }
  }
  rows.push(...(await recover()))
  return {
    title: 'Messages that must not be lost',
    about:
      `Messages for a second, the best of ${ROUNDS} samples; \`synchronous = "normal"\`, history kept, one worker thread. Agents hand a ` +
      'message of so many bytes on to the next of a ring; a journaled one is handled, and what it sends accepted, in one transaction. By hand: a ' +
      'table in one thread, a row inserted, read and deleted for each message, nothing checked or routed. No queue on `node:sqlite` without a native ' +
      'build is on npm that could be compared. Not measured: `synchronous = "full"`. Bound: 50,000 journaled messages a second.',
    columns: ['content', 'path', 'agents', 'messages/s', 'CPU of all threads for one'],
    rows,
  }
}

function formatRate(rate: number): string {
  return Math.round(rate).toLocaleString('en')
}

function best(run: () => number): number {
  return Math.max(...Array.from({ length: ROUNDS }, run))
}

async function bestOf(run: () => Promise<number>): Promise<number> {
  let most = 0
  for (let round = 0; round < ROUNDS; round += 1) most = Math.max(most, await run())
  return most
}

function emit({ bytes, messages }: Size): number {
  const emitter = new EventEmitter()
  const content = 'x'.repeat(bytes)
  let left = messages * 10
  emitter.on('message', () => (left -= 1))
  const start = performance.now()
  while (left > 0) emitter.emit('message', content)
  return (messages * 10_000) / (performance.now() - start)
}

async function postMessages({ bytes, messages }: Size): Promise<number> {
  const worker = new Worker(
    "require('node:worker_threads').parentPort.on('message', (m) => require('node:worker_threads').parentPort.postMessage(m))",
    {
      eval: true,
    },
  )
  const content = 'x'.repeat(bytes)
  const done = Promise.withResolvers<void>()
  let sent = 0
  let got = 0
  worker.on('message', () => {
    got += 1
    if (got === messages) done.resolve()
    else if (sent < messages) {
      sent += 1
      worker.postMessage(content)
    }
  })
  const start = performance.now()
  for (; sent < Math.min(UNDER_WAY, messages); sent += 1) worker.postMessage(content)
  await done.promise
  const ms = performance.now() - start
  await worker.terminate()
  return (messages * 2_000) / ms
}

function queueByHand({ bytes, messages }: Size, batch: number): number {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
  const database = new DatabaseSync(join(directory, 'queue.sqlite'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = normal')
  database.exec('CREATE TABLE queue (id INTEGER PRIMARY KEY, receiver TEXT, content TEXT) STRICT')
  const insert = database.prepare('INSERT INTO queue (receiver, content) VALUES (?, ?)')
  const take = database.prepare('DELETE FROM queue WHERE id = (SELECT min(id) FROM queue) RETURNING content')
  const content = 'x'.repeat(bytes)
  const start = performance.now()
  for (let done = 0; done < messages; done += batch) {
    database.exec('BEGIN')
    for (let index = 0; index < batch; index += 1) insert.run('agent', content)
    database.exec('COMMIT; BEGIN')
    for (let index = 0; index < batch; index += 1) take.get()
    database.exec('COMMIT')
  }
  const ms = performance.now() - start
  database.close()
  rmSync(directory, { recursive: true })
  return (messages * 1_000) / ms
}

/** An agent that hands on so many messages of that size, then no more. */
function assembleLink(next: string, bytes: number, messages: number): Uint8Array {
  const head = `{"performative":"inform","receiver":"${next}","content":"`
  const length = head.length + bytes + 2
  const module = binaryen.parseText(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (memory (export "memory") 8) (global $left (mut i32) (i32.const ${messages}))
    (data (i32.const 1024) "${head.replaceAll('"', '\\22')}")
    (func (export "agent_init") (result i32)
      (memory.fill (i32.const ${1024 + head.length}) (i32.const 120) (i32.const ${bytes}))
      (i32.store16 (i32.const ${1024 + length - 2}) (i32.const 0x7d22)) (i32.const 0))
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 262144))
    (func (export "handle_message") (param i32 i32) (result i32)
      (if (i32.le_s (global.get $left) (i32.const 0)) (then (return (i32.const 0))))
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (call $send (i32.const 1024) (i32.const ${length}))))`)
  module.setFeatures(binaryen.Features.BulkMemory | binaryen.Features.MutableGlobals | binaryen.Features.BulkMemoryOpt)
  const binary = module.emitBinary()
  module.dispose()
  return binary
}

async function ring(
  { bytes, messages }: Size,
  agents: number,
  isKept: boolean,
  cpu: { micros: number },
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
  try {
    await using caxton = await Caxton.start({
      threads: 1,
      ...(isKept ? { dataDirectory: join(directory, 'data') } : {}),
    })
    for (let index = 0; index < agents; index += 1) {
      await caxton.deploy({
        name: `agent-${index}`,
        bytes: assembleLink(`agent-${(index + 1) % agents}`, bytes, Math.ceil(messages / agents)),
        grants: { send: ['*'] },
        limits: { mailbox_bytes: '256MiB', outstanding: 1_000 },
      })
    }
    const content = 'x'.repeat(bytes)
    const start = performance.now()
    const startCpu = process.cpuUsage()
    for (let index = 0; index < UNDER_WAY; index += 1) {
      caxton.send({ performative: 'inform', receiver: `agent-${index % agents}`, content })
    }
    await caxton.idle()
    if (isKept) await caxton.data.flush()
    const ms = performance.now() - start
    const { user, system } = process.cpuUsage(startCpu)
    const handled = caxton.agents().reduce((sum, agent) => sum + agent.handled, 0)
    cpu.micros = Math.min(cpu.micros, (user + system) / handled)
    return (handled * 1_000) / ms
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A hundred agents have a thousand messages each when the system ends. */
async function recover(): Promise<string[][]> {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
  const dataDirectory = join(directory, 'data')
  const agents = Array.from({ length: 100 }, (_, index) => `agent-${index}`)
  try {
    const store = await Store.open({ clock: SYSTEM_CLOCK }, { directory: dataDirectory })
    for (let index = 0; index < PENDING; index += 1) {
      const receiver = agents[index % agents.length]!
      const id = `m-bench-${index}`
      const message = { performative: 'inform', sender: 'user', receiver, message_id: id, conversation_id: id } as const
      store.accept({
        sequence: store.nextSequence(),
        receiver,
        attempts: 0,
        acceptedMs: Date.now(),
        message: { ...message, content: JSON.stringify('x'.repeat(100)) },
      })
    }
    await store.close()
    const start = performance.now()
    await using caxton = await Caxton.start({ threads: 1, dataDirectory })
    const opened = performance.now()
    for (const name of agents)
      await caxton.deploy({ name, bytes: assembleLink('nobody', 1, 0), limits: { mailbox: 2_000 } })
    const deployed = performance.now()
    await caxton.idle()
    await caxton.data.flush()
    const handled = caxton.agents().reduce((sum, agent) => sum + agent.handled, 0)
    const row = (what: string, ms: number) => ['100 B', what, '100', `${Math.round(ms)} ms`, '']
    return [
      row(`recovery with ${PENDING.toLocaleString('en')} undelivered: open, check and read`, opened - start),
      row('… deploy the agents', deployed - opened),
      row(`… until all ${handled.toLocaleString('en')} are handled and that is kept`, performance.now() - start),
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
