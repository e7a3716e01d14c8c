import type { Clock } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import type { Beside } from './changes.ts'
import { Changes, NOTHING_BESIDE } from './changes.ts'
import { toStoreError } from './database.ts'
import type { Image } from './image.ts'
import type { StartWriter, WriterPort } from './writer-port.ts'
import type { FromWriter, InboxEntry, ToWriter, WriterData } from './writer-protocol.ts'

/*
 * The main thread's side of the writer thread: group commit.
 *
 * 1. All changes that are made in one turn of the event loop are committed together: a batch is cut between turns only.
 * 2. Batches are committed in their order, so what survives is always a beginning of what happened.
 * 3. At most IN_FLIGHT batches are with the writer; what happens meanwhile makes the next batch larger, not more of them.
 */

export interface JournalParts {
  readonly clock: Clock
  readonly startWriter: StartWriter
  onInbox(entries: readonly InboxEntry[]): void
  /** Something could not be written. `isOver`: nothing will be any more. */
  onFailure(error: CaxtonError, isOver: boolean): void
}

const IN_FLIGHT = 2
/** Bytes that wait to be committed at which whoever causes them should wait, and at which they may go on. */
const BEHIND_BYTES = 64 * 2 ** 20
const CAUGHT_UP_BYTES = 16 * 2 ** 20

interface Waiter {
  readonly number: number
  readonly run: () => void
  readonly fail: (error: CaxtonError) => void
}

export class Journal {
  readonly changes = new Changes()
  /** The highest sequence that was given out. */
  sequence = 0
  beside: Beside = NOTHING_BESIDE
  readonly #parts: JournalParts
  readonly #writer: WriterPort
  readonly #opened = Promise.withResolvers<Image>()
  readonly #closed = Promise.withResolvers<void>()
  readonly #waiters: Waiter[] = []
  readonly #relief = new Set<() => void>()
  /** Bytes of each batch that is with the writer, oldest first. */
  readonly #inFlight: number[] = []
  #lastSent = 0
  #lastCommitted = 0
  #isScheduled = false
  #isBehind = false
  #isClosing = false
  #failure: CaxtonError | null = null

  constructor(parts: JournalParts, data: WriterData) {
    this.#parts = parts
    this.#writer = parts.startWriter(data, {
      onMessage: (message) => this.#receive(message),
      onError: (cause) => this.#fail(toStoreError(cause, data.directory)),
      onExit: () => {
        this.#fail(new CaxtonError('ERR_STORE_FAILED', { detail: 'the writer thread ended' }))
        this.#closed.resolve()
      },
    })
  }

  /** Resolves with what the database holds. @throws CaxtonError ERR_STORE_* */
  async open(): Promise<Image> {
    const image = await this.#opened.promise
    this.#writer.unref()
    return image
  }

  /** Why nothing is committed any more; null while things are. */
  get failure(): CaxtonError | null {
    return this.#failure
  }

  /** Whether more is waiting to be committed than is good: whoever can wait should. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Calls back once, when it is no longer behind. */
  onCaughtUp(run: () => void): void {
    this.#relief.add(run)
  }

  /** Says that there are changes: they are committed after this turn of the event loop. */
  touch(): void {
    if (this.#isScheduled || this.#isClosing) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#flush()
    })
    this.#look()
  }

  /**
   * Calls back when everything that has happened until now is committed; at once if it is. In the order of the calls.
   *
   * @param fail is called instead once it is sure that it cannot be. @default nothing is
   */
  whenCommitted(run: () => void, fail: Waiter['fail'] = () => {}): void {
    const number = this.changes.isEmpty ? this.#lastSent : this.#lastSent + 1
    if (this.#failure !== null && number > this.#lastCommitted) fail(this.#failure)
    else if (number <= this.#lastCommitted && this.#waiters.length === 0) run()
    else this.#waiters.push({ number: Math.max(number, this.#lastCommitted), run, fail })
  }

  /** Commits what there is and lets go of the directory. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      this.#writer.ref()
      this.#send(true)
      this.#post({ type: 'close' })
    }
    await this.#closed.promise
  }

  #flush(): void {
    if (this.#inFlight.length < IN_FLIGHT) this.#send(false)
  }

  #send(evenIfEmpty: boolean): void {
    if (this.#failure !== null || (this.changes.isEmpty && !evenIfEmpty)) return
    if (this.#inFlight.length === 0) this.#writer.ref()
    this.beside.beforeBatch()
    this.#lastSent += 1
    const { bytes } = this.changes
    const batch = this.changes.take(this.#lastSent, this.#parts.clock.nowMs(), this.sequence, this.beside)
    this.#inFlight.push(bytes)
    this.#post({ type: 'commit', batch })
  }

  #post(message: ToWriter): void {
    this.#writer.post(message)
  }

  #receive(message: FromWriter): void {
    switch (message.type) {
      case 'opened':
        this.sequence = message.image.sequence
        this.#opened.resolve(message.image)
        break
      case 'committed':
        this.#noteCommitted(message.number)
        break
      case 'inbox':
        this.#parts.onInbox(message.entries)
        break
      case 'failed':
        if (message.passing) this.#parts.onFailure(CaxtonError.fromData(message.error), false)
        else this.#fail(CaxtonError.fromData(message.error))
        break
      case 'closed':
        this.#isClosing = true
        break
    }
  }

  #noteCommitted(number: number): void {
    this.#lastCommitted = number
    this.#inFlight.shift()
    if (this.#inFlight.length === 0 && !this.#isClosing) this.#writer.unref()
    this.#flush()
    let due = 0
    while (due < this.#waiters.length && this.#waiters[due]!.number <= number) due += 1
    for (const { run } of this.#waiters.splice(0, due)) run()
    this.#look()
  }

  #look(): void {
    const bytes = this.#inFlight.reduce((sum, each) => sum + each, this.changes.bytes)
    if (bytes >= BEHIND_BYTES) this.#isBehind = true
    if (!this.#isBehind || bytes > CAUGHT_UP_BYTES) return
    this.#isBehind = false
    const waiting = [...this.#relief]
    this.#relief.clear()
    for (const run of waiting) run()
  }

  #fail(error: CaxtonError): void {
    this.#opened.reject(error)
    this.#opened.promise.catch(() => {})
    if (this.#failure !== null) return
    if (this.#isClosing && this.#inFlight.length === 0) return
    this.#failure = error
    this.#writer.unref()
    this.#parts.onFailure(error, true)
    for (const { fail } of this.#waiters.splice(0)) fail(error)
  }
}
