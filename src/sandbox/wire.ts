import type { Message } from '../core/index.ts'
import type { Effects } from './kept/kept.ts'
import type { LocalPost } from './local-mail.ts'
import type { Ending, FromWorker, GuestCall, ToWorker } from './protocol.ts'
import type { Usage } from './sandbox.ts'

/*
 * How messages cross between the main thread and a worker: many in one `postMessage`, in one flat array.
 *
 * The kinds that come with every message of an agent are written field by field, the header of a message as JSON
 * text: to clone them as objects costs five times as much. Everything else is cloned as it is.
 */

/** Messages in their order; made and read by the functions of this file alone. */
export type Batch = unknown[]

/** A message that a guest has sent. */
export interface SentMessage {
  readonly agent: number
  readonly message: Message
  readonly reserved: boolean
  readonly mark: number
  /** Number of the call that sent it. */
  readonly cause: number
}

const OTHER = 0
const HANDLE = 1
const SEND = 2
const OUTCOME = 3
const LOCAL = 4
const HELD_WORDS = 6
/** Words of an outcome before the names and numbers of its host calls, the last of them how many there are. */
const OUTCOME_WORDS = 16

export function writeToWorker(batch: Batch, message: ToWorker): void {
  if (message.type !== 'call' || message.call.kind !== 'handle') batch.push(OTHER, message)
  else batch.push(HANDLE, message.agent, message.id, message.call.text, message.call.sender)
}

export function readToWorker(batch: Batch, take: (message: ToWorker) => void): void {
  for (let at = 0; at < batch.length; ) {
    if (batch[at] === OTHER) {
      take(batch[at + 1] as ToWorker)
      at += 2
      continue
    }
    const call: GuestCall = { kind: 'handle', text: batch[at + 3] as string, sender: batch[at + 4] as string }
    take({ type: 'call', agent: batch[at + 1] as number, id: batch[at + 2] as number, call })
    at += 5
  }
}

/**
 * Writes a message that a guest has sent, and moves its reservation from the journal to the ledger, where there must be room.
 *
 * From the push on nothing is called and nothing loops: V8 cannot stop the thread between these steps, so that a message is
 * in the batch if and only if its reservation is in the ledger.
 */
export function writeSend(batch: Batch, message: SentMessage, journal: Int32Array, ledger: Int32Array): void {
  const { content, ...header } = message.message
  const text = JSON.stringify(header)
  const [stage, receiver, receiverGeneration, sender, senderGeneration, bytes] = journal
  const at = 1 + ledger[0]! * HELD_WORDS
  // biome-ignore format: one push
  batch.push(SEND, message.agent, text, content, message.reserved, message.mark, message.cause, stage, receiver, receiverGeneration, sender, senderGeneration, bytes)
  ledger[at] = stage!
  ledger[at + 1] = receiver!
  ledger[at + 2] = receiverGeneration!
  ledger[at + 3] = sender!
  ledger[at + 4] = senderGeneration!
  ledger[at + 5] = bytes!
  ledger[0]! += 1
  journal[0] = 0
}

/** Writes a message that was handed over inside the thread. Nothing is called but one push. */
export function writeLocal(batch: Batch, post: LocalPost): void {
  batch.push(LOCAL, post.from.agent, post.header, post.content, post.to.agent, post.id, post.bytes, post.cause)
}

export function writeFromWorker(batch: Batch, message: FromWorker): void {
  if (message.type !== 'outcome') {
    batch.push(OTHER, message)
    return
  }
  const { agent, id, status, ending, usage, effects } = message
  batch.push(OUTCOME, agent, id, status, ending)
  batch.push(usage.fuel, usage.cpuMs, usage.wallMs, usage.memoryBytes)
  batch.push(usage.hostCalls, usage.messagesSent, usage.logBytes, usage.tableElements, usage.stackBytes, effects)
  const at = batch.push(0) - 1
  for (const name in usage.callsByName) batch.push(name, usage.callsByName[name])
  batch[at] = (batch.length - at - 1) / 2
}

export function readFromWorker(batch: Batch, take: (message: FromWorker) => void): void {
  for (let at = 0; at < batch.length; ) {
    if (batch[at] === OTHER) {
      take(batch[at + 1] as FromWorker)
      at += 2
    } else if (batch[at] === SEND) {
      take(readSend(batch, at))
      at += 7 + HELD_WORDS
    } else if (batch[at] === LOCAL) {
      take(readLocal(batch, at))
      at += 8
    } else {
      take(readOutcome(batch, at))
      at += OUTCOME_WORDS + 2 * (batch[at + OUTCOME_WORDS - 1] as number)
    }
  }
}

function readSend(batch: Batch, at: number): FromWorker {
  const message = readMessage(batch, at + 2)
  const held = batch.slice(at + 7, at + 7 + HELD_WORDS) as number[]
  const reserved = batch[at + 4] as boolean
  const mark = batch[at + 5] as number
  const cause = batch[at + 6] as number
  return {
    type: 'event',
    agent: batch[at + 1] as number,
    event: { type: 'send', message, reserved, held, mark, cause },
  }
}

function readLocal(batch: Batch, at: number): FromWorker {
  return {
    type: 'local',
    agent: batch[at + 1] as number,
    message: readMessage(batch, at + 2),
    receiver: batch[at + 4] as number,
    id: batch[at + 5] as number,
    bytes: batch[at + 6] as number,
    cause: batch[at + 7] as number,
  }
}

/** The header, which the runtime wrote, and the content behind it. */
function readMessage(batch: Batch, at: number): Message {
  const header = JSON.parse(batch[at] as string) as Message
  const content = batch[at + 1] as string | undefined
  return content === undefined ? header : { ...header, content }
}

function readOutcome(batch: Batch, at: number): FromWorker {
  const usage: Usage = {
    fuel: batch[at + 5] as number,
    cpuMs: batch[at + 6] as number,
    wallMs: batch[at + 7] as number,
    memoryBytes: batch[at + 8] as number,
    hostCalls: batch[at + 9] as number,
    messagesSent: batch[at + 10] as number,
    logBytes: batch[at + 11] as number,
    tableElements: batch[at + 12] as number,
    stackBytes: batch[at + 13] as number,
    callsByName: readCalls(batch, at + OUTCOME_WORDS - 1),
  }
  return {
    type: 'outcome',
    agent: batch[at + 1] as number,
    id: batch[at + 2] as number,
    status: batch[at + 3] as number,
    ending: batch[at + 4] as Ending | null,
    usage,
    effects: batch[at + 14] as Effects | null,
  }
}

function readCalls(batch: Batch, at: number): Usage['callsByName'] {
  const calls: Record<string, number> = {}
  const end = at + 2 * (batch[at] as number)
  for (let entry = at + 1; entry < end; entry += 2) calls[batch[entry] as string] = batch[entry + 1] as number
  return calls
}
