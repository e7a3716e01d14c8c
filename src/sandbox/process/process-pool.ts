import type { CompileMode } from '../../core/index.ts'
import { CaxtonError, DEFAULT_COMPILE, HOST_LIMITS } from '../../core/index.ts'
import type { CeilingLimits } from '../ceilings.ts'
import { Ceilings } from '../ceilings.ts'
import type { Mailboxes } from '../mailboxes.ts'
import { assertModuleFits } from '../module-check.ts'
import { checkCount, checkSliceFuel, needOfAgent, refuseBeyond } from '../pool.ts'
import type { Sandbox, SandboxEvents, SandboxSpec } from '../sandbox.ts'
import type { GuestMessage } from '../thread.ts'
import type { GuestThread } from '../thread-sandbox.ts'
import { ThreadSandbox } from '../thread-sandbox.ts'
import { GuestProcess } from './guest-process.ts'
import { CHILD_ENTRY } from './launch.ts'

/*
 * All processes of guests and who is where. Owned by the main thread.
 *
 * 1. A process belongs to one tenant, whose name is its key; a tenant has at most one process, as long as it has agents, and
 *    another one for those that are compiled for speed.
 * 2. When a process is lost, the agent that ran in it fails and every other one begins again in a new process; where it is
 *    not known who ran, all that had a call waiting fail. When it broke the protocol or never came up, all fail.
 */

export interface ProcessPoolParts {
  /** Part of every message id, so that ids of two runs differ. Differs from that of another pool in the same run. */
  readonly run: string
  /** Room in the mailboxes of all agents, in threads and in processes. */
  readonly mailboxes: Mailboxes
  /** Program of the processes. @default the one that runs guests */
  readonly entry?: string
}

export interface ProcessPoolOptions {
  /** Processes at once, from 1 to `HOST_LIMITS.processes`. @default 32 */
  readonly processes?: number
  /** Bound of each of the two JavaScript heaps of a process, MiB, at least 32. Memories of guests are not in it. @default 256 */
  readonly heapMiB?: number
  /** Milliseconds after which a process with calls that does not answer is killed, at least 100. @default 10,000 ms */
  readonly silenceMs?: number
  /** Fuel that a guest gets at a time. @default as `SandboxPoolOptions` */
  readonly sliceFuel?: number
  /** What each process can hold. @default as `SandboxPoolOptions` */
  readonly ceilings?: Partial<CeilingLimits>
}

/**
 * Runs agents in processes of their own, one for each tenant.
 *
 * The same as `SandboxPool`, except: a message to another agent is accepted whenever the sender has a place among its
 * outstanding messages, and one that finds no room later is answered by a `failure`, as for a capability; a message id is not
 * known to the guest's process.
 */
export class ProcessPool {
  readonly mailboxes: Mailboxes
  readonly #run: string
  readonly #entry: string
  readonly #processCount: number
  readonly #heapMiB: number
  readonly #silenceMs: number
  readonly #sliceFuel: number
  readonly #processes = new Map<string, GuestProcess>()
  readonly #placed = new Map<number, ThreadSandbox>()
  /** What each process holds, as long as its tenant has agents. */
  readonly #ceilings = new Map<string, Ceilings<GuestThread>>()
  readonly #ceilingLimits: Partial<CeilingLimits>
  /** Processes that are killed and not gone yet. */
  readonly #ending = new Set<Promise<void>>()
  readonly #bytes = new WeakMap<WebAssembly.Module, Uint8Array>()
  #lastAgent = 0
  #lastProcess = 0
  #closing: Promise<void> | null = null

  constructor({ run, mailboxes, entry = CHILD_ENTRY }: ProcessPoolParts, options: ProcessPoolOptions = {}) {
    this.mailboxes = mailboxes
    this.#run = run
    this.#entry = entry
    this.#processCount = checkCount('processes', options.processes ?? 32, 1, HOST_LIMITS.processes)
    this.#heapMiB = checkCount('heapMiB', options.heapMiB ?? 256, 32, 65_536)
    this.#sliceFuel = checkSliceFuel(options.sliceFuel)
    this.#ceilingLimits = options.ceilings ?? {}
    this.#silenceMs = checkCount('silenceMs', options.silenceMs ?? 10_000, 100, 3_600_000)
  }

  /** Agents that are placed now. */
  get agentCount(): number {
    return this.#placed.size
  }

  /** Processes that run now, by tenant. */
  get processIds(): ReadonlyMap<string, number | undefined> {
    return new Map([...this.#processes].map(([tenant, { pid }]) => [tenant, pid]))
  }

  /**
   * Makes an instance for an agent in the process of its tenant, which is started if there is none. Nothing of the guest has
   * run when it resolves.
   *
   * @throws CaxtonError what `SandboxPool` throws, with ERR_SANDBOX_PROCESS_LOST for ERR_SANDBOX_THREAD_LOST
   */
  async create(spec: SandboxSpec, events: SandboxEvents): Promise<Sandbox> {
    if (this.#closing !== null) throw new CaxtonError('ERR_SANDBOX_CLOSED', { detail: 'the pool is closed' })
    assertModuleFits(spec)
    const { compile = DEFAULT_COMPILE } = spec
    const tenant = keyOf(spec)
    refuseBeyond('agents', spec.name, this.#placed.size + 1, HOST_LIMITS.agents)
    if (!this.#processes.has(tenant)) {
      refuseBeyond('processes', spec.name, this.#processes.size + 1, this.#processCount)
    }
    const need = needOfAgent(spec, this.#sliceFuel)
    const ceilings = this.#ceilings.get(tenant) ?? new Ceilings<GuestThread>(this.#ceilingLimits)
    ceilings.check(spec.name, need, this.#processes.get(tenant) ?? null, this.#heapMiB)
    const seat = ceilings.createSeat(need)
    this.#bytes.set(spec.compiled.module, spec.compiled.rewritten)
    const sandbox = new ThreadSandbox({
      spec,
      events,
      place: (placed) => {
        this.#ceilings.set(tenant, ceilings)
        const place = this.#place(placed, tenant, compile)
        seat.enter(place.thread)
        return place
      },
      leave: (agent, place) => {
        seat.leave(place)
        this.#placed.delete(agent)
        place.removeAgent(agent)
        this.#endIfEmpty(tenant)
        if (ceilings.isEmpty) this.#ceilings.delete(tenant)
      },
      onMemory: (bytes) => seat.noteMemory(bytes),
    })
    const { error } = await sandbox.create()
    if (error !== null) throw error
    return sandbox
  }

  /** Ends all calls with ERR_SANDBOX_CLOSED and all processes. Resolves when they are gone. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    for (const tenant of [...this.#processes.keys()]) this.#end(tenant)
    for (const sandbox of [...this.#placed.values()]) void sandbox.close()
    await Promise.all(this.#ending)
  }

  #place(
    sandbox: ThreadSandbox,
    tenant: string,
    compile: CompileMode,
  ): { readonly thread: GuestProcess; readonly agent: number } {
    const thread = this.#processes.get(tenant) ?? this.#start(tenant, compile)
    this.#lastAgent += 1
    this.#placed.set(this.#lastAgent, sandbox)
    thread.addAgent()
    return { thread, agent: this.#lastAgent }
  }

  #start(tenant: string, compile: CompileMode): GuestProcess {
    this.#lastProcess += 1
    const started = new GuestProcess(
      {
        mailboxes: this.mailboxes,
        run: `${this.#run}p${this.#lastProcess.toString(36)}-`,
        bytesOf: (module) => this.#bytes.get(module)!,
        onMessage: (message) => this.#receive(message),
        onLost: (lost, cause, blamed) => this.#replace(tenant, lost, cause, blamed),
      },
      { entry: this.#entry, heapMiB: this.#heapMiB, silenceMs: this.#silenceMs, sliceFuel: this.#sliceFuel, compile },
    )
    this.#processes.set(tenant, started)
    this.#ceilings.get(tenant)?.addThread(started, this.#heapMiB)
    return started
  }

  #replace(tenant: string, lost: GuestProcess, cause: CaxtonError, blamed: ReadonlySet<number>): void {
    this.#end(tenant)
    for (const [agent, sandbox] of [...this.#placed]) {
      if (!sandbox.isIn(lost)) continue
      if (blamed.has(agent)) sandbox.fail(cause)
      else sandbox.restart(cause)
    }
  }

  #endIfEmpty(tenant: string): void {
    if (this.#processes.get(tenant)?.agentCount === 0) this.#end(tenant)
  }

  #end(tenant: string): void {
    const process = this.#processes.get(tenant)
    if (process === undefined) return
    const ended = process.close()
    this.#processes.delete(tenant)
    this.#ceilings.get(tenant)?.removeThread(process)
    this.#ending.add(ended)
    void ended.then(() => this.#ending.delete(ended))
  }

  #receive(message: GuestMessage): void {
    const sandbox = this.#placed.get(message.agent)
    if (message.type === 'outcome') sandbox?.takeOutcome(message)
    else if (message.type === 'event') sandbox?.takeEvent(message.event)
  }
}

/** Names the process of an agent. */
function keyOf({ tenant, name, compile }: SandboxSpec): string {
  return compile === 'speed' ? `speed:${tenant ?? name}` : (tenant ?? name)
}
