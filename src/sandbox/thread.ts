import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { ErrorData } from '../core/index.ts'
import { CaxtonError, isCaxtonError } from '../core/index.ts'
import type { RunningCall } from './heartbeat.ts'
import { Heartbeat, processMs } from './heartbeat.ts'
import { costOf } from './local-mail.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { FromWorker, GuestCall, ToWorker, WorkerParts } from './protocol.ts'
import type { PostedReport } from './report.ts'
import { openReport, readReport } from './report.ts'
import { SpecSharing } from './shared-spec.ts'
import { DEFAULT_SLICE_FUEL } from './slices.ts'
import type { Terminator } from './terminator.ts'
import type { Batch } from './wire.ts'
import { EARLY_LENGTH, writeToWorker } from './wire.ts'

/** The worker runs from source and from built code. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

export type GuestMessage = Exclude<FromWorker, { readonly type: 'closed' | 'mark' | 'unwound' }>

/** How a running call is stopped. */
export interface Stopper extends Pick<Terminator, 'terminate'> {
  /** Milliseconds in which the worker must say that it runs nothing any more. @default 5,000 ms */
  readonly settleMs?: number
}

const SETTLE_MS = 5_000

/** What a thread tells of the agents in it. */
export interface ThreadParts {
  readonly mailboxes: Mailboxes
  readonly terminator: Stopper
  readonly run: string
  /** What the worker tells of a placement. */
  onMessage(message: GuestMessage): void
  /** So many more calls wait for the thread, or fewer. */
  onWaiting(count: number): void
  /** A thread of one agent has ended with it. */
  onRetired?(thread: Thread): void
  /** The thread is gone; `running` is the placement whose call ran at that time. `wasUp`: it had answered before. */
  onLost(
    thread: Thread,
    loss: { readonly running: number | null; readonly wasUp: boolean; readonly cause: CaxtonError },
  ): void
  /**
   * A call could not be stopped: what runs is neither JavaScript nor WebAssembly, such as V8's compiler, and ending the
   * thread would wait for it. @default the thread is ended
   */
  onStuck?(cause: CaxtonError): void
}

export interface ThreadOptions {
  /** Bound of the JavaScript heap of the worker, MiB. Memories of guests are not in it. */
  readonly heapMiB: number
  /** Fuel that a guest gets at a time, see `SandboxPoolOptions`. @default DEFAULT_SLICE_FUEL */
  readonly sliceFuel?: number
  /** For the thread of one agent that keeps objects: how much. The thread ends with its agent. @default null, for any number of others */
  readonly heapBytes?: number | null
  /** Module that the worker runs instead of its own entry, which it imports. @default the entry itself */
  readonly entry?: URL
  /** Options of Node for the worker. Under the permission model they must ask for it: the one of the process is not inherited. @default none */
  readonly execArgv?: readonly string[]
}

/** Milliseconds after which a call is stopped even in the middle of what must not be torn apart. */
const GUARD_MS = 100

/** One worker thread, seen from the main thread. */
export class Thread {
  readonly #parts: ThreadParts
  readonly #heartbeat = new Heartbeat()
  readonly #worker: Worker
  readonly #specs = new SpecSharing((message) => this.#write(message))
  #outbox: Batch = []
  #isFlushDue = false
  #failure: unknown
  /** Of the agents that the worker may still tell of. */
  readonly #names = new Map<number, string>()
  #agentCount = 0
  #waitingCount = 0
  /** The call that was stopped last, until the worker has said that it is. */
  #unwinding: { readonly agent: number; readonly timer: NodeJS.Timeout } | null = null
  #wasUp = false
  #isClosing = false

  constructor(parts: ThreadParts, options: ThreadOptions) {
    this.#parts = parts
    this.isPrivate = (options.heapBytes ?? null) !== null
    const workerData: WorkerParts = {
      heartbeat: this.#heartbeat.buffer,
      mailboxes: parts.mailboxes.table.buffer,
      slots: parts.mailboxes.entries(),
      run: parts.run,
      sliceFuel: options.sliceFuel ?? DEFAULT_SLICE_FUEL,
      heapBytes: options.heapBytes ?? null,
    }
    this.#worker = new Worker(options.entry ?? WORKER_URL, {
      workerData,
      env: {},
      argv: [],
      execArgv: [...(options.execArgv ?? [])],
      stdin: false,
      // Captured and never read: nothing of ours writes there, and a stream that is read keeps the process alive.
      stdout: true,
      stderr: true,
      name: 'caxton',
      resourceLimits: { maxOldGenerationSizeMb: options.heapMiB, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    })
    const take = (message: FromWorker) => this.#receive(message)
    this.#worker.on('message', (posted: PostedReport) => {
      const { reports, slate, slates } = this.#heartbeat
      this.#wasUp = true
      reports.noteTaken()
      readReport(openReport(posted, slate), this.#names, take)
      if (typeof posted[0] === 'number') slates.noteTaken()
    })
    this.#worker.on('error', (error) => {
      this.#failure = error
    })
    this.#worker.on('exit', () => this.#lose())
    this.#worker.unref()
  }

  /** Whether it is there for one agent alone. */
  readonly isPrivate: boolean

  /** Its agents can hand messages over to each other. */
  readonly hasLocalMail = true

  /** Number of the thread in its process. */
  get id(): number {
    return this.#worker.threadId
  }

  /** Agents that are placed here. */
  get agentCount(): number {
    return this.#agentCount
  }

  addAgent(): void {
    this.#agentCount += 1
  }

  /** An agent has left: what it shared with nobody else is forgotten. */
  removeAgent(agent: number): void {
    this.#agentCount -= 1
    if (!this.#isClosing) this.#specs.release(agent)
    this.#retire()
  }

  /** Counts calls that wait for this thread: while there are any, it keeps the process alive. */
  addWaiting(count: number): void {
    const before = this.#waitingCount
    this.#waitingCount += count
    this.#parts.onWaiting(count)
    // Whoever waits for the end of the thread must not find that the process has ended first.
    if (this.#isClosing) return
    if (before === 0 && this.#waitingCount > 0) this.#worker.ref()
    if (before > 0 && this.#waitingCount === 0) this.#worker.unref()
    this.#retire()
  }

  /**
   * Sends a message behind those before it. What is posted in one turn of the event loop crosses together at its end, or some of it
   * earlier, if the worker has nothing else to take.
   */
  post(message: ToWorker<GuestCall>): void {
    if (message.type !== 'call' || message.call.kind !== 'create') this.#write(message as ToWorker)
    else {
      this.#names.set(message.agent, message.call.spec.name)
      this.#write({ ...message, call: { kind: 'create', spec: this.#specs.write(message.call.spec) } })
    }
  }

  #write(message: ToWorker): void {
    writeToWorker(this.#outbox, message)
    if (this.#outbox.length >= EARLY_LENGTH && this.#heartbeat.batches.isTaken) this.#flush()
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  /** Frees the instance of a placement. What it may still run until the worker knows is watched like a call that waits. */
  forget(agent: number): void {
    this.addWaiting(1)
    this.post({ type: 'close', agent })
  }

  /** Frees the instance of a placement and ends the call of it that runs. */
  async end(agent: number): Promise<void> {
    this.forget(agent)
    const running = this.running()
    if (running?.agent === agent) await this.kill(running, { code: 'ERR_SANDBOX_CLOSED' })
  }

  /** The call that runs now. */
  running(): RunningCall | null {
    return this.#heartbeat.running()
  }

  /** Kills the call that runs if its wall time is used up, or if `describe` finds no reason for it to run at all. */
  watch(describe: (agent: number) => ErrorData | null): void {
    const running = this.#heartbeat.running()
    if (running === null || running.killing) return
    const reason = describe(running.agent)
    if (reason === null) void this.kill(running, { code: 'ERR_SANDBOX_CLOSED' })
    else if (processMs() >= running.deadlineMs) void this.kill(running, reason)
  }

  /**
   * Ends a call, and no other: one that has ended by itself meanwhile is left alone. A thread that cannot be stopped within
   * a second is ended as a whole, or its process is.
   */
  async kill(running: RunningCall, reason: ErrorData): Promise<void> {
    if (this.#isClosing || running.killing || !this.#heartbeat.condemn(running.call)) return
    await this.#waitForGuard()
    if (await this.#parts.terminator.terminate(this.#worker.threadId)) {
      this.#heartbeat.clear()
      this.post({ type: 'killed', reason })
      this.#awaitUnwound(running.agent, reason)
      return
    }
    await this.#giveUp(`a call that had to end (${reason.code}) could not be stopped`, reason)
  }

  /** V8 says that the call is unwound. The worker itself has to say so, too: else it still runs, and nobody watches it any more. */
  #awaitUnwound(agent: number, reason: ErrorData): void {
    clearTimeout(this.#unwinding?.timer)
    const detail = `a call that was stopped (${reason.code}) went on`
    const giveUp = () => void this.#giveUp(detail, reason)
    this.#unwinding = { agent, timer: setTimeout(giveUp, this.#parts.terminator.settleMs ?? SETTLE_MS).unref() }
  }

  async #giveUp(detail: string, reason: ErrorData): Promise<void> {
    const failure = new CaxtonError('ERR_SANDBOX_THREAD_LOST', { detail, data: { reason: reason.code } })
    this.#failure = failure
    if (this.#parts.onStuck === undefined) await this.#worker.terminate()
    else this.#parts.onStuck(failure)
  }

  /** Ends a thread whose one agent is gone, once nobody waits for an answer of it. */
  #retire(): void {
    if (!this.isPrivate || this.#agentCount > 0 || this.#waitingCount > 0 || this.#isClosing) return
    this.#parts.onRetired?.(this)
    void this.close()
  }

  /** Lets the worker finish what must not be torn apart: it takes microseconds, or somebody's disk is very slow. */
  async #waitForGuard(): Promise<void> {
    const deadlineMs = processMs() + GUARD_MS
    while (this.#heartbeat.isGuarded && processMs() < deadlineMs) await sleep(1)
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#unwinding?.timer)
    this.#worker.ref()
    await this.#worker.terminate()
  }

  #flush(): void {
    if (this.#outbox.length === 0) return
    const batch = this.#outbox
    this.#outbox = []
    const { batches } = this.#heartbeat
    batches.posted = (batches.posted + 1) | 0
    this.#worker.postMessage(batch)
  }

  #receive(message: FromWorker): void {
    if (message.type === 'closed' || (message.type === 'outcome' && message.ending !== null))
      this.#names.delete(message.agent)
    if (message.type === 'closed') this.addWaiting(-1)
    else if (message.type === 'unwound') this.#noteUnwound()
    else if (message.type === 'mark') this.#settle(message.mark)
    else this.#pass(message)
  }

  /** At once: the worker may hold back all messages until it knows. */
  #settle(mark: number): void {
    this.post({ type: 'settled', mark })
    this.#flush()
  }

  #noteUnwound(): void {
    clearTimeout(this.#unwinding?.timer)
    this.#unwinding = null
  }

  #pass(message: GuestMessage): void {
    this.#parts.onMessage(message)
    if (message.type === 'local') Atomics.add(this.#heartbeat.arrived, 0, costOf(message))
    else if (message.type === 'event' && message.event.type === 'send' && message.event.mark > 0) {
      this.post({ type: 'settled', mark: message.event.mark })
    }
  }

  #lose(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    clearTimeout(this.#unwinding?.timer)
    for (const held of this.#heartbeat.held()) this.#parts.mailboxes.table.undo(held)
    const cause = toLoss(this.#failure)
    this.#parts.onLost(this, {
      running: this.#unwinding?.agent ?? this.#heartbeat.running()?.agent ?? null,
      wasUp: this.#wasUp,
      cause,
    })
    this.addWaiting(-this.#waitingCount)
  }
}

function toLoss(failure: unknown): CaxtonError {
  if (isCaxtonError(failure)) return failure
  const detail = failure instanceof Error ? failure.message : 'the thread exited'
  return new CaxtonError('ERR_SANDBOX_THREAD_LOST', { detail, cause: failure })
}
