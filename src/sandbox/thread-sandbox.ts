import type { Answer } from '../capability/index.ts'
import type { ErrorData, Message } from '../core/index.ts'
import { CaxtonError, DEFAULT_SCHEDULING } from '../core/index.ts'
import type { MemoryTree, TreePart } from '../wasi/index.ts'
import { TreeCollector } from '../wasi/index.ts'
import { toGuestError } from './guest-error.ts'
import { readFunctionImports } from './imports.ts'
import { NOTHING_KEPT } from './kept/kept.ts'
import { headerOf } from './message-header.ts'
import { OpenAsks } from './open-asks.ts'
import type { FromWorker, GuestCall, GuestEvent } from './protocol.ts'
import type { LocalCall, Outcome, Sandbox, SandboxEvents, SandboxSpec } from './sandbox.ts'
import type { Thread } from './thread.ts'
import { NO_USAGE } from './usage.ts'

/*
 * One agent on the main thread, with its place in a worker thread. Owned by the main thread.
 *
 * 1. Calls of the main thread are answered in the order in which they were made; each is answered exactly once. Between
 *    them come those that other agents of the thread have made, with numbers below 0, each told before its outcome.
 * 2. The first error is the last thing a guest does: calls that wait and later calls end with the same error.
 * 3. After close() nothing is reported.
 */

type OutcomeMessage = FromWorker & { readonly type: 'outcome' }
type LocalMessage = FromWorker & { readonly type: 'local' }

interface PendingCall {
  readonly kind: GuestCall['kind']
  /** Of a `handle`. */
  readonly message: Message | null
  /** Of an `export`: where, and what has come of it. */
  readonly files: { readonly at: string; readonly collector: TreeCollector } | null
  /** Of a `timer`. */
  readonly timer: { readonly id: number; readonly setting: number } | null
  /** Of a message that was handed over inside the thread. */
  readonly local: LocalCall | null
  readonly bytes: number
  settle(outcome: Outcome): void
}

const NO_CALL = { message: null, files: null, timer: null, local: null, bytes: 0 }

/** What runs the guest: a thread of this process or of another one. */
export type GuestThread = Pick<Thread, 'addAgent' | 'removeAgent' | 'addWaiting' | 'post' | 'forget' | 'end'> & {
  readonly hasLocalMail: boolean
}

interface Place {
  readonly thread: GuestThread
  readonly agent: number
}

export interface ThreadSandboxParts {
  readonly spec: SandboxSpec
  readonly events: SandboxEvents
  /** Puts the sandbox into a thread under a new number. */
  place(sandbox: ThreadSandbox): Place
  /** The number is free again. */
  leave(agent: number, thread: GuestThread): void
  /** Takes over what a message holds that waited in a thread which is gone. */
  adopt?(sender: string, bytes: number): void
  /** It has so much linear memory now. */
  onMemory(bytes: number): void
}

export class ThreadSandbox implements Sandbox {
  readonly #parts: ThreadSandboxParts
  #pending = new Map<number, PendingCall>()
  readonly #asks: OpenAsks
  #lastId = 0
  #place: Place | null = null
  #end: CaxtonError | null = null
  #isClosed = false
  #isStarted = false
  /** The start that was begun ahead, until somebody asks for it. */
  #started: Promise<Outcome> | null = null
  #isLocal = false
  #shutting: PromiseWithResolvers<void> | null = null

  constructor(parts: ThreadSandboxParts) {
    this.#parts = parts
    this.#asks = new OpenAsks(parts.events.onAsk)
  }

  /** Places the guest and makes its instance. Resolves with how that ended. */
  create(): Promise<Outcome> {
    this.#place = this.#parts.place(this)
    const created = this.#request('create')
    if (this.#parts.spec.startsAhead === true) this.#started = this.#request('start')
    return created
  }

  start(): Promise<Outcome> {
    const started = this.#started ?? this.#request('start')
    this.#started = null
    return started
  }

  handle(message: Message): Promise<Outcome> {
    return this.#request('handle', { message })
  }

  async exportFiles(at: string): Promise<MemoryTree> {
    const collector = new TreeCollector()
    const { error } = await this.#request('export', { files: { at, collector } })
    if (error !== null) throw error
    return collector.finish()
  }

  openLocal(): void {
    if (this.#parts.spec.isTraced === true) return
    this.#isLocal = true
    if (this.#place?.thread.hasLocalMail) {
      this.#place.thread.post({ type: 'local', agent: this.#place.agent, isOpen: true })
    }
  }

  shutLocal(): Promise<void> | null {
    const place = this.#place
    const wasOpen = this.#isLocal && place?.thread.hasLocalMail === true
    this.#isLocal = false
    if (!wasOpen || place === null) return this.#shutting?.promise ?? null
    this.#shutting = Promise.withResolvers()
    place.thread.post({ type: 'local', agent: place.agent, isOpen: false })
    return this.#shutting.promise
  }

  fire(id: number, setting: number): Promise<Outcome> {
    return this.#request('timer', { timer: { id, setting } })
  }

  get finish(): (() => Promise<Outcome>) | null {
    return this.#parts.spec.door === 'stdio' ? () => this.#request('finish') : null
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const place = this.#place
    const data = { agent: this.#parts.spec.name }
    this.#finish(new CaxtonError('ERR_SANDBOX_CLOSED', { detail: `of agent '${data.agent}'`, data }))
    await place?.thread.end(place.agent)
  }

  get name(): string {
    return this.#parts.spec.name
  }

  isIn(thread: GuestThread): boolean {
    return this.#place?.thread === thread
  }

  /** The reason for killing a call that has used up its wall time. */
  describeWallKill(): ErrorData {
    const limit = this.#parts.spec.limits.wallMs
    return { code: 'ERR_LIMIT_WALL', detail: `${limit} ms`, data: { limit } }
  }

  takeOutcome({ id, status, ending, usage, effects }: OutcomeMessage): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    this.#asks.endCall()
    this.#place?.thread.addWaiting(-1)
    this.#parts.onMemory(usage.memoryBytes)
    const error = ending === null ? null : toGuestError(ending, this.#parts.spec.compiled, this.#parts.spec.name)
    if (pending.kind === 'start' && error === null) this.#isStarted = true
    if (error?.code === 'ERR_GUEST_ENDED') pending.settle({ status: 0, error: null, hasEnded: true, usage, effects })
    else pending.settle({ status, error, usage, effects })
    if (error !== null) this.#finish(error)
  }

  /** Returns the message of a call that has not ended; null for what is none. */
  messageOf(id: number): Message | null {
    return this.#pending.get(id)?.message ?? null
  }

  /** Its guest has sent a message to another one of the thread. */
  takeLocalSend(message: Message, isTaken: boolean, cause: Message | null): void {
    this.#parts.events.onLocalSend?.(message, isTaken, cause)
  }

  /** Its guest has got a message from another one of the thread. */
  takeLocal({ id, message, bytes }: LocalMessage, cause: Message | null): void {
    const local = this.#parts.events.onLocal?.(message, bytes, cause)
    if (local === undefined || this.#place === null) return
    this.#place.thread.addWaiting(1)
    // Like an outcome that somebody waits for: those of one agent are told in their order.
    const settle = (outcome: Outcome) => queueMicrotask(() => local.settle(outcome))
    this.#pending.set(id, { ...NO_CALL, kind: 'handle', message, local, bytes, settle })
  }

  /** Nothing is handed over to its guest any more. */
  takeShut(): void {
    this.#shutting?.resolve()
    this.#shutting = null
  }

  takeEvent(event: GuestEvent): void {
    const { events } = this.#parts
    const place = this.#place
    if (event.type === 'send') events.onSend(event.message, event.reserved, this.messageOf(event.cause))
    else if (event.type === 'log') events.onLog(event.line)
    else if (event.type === 'output') events.onOutput?.(event.stream, event.bytes)
    else if (event.type === 'register') events.onRegister(event.capability, this.messageOf(event.cause))
    else if (event.type === 'exported') this.#takePart(event.part)
    else if (event.type === 'ask') {
      const cause = this.messageOf(event.cause)
      this.#asks.take(event.ask, cause, (answer) => this.#answer(event.ask.id, answer, place))
    } else events.onRefuse(event.refusal)
  }

  /** The thread is gone while a call of this guest ran in it: the guest is gone too, with the code of the cause. */
  fail(cause: CaxtonError): void {
    const { name } = this.#parts.spec
    const detail = `while agent '${name}' ran in it (${cause.detail})`
    this.#finish(new CaxtonError(cause.code, { detail, data: { ...cause.data, agent: name }, cause }))
  }

  /** The thread is gone, for which this guest is not to blame: begins again in another one, then goes on with what waits. */
  restart(cause: CaxtonError): void {
    const waiting = [...this.#pending.values()]
    this.#leave()
    this.#place = this.#parts.place(this)
    if (waiting[0]?.kind !== 'create') {
      this.#push({ ...NO_CALL, kind: 'create', settle: () => {} })
      if (this.#isStarted) this.#push({ ...NO_CALL, kind: 'start', settle: (outcome) => this.#checkRestart(outcome) })
      this.#parts.events.onRestart?.(cause)
    }
    for (const pending of waiting) this.#push(this.#adopt(pending))
    if (this.#isLocal) this.openLocal()
  }

  /** What the lost thread held for a message is held here from now on. */
  #adopt(pending: PendingCall): PendingCall {
    const { message, local, bytes } = pending
    if (message === null || local === null) return pending
    this.#parts.adopt?.(message.sender, bytes)
    local.adopt()
    return { ...pending, local: null }
  }

  /** Parts belong to the first export that has not ended: calls of one guest run in order. */
  #takePart(part: TreePart): void {
    for (const { files } of this.#pending.values()) {
      if (files === null) continue
      files.collector.take(part)
      return
    }
  }

  #answer(id: number, answer: Answer, place: Place | null): void {
    // A guest that was placed again has not asked.
    if (place !== null && place === this.#place) place.thread.post({ type: 'answer', agent: place.agent, id, answer })
  }

  #checkRestart({ status, error }: Outcome): void {
    if (error !== null || status === 0) return
    const { name } = this.#parts.spec
    const detail = `agent '${name}' answered ${status} when it was started again`
    const place = this.#place
    this.#finish(new CaxtonError('ERR_GUEST_STATUS', { detail, data: { agent: name, status } }))
    place?.thread.forget(place.agent)
  }

  #request(
    kind: GuestCall['kind'],
    of: Partial<Pick<PendingCall, 'message' | 'files' | 'timer'>> = {},
  ): Promise<Outcome> {
    if (this.#end !== null) return Promise.resolve({ status: -1, error: this.#end, usage: NO_USAGE, effects: null })
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#push({ ...NO_CALL, ...of, kind, settle: resolve })
    return promise
  }

  #push(pending: PendingCall): void {
    this.#lastId += 1
    this.#pending.set(this.#lastId, pending)
    const { thread, agent } = this.#place!
    thread.addWaiting(1)
    thread.post({ type: 'call', agent, id: this.#lastId, call: this.#makeCall(pending) })
  }

  /** Ends the guest: what waits, and whatever comes, has this error. */
  #finish(error: CaxtonError): void {
    this.#end ??= error
    const waiting = [...this.#pending.values()]
    this.#leave()
    for (const { settle } of waiting) settle({ status: -1, error: this.#end, usage: NO_USAGE, effects: null })
  }

  #leave(): void {
    this.takeShut()
    this.#asks.endCall()
    if (this.#place === null) return
    this.#place.thread.addWaiting(-this.#pending.size)
    this.#pending.clear()
    this.#parts.leave(this.#place.agent, this.#place.thread)
    this.#place = null
  }

  #makeCall({ kind, message, files, timer }: PendingCall): GuestCall {
    if (kind === 'create') return this.#createCall()
    if (files !== null) return { kind: 'export', at: files.at }
    if (timer !== null) return { kind: 'timer', ...timer }
    if (kind === 'finish') return { kind }
    if (message === null) return { kind: 'start' }
    const { sender, content, protocol, conversation_id } = message
    const conversation = protocol === undefined ? conversation_id : ''
    return { kind: 'handle', header: headerOf(message), content, sender, conversation, hops: 0 }
  }

  #createCall(): GuestCall {
    const { name, compiled, door, script, grants, limits, config, args, env, stdin, mounts, scheduling } =
      this.#parts.spec
    const { info, names, instantiationFuel } = compiled.instrumented
    return {
      kind: 'create',
      spec: {
        agent: this.#place!.agent,
        name,
        door,
        script,
        grants,
        limits,
        config,
        args: args ?? [],
        env: env ?? {},
        stdin: stdin ?? new Uint8Array(),
        mounts: mounts ?? [],
        module: compiled.module,
        imports: readFunctionImports(info),
        names,
        tableElements: info.tables.reduce((sum, { limits }) => sum + limits.initial, 0),
        instantiationFuel,
        scheduling: { ...DEFAULT_SCHEDULING, ...scheduling },
        holdsSends: this.#parts.spec.holdsSends ?? false,
        kept: this.#parts.spec.kept?.() ?? NOTHING_KEPT,
      },
    }
  }
}
