import { asCaxtonError } from '../core/index.ts'
import type { Paint } from './paint.ts'
import { createPaint } from './paint.ts'

/** Where a command writes. Tests own it; `createOutput` makes the one of the process. */
export interface Output {
  /** Writes a line of results. */
  line(text: string): void
  /** Writes bytes of results as they are. */
  bytes(data: Uint8Array): void
  /** Writes a line for people: progress, errors. */
  errorLine(text: string): void
  errorBytes(data: Uint8Array): void
  /** Resolves when what was written has been taken, or its reader has gone away. */
  flush(): Promise<void>
  readonly columns: number
  readonly paint: Paint
  readonly errorPaint: Paint
  /** Ends when the reader of the results has gone away. */
  readonly gone: AbortSignal
}

/** What a line is laid out for where there is no terminal, such as in a file. */
const FILE_COLUMNS = 160
const MIN_COLUMNS = 60

/**
 * Makes the output of this process. A reader that goes away (`caxton run … | head`) is no error: the rest is not written, and
 * `gone` tells the command.
 */
export function createOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  const gone = new AbortController()
  const watch = (stream: NodeJS.WriteStream, onGone: () => void) =>
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw asCaxtonError(error)
      onGone()
    })
  watch(stdout, () => gone.abort())
  watch(stderr, () => {})
  const write = (stream: NodeJS.WriteStream, data: string | Uint8Array) => {
    if (stream.writable) stream.write(data)
  }
  return {
    line: (text) => write(stdout, `${text}\n`),
    bytes: (data) => write(stdout, data),
    errorLine: (text) => write(stderr, `${text}\n`),
    errorBytes: (data) => write(stderr, data),
    flush: async () => {
      await Promise.all([stdout, stderr].map(drain))
    },
    columns: Math.max(MIN_COLUMNS, stdout.isTTY ? stdout.columns : FILE_COLUMNS),
    paint: createPaint(stdout),
    errorPaint: createPaint(stderr),
    gone: gone.signal,
  }
}

function drain(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writableNeedDrain || !stream.writable) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = () => {
    stream.off('drain', end)
    stream.off('close', end)
    resolve()
  }
  stream.on('drain', end)
  stream.on('close', end)
  return promise
}
