import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Latencies, Load } from './load.ts'
import { timeEach, UNDER_WAY } from './load.ts'
import type { PeerModule } from './peer-module.ts'

/** What a TypeScript team would take otherwise. Each carries the messages of a load and answers how many it does in a second. */

/** Events that are emitted and heard, ten times as many. */
export function emit({ bytes, messages }: Load): number {
  const emitter = new EventEmitter()
  const content = 'x'.repeat(bytes)
  let left = messages * 10
  emitter.on('message', () => (left -= 1))
  const start = performance.now()
  while (left > 0) emitter.emit('message', content)
  return (messages * 10_000) / (performance.now() - start)
}

const ECHO = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', (content) => parentPort.postMessage(content))`

/** Texts to a worker thread and back: two messages each. */
export async function postMessages({ bytes, messages }: Load): Promise<number> {
  const worker = new Worker(ECHO, { eval: true })
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

/** A table of `node:sqlite` in one thread: a row inserted, read and deleted for each message, `batch` in a transaction. */
export function queueByHand({ bytes, messages }: Load, batch: number): number {
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

/** What is used of `plainjob`, a queue on npm that works on `better-sqlite3`, whose package has a binary for each platform. */
interface PlainJob {
  better(database: unknown): unknown
  defineQueue(options: object): { add(type: string, data: unknown): unknown; close(): void }
  defineWorker(type: string, run: () => void, options: object): { start(): Promise<void>; stop(): Promise<void> }
}

const QUIET = { error() {}, warn() {}, info() {}, debug() {} }
/** It takes a transaction for each step, so that fewer messages say as much. */
const SHARE = 10
const PROBES = 300

export interface QueueFigures {
  readonly perSecond: number
  /** From when a job is accepted to when it is done and that is kept, with nothing else under way. */
  readonly alone: Latencies
}

/** Jobs of `plainjob` that each add the next one, with its own defaults: WAL, `synchronous = normal`, history kept. */
export async function queueByPlainJob(load: Load, plainjob: PeerModule, sqlite: PeerModule): Promise<QueueFigures> {
  const { better, defineQueue, defineWorker } = plainjob as unknown as PlainJob
  const Database = sqlite['default'] as new (file: string) => unknown
  const directory = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
  const queue = defineQueue({ connection: better(new Database(join(directory, 'queue.sqlite'))), logger: QUIET })
  const content = 'x'.repeat(load.bytes)
  const messages = Math.max(2 * UNDER_WAY, Math.ceil(load.messages / SHARE))
  let done = 0
  let onDone = () => {}
  const run = () => {
    if (done + UNDER_WAY < messages) queue.add('bench', content)
  }
  const onCompleted = () => {
    done += 1
    onDone()
  }
  const worker = defineWorker('bench', run, { queue, logger: QUIET, pollIntervall: 1, onCompleted })
  const start = performance.now()
  for (let index = 0; index < UNDER_WAY; index += 1) queue.add('bench', content)
  const ended = worker.start()
  await new Promise<void>((resolve) => {
    onDone = () => done === messages && resolve()
  })
  const perSecond = (messages * 1_000) / (performance.now() - start)
  const alone = await timeEach(PROBES, () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    onDone = resolve
    queue.add('bench', content)
    return promise
  })
  await worker.stop()
  await ended
  queue.close()
  rmSync(directory, { recursive: true })
  return { perSecond, alone }
}
