/**
 * The process that compilers run in, so that the caller's event loop never waits and their memory goes away.
 *
 * Ownership: one process per compiler, started for the first job and ended when it has been idle for a moment.
 * Invariants:
 * 1. One job at a time; the others wait in order.
 * 2. Every job ends: with the compiler's answer, with the loss of the process, at its time limit, or by its signal.
 * 3. The process can read the compilers and this folder, and nothing else; it has no environment.
 * 4. An idle process does not keep the caller's process alive.
 */
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { basename, dirname, extname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CaxtonError } from '../core/index.ts'
import type { BuildJob, BuildReply, CompileResult } from './build-protocol.ts'
import type { InstalledTool } from './tool.ts'

/** A warm compiler answers in a tenth of the time: a system with several sources builds them in one process. */
const IDLE_MS = 300
/** Longest compilation. */
const BUILD_MS = 180_000
/**
 * A compiler is itself WebAssembly and runs for moments: code that V8 has optimised comes too late to pay. Without it five
 * sources in C take 7.9 s of CPU instead of 12.8 s, one in C++ with `iostream` 10.5 s instead of 14.9 s.
 */
const ENGINE_FLAGS = ['--liftoff-only']
/** Compilers do not give all their memory back between jobs. */
const JOBS_PER_PROCESS = 64

type JobInputs = Omit<BuildJob, 'id' | 'toolUrl'>

interface PendingJob {
  readonly inputs: JobInputs
  readonly signal: AbortSignal | undefined
  /** Called when the job has waited for the others. */
  readonly onBegin: () => void
  readonly resolve: (result: CompileResult) => void
  readonly reject: (error: CaxtonError) => void
}

const processes = new Map<string, BuildProcess>()

/** Compiles in the process of that compiler. @throws CaxtonError ERR_LANGUAGE_BUILD_FAILED when the process is lost or ends late */
export function compileInProcess(
  tool: InstalledTool,
  inputs: JobInputs,
  signal: AbortSignal | undefined,
  onBegin: () => void,
): Promise<CompileResult> {
  const process = processes.get(tool.path) ?? new BuildProcess(tool)
  processes.set(tool.path, process)
  return process.run(inputs, signal, onBegin)
}

class BuildProcess {
  readonly #tool: InstalledTool
  readonly #queue: PendingJob[] = []
  #child: ChildProcess | null = null
  #current: PendingJob | null = null
  #timer: NodeJS.Timeout | undefined
  #jobCount = 0
  #stderr = ''

  constructor(tool: InstalledTool) {
    this.#tool = tool
  }

  run(inputs: JobInputs, signal: AbortSignal | undefined, onBegin: () => void): Promise<CompileResult> {
    return new Promise((resolve, reject) => {
      const job: PendingJob = { inputs, signal, onBegin, resolve, reject }
      if (signal?.aborted) return reject(cancelled(signal))
      signal?.addEventListener('abort', () => this.#cancel(job, signal), { once: true })
      this.#queue.push(job)
      this.#next()
    })
  }

  #next(): void {
    if (this.#current !== null) return
    const job = this.#queue.shift()
    if (job === undefined) this.#rest()
    else this.#begin(job)
  }

  #begin(job: PendingJob): void {
    if (this.#jobCount >= JOBS_PER_PROCESS) this.#stop()
    clearTimeout(this.#timer)
    this.#current = job
    job.onBegin()
    this.#jobCount += 1
    this.#child ??= this.#start()
    this.#child.ref()
    this.#child.channel?.ref()
    this.#timer = setTimeout(() => this.#lose(`took longer than ${BUILD_MS / 1_000} s`), BUILD_MS)
    const toolUrl = pathToFileURL(this.#tool.path).href
    this.#child.send({ ...job.inputs, id: this.#jobCount, toolUrl } satisfies BuildJob)
  }

  #start(): ChildProcess {
    const main = join(import.meta.dirname, `build-main${extname(import.meta.filename)}`)
    const readable = [join(import.meta.dirname, '*'), join(packagesDirectory(this.#tool.directory), '*')]
    const child = fork(main, [], {
      env: {},
      execArgv: [
        ...ENGINE_FLAGS,
        '--permission',
        ...readable.map((path) => `--allow-fs-read=${path}`),
        '--no-warnings',
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#stderr = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString()).slice(-4_096)
    })
    child.on('message', (reply: BuildReply) => {
      if (child === this.#child && reply.id === this.#jobCount) this.#finish((job) => job.resolve(reply))
    })
    const lost = () => {
      if (child !== this.#child) return
      const status = child.signalCode ?? `status ${child.exitCode}`
      this.#lose(`ended with ${status}${this.#stderr === '' ? '' : `\n${this.#stderr}`}`)
    }
    child.on('error', lost)
    child.on('close', lost)
    endWithCaller(child)
    return child
  }

  #finish(settle: (job: PendingJob) => void): void {
    const job = this.#current
    clearTimeout(this.#timer)
    this.#current = null
    if (job !== null) settle(job)
    this.#next()
  }

  #lose(what: string): void {
    this.#stop()
    this.#finish((job) => job.reject(failure(`the compiler of ${basename(job.inputs.main)} ${what}`)))
  }

  #cancel(job: PendingJob, signal: AbortSignal): void {
    const index = this.#queue.indexOf(job)
    if (index >= 0) this.#queue.splice(index, 1)
    else if (job !== this.#current) return
    else this.#stop()
    if (index >= 0) job.reject(cancelled(signal))
    else this.#finish(() => job.reject(cancelled(signal)))
  }

  #rest(): void {
    this.#child?.unref()
    this.#child?.channel?.unref()
    this.#timer = setTimeout(() => this.#stop(), IDLE_MS).unref()
  }

  #stop(): void {
    const child = this.#child
    this.#child = null
    this.#jobCount = 0
    child?.kill('SIGKILL')
  }
}

/** A compiler that is busy does not notice that its caller has gone. */
function endWithCaller(child: ChildProcess): void {
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('close', () => process.off('exit', end))
}

/** A compiler loads packages beside its own: the outermost `node_modules` that holds it, or its own directory. */
function packagesDirectory(directory: string): string {
  const parts = directory.split(sep)
  const index = parts.lastIndexOf('node_modules')
  return index < 0 ? dirname(directory) : parts.slice(0, index + 1).join(sep)
}

function failure(detail: string, cause?: unknown): CaxtonError {
  return new CaxtonError('ERR_LANGUAGE_BUILD_FAILED', { detail, cause })
}

function cancelled(signal: AbortSignal): CaxtonError {
  return failure('the build was cancelled', signal.reason)
}
