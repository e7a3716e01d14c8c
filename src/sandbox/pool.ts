import { availableParallelism } from 'node:os'
import { CaxtonError, FILE_LIMITS, HOST_LIMITS } from '../core/index.ts'
import type { CeilingLimits, Need } from './ceilings.ts'
import { Ceilings, needOf } from './ceilings.ts'
import { exposeCollector, heapMiBOf, keepsObjects } from './heap-agents.ts'
import { readFunctionImports } from './imports.ts'
import { Mailboxes } from './mailboxes.ts'
import { assertModuleFits } from './module-check.ts'
import { paceOf } from './pace.ts'
import { readHeld } from './report.ts'
import type { Sandbox, SandboxEvents, SandboxSpec } from './sandbox.ts'
import { DEFAULT_SLICE_FUEL } from './slices.ts'
import { Terminator } from './terminator.ts'
import type { GuestMessage, Stopper, ThreadParts } from './thread.ts'
import { Thread } from './thread.ts'
import type { GuestThread } from './thread-sandbox.ts'
import { ThreadSandbox } from './thread-sandbox.ts'

/*
 * All threads and who is where. Owned by the main thread.
 *
 * 1. An agent is in at most one thread; every placement has a number of its own, never used again.
 * 2. When a thread is lost, the agent whose call ran in it fails, and every other one of it begins again elsewhere.
 * 3. What a placement that is gone has sent is not delivered, and the room it held is given back.
 */

export interface SandboxPoolParts {
  /** Part of every message id, so that ids of two runs differ. */
  readonly run: string
  /** How a running call is stopped. @default through the inspector */
  readonly terminator?: Stopper & Pick<Terminator, 'close'>
}

export interface SandboxPoolOptions {
  /** Worker threads, from 1 to `HOST_LIMITS.threads`; started when they are needed. @default available processors */
  readonly threads?: number
  /** Bound of the JavaScript heap of one thread, MiB, at least 16. Memories of guests are not in it. @default 256 */
  readonly heapMiB?: number
  /**
   * Fuel that a guest gets at a time, from 10,000 to 1e12: then others in its thread take their turns. A call whose whole
   * budget fits is never interrupted and costs about a microsecond less. @default 2,000,000, about a millisecond
   */
  readonly sliceFuel?: number
  /** Agents that keep objects, each in a thread of its own, from 0. @default HOST_LIMITS.heapAgents */
  readonly heapAgents?: number
  /** What the process can hold. @default what the machine and V8 allow, see HOST_LIMITS */
  readonly ceilings?: Partial<CeilingLimits>
}

/** Milliseconds between two looks at the wall time of running calls: a call can run this much longer than it may. */
const WATCH_MS = 10

/** Runs agents in worker threads, many in each. */
export class SandboxPool {
  readonly mailboxes: Mailboxes
  readonly #parts: SandboxPoolParts
  readonly #threadCount: number
  readonly #heapMiB: number
  readonly #sliceFuel: number
  readonly #terminator: Stopper & Pick<Terminator, 'close'>
  readonly #heapAgents: number
  readonly #ceilings: Ceilings<GuestThread>
  readonly #threads: Thread[] = []
  readonly #placed = new Map<number, ThreadSandbox>()
  #lastAgent = 0
  #waitingCount = 0
  #watch: NodeJS.Timeout | null = null
  #closing: Promise<void> | null = null

  constructor(parts: SandboxPoolParts, options: SandboxPoolOptions = {}) {
    this.#parts = parts
    this.#terminator = parts.terminator ?? new Terminator()
    this.#threadCount = checkCount('threads', options.threads ?? defaultThreads(), 1, HOST_LIMITS.threads)
    this.#heapMiB = checkCount('heapMiB', options.heapMiB ?? 256, 16, 65_536)
    this.#sliceFuel = checkSliceFuel(options.sliceFuel)
    this.#heapAgents = checkCount('heapAgents', options.heapAgents ?? HOST_LIMITS.heapAgents, 0, HOST_LIMITS.heapAgents)
    this.#ceilings = new Ceilings(options.ceilings)
    this.mailboxes = new Mailboxes({
      announce: (name, slot) => {
        for (const thread of this.#threads) thread.post({ type: 'mailbox', name, slot })
      },
    })
  }

  /** Agents that are placed now. */
  get agentCount(): number {
    return this.#placed.size
  }

  /** Threads that run now. */
  get threadCount(): number {
    return this.#threads.length
  }

  /**
   * Makes an instance for an agent in the thread with the fewest agents. Nothing of the guest has run when it resolves,
   * unless the spec says that it starts ahead.
   *
   * @throws CaxtonError ERR_MODULE_EXPORT_MISSING, ERR_MODULE_IMPORT_UNKNOWN, ERR_MODULE_IMPORT_TYPE, ERR_GRANT_MISSING
   * (the first of what `checkModule` finds, `data.problems` has them all), ERR_LIMIT_AGENTS, ERR_SANDBOX_CLOSED,
   * ERR_GUEST_TRAP for a module whose segments do not fit, ERR_SANDBOX_THREAD_LOST
   */
  async create(spec: SandboxSpec, events: SandboxEvents): Promise<Sandbox> {
    if (this.#closing !== null) throw new CaxtonError('ERR_SANDBOX_CLOSED', { detail: 'the pool is closed' })
    assertModuleFits(spec)
    const need = needOfAgent(spec, this.#sliceFuel)
    const heap = heapOf(spec)
    if (heap !== null)
      refuseBeyond('agents that keep objects on the heap', spec.name, this.#countPrivate() + 1, this.#heapAgents)
    this.#ceilings.check(spec.name, need, heap === null ? this.#findThread() : null, heap?.heapMiB ?? this.#heapMiB)
    const seat = this.#ceilings.createSeat(need)
    const sandbox = new ThreadSandbox({
      spec,
      events,
      place: (placed) => {
        const place = this.#place(placed, heap)
        seat.enter(place.thread)
        return place
      },
      leave: (agent, thread) => {
        seat.leave(thread)
        this.#placed.delete(agent)
        thread.removeAgent(agent)
      },
      adopt: (sender, bytes) => this.mailboxes.adopt(spec.name, sender, bytes),
      onMemory: (bytes) => seat.noteMemory(bytes),
    })
    const { error } = await sandbox.create()
    if (error !== null) throw error
    return sandbox
  }

  /** Ends all calls with ERR_SANDBOX_CLOSED and all threads. Resolves when they are gone. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    if (this.#watch !== null) clearInterval(this.#watch)
    const threads = this.#threads.splice(0)
    const closed = threads.map((thread) => thread.close())
    for (const sandbox of [...this.#placed.values()]) void sandbox.close()
    await Promise.all(closed)
    this.#terminator.close()
  }

  #place(sandbox: ThreadSandbox, heap: ThreadHeap | null): { thread: Thread; agent: number } {
    const shared = heap === null ? this.#findThread() : null
    const thread = shared ?? this.#startThread(heap ?? { heapMiB: this.#heapMiB, heapBytes: null })
    this.#lastAgent += 1
    this.#placed.set(this.#lastAgent, sandbox)
    thread.addAgent()
    return { thread, agent: this.#lastAgent }
  }

  /** The thread for the next agent; null for one that is still to be started. */
  #findThread(): Thread | null {
    let least: Thread | null = null
    let count = 0
    for (const thread of this.#threads) {
      if (thread.isPrivate) continue
      count += 1
      if (least === null || thread.agentCount < least.agentCount) least = thread
    }
    return least?.agentCount === 0 || count >= this.#threadCount ? least : null
  }

  #countPrivate(): number {
    return this.#threads.filter(({ isPrivate }) => isPrivate).length
  }

  #startThread(heap: ThreadHeap): Thread {
    if (heap.heapBytes !== null) exposeCollector()
    const started = new Thread(this.#threadParts(), { ...heap, sliceFuel: this.#sliceFuel })
    this.#threads.push(started)
    this.#ceilings.addThread(started, heap.heapMiB)
    return started
  }

  #removeThread(thread: Thread): void {
    this.#threads.splice(this.#threads.indexOf(thread), 1)
    this.#ceilings.removeThread(thread)
  }

  #threadParts(): ThreadParts {
    return {
      mailboxes: this.mailboxes,
      terminator: this.#terminator,
      run: this.#parts.run,
      onMessage: (message) => this.#receive(message),
      onWaiting: (count) => this.#countWaiting(count),
      onRetired: (thread) => this.#removeThread(thread),
      onLost: (thread, { running, wasUp, cause }) => {
        this.#removeThread(thread)
        const lost = [...this.#placed].filter(([, sandbox]) => sandbox.isIn(thread))
        for (const [agent, sandbox] of lost) {
          if (agent === running || !wasUp) sandbox.fail(cause)
          else sandbox.restart(cause)
        }
        // Not before what waits has been taken over: room that is held must not be seen as free in between.
        for (const [, { name }] of lost) this.mailboxes.forgetLocal(name)
      },
    }
  }

  #receive(message: GuestMessage): void {
    const sandbox = this.#placed.get(message.agent)
    if (message.type === 'outcome') sandbox?.takeOutcome(message)
    else if (message.type === 'local') {
      const receiver = this.#placed.get(message.receiver)
      const cause = sandbox?.messageOf(message.cause) ?? null
      sandbox?.takeLocalSend(message.message, receiver !== undefined, cause)
      receiver?.takeLocal(message, cause)
    } else if (message.type === 'shut') sandbox?.takeShut()
    else if (sandbox !== undefined) sandbox.takeEvent(message.event)
    else if (message.event.type === 'send' && message.event.held !== null)
      this.mailboxes.table.undo(readHeld(message.event.held))
  }

  /** Looks at wall times while calls wait or run, and once more: to stop whenever none does would cost a timer for each message. */
  #countWaiting(count: number): void {
    this.#waitingCount += count
    if (this.#waitingCount > 0) this.#watch ??= setInterval(() => this.#checkWallTimes(), WATCH_MS).unref()
  }

  #checkWallTimes(): void {
    if (this.#waitingCount === 0) {
      if (this.#watch !== null) clearInterval(this.#watch)
      this.#watch = null
    }
    for (const thread of this.#threads) {
      thread.watch((agent) => this.#placed.get(agent)?.describeWallKill() ?? null)
    }
  }
}

/** The heap of a thread that is started: with `heapBytes`, for one agent that keeps so much there. */
interface ThreadHeap {
  readonly heapMiB: number
  readonly heapBytes: number | null
}

/** Tells what thread an agent needs for itself; null for one that shares it with others. */
function heapOf({ compiled, limits }: SandboxSpec): ThreadHeap | null {
  if (!keepsObjects(compiled.instrumented.info)) return null
  return { heapMiB: heapMiBOf(limits.memoryBytes), heapBytes: limits.memoryBytes }
}

/** What an agent takes of its process. */
export function needOfAgent({ compiled, door, limits, mounts = [] }: SandboxSpec, sliceFuel: number): Need {
  const { info } = compiled.instrumented
  const { pace } = paceOf(door, readFunctionImports(info), limits.fuel, sliceFuel)
  const fileBytes = mounts.reduce((sum, { kind, bytes }) => sum + (kind === 'memory' ? bytes : 0), 0)
  const descriptors = mounts.some(({ kind }) => kind === 'host') ? FILE_LIMITS.hostDescriptors : 0
  return needOf(info, limits.tableElements, pace === 'sliced', { fileBytes, descriptors })
}

/** @throws CaxtonError ERR_LIMIT_AGENTS */
export function refuseBeyond(what: string, agent: string, asked: number, limit: number): void {
  if (asked <= limit) return
  throw new CaxtonError('ERR_LIMIT_AGENTS', { detail: `${asked} ${what} of ${limit}`, data: { agent, limit, asked } })
}

function defaultThreads(): number {
  return Math.min(availableParallelism(), HOST_LIMITS.threads)
}

/** @throws CaxtonError ERR_CONFIG_INVALID */
export function checkSliceFuel(sliceFuel: number = DEFAULT_SLICE_FUEL): number {
  return checkCount('sliceFuel', sliceFuel, 10_000, 1e12)
}

/** Returns a count that is in its range. @throws CaxtonError ERR_CONFIG_INVALID */
export function checkCount(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const detail = `${name} must be a whole number from ${least} to ${most}, found ${value}`
  throw new CaxtonError('ERR_CONFIG_INVALID', { detail })
}
