import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { FuzzFailure, FuzzMessage } from './messages.ts'

/** Without a sign of life for so long a case counts as hanging; the slowest take a second. */
const SILENCE_MS = 60_000
/** Cases of one process: what binaryen leaks goes with it. */
const CASES_PER_PROCESS = 2_000

export interface FuzzOptions {
  readonly seed: number
  readonly caseCount: number
  /** Asked before each process is started. */
  readonly isOver: () => boolean
  readonly onFailure?: (seed: number, failure: FuzzFailure) => void
  /** Told after each process. */
  readonly onProgress?: (report: FuzzReport) => void
}

export interface FuzzReport {
  readonly cases: number
  /** How many cases ended how. */
  readonly endings: ReadonlyMap<string, number>
  readonly failures: readonly number[]
}

/**
 * Tries seeds in processes of their own: one that crashes or hangs is a failure of the seed it was at, and the next one
 * goes on behind it.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const endings = new Map<string, number>()
  const failures: number[] = []
  const end = options.seed + options.caseCount
  let next = options.seed
  const report = (): FuzzReport => ({ cases: next - options.seed, endings, failures })
  while (next < end && !options.isOver()) {
    const count = Math.min(CASES_PER_PROCESS, end - next)
    const fail = (seed: number, failure: FuzzFailure): void => {
      failures.push(seed)
      options.onFailure?.(seed, failure)
    }
    next = await runProcess(next, count, {
      onDone: (ending) => endings.set(ending, (endings.get(ending) ?? 0) + 1),
      onFailure: fail,
      isOver: options.isOver,
    })
    options.onProgress?.(report())
  }
  return report()
}

interface Listeners {
  readonly onDone: (ending: string) => void
  readonly onFailure: (seed: number, failure: FuzzFailure) => void
  readonly isOver: () => boolean
}

/** Runs one process over some seeds; the first seed that was not tried. */
async function runProcess(first: number, count: number, { onDone, onFailure, isOver }: Listeners): Promise<number> {
  const script = fileURLToPath(new URL('fuzz-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, String(first), String(count)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (errors.length < 50) errors.push(text)
  })
  const exit = exitOf(child)
  let current: number | null = null
  let next = first
  let stopped = false
  let watch = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS)
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(watch)
    watch = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS)
    const message: FuzzMessage = JSON.parse(line)
    if ('done' in message || 'failure' in message) {
      current = null
      next = message.seed + 1
      if ('done' in message) onDone(message.done)
      else onFailure(message.seed, message.failure)
    } else if (isOver()) {
      stopped = true
      child.kill('SIGKILL')
    } else current = message.seed
    if (stopped) break
  }
  clearTimeout(watch)
  const ending = await exit
  if (stopped || (current === null && ending === 'code 0')) return next
  const what = ending === 'signal SIGKILL' ? 'the process hung' : `the process ended with ${ending}`
  onFailure(current ?? next, { kind: 'process', what, detail: errors.join(''), module: '' })
  return (current ?? next) + 1
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`))
    child.once('error', (error) => resolve(error.message))
  })
}
