import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { CompileMode } from '../../core/index.ts'
import { CaxtonError, createIdSource, isCaxtonError } from '../../core/index.ts'
import type { Mailboxes } from '../mailboxes.ts'
import type { GuestCall, GuestSpec, ToWorker } from '../protocol.ts'
import type { GuestMessage } from '../thread.ts'
import type { GuestThread } from '../thread-sandbox.ts'
import { readClaim } from './claims.ts'
import { decodeFromChild, encodeToChild } from './encoding.ts'
import { FrameReader } from './frames.ts'
import { CHANNEL, launch } from './launch.ts'
import type { ChildCall, FromChild, ToChild } from './protocol.ts'
import { Pulse } from './pulse.ts'
import { maxFrameBytes, Resident } from './resident.ts'
import { SentModules } from './sent-modules.ts'
import { violation } from './violation.ts'

/*
 * Host side of the border. Owned by the main thread of the host.
 *
 * 1. Nothing a child says is passed on that the agent it speaks for could not have said; see `claims.ts` and `Resident`.
 *    The first such thing is the last that is listened to: the child is killed, and every agent in it fails.
 * 2. A child that ends or is silent is killed and reported lost, once. Nothing is reported after that or after `close()`.
 * 3. A message of an agent holds a place among its outstanding messages on both sides; the host gives it back, the child
 *    hears of it.
 */

export interface GuestProcessParts {
  readonly mailboxes: Mailboxes
  /** Part of every message id; differs from process to process. */
  readonly run: string
  /** Rewritten bytes of a module that a guest is made of. */
  bytesOf(module: WebAssembly.Module): Uint8Array
  onMessage(message: GuestMessage): void
  /** The process is gone. Agents that are blamed for it fail, the others begin again. */
  onLost(process: GuestProcess, cause: CaxtonError, blamed: ReadonlySet<number>): void
}

export interface GuestProcessOptions {
  /** Bound of each JavaScript heap in the process, MiB. */
  readonly heapMiB: number
  /** Milliseconds after which a process that does not answer is given up. */
  readonly silenceMs: number
  /** Fuel that a guest gets at a time. */
  readonly sliceFuel: number
  /** Program that runs in the process. */
  readonly entry: string
  /** How V8 compiles the modules in it. */
  readonly compile: CompileMode
}

/** Milliseconds that ending a call may take. */
const KILL_MS = 1_000
/** Of what a process writes to standard error, so much is looked at when it is gone. */
const STDERR_CHARS = 8_192
const FATAL = /^(?:FATAL ERROR: .*|# Fatal .*|\w*Error: .*)$/m

export class GuestProcess implements GuestThread {
  readonly #parts: GuestProcessParts
  readonly #child: ChildProcess
  readonly #channel: Socket
  readonly #reader = new FrameReader()
  readonly #residents = new Map<number, Resident>()
  /** Places given back that the child has not been told of, by agent. */
  readonly #released = new Map<number, number>()
  readonly #modules: SentModules
  readonly #pulse: Pulse
  readonly #exited = Promise.withResolvers<void>()
  #agentCount = 0
  #waitingCount = 0
  #maxFrameBytes = 65_536
  #running: number | null = null
  #stderr = ''
  #wasUp = false
  #isClosing = false

  constructor(parts: GuestProcessParts, options: GuestProcessOptions) {
    this.#parts = parts
    this.#modules = new SentModules({ bytesOf: parts.bytesOf, send: (message) => this.#send(message) })
    const pulse = {
      ping: () => this.#send({ type: 'ping' }),
      patienceMs: () => this.#patienceMs(),
      onSilent: (detail: string) => this.#lose(lost(detail)),
    }
    this.#pulse = new Pulse(pulse, options)
    this.#child = launch(options.entry, options.heapMiB, options.compile)
    this.#channel = this.#child.stdio[CHANNEL] as Socket
    this.#listen()
    this.#send({ type: 'begin', run: parts.run, heapMiB: options.heapMiB, sliceFuel: options.sliceFuel })
    this.#keepAlive(false)
  }

  /** The border stays closed for what its agents say to each other: everything is checked by the host. */
  readonly hasLocalMail = false

  /** Number of the process; undefined for one that could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  get agentCount(): number {
    return this.#agentCount
  }

  addAgent(): void {
    this.#agentCount += 1
  }

  removeAgent(): void {
    this.#agentCount -= 1
  }

  /** Counts calls that wait for this process: while there are any, it keeps the host alive and is watched. */
  addWaiting(count: number): void {
    const before = this.#waitingCount
    this.#waitingCount += count
    if (this.#isClosing || before > 0 === this.#waitingCount > 0) return
    this.#keepAlive(this.#waitingCount > 0)
    if (this.#waitingCount > 0) this.#pulse.start()
    else this.#pulse.stop()
  }

  post(message: ToWorker<GuestCall>): void {
    if (message.type === 'answer') this.#answer(message)
    if (this.#isClosing || message.type !== 'call') return
    const { agent, id } = message
    const call = message.call.kind === 'create' ? this.#admit(message.call.spec) : message.call
    this.#residents.get(agent)?.noteCall(id, call)
    this.#send({ type: 'call', agent, id, call })
  }

  #answer(message: ToWorker & { readonly type: 'answer' }): void {
    const resident = this.#residents.get(message.agent)
    if (resident === undefined || resident.closing !== null) return
    resident.noteAnswer(message.id)
    this.#send(message)
  }

  forget(agent: number): void {
    void this.end(agent)
  }

  /** Frees the instance of a placement. Resolves when the child has let go of it, or is gone itself. */
  async end(agent: number): Promise<void> {
    if (this.#isClosing) return this.#exited.promise
    const resident = this.#residents.get(agent)
    if (resident === undefined || resident.closing !== null) return
    resident.closing = Promise.withResolvers()
    this.#parts.mailboxes.watchSender(resident.name, null)
    this.addWaiting(1)
    this.#send({ type: 'close', agent })
    await resident.closing.promise
  }

  /** Kills the process. Resolves when it is gone. Idempotent. */
  close(): Promise<void> {
    if (!this.#isClosing) this.#shut()
    return this.#exited.promise
  }

  #admit(spec: GuestSpec): ChildCall {
    const { mailboxes, run } = this.#parts
    const { module, ...rest } = spec
    const { agent, name } = spec
    this.#residents.set(agent, new Resident(spec, createIdSource('m', `${run}${agent.toString(36)}`)))
    this.#maxFrameBytes = Math.max(this.#maxFrameBytes, maxFrameBytes(spec))
    mailboxes.watchSender(name, () => this.#noteRelease(agent))
    const outstanding = mailboxes.read(name)?.outstanding ?? 0
    return { kind: 'create', spec: { ...rest, module: this.#modules.use(module), outstanding } }
  }

  #listen(): void {
    const child = this.#child
    this.#channel.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#channel.on('error', () => child.kill('SIGKILL'))
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#stderr += bytes.toString('latin1', 0, STDERR_CHARS)
      // Nobody reads what a hostile process writes without end.
      if (this.#stderr.length >= STDERR_CHARS) child.stderr?.destroy()
    })
    child.stderr?.on('error', () => {})
    child.on('error', (cause) => {
      if (child.pid === undefined) this.#exited.resolve()
      this.#lose(lost(cause.message, cause))
    })
    child.on('exit', () => this.#exited.resolve())
    // After the last of what it said.
    child.on('close', (code, signal) => {
      const line = FATAL.exec(this.#stderr)?.[0].slice(0, 256)
      this.#lose(lost(`it ended with ${signal ?? `exit code ${code}`}${line === undefined ? '' : ` (${line})`}`))
    })
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#reader.push(chunk, this.#maxFrameBytes)) {
      if (this.#isClosing) return
      const message = this.#believe(frame)
      if (message !== null) this.#receive(message)
    }
  }

  /** Returns what a child may say; null for what it may not, which was its last word, and for what nobody waits for. */
  #believe(frame: Buffer | null): FromChild | null {
    try {
      if (frame === null) throw violation('a message that is too long')
      const message = readClaim(decodeFromChild(frame))
      return 'agent' in message ? this.#attribute(message) : message
    } catch (thrown) {
      this.#lose(
        isCaxtonError(thrown) ? thrown : violation('bytes that are no message'),
        new Set(this.#residents.keys()),
      )
      return null
    }
  }

  #attribute(message: FromChild & { readonly agent: number }): FromChild | null {
    const resident = this.#residents.get(message.agent)
    if (resident === undefined) throw violation('an agent that is not there')
    if (message.type === 'closed' && resident.closing === null) throw violation('an end nobody asked for')
    if (message.type === 'outcome') resident.noteOutcome(message)
    const admitted = message.type === 'event' ? { ...message, event: resident.admit(message.event) } : message
    return resident.closing === null || message.type === 'closed' ? admitted : null
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'ready':
        this.#wasUp = true
        this.#pulse.noteUp()
        break
      case 'pong':
        this.#pulse.noteAnswer()
        break
      case 'running':
        this.#running = message.agent
        break
      case 'thread-lost':
        this.#lose(lost(message.cause.detail ?? message.cause.code))
        break
      case 'closed':
        this.#drop(this.#residents.get(message.agent)!)
        this.addWaiting(-1)
        break
      case 'outcome':
        this.#pulse.noteProgress()
        if (this.#running === message.agent) this.#running = null
        if (message.ending !== null) this.#drop(this.#residents.get(message.agent)!)
        this.#parts.onMessage(message)
        break
      case 'event':
        this.#pass(message)
        break
    }
  }

  #pass(message: FromChild & { readonly type: 'event' }): void {
    const { agent, event } = message
    const { mailboxes } = this.#parts
    const { name } = this.#residents.get(agent)!
    if (event.type === 'send') {
      const hasMailbox = mailboxes.read(name) !== null
      if (!mailboxes.reserveSender(name)) {
        this.#lose(violation('more messages than may be outstanding'), new Set(this.#residents.keys()))
        return
      }
      if (!hasMailbox) this.#noteRelease(agent)
    }
    this.#parts.onMessage(message)
  }

  #noteRelease(agent: number): void {
    if (this.#released.size === 0) setImmediate(() => this.#tellReleased())
    this.#released.set(agent, (this.#released.get(agent) ?? 0) + 1)
  }

  #tellReleased(): void {
    for (const [agent, count] of this.#released) {
      if (this.#residents.get(agent)?.closing === null) this.#send({ type: 'release', agent, count })
    }
    this.#released.clear()
  }

  #drop(resident: Resident): void {
    this.#residents.delete(resident.agent)
    if (resident.closing === null) this.#parts.mailboxes.watchSender(resident.name, null)
    resident.closing?.resolve()
    if (!this.#isClosing) this.#modules.release(resident.module)
  }

  /** Calls of those that wait end within their wall times and what they may wait, one after the other. */
  #patienceMs(): number {
    let sum = KILL_MS
    for (const { callsWaiting, limits } of this.#residents.values()) {
      if (callsWaiting > 0) sum += limits.wallMs + limits.waitMs + KILL_MS
    }
    return sum
  }

  #lose(cause: CaxtonError, blamed: ReadonlySet<number> = this.#findBlamed()): void {
    if (this.#isClosing) return
    this.#shut()
    this.#parts.onLost(this, cause, blamed)
  }

  /**
   * The agent that was running when the child last looked. Where that is not known, whoever had a call waiting may have run;
   * where the process never came up, all, so that it is not started again for ever.
   */
  #findBlamed(): ReadonlySet<number> {
    if (!this.#wasUp) return new Set(this.#residents.keys())
    if (this.#running !== null) return new Set([this.#running])
    const waiting = [...this.#residents.values()].filter(({ callsWaiting }) => callsWaiting > 0)
    return new Set(waiting.map(({ agent }) => agent))
  }

  #shut(): void {
    this.#isClosing = true
    this.#pulse.stop()
    // Whoever waits for the end of the process must not find that the host has ended first.
    this.#keepAlive(true)
    this.#child.kill('SIGKILL')
    this.#channel.destroy()
    for (const resident of [...this.#residents.values()]) this.#drop(resident)
  }

  #send(message: ToChild): void {
    if (this.#isClosing) return
    if (this.#channel.writableCorked === 0) {
      this.#channel.cork()
      process.nextTick(() => this.#channel.uncork())
    }
    this.#channel.write(encodeToChild(message))
  }

  #keepAlive(keeps: boolean): void {
    for (const handle of [this.#child, this.#channel, this.#child.stderr as Socket | null]) {
      if (keeps) handle?.ref()
      else handle?.unref()
    }
  }
}

function lost(detail: string, cause?: unknown): CaxtonError {
  return new CaxtonError('ERR_SANDBOX_PROCESS_LOST', { detail, cause })
}
