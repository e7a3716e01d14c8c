import type {
  Answer,
  Ask,
  CaxtonHost,
  Grants,
  GuestMemory,
  LogLevel,
  ServiceName,
  Status,
  Wait,
} from '../../capability/index.ts'
import { encodeText, LOG_LEVELS, STATUS } from '../../capability/index.ts'
import type { ErrorData, Limits, Message } from '../../core/index.ts'
import { HOST_LIMITS, isName } from '../../core/index.ts'
import type { ClockSource, RandomGenerator, TreePart } from '../../wasi/index.ts'
import type { Effects, Kept } from '../kept/kept.ts'
import { KeptState } from '../kept/kept-state.ts'
import type { MailboxTable, Slot } from '../mailbox-table.ts'
import type { GuestEvent } from '../protocol.ts'
import type { SentMessage } from '../report.ts'
import type { OutputStream } from '../sandbox.ts'
import { Asks } from './asks.ts'
import type { Meter } from './meter.ts'
import { Refusals } from './refusals.ts'
import { Sender } from './sender.ts'

/** What the hosts of all agents of a thread share. */
export interface HostParts {
  readonly mailboxes: MailboxTable
  /** Where the mailbox of a name is; undefined for what no mailbox is known of. */
  findSlot(name: string): Slot | undefined
  /** The thread's journal of reservations. */
  readonly journal: Int32Array
  emit(agent: number, event: Exclude<GuestEvent, { readonly type: 'send' }>): void
  /** Number of the call that a guest is in. */
  causeOf(agent: number): number
  /**
   * Hands a message over inside the thread and tells whether there was room for it; null for one that has to go through the
   * main thread. Nothing is reserved for it elsewhere.
   */
  sendLocally(agent: number, message: Message, bytes: number): boolean | null
  /** The reply to this is handed over by the main thread, not put into the mailbox; null ends that. */
  awaitReply(agent: number, replyWith: string | null): void
  /** Passes a message on whose reservation is in the journal, and takes it out of there. */
  emitSend(message: SentMessage): void
}

export interface HostOptions {
  readonly agent: number
  readonly name: string
  readonly run: string
  readonly grants: Grants
  readonly limits: Limits
  readonly config: Readonly<Record<string, string>>
  readonly memory: GuestMemory
  readonly meter: Meter
  readonly around: { readonly clock: ClockSource; readonly random: RandomGenerator }
  readonly kept: Kept
  readonly holdsSends: boolean
}

const LOOSE_UTF8 = new TextDecoder()
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true })

/** What one agent may ask of the host, with its grants and its limits for one message. */
export class AgentHost implements CaxtonHost {
  readonly memory: GuestMemory
  readonly #parts: HostParts
  readonly #options: HostOptions
  /** Null until the first. */
  #registered: Set<string> | null = null
  readonly #leastLevel: number
  readonly #kept: KeptState
  readonly #refusals: Refusals
  readonly #asks: Asks
  readonly #sender: Sender
  #logBytes = 0
  #cost = 0

  constructor(parts: HostParts, options: HostOptions) {
    this.#parts = parts
    this.#options = options
    this.memory = options.memory
    this.#leastLevel = options.grants.log === null ? LOG_LEVELS.length : LOG_LEVELS.indexOf(options.grants.log)
    this.#refusals = new Refusals(options.name, (refusal) => this.#emit({ type: 'refuse', refusal }))
    const kept = {
      chargeFuel: (fuel: number) => options.meter.chargeFuel(fuel),
      refuse: (code: ErrorData['code'], data: ErrorData['data'], detail?: string) =>
        this.#refusals.add(code, data, detail),
    }
    this.#kept = new KeptState(kept, options.grants, options.kept)
    this.#asks = new Asks((ask) => this.#emitAsk(ask))
    this.#sender = new Sender({ host: parts, asks: this.#asks, refusals: this.#refusals }, options)
  }

  get logBytes(): number {
    return this.#logBytes
  }

  /** What the call has charged. */
  get cost(): number {
    return this.#cost
  }

  chargeCost(units: bigint): Status {
    if (units < 0n || units > BigInt(Number.MAX_SAFE_INTEGER)) return STATUS.INVALID
    this.#cost = Math.min(this.#cost + Number(units), Number.MAX_SAFE_INTEGER)
    return STATUS.OK
  }

  get messagesSent(): number {
    return this.#sender.messagesSent
  }

  /** Begins the handling of a message of that sender, or the start. */
  begin(correspondent: string | null): void {
    this.#sender.begin(correspondent)
    this.#refusals.begin()
    this.#logBytes = 0
    this.#cost = 0
    this.#asks.dropResult()
  }

  /**
   * Ends the call: reports how many refusals were not reported one by one, once for each code, and keeps what it has changed if
   * it succeeded. Returns the changes.
   */
  finish(succeeded: boolean): Effects | null {
    this.#refusals.finish()
    return this.#kept.end(succeeded)
  }

  chargeFuel(fuel: number): void {
    this.#options.meter.chargeFuel(fuel)
  }

  send(text: Uint8Array): Status {
    return this.#sender.send(text)
  }

  publish(topic: string, content: Uint8Array, isRetained: boolean): Status {
    return this.#sender.publish(topic, content, isRetained)
  }

  request(text: Uint8Array, deadlineMs: number): Wait | Status {
    return this.#sender.request(text, deadlineMs)
  }

  log(level: LogLevel, text: Uint8Array): Status {
    if (LOG_LEVELS.indexOf(level) < this.#leastLevel) return STATUS.OK
    const room = this.#options.limits.logBytes - this.#logBytes
    // Looked at before it is decoded: a text can be longer than V8 can hold.
    const line = text.length < room ? LOOSE_UTF8.decode(text) : null
    // The end of a line counts: a guest that logs nothing in a loop is bounded, too.
    const bytes = (line === null ? text.length : Buffer.byteLength(line)) + 1
    if (line === null || bytes > room) {
      this.#refusals.add('ERR_LIMIT_LOG', { limit: this.#options.limits.logBytes, asked: this.#logBytes + bytes })
      return STATUS.LIMIT
    }
    this.#logBytes += bytes
    this.#emit({ type: 'log', line: { level, text: line } })
    return STATUS.OK
  }

  registerCapability(capability: string): Status {
    if (!isName(capability)) return STATUS.INVALID
    if (!this.#options.grants.register.includes(capability)) {
      this.#refusals.add(
        'ERR_GRANT_MISSING',
        { grant: 'register', capability },
        `the agent may not register '${capability}'`,
      )
      return STATUS.DENIED
    }
    this.#registered ??= new Set()
    if (this.#registered.has(capability)) return STATUS.OK
    if (this.#registered.size >= HOST_LIMITS.capabilitiesPerAgent) return STATUS.LIMIT
    this.#registered.add(capability)
    this.#emit({ type: 'register', capability, cause: this.#parts.causeOf(this.#options.agent) })
    return STATUS.OK
  }

  nowMicros(): bigint {
    return this.#options.around.clock.nowMicros()
  }

  randomU32(): number {
    return this.#options.around.random.nextU32()
  }

  config(key: string): Uint8Array | undefined {
    const { config } = this.#options
    return Object.hasOwn(config, key) ? encodeText(config[key]!) : undefined
  }

  storeData(key: string, value: Uint8Array): Status {
    return this.#kept.storeData(key, value)
  }

  loadData(key: string): Uint8Array | undefined {
    return this.#kept.loadData(key)
  }

  deleteData(key: string): Status {
    return this.#kept.deleteData(key)
  }

  listData(prefix: string): readonly string[] {
    return this.#kept.listData(prefix)
  }

  setTimer(id: number, delayMs: bigint): Status {
    return this.#kept.setTimer(id, delayMs)
  }

  cancelTimer(id: number): Status {
    return this.#kept.cancelTimer(id)
  }

  subscribeTopic(pattern: string): Status {
    return this.#kept.subscribeTopic(pattern)
  }

  unsubscribeTopic(pattern: string): Status {
    return this.#kept.unsubscribeTopic(pattern)
  }

  /** Uses up a timer that is due. False when it is no longer set. */
  beginTimer(id: number, setting: number): boolean {
    return this.#kept.beginTimer(id, setting)
  }

  get result(): Uint8Array | null {
    return this.#asks.result
  }

  dropResult(): void {
    this.#asks.dropResult()
  }

  /** Passes on what one of the guest's streams asks for; its answer is not for `takeAnswer`. */
  askForStream(ask: Ask): void {
    this.#emitAsk(ask)
  }

  takeAnswer(id: number, answer: Answer): void {
    this.#asks.take(id, answer)
  }

  ask(service: ServiceName, text: Uint8Array, bytes: Uint8Array, finish?: (answer: Answer) => number): Wait | Status {
    // What it offers may be other than what it registered: said once more, it is passed on once more.
    if (service === 'offer_capability' || service === 'withdraw_capability') this.#registered = null
    if (text.length + bytes.length > this.#options.limits.messageBytes) return STATUS.TOO_LARGE
    const written = decodeStrictly(text)
    if (written === null) return STATUS.INVALID
    // Copied: while the guest waits its memory is nobody's to read.
    const question = { service, text: written, bytes: bytes.slice() }
    return this.#asks.wait((emit) => {
      emit(question)
      return STATUS.OK
    }, finish)
  }

  /** Takes room for bytes of standard output or error and answers how many fit. */
  takeLogRoom(bytes: number): number {
    const room = this.#options.limits.logBytes - this.#logBytes
    if (bytes > room) {
      this.#refusals.add('ERR_LIMIT_LOG', { limit: this.#options.limits.logBytes, asked: this.#logBytes + bytes })
    }
    const taken = Math.min(bytes, room)
    this.#logBytes += taken
    return taken
  }

  /** Writes a line whose bytes have been taken by `takeLogRoom`. */
  writeLine(level: LogLevel, text: string): void {
    if (LOG_LEVELS.indexOf(level) >= this.#leastLevel) this.#emit({ type: 'log', line: { level, text } })
  }

  /** Passes bytes on as they are, after they have been taken by `takeLogRoom`. */
  writeOutput(stream: OutputStream, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#emit({ type: 'output', stream, bytes: bytes.slice() })
  }

  /** Passes on a part of the files that are copied. */
  passPart(part: TreePart): void {
    this.#emit({ type: 'exported', part })
  }

  #emitAsk(ask: Ask): void {
    this.#emit({ type: 'ask', ask, cause: this.#parts.causeOf(this.#options.agent) })
  }

  #emit(event: Exclude<GuestEvent, { readonly type: 'send' }>): void {
    this.#parts.emit(this.#options.agent, event)
  }
}

/** Returns the text that UTF-8 bytes stand for, null if they stand for none. */
function decodeStrictly(bytes: Uint8Array): string | null {
  try {
    return STRICT_UTF8.decode(bytes)
  } catch {
    return null
  }
}
