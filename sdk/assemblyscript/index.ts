/**
 * What an agent written in AssemblyScript imports from 'caxton'. It exports `handleMessage(message: Message): i32`, which
 * answers OK, NOT_UNDERSTOOD, or any other number for a failure, and may export `init(): i32` and `handleTimer(id: i32): i32`.
 */
import * as abi from './caxton_abi'
import { Writer, getField, listMembers, toInteger, toText } from './caxton_json'
import { takeResult } from './caxton_services'

export {
  Act,
  DEBUG,
  DENIED,
  ERROR,
  FAILED,
  FAULT,
  INFO,
  INVALID,
  LIMIT,
  MAILBOX_FULL,
  NOT_FOUND,
  NOT_UNDERSTOOD,
  OK,
  TIMEOUT,
  TOO_LARGE,
  WARN,
} from './caxton_abi'
export { offerCapability, searchDirectory, unwatchDirectory, watchDirectory, withdrawCapability } from './caxton_directory'
export { Member, Writer, getField, isText, listElements, listMembers, toInteger, toNumber, toText } from './caxton_json'
export {
  ACTIVE,
  PAUSED,
  REVOKED,
  Request,
  Response,
  Result,
  callTool,
  callToolBy,
  delegate,
  fetch,
  fetchBy,
  setDelegation,
  spawn,
  stopAgent,
  takeResult,
} from './caxton_services'

/** A message as it arrives. `content` is JSON text, '' when there is none; every other field is plain text. */
export class Message {
  performative: string = ''
  sender: string = ''
  receiver: string = ''
  content: string = ''
  conversationId: string = ''
  replyWith: string = ''
  inReplyTo: string = ''
  replyTo: string = ''
  replyBy: string = ''
  protocol: string = ''
  language: string = ''
  encoding: string = ''
  ontology: string = ''
  messageId: string = ''

  static parse(json: string): Message {
    const message = new Message()
    const members = listMembers(json)
    for (let i = 0; i < members.length; i++) {
      const name = members[i].name
      const value = members[i].value
      if (name == 'content') message.content = value
      else if (name == 'performative') message.performative = toText(value)
      else if (name == 'sender') message.sender = toText(value)
      else if (name == 'receiver') message.receiver = toText(value)
      else if (name == 'conversation_id') message.conversationId = toText(value)
      else if (name == 'reply_with') message.replyWith = toText(value)
      else if (name == 'in_reply_to') message.inReplyTo = toText(value)
      else if (name == 'reply_to') message.replyTo = toText(value)
      else if (name == 'reply_by') message.replyBy = toText(value)
      else if (name == 'protocol') message.protocol = toText(value)
      else if (name == 'language') message.language = toText(value)
      else if (name == 'encoding') message.encoding = toText(value)
      else if (name == 'ontology') message.ontology = toText(value)
      else if (name == 'message_id') message.messageId = toText(value)
    }
    return message
  }
}

/** A message to be sent. Fields that stay empty are left out; `content` is JSON text. */
export class Draft {
  content: string = ''
  conversationId: string = ''
  replyWith: string = ''
  inReplyTo: string = ''
  replyTo: string = ''
  replyBy: string = ''
  protocol: string = ''
  language: string = ''
  encoding: string = ''
  ontology: string = ''
  /** Further receivers: each is sent a message of its own, in the same conversation. */
  others: string[] = []

  constructor(
    public performative: string,
    public receiver: string,
  ) {}

  /** Starts the answer to a message: to its sender, or whom it names in `reply_to`, in its conversation and protocol. */
  static reply(message: Message, performative: string): Draft {
    const draft = new Draft(performative, message.replyTo == '' ? message.sender : message.replyTo)
    draft.conversationId = message.conversationId
    draft.inReplyTo = message.replyWith
    draft.protocol = message.protocol
    return draft
  }

  toJson(): string {
    const writer = new Writer().beginObject()
    writeText(writer, 'performative', this.performative)
    if (this.others.length == 0) writeText(writer, 'receiver', this.receiver)
    else writeTexts(writer.key('receiver').beginArray().string(this.receiver), this.others)
    writeText(writer, 'conversation_id', this.conversationId)
    writeText(writer, 'reply_with', this.replyWith)
    writeText(writer, 'in_reply_to', this.inReplyTo)
    writeText(writer, 'reply_to', this.replyTo)
    writeText(writer, 'reply_by', this.replyBy)
    writeText(writer, 'protocol', this.protocol)
    writeText(writer, 'language', this.language)
    writeText(writer, 'encoding', this.encoding)
    writeText(writer, 'ontology', this.ontology)
    if (this.content != '') writer.key('content').json(this.content)
    return writer.endObject().toString()
  }
}

function writeText(writer: Writer, name: string, value: string): void {
  if (value != '') writer.key(name).string(value)
}

function writeTexts(writer: Writer, values: string[]): void {
  for (let i = 0; i < values.length; i++) writer.string(values[i])
  writer.endArray()
}

/**
 * One answer of each receiver of a draft: what the runtime says about one of them counts as its answer, too, and that nothing is
 * sent any more as the answer of all that are missing. It waits for agents by their names: whoever answers for an address such as
 * `capability:<name>` has another.
 */
export class Collector {
  /** In the order in which they came. */
  answers: Message[] = []
  /** Who gave no answer of its own, by name: the code of why, such as 'ERR_PROTOCOL_DEADLINE'. */
  unanswered: Map<string, string> = new Map<string, string>()
  private missing: Set<string> = new Set<string>()

  /** Sets `replyWith` of the draft, which is still to be sent: a text that no other one of this agent has. */
  constructor(
    draft: Draft,
    public replyWith: string,
  ) {
    draft.replyWith = replyWith
    this.missing.add(draft.receiver)
    for (let i = 0; i < draft.others.length; i++) this.missing.add(draft.others[i])
  }

  get isComplete(): bool {
    return this.missing.size == 0
  }

  /** Tells whether a message is an answer that was missing; then it is kept. `agree` is none yet. */
  take(message: Message): bool {
    if (message.inReplyTo != this.replyWith || message.performative == 'agree') return false
    if (message.sender == 'caxton') return this.takeNotice(message)
    if (!this.missing.delete(message.sender)) return false
    this.answers.push(message)
    return true
  }

  /** A guard that ends everything leaves no answer to wait for; one that lets two agents rest is about one of them. */
  private takeNotice(notice: Message): bool {
    const about = toText(getField(notice.content, 'receiver'))
    const guard = toText(getField(notice.content, 'guard'))
    const isOver = guard != '' && guard != 'circuit'
    const names = this.missing.values()
    let isTaken = false
    for (let i = 0; i < names.length; i++) {
      if (!isOver && names[i] != about) continue
      isTaken = this.giveUp(names[i], toText(getField(notice.content, 'reason')))
    }
    if (isTaken) this.answers.push(notice)
    return isTaken
  }

  /** Waits no longer for somebody, for a reason that is known otherwise, such as a recruiter. Tells whether it was missing. */
  giveUp(name: string, reason: string): bool {
    if (!this.missing.delete(name)) return false
    this.unanswered.set(name, reason)
    return true
  }

  /** The answers with that act, in the order in which they came. */
  by(performative: string): Message[] {
    const found: Message[] = []
    for (let i = 0; i < this.answers.length; i++) {
      if (this.answers[i].performative == performative) found.push(this.answers[i])
    }
    return found
  }
}

let collections: i32 = 0

/**
 * Sends a message to all its receivers and returns what collects their answers; hand it every message that arrives. With a
 * `replyBy` under a protocol it is complete by then. Null when nothing was sent; `lastStatus()` says why.
 */
export function collect(draft: Draft): Collector | null {
  collections += 1
  const collector = new Collector(draft, draft.replyWith == '' ? 'collect-' + collections.toString() : draft.replyWith)
  askStatus = send(draft)
  return askStatus < 0 ? null : collector
}

/** Sends a message. Answers OK or a negative status, such as MAILBOX_FULL: then nothing was sent. */
export function send(draft: Draft): i32 {
  const bytes = String.UTF8.encode(draft.toJson())
  return abi.send_message(changetype<usize>(bytes), bytes.byteLength)
}

let asked: i32 = 0

/**
 * Sends a message and waits for the reply to it, at most so many milliseconds; 0 waits as long as the limit `wait` lets it.
 * A draft without `replyWith` gets one. Null when nothing was sent or no reply came; `lastStatus()` says why.
 */
export function ask(draft: Draft, deadlineMs: i32 = 0): Message | null {
  if (draft.replyWith == '') {
    asked += 1
    draft.replyWith = 'ask-' + asked.toString()
  }
  const bytes = String.UTF8.encode(draft.toJson())
  askStatus = abi.request(changetype<usize>(bytes), bytes.byteLength, deadlineMs)
  return askStatus < 0 ? null : Message.parse(takeResult(askStatus))
}

let askStatus: i32 = 0

/** Why the last `ask` or `collect` answered null: a negative status, such as TIMEOUT. */
export function lastStatus(): i32 {
  return askStatus
}

/** Answers a message with an act and a content that is JSON text. */
export function reply(message: Message, performative: string, content: string = ''): i32 {
  const draft = Draft.reply(message, performative)
  draft.content = content
  return send(draft)
}

/** Writes a line to the agent's log, at a level such as INFO. */
export function log(level: i32, text: string): i32 {
  const bytes = String.UTF8.encode(text)
  return abi.log(level, changetype<usize>(bytes), bytes.byteLength)
}

/** Makes the agent reachable as `capability:<name>`. */
export function registerCapability(name: string): i32 {
  const bytes = String.UTF8.encode(name)
  return abi.register_capability(changetype<usize>(bytes), bytes.byteLength)
}

/**
 * Publishes a content, JSON text or empty, to a topic: an `inform` that every agent gets which has subscribed to it. `retain` makes it the
 * last value of the topic, for whoever subscribes later. Answers OK or a negative status.
 */
export function publish(topic: string, content: string, retain: bool = false): i32 {
  const name = String.UTF8.encode(topic)
  const text = String.UTF8.encode(content)
  const flags = retain ? abi.PUBLISH_RETAIN : 0
  return abi.publish(changetype<usize>(name), name.byteLength, changetype<usize>(text), text.byteLength, flags)
}

/**
 * Subscribes to the topics that a pattern stands for, `*` for one token and a final `>` for the rest, when the message is handled. What
 * comes has the receiver `topic:<name>`. Answers OK or a negative status.
 */
export function subscribeTopic(pattern: string): i32 {
  const bytes = String.UTF8.encode(pattern)
  return abi.subscribe_topic(changetype<usize>(bytes), bytes.byteLength)
}

/** Ends a subscription when the message is handled; false when there is none to that pattern. */
export function unsubscribeTopic(pattern: string): bool {
  const bytes = String.UTF8.encode(pattern)
  return abi.unsubscribe_topic(changetype<usize>(bytes), bytes.byteLength) == abi.OK
}

/** Microseconds since 1970-01-01T00:00Z, in steps of the granted resolution. */
export function nowMicros(): i64 {
  return abi.now_micros()
}

/** What to set as `replyBy` of a draft for an answer within so many milliseconds. */
export function replyByIn(delayMs: i64): string {
  return new Date(abi.now_micros() / 1000 + delayMs).toISOString()
}

/** Charges a cost, in a unit of the agents' own, to the budget of what the message that is handled belongs to. */
export function chargeCost(units: i64): i32 {
  return abi.charge_cost(units)
}

export function randomU32(): u32 {
  return <u32>abi.random_u32()
}

/** Returns the value of a key of the agent's configuration, null if there is none. */
export function getConfig(key: string): string | null {
  const name = String.UTF8.encode(key)
  let out = new ArrayBuffer(256)
  let length = abi.get_config(changetype<usize>(name), name.byteLength, changetype<usize>(out), out.byteLength)
  if (length > out.byteLength) {
    out = new ArrayBuffer(length)
    length = abi.get_config(changetype<usize>(name), name.byteLength, changetype<usize>(out), length)
  }
  return length < 0 ? null : String.UTF8.decodeUnsafe(changetype<usize>(out), length)
}

/** Returns a key of the configuration as a whole number, `otherwise` when there is no such key or it is none. */
export function getConfigInteger(key: string, otherwise: i64): i64 {
  const value = getConfig(key)
  return value === null ? otherwise : toInteger(value, otherwise)
}

/** Stores bytes under a key: kept when the message is handled, gone when it is not. Answers OK or a negative status. */
export function storeData(key: string, value: ArrayBuffer): i32 {
  const name = String.UTF8.encode(key)
  return abi.store_data(changetype<usize>(name), name.byteLength, changetype<usize>(value), value.byteLength)
}

export function storeText(key: string, value: string): i32 {
  return storeData(key, String.UTF8.encode(value))
}

/** Returns what is stored under a key, null if there is nothing. */
export function loadData(key: string): ArrayBuffer | null {
  const name = String.UTF8.encode(key)
  let out = new ArrayBuffer(256)
  let length = abi.load_data(changetype<usize>(name), name.byteLength, changetype<usize>(out), out.byteLength)
  if (length > out.byteLength) {
    out = new ArrayBuffer(length)
    length = abi.load_data(changetype<usize>(name), name.byteLength, changetype<usize>(out), length)
  }
  return length < 0 ? null : out.slice(0, length)
}

export function loadText(key: string): string | null {
  const value = loadData(key)
  return value === null ? null : String.UTF8.decode(value)
}

/** Drops what is stored under a key; false when there is nothing. */
export function deleteData(key: string): bool {
  const name = String.UTF8.encode(key)
  return abi.delete_data(changetype<usize>(name), name.byteLength) == abi.OK
}

/** Lists the keys that begin with a prefix, in order. */
export function listData(prefix: string = ''): string[] {
  const text = String.UTF8.encode(prefix)
  let out = new ArrayBuffer(1024)
  let length = abi.list_data(changetype<usize>(text), text.byteLength, changetype<usize>(out), out.byteLength)
  if (length > out.byteLength) {
    out = new ArrayBuffer(length)
    length = abi.list_data(changetype<usize>(text), text.byteLength, changetype<usize>(out), length)
  }
  const keys: string[] = []
  for (let start = 0, at = 0; at < length; at++) {
    if (load<u8>(changetype<usize>(out) + at) != 0) continue
    keys.push(String.UTF8.decodeUnsafe(changetype<usize>(out) + start, at - start))
    start = at + 1
  }
  return keys
}

/** Has `handleTimer(id)` called once, that many milliseconds from now. Answers OK or a negative status. */
export function setTimer(id: i32, delayMs: i64): i32 {
  return abi.set_timer(id, delayMs)
}

/** Cancels a timer; false when there is none with this id. */
export function cancelTimer(id: i32): bool {
  return abi.cancel_timer(id) == abi.OK
}

// One message is handled at a time, so one buffer is enough.
let inbox: ArrayBuffer = new ArrayBuffer(256)

/** The export `caxton_alloc`. */
export function allocateMessage(length: i32): usize {
  if (length > inbox.byteLength) inbox = new ArrayBuffer(length)
  return changetype<usize>(inbox)
}

/** Reads the message that the host has written. */
export function readMessage(pointer: usize, length: i32): Message {
  return Message.parse(String.UTF8.decodeUnsafe(pointer, length))
}
