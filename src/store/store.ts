import type { Clock, Message } from '../core/index.ts'
import { CaxtonError, HOST_LIMITS } from '../core/index.ts'
import type { AcceptedMessage, Beside, StoredMessage } from './changes.ts'
import type { Synchronous } from './database.ts'
import { DeadLetters } from './dead-letters.ts'
import { assertDataDirectory } from './directory.ts'
import type { Image } from './image.ts'
import { formatHeader } from './image.ts'
import { Journal } from './journal.ts'
import type { RetentionOptions } from './retention.ts'
import { SUBSCRIPTIONS_AREA, Subscriptions } from './subscriptions.ts'
import type { StartWriter } from './writer-port.ts'
import { startWriterThread } from './writer-port.ts'
import type { InboxEntry } from './writer-protocol.ts'

/*
 * What a system keeps. Owned by the main thread.
 *
 * 1. What is here is in memory; with a directory every change of it is also committed there, a moment later and in order.
 * 2. All that is changed in one turn of the event loop survives together or not at all.
 * 3. What has been told to the outside has been committed before: `whenCommitted`.
 */

export interface StoreOptions extends Partial<RetentionOptions> {
  /** The data directory; null keeps everything in memory alone. */
  readonly directory: string | null
  /** @default 'normal': survives the death of the process, not that of the machine */
  readonly synchronous?: Synchronous
}

export interface StoreParts {
  readonly clock: Clock
  /** @default a thread of its own */
  readonly startWriter?: StartWriter
  /** A command asks for something meanwhile. Whoever does it calls `finish`. @default nothing is done */
  onInbox?(entry: InboxEntry): void
  /** Something could not be written. `isOver`: nothing will be any more. @default nothing */
  onFailure?(error: CaxtonError, isOver: boolean): void
}

const HOUR_MS = 3_600_000

export const DEFAULT_RETENTION: RetentionOptions = Object.freeze({
  historyMs: 168 * HOUR_MS,
  historyBytes: 256 * 2 ** 20,
  deadMs: 720 * HOUR_MS,
  deadBytes: 256 * 2 ** 20,
  windowMs: 24 * HOUR_MS,
})

/** What an agent keeps, by key. */
export type AgentData = ReadonlyMap<string, Uint8Array>

/** The timers of an agent: when each is due, milliseconds since 1970, by its id. */
export type AgentTimers = ReadonlyMap<number, number>

/** Longest content that is kept in the history, UTF-16 code units. */
const HISTORY_CONTENT = 4_096
const NO_DATA: AgentData = new Map()
const NO_TIMERS: AgentTimers = new Map()
const NO_RECORDS: ReadonlyMap<string, string> = new Map()

/** How the handling of a message has ended. */
export interface HandlingEnd {
  readonly status: number
  readonly error: CaxtonError | null
  readonly fuel: number
}

export class Store implements AsyncDisposable {
  readonly dead: DeadLetters
  readonly subscriptions = new Subscriptions((agent, text) => this.putRecord(SUBSCRIPTIONS_AREA, agent, text))
  readonly #clock: Clock
  readonly #journal: Journal | null
  readonly #directory: string | null
  readonly #data = new Map<string, Map<string, Uint8Array>>()
  readonly #dataBytes = new Map<string, number>()
  readonly #timers = new Map<string, Map<number, number>>()
  readonly #records = new Map<string, Map<string, string>>()
  readonly #seen = new Set<string>()
  #messages: readonly StoredMessage[] = []
  #unfinishedStarts = 0
  #inbox: readonly InboxEntry[] = []
  #sequence = 0
  #written: { readonly message: Message; readonly header: string } | null = null

  private constructor(parts: StoreParts, options: StoreOptions) {
    const { directory, synchronous = 'normal' } = options
    this.#clock = parts.clock
    this.#directory = directory
    const retention = { ...DEFAULT_RETENTION, ...dropUndefined(options) }
    const journalParts = {
      clock: parts.clock,
      startWriter: parts.startWriter ?? startWriterThread,
      onInbox: (entries: readonly InboxEntry[]) => {
        for (const entry of entries) parts.onInbox?.(entry)
      },
      onFailure: (error: CaxtonError, isOver: boolean) => parts.onFailure?.(error, isOver),
    }
    this.#journal =
      directory === null ? null : new Journal(journalParts, { directory, synchronous, retention: pick(retention) })
    this.dead = new DeadLetters(directory, this.#journal)
  }

  /**
   * Opens what a system keeps: locks its directory, checks it, brings it to the present version, reads it.
   *
   * @throws CaxtonError ERR_STORE_LOCKED, ERR_STORE_CORRUPT, ERR_STORE_VERSION, ERR_STORE_FAILED
   */
  static async open(parts: StoreParts, options: StoreOptions): Promise<Store> {
    const store = new Store(parts, options)
    if (store.#journal !== null) store.#take(await store.#journal.open())
    return store
  }

  /** Makes a store that keeps everything in memory alone. */
  static inMemory(clock: Clock): Store {
    return new Store({ clock }, { directory: null })
  }

  /** Whether what is here survives the process. */
  get isDurable(): boolean {
    return this.#journal !== null
  }

  /** Why nothing is kept any more; null while things are. */
  get failure(): CaxtonError | null {
    return this.#journal?.failure ?? null
  }

  /** Whether writing is behind: whoever can wait should, and is called back by `onCaughtUp`. */
  get isBehind(): boolean {
    return this.#journal?.isBehind ?? false
  }

  /** Refuses what cannot be kept now. @throws CaxtonError ERR_STORE_FAILED, ERR_LIMIT_JOURNAL */
  assertKeeps(): void {
    if (this.failure !== null) throw this.failure
    if (this.isBehind) throw new CaxtonError('ERR_LIMIT_JOURNAL')
  }

  onCaughtUp(run: () => void): void {
    this.#journal?.onCaughtUp(run)
  }

  /** Calls back once everything that has happened until now is kept: at once in memory. In the order of the calls. */
  whenCommitted(run: () => void): void {
    if (this.#journal === null) run()
    else this.#journal.whenCommitted(run)
  }

  /** Resolves once everything that has happened until now is kept. @throws CaxtonError ERR_STORE_FAILED */
  async flush(): Promise<void> {
    if (this.failure !== null) throw this.failure
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (this.#journal === null) resolve()
    else this.#journal.whenCommitted(resolve, reject)
    await promise
  }

  /** Takes the messages that were pending when the system ended, in their order; there are none the second time. */
  takePending(): readonly StoredMessage[] {
    const messages = this.#messages
    this.#messages = []
    return messages
  }

  /** Takes what commands had left when the system was opened, the oldest first; there is nothing the second time. */
  takeInbox(): readonly InboxEntry[] {
    const entries = this.#inbox
    this.#inbox = []
    return entries
  }

  /** Starts before this one, in a row, that the system did not get over. */
  get unfinishedStarts(): number {
    return this.#unfinishedStarts
  }

  /** The system has got over its start. */
  getOverStart(): void {
    this.#journal?.changes.getOverStart()
    this.#journal?.touch()
  }

  /** Gives the next sequence out. */
  nextSequence(): number {
    this.#sequence += 1
    if (this.#journal !== null) this.#journal.sequence = this.#sequence
    return this.#sequence
  }

  /** What is written beside messages from now on, and who may still change something before a batch is made. */
  set beside(beside: Beside) {
    if (this.#journal !== null) this.#journal.beside = beside
  }

  /** Something will be changed before the next batch is made. */
  expectChange(): void {
    this.#journal?.changes.expect()
    this.#journal?.touch()
  }

  /** A message is pending from now on. */
  accept(entry: AcceptedMessage): void {
    if (this.#journal === null) return
    const header = this.#headerOf(entry.message)
    this.#journal.changes.accept(entry, header, entry.message.content ?? null)
    this.#journal.touch()
  }

  /**
   * A message is no longer pending: it was handled, or its sender was told that it will not be.
   *
   * @returns whether it had been written, with what is beside it
   */
  settle(sequence: number): boolean {
    if (this.#journal === null) return false
    this.#journal.touch()
    return this.#journal.changes.settle(sequence)
  }

  /** Its receiver was lost while it handled the message; it stays pending. */
  retry(sequence: number, attempts: number): void {
    if (this.#journal === null) return
    this.#journal.changes.retry(sequence, attempts)
    this.#journal.touch()
  }

  /** What an agent keeps now. Not to be changed. */
  dataOf(agent: string): AgentData {
    return this.#data.get(agent) ?? NO_DATA
  }

  /** Bytes of the keys and values that an agent keeps. */
  dataBytesOf(agent: string): number {
    return this.#dataBytes.get(agent) ?? 0
  }

  /** Changes what an agent keeps; null drops a key. */
  putData(agent: string, changes: ReadonlyMap<string, Uint8Array | null>): void {
    const kept = this.#data.get(agent) ?? new Map<string, Uint8Array>()
    for (const [key, value] of changes) {
      const bytes = entryBytes(key, value) - entryBytes(key, kept.get(key) ?? null)
      this.#dataBytes.set(agent, (this.#dataBytes.get(agent) ?? 0) + bytes)
      if (value === null) kept.delete(key)
      else kept.set(key, value)
      this.#journal?.changes.putData(agent, key, value)
    }
    if (kept.size === 0) this.#data.delete(agent)
    else this.#data.set(agent, kept)
    this.#journal?.touch()
  }

  timersOf(agent: string): AgentTimers {
    return this.#timers.get(agent) ?? NO_TIMERS
  }

  /** Sets timers of an agent; null drops one. */
  putTimers(agent: string, changes: ReadonlyMap<number, number | null>): void {
    const kept = this.#timers.get(agent) ?? new Map<number, number>()
    for (const [id, dueMs] of changes) {
      if (dueMs === null) kept.delete(id)
      else kept.set(id, dueMs)
      this.#journal?.changes.putTimer(agent, id, dueMs)
    }
    if (kept.size === 0) this.#timers.delete(agent)
    else this.#timers.set(agent, kept)
    this.#journal?.touch()
  }

  /** What a part of the runtime has kept, by key. Not to be changed. */
  recordsOf(area: string): ReadonlyMap<string, string> {
    return this.#records.get(area) ?? NO_RECORDS
  }

  /** Keeps a text for a part of the runtime; null drops it. */
  putRecord(area: string, key: string, text: string | null): void {
    if (this.#journal === null) return
    const kept = this.#records.get(area) ?? new Map<string, string>()
    if (text === null) kept.delete(key)
    else kept.set(key, text)
    this.#records.set(area, kept)
    this.#journal.changes.putRecord(area, key, text)
    this.#journal.touch()
  }

  /** Notes an id from outside. False: it has come before, within the window. */
  remember(id: string): boolean {
    if (this.#seen.has(id)) return false
    this.#seen.add(id)
    if (this.#seen.size > HOST_LIMITS.rememberedIds) this.#seen.delete(this.#seen.values().next().value!)
    this.#journal?.changes.remember(id)
    this.#journal?.touch()
    return true
  }

  /** Notes that a message was sent; `cause` is the id of the one whose handling sent it. */
  noteSent(message: Message, sequence: number | null, cause: string | null): void {
    if (this.#journal === null) return
    const { content } = message
    const text =
      content === undefined
        ? ''
        : content.length <= HISTORY_CONTENT
          ? `,"content":${content}`
          : `,"content_length":${content.length}`
    const header = this.#headerOf(message).slice(0, -1)
    const facts = `"sequence":${sequence}${cause === null ? '' : `,"cause":${JSON.stringify(cause)}`}`
    this.note(`{"type":"sent","at":${this.#clock.nowMs()},${facts},"message":${header}${text}}}`)
  }

  /** Notes that a copy of a message is on its way to an agent: but for its id it says what that says. */
  noteCopy({ message_id: id }: Message, original: string, agent: string, sequence: number | null): void {
    this.note(JSON.stringify({ type: 'copied', at: this.#clock.nowMs(), sequence, id, of: original, agent }))
  }

  /** Writes the header of a message; a message is accepted and noted one right after the other. */
  #headerOf(message: Message): string {
    if (this.#written?.message !== message) this.#written = { message, header: formatHeader(message) }
    return this.#written.header
  }

  /** Notes that the handling of a message has ended. */
  noteHandled(message: Message, agent: string, end: HandlingEnd): void {
    if (this.#journal === null) return
    const error = end.error === null ? '' : `,"error":"${end.error.code}"`
    const ids = `"id":${JSON.stringify(message.message_id)},"agent":${JSON.stringify(agent)}`
    this.note(`{"type":"handled","at":${this.#clock.nowMs()},${ids},"status":${end.status},"fuel":${end.fuel}${error}}`)
  }

  /** Notes a line of history: a JSON object. */
  note(line: string): void {
    if (this.#journal === null) return
    this.#journal.changes.note(line)
    this.#journal.touch()
  }

  /** An entry of the inbox is done: committed with what was done for it. */
  finish(id: number): void {
    this.#journal?.changes.finish(id)
    this.#journal?.touch()
  }

  /** The file that everything is in. @throws CaxtonError ERR_STORE_MISSING in memory */
  get file(): string {
    if (this.#directory === null) {
      throw new CaxtonError('ERR_STORE_MISSING', { detail: 'the system keeps everything in memory' })
    }
    return assertDataDirectory(this.#directory)
  }

  /** Commits what there is and lets go of the directory. Idempotent. */
  async close(): Promise<void> {
    await this.#journal?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #take(image: Image): void {
    this.#sequence = image.sequence
    this.#messages = image.messages
    this.#unfinishedStarts = image.unfinishedStarts
    this.#inbox = image.inbox
    for (const { agent, key, value } of image.data) {
      group(this.#data, agent).set(key, value)
      this.#dataBytes.set(agent, this.dataBytesOf(agent) + entryBytes(key, value))
    }
    for (const { agent, id, dueMs } of image.timers) group(this.#timers, agent).set(id, dueMs)
    for (const { area, key, text } of image.records) group(this.#records, area).set(key, text)
    this.subscriptions.load(this.recordsOf(SUBSCRIPTIONS_AREA))
    for (const id of image.seen.slice(-HOST_LIMITS.rememberedIds)) this.#seen.add(id)
  }
}

function group<Key, Value>(groups: Map<string, Map<Key, Value>>, name: string): Map<Key, Value> {
  const found = groups.get(name)
  if (found !== undefined) return found
  const made = new Map<Key, Value>()
  groups.set(name, made)
  return made
}

function entryBytes(key: string, value: Uint8Array | null): number {
  return value === null ? 0 : Buffer.byteLength(key) + value.length
}

function dropUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

function pick({ historyMs, historyBytes, deadMs, deadBytes, windowMs }: RetentionOptions): RetentionOptions {
  return { historyMs, historyBytes, deadMs, deadBytes, windowMs }
}
