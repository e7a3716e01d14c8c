import { Worker } from 'node:worker_threads'
import type { FromWriter, ToWriter, WriterData } from './writer-protocol.ts'

/** The main thread's end of what writes: messages arrive in the order in which they were posted. */
export interface WriterPort {
  post(message: ToWriter): void
  /** The process stays alive for it from now on. */
  ref(): void
  /** The process need not stay alive for it any more. */
  unref(): void
}

/** Who hears what writes; never called before the port is returned. */
export interface WriterListener {
  onMessage(message: FromWriter): void
  onError(cause: unknown): void
  /** Nothing is heard any more. */
  onExit(): void
}

/** Starts what writes to a data directory. */
export type StartWriter = (data: WriterData, listener: WriterListener) => WriterPort

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js', import.meta.url)

/** Starts a thread that writes. */
export function startWriterThread(data: WriterData, listener: WriterListener): WriterPort {
  const worker = new Worker(ENTRY, { workerData: data, env: {}, argv: [], name: 'caxton-store' })
  worker.on('message', (message: FromWriter) => listener.onMessage(message))
  worker.on('error', (cause) => listener.onError(cause))
  worker.on('exit', () => listener.onExit())
  return {
    post: (message) => worker.postMessage(message),
    ref: () => void worker.ref(),
    unref: () => void worker.unref(),
  }
}
