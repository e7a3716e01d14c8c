import type { Message } from '../core/index.ts'
import { formatHeader } from '../core/index.ts'
import { HOST_FUNCTION_NAMES, hostFunctionIndex } from './doors/host-function-names.ts'
import type { CallResult } from './guest/call-result.ts'
import type { Effects } from './kept/kept.ts'
import type { LocalPost } from './local-mail.ts'
import { LOCAL_TEXTS, numberOf, readLocalMessage, textsOf } from './local-message.ts'
import { keepHeader } from './message-header.ts'
import type { Ending, FromWorker } from './protocol.ts'
import type { Usage } from './sandbox.ts'

/*
 * How a worker tells the main thread what has happened: many messages in one `postMessage`, all of their numbers in one array,
 * and everything else in another. A number in a plain array is cloned by itself, and an object with its names: both cost more
 * than the call of a small guest.
 *
 * The header of a message crosses as the JSON text that its receiver gets; of one that its receiver has already, what it says.
 * Host functions cross by their place in a list.
 */

/** Messages in their order; made and read by what is in this file alone. */
export type Report = readonly [numbers: Float64Array, values: readonly unknown[]]

/** A report as it crosses; a number stands for as many that are on the slate. */
export type PostedReport = readonly [numbers: Float64Array | number, values: readonly unknown[]]

/** Where in a report the journal of a reservation is. */
export interface Held {
  readonly numbers: Float64Array
  readonly at: number
}

/** A message that a guest has sent. */
export interface SentMessage {
  readonly agent: number
  readonly message: Message
  readonly reserved: boolean
}

const OTHER = 0
const SEND = 1
const LOCAL = 2
const OUTCOME = 3

const HELD_WORDS = 6
const SEND_WORDS = 5 + HELD_WORDS
const LOCAL_WORDS = 8
/** Numbers of an outcome before those of its host calls, the last of them how many there are. */
const OUTCOME_WORDS = 16
/** What an outcome has among the values. */
const HAS_ENDING = 1
const HAS_EFFECTS = 2

export class ReportWriter {
  #numbers = new Float64Array(1_024)
  #count = 0
  #values: unknown[] = []

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Returns what was written, and begins anew. */
  take(): Report {
    return this.#end([this.#numbers.slice(0, this.#count), this.#values])
  }

  /** Like `take`, but leaves the numbers on a slate, if they find room: to send an array of them costs as much as a small message. */
  takeBySlate(slate: Float64Array): PostedReport {
    const count = this.#count
    if (count > slate.length) return this.take()
    slate.set(this.#numbers.subarray(0, count))
    return this.#end([count, this.#values])
  }

  /**
   * Writes a message that a guest has sent, and moves its reservation from the journal to the ledger, where there must be room.
   *
   * From the push on nothing is called and nothing loops: V8 cannot stop the thread between these steps, so that a message is
   * in the report if and only if its reservation is in the ledger.
   */
  writeSend(
    { message, agent, reserved }: SentMessage,
    mark: number,
    cause: number,
    journal: Int32Array,
    ledger: Int32Array,
  ): void {
    const { content, extras } = message
    const header = extras === undefined ? formatHeader(message) : formatPlainHeader(message)
    const numbers = this.#makeRoom(SEND_WORDS)
    const at = this.#count
    numbers[at] = SEND
    numbers[at + 1] = agent
    numbers[at + 2] = reserved ? 1 : 0
    numbers[at + 3] = mark
    numbers[at + 4] = cause
    const held = 1 + ledger[0]! * HELD_WORDS
    for (let word = 0; word < HELD_WORDS; word += 1) numbers[at + 5 + word] = ledger[held + word] = journal[word]!
    this.#values.push(header, content, extras)
    this.#count = at + SEND_WORDS
    ledger[0]! += 1
    journal[0] = 0
  }

  /** Writes a message that was handed over inside the thread. From the first push on nothing but built-ins is called. */
  writeLocal({ from, to, id, message, bytes, cause }: LocalPost): void {
    const numbers = this.#makeRoom(LOCAL_WORDS)
    const values = this.#values
    const texts = textsOf(message)
    const at = this.#count
    numbers[at] = LOCAL
    numbers[at + 1] = from.agent
    numbers[at + 2] = to.agent
    numbers[at + 3] = id
    numbers[at + 4] = bytes
    numbers[at + 5] = cause
    numbers[at + 6] = numberOf(message.performative)
    numbers[at + 7] = texts
    values.push(message.message_id)
    if ((texts & LOCAL_TEXTS.conversation_id) !== 0) values.push(message.conversation_id)
    if ((texts & LOCAL_TEXTS.reply_with) !== 0) values.push(message.reply_with)
    if ((texts & LOCAL_TEXTS.in_reply_to) !== 0) values.push(message.in_reply_to)
    if ((texts & LOCAL_TEXTS.reply_to) !== 0) values.push(message.reply_to)
    if ((texts & LOCAL_TEXTS.language) !== 0) values.push(message.language)
    if ((texts & LOCAL_TEXTS.encoding) !== 0) values.push(message.encoding)
    if ((texts & LOCAL_TEXTS.ontology) !== 0) values.push(message.ontology)
    if ((texts & LOCAL_TEXTS.trace) !== 0) values.push(message.trace)
    if ((texts & LOCAL_TEXTS.content) !== 0) values.push(message.content)
    this.#count = at + LOCAL_WORDS
  }

  write(message: Exclude<FromWorker, { readonly type: 'outcome' }>): void {
    this.#makeRoom(1)[this.#count] = OTHER
    this.#values.push(message)
    this.#count += 1
  }

  writeOutcome(agent: number, id: number, { status, ending, effects, usage }: CallResult): void {
    const numbers = this.#makeRoom(OUTCOME_WORDS + 2 * HOST_FUNCTION_NAMES.length)
    const at = this.#count
    numbers[at] = OUTCOME
    numbers[at + 1] = agent
    numbers[at + 2] = id
    numbers[at + 3] = status
    numbers[at + 4] = (ending === null ? 0 : HAS_ENDING) + (effects === null ? 0 : HAS_EFFECTS)
    numbers[at + 5] = usage.fuel
    numbers[at + 6] = usage.cpuMs
    numbers[at + 7] = usage.wallMs
    numbers[at + 8] = usage.memoryBytes
    numbers[at + 9] = usage.hostCalls
    numbers[at + 10] = usage.messagesSent
    numbers[at + 11] = usage.logBytes
    numbers[at + 12] = usage.tableElements
    numbers[at + 13] = usage.stackBytes
    numbers[at + 14] = usage.cost
    let end = at + OUTCOME_WORDS
    for (const name in usage.callsByName) {
      numbers[end] = hostFunctionIndex(name)
      numbers[end + 1] = usage.callsByName[name]!
      end += 2
    }
    numbers[at + OUTCOME_WORDS - 1] = (end - at - OUTCOME_WORDS) / 2
    if (ending !== null) this.#values.push(ending)
    if (effects !== null) this.#values.push(effects)
    this.#count = end
  }

  #end<Taken extends PostedReport>(report: Taken): Taken {
    this.#count = 0
    this.#values = []
    return report
  }

  /** Returns the numbers, with room for so many more. */
  #makeRoom(words: number): Float64Array {
    if (this.#count + words > this.#numbers.length) {
      const larger = new Float64Array(2 * (this.#numbers.length + words))
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    return this.#numbers
  }
}

/** A message that nobody else has yet. */
type MadeMessage = { -readonly [Name in keyof Message]: Message[Name] }

/** Returns the journal of a reservation. */
export function readHeld({ numbers, at }: Held): Int32Array {
  return Int32Array.from(numbers.subarray(at, at + HELD_WORDS))
}

/** Returns the report that was posted; while it is read the slate must not be written. */
export function openReport(posted: PostedReport, slate: Float64Array): Report {
  const [numbers, values] = posted
  return typeof numbers === 'number' ? [slate.subarray(0, numbers), values] : [numbers, values]
}

/**
 * Calls `take` for each message of a report, in order.
 *
 * @param names of the agents of the thread
 */
export function readReport(
  [numbers, values]: Report,
  names: ReadonlyMap<number, string>,
  take: (message: FromWorker) => void,
): void {
  let index = 0
  const next = <Value>(): Value => values[index++] as Value
  for (let at = 0; at < numbers.length; ) {
    const kind = numbers[at]
    if (kind === OTHER) {
      take(next())
      at += 1
    } else if (kind === LOCAL) {
      take(readLocal(numbers, at, names, next<string>))
      at += LOCAL_WORDS
    } else if (kind === SEND) {
      take(readSend(numbers, at, readMessage(next(), next(), next())))
      at += SEND_WORDS
    } else {
      const parts = numbers[at + 4]!
      const ending = (parts & HAS_ENDING) === 0 ? null : next<Ending>()
      const effects = (parts & HAS_EFFECTS) === 0 ? null : next<Effects>()
      take(readOutcome(numbers, at, ending, effects))
      at += OUTCOME_WORDS + 2 * numbers[at + OUTCOME_WORDS - 1]!
    }
  }
}

/** The header without fields of the sender's own: those cross as they are. */
function formatPlainHeader({ extras, ...plain }: Message): string {
  return formatHeader(plain)
}

/** The header, which the runtime wrote, and what stands behind it. */
function readMessage(header: string, content: string | undefined, extras: Message['extras']): Message {
  const message = JSON.parse(header) as MadeMessage
  if (content !== undefined) message.content = content
  if (extras === undefined) keepHeader(message, header)
  else message.extras = extras
  return message
}

/** What comes out of an array of doubles is a double, which V8 keeps apart from its object and finds slowly in a map: a small number is neither. */
function toWhole(value: number): number {
  const small = value | 0
  return small === value ? small : value
}

function readSend(numbers: Float64Array, at: number, message: Message): FromWorker {
  const reserved = numbers[at + 2] === 1
  const agent = toWhole(numbers[at + 1]!)
  const mark = toWhole(numbers[at + 3]!)
  const cause = toWhole(numbers[at + 4]!)
  const held: Held = { numbers, at: at + 5 }
  return { type: 'event', agent, event: { type: 'send', message, reserved, held, mark, cause } }
}

function readLocal(
  numbers: Float64Array,
  at: number,
  names: ReadonlyMap<number, string>,
  next: () => string,
): FromWorker {
  const agent = toWhole(numbers[at + 1]!)
  const receiver = toWhole(numbers[at + 2]!)
  const sender = names.get(agent)!
  const to = names.get(receiver)!
  const message = readLocalMessage({ act: numbers[at + 6]!, sender, receiver: to, texts: numbers[at + 7]! }, next)
  return {
    type: 'local',
    agent,
    receiver,
    id: toWhole(numbers[at + 3]!),
    bytes: toWhole(numbers[at + 4]!),
    cause: toWhole(numbers[at + 5]!),
    message,
  }
}

function readOutcome(numbers: Float64Array, at: number, ending: Ending | null, effects: Effects | null): FromWorker {
  const usage: Usage = {
    fuel: toWhole(numbers[at + 5]!),
    cpuMs: numbers[at + 6]!,
    wallMs: numbers[at + 7]!,
    memoryBytes: toWhole(numbers[at + 8]!),
    hostCalls: toWhole(numbers[at + 9]!),
    messagesSent: toWhole(numbers[at + 10]!),
    logBytes: toWhole(numbers[at + 11]!),
    tableElements: toWhole(numbers[at + 12]!),
    stackBytes: toWhole(numbers[at + 13]!),
    cost: toWhole(numbers[at + 14]!),
    callsByName: readCalls(numbers, at + OUTCOME_WORDS),
  }
  const agent = toWhole(numbers[at + 1]!)
  const id = toWhole(numbers[at + 2]!)
  const status = toWhole(numbers[at + 3]!)
  return { type: 'outcome', agent, id, status, ending, effects, usage }
}

/** The host calls that were read last, and their numbers: most messages of an agent make the same ones, and share them then. */
let lastCalls: { readonly numbers: Float64Array; readonly calls: Usage['callsByName'] } = {
  numbers: new Float64Array(),
  calls: Object.freeze({}),
}

function readCalls(numbers: Float64Array, at: number): Usage['callsByName'] {
  const length = 2 * numbers[at - 1]!
  if (isAsLast(numbers, at, length)) return lastCalls.calls
  const calls: Record<string, number> = {}
  const end = at + length
  for (let entry = at; entry < end; entry += 2) calls[HOST_FUNCTION_NAMES[numbers[entry]!]!] = numbers[entry + 1]!
  lastCalls = { numbers: numbers.slice(at, end), calls: Object.freeze(calls) }
  return calls
}

function isAsLast(numbers: Float64Array, at: number, length: number): boolean {
  const last = lastCalls.numbers
  if (last.length !== length) return false
  for (let index = 0; index < length; index += 1) if (last[index] !== numbers[at + index]) return false
  return true
}
