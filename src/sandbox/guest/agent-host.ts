import type { CaxtonHost, Grants, GuestMemory, LogLevel, Status } from '../../capability/index.ts'
import { encodeText, LOG_LEVELS, maySend, STATUS } from '../../capability/index.ts'
import type { Draft, ErrorData, Limits, Message } from '../../core/index.ts'
import {
  completeDraft,
  createIdSource,
  HOST_LIMITS,
  isCaxtonError,
  isName,
  parseDraft,
  spreadDraft,
} from '../../core/index.ts'
import type { ClockSource, RandomGenerator, TreePart } from '../../wasi/index.ts'
import type { Effects, Kept } from '../kept/kept.ts'
import { KeptState } from '../kept/kept-state.ts'
import type { MailboxTable, Slot } from '../mailbox-table.ts'
import { messageBytes } from '../message-size.ts'
import type { GuestEvent } from '../protocol.ts'
import type { OutputStream } from '../sandbox.ts'
import type { SentMessage } from '../wire.ts'
import type { Meter } from './meter.ts'

/** What the hosts of all agents of a thread share. */
export interface HostParts {
  readonly mailboxes: MailboxTable
  /** Where the mailbox of a name is; undefined for what no mailbox is known of. */
  findSlot(name: string): Slot | undefined
  /** The thread's journal of reservations. */
  readonly journal: Int32Array
  emit(agent: number, event: Exclude<GuestEvent, { readonly type: 'send' }>): void
  /**
   * Hands a message over inside the thread and tells whether there was room for it; null for one that has to go through the
   * main thread. Nothing is reserved for it elsewhere.
   */
  sendLocally(agent: number, message: Message, bytes: number): boolean | null
  /** Passes a message on whose reservation is in the journal, and takes it out of there. */
  emitSend(message: Omit<SentMessage, 'mark' | 'cause'>): void
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
  readonly clock: ClockSource
  readonly random: RandomGenerator
  readonly kept: Kept
}

/** Refusals that are reported for one message; the rest is counted. */
const REFUSALS_REPORTED = 4
const LOOSE_UTF8 = new TextDecoder()
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true })

/** What one agent may ask of the host, with its grants and its limits for one message. */
export class AgentHost implements CaxtonHost {
  readonly memory: GuestMemory
  readonly #parts: HostParts
  readonly #options: HostOptions
  readonly #nextId: () => string
  readonly #registered = new Set<string>()
  readonly #leastLevel: number
  readonly #kept: KeptState
  #correspondent: string | null = null
  #sendCount = 0
  #refusalCount = 0
  /** By code, so that they are counted even where they are not reported. */
  readonly #unreported = new Map<ErrorData['code'], number>()
  #logBytes = 0
  messagesSent = 0

  constructor(parts: HostParts, options: HostOptions) {
    this.#parts = parts
    this.#options = options
    this.memory = options.memory
    this.#nextId = createIdSource('m', `${options.run}${options.agent.toString(36)}`)
    this.#leastLevel = options.grants.log === null ? LOG_LEVELS.length : LOG_LEVELS.indexOf(options.grants.log)
    const kept = {
      chargeFuel: (fuel: number) => options.meter.chargeFuel(fuel),
      refuse: (code: ErrorData['code'], data: ErrorData['data']) => this.#refuse(code, data),
    }
    this.#kept = new KeptState(kept, options.grants, options.kept)
  }

  get logBytes(): number {
    return this.#logBytes
  }

  /** Begins the handling of a message of that sender, or the start. */
  begin(correspondent: string | null): void {
    this.#correspondent = correspondent
    this.#sendCount = 0
    this.#refusalCount = 0
    this.#unreported.clear()
    this.#logBytes = 0
    this.messagesSent = 0
  }

  /**
   * Ends the call: reports how many refusals were not reported one by one, once for each code, and keeps what it has changed if
   * it succeeded. Returns the changes.
   */
  finish(succeeded: boolean): Effects | null {
    for (const [code, unreported] of this.#unreported) {
      const data = { agent: this.#options.name, unreported }
      this.#emit({ type: 'refuse', refusal: { code, detail: `${unreported} more, not reported one by one`, data } })
    }
    return this.#kept.end(succeeded)
  }

  chargeFuel(fuel: number): void {
    this.#options.meter.chargeFuel(fuel)
  }

  send(text: Uint8Array): Status {
    const { limits, name } = this.#options
    if (text.length > limits.messageBytes) {
      this.#refuse('ERR_LIMIT_MESSAGE_BYTES', { limit: limits.messageBytes, asked: text.length })
      return STATUS.TOO_LARGE
    }
    const draft = this.#parse(text)
    if (draft === null) return STATUS.INVALID
    if (draft.sender !== undefined && draft.sender !== name) {
      this.#refuse('ERR_MESSAGE_SENDER_FORGED', { claimed: draft.sender }, `'${name}' claims to be '${draft.sender}'`)
      return STATUS.DENIED
    }
    return draft.others === undefined ? this.#sendToOne(draft) : this.#sendToAll(draft, draft.others)
  }

  log(level: LogLevel, text: Uint8Array): Status {
    if (LOG_LEVELS.indexOf(level) < this.#leastLevel) return STATUS.OK
    const room = this.#options.limits.logBytes - this.#logBytes
    // Looked at before it is decoded: a text can be longer than V8 can hold.
    const line = text.length < room ? LOOSE_UTF8.decode(text) : null
    // The end of a line counts: a guest that logs nothing in a loop is bounded, too.
    const bytes = (line === null ? text.length : Buffer.byteLength(line)) + 1
    if (line === null || bytes > room) {
      this.#refuse('ERR_LIMIT_LOG', { limit: this.#options.limits.logBytes, asked: this.#logBytes + bytes })
      return STATUS.LIMIT
    }
    this.#logBytes += bytes
    this.#emit({ type: 'log', line: { level, text: line } })
    return STATUS.OK
  }

  registerCapability(capability: string): Status {
    if (!isName(capability)) return STATUS.INVALID
    if (!this.#options.grants.register.includes(capability)) {
      this.#refuse('ERR_GRANT_MISSING', { grant: 'register', capability }, `the agent may not register '${capability}'`)
      return STATUS.DENIED
    }
    if (this.#registered.has(capability)) return STATUS.OK
    if (this.#registered.size >= HOST_LIMITS.capabilitiesPerAgent) return STATUS.LIMIT
    this.#registered.add(capability)
    this.#emit({ type: 'register', capability })
    return STATUS.OK
  }

  nowMicros(): bigint {
    return this.#options.clock.nowMicros()
  }

  randomU32(): number {
    return this.#options.random.nextU32()
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

  /** Uses up a timer that is due. False when it is no longer set. */
  beginTimer(id: number, setting: number): boolean {
    return this.#kept.beginTimer(id, setting)
  }

  /** Takes room for bytes of standard output or error and answers how many fit. */
  takeLogRoom(bytes: number): number {
    const room = this.#options.limits.logBytes - this.#logBytes
    if (bytes > room) {
      this.#refuse('ERR_LIMIT_LOG', { limit: this.#options.limits.logBytes, asked: this.#logBytes + bytes })
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

  #parse(text: Uint8Array): Draft | null {
    try {
      return parseDraft(STRICT_UTF8.decode(text))
    } catch (error) {
      if (isCaxtonError(error)) this.#refuse(error.code, error.data, error.detail)
      else this.#refuse('ERR_MESSAGE_INVALID', {}, 'not UTF-8')
      return null
    }
  }

  /** Counts an attempt: a guest that goes on while mailboxes are full is not let off. */
  #countSend(): void {
    const { limits, meter } = this.#options
    this.#sendCount += 1
    if (this.#sendCount > limits.messages) {
      meter.end({ code: 'ERR_LIMIT_MESSAGES', data: { limit: limits.messages, asked: this.#sendCount } })
    }
  }

  #sendToOne(draft: Draft): Status {
    if (!this.#mayWriteTo(draft.receiver)) return STATUS.DENIED
    this.#countSend()
    const receiver = this.#parts.findSlot(draft.receiver) ?? null
    if (this.#post(draft, this.#nextId(), receiver)) return STATUS.OK
    this.#refuse('ERR_LIMIT_MAILBOX', { receiver: draft.receiver })
    return STATUS.MAILBOX_FULL
  }

  /**
   * Sends a message to each of several: all are accepted or none is. One whose mailbox is full is accepted, too: the sender is
   * told by a `failure`, so that one of many can neither hold up the others nor be forgotten.
   */
  #sendToAll(draft: Draft, others: readonly string[]): Status {
    const { name, limits } = this.#options
    for (const receiver of [draft.receiver, ...others]) if (!this.#mayWriteTo(receiver)) return STATUS.DENIED
    const own = this.#parts.findSlot(name)
    const waiting = own === undefined ? 0 : this.#parts.mailboxes.read(own).outstanding
    if (waiting + others.length + 1 > limits.outstandingMessages) {
      this.#refuse('ERR_LIMIT_MAILBOX', { receiver: draft.receiver, asked: others.length + 1 })
      return STATUS.MAILBOX_FULL
    }
    const firstId = this.#nextId()
    for (const [index, one] of spreadDraft(draft, firstId).entries()) {
      this.#countSend()
      const id = index === 0 ? firstId : this.#nextId()
      const receiver = this.#parts.findSlot(one.receiver) ?? null
      if (!this.#post(one, id, receiver)) this.#post(one, id, null)
    }
    return STATUS.OK
  }

  #mayWriteTo(receiver: string): boolean {
    if (receiver === this.#correspondent || maySend(this.#options.grants, receiver)) return true
    const detail = `the agent may not write to '${receiver}'`
    this.#refuse('ERR_GRANT_MISSING', { grant: 'send', receiver }, detail)
    return false
  }

  /** Passes a message on if there is room for it; where no mailbox is known of, the router looks for one. */
  #post(draft: Draft, id: string, receiver: Slot | null): boolean {
    const message = completeDraft(draft, this.#options.name, id)
    const bytes = receiver === null ? 0 : messageBytes(message)
    const isHandedOver = receiver === null ? null : this.#parts.sendLocally(this.#options.agent, message, bytes)
    if (!(isHandedOver ?? this.#route(message, receiver, bytes))) return false
    this.messagesSent += 1
    return true
  }

  /** Sends a message to the main thread if there is room for it. */
  #route(message: Message, receiver: Slot | null, bytes: number): boolean {
    const { mailboxes, journal } = this.#parts
    const sender = this.#parts.findSlot(this.#options.name) ?? null
    if (!mailboxes.reserve(receiver, sender, bytes, journal)) return false
    this.#parts.emitSend({ agent: this.#options.agent, message, reserved: receiver !== null })
    return true
  }

  #refuse(code: ErrorData['code'], data: ErrorData['data'] = {}, detail?: string): void {
    this.#refusalCount += 1
    if (this.#refusalCount > REFUSALS_REPORTED) {
      this.#unreported.set(code, (this.#unreported.get(code) ?? 0) + 1)
      return
    }
    const facts = { agent: this.#options.name, ...data }
    this.#emit({ type: 'refuse', refusal: { code, ...(detail === undefined ? {} : { detail }), data: facts } })
  }

  #emit(event: Exclude<GuestEvent, { readonly type: 'send' }>): void {
    this.#parts.emit(this.#options.agent, event)
  }
}
