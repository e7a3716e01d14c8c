import { parseContent } from './caxton-options.ts'
import { CaxtonError, isHumanAddress, personOf } from './core/index.ts'
import type { HumanMessage, PersonAnswer } from './people.ts'
import type { LeftAnswer } from './people-left.ts'
import { ANSWER, DISMISS, readAnswer } from './people-left.ts'
import type { Standing } from './router/index.ts'
import { assertTurn, WAITING_AREA } from './router/index.ts'
import type { InboxEntry } from './store/index.ts'
import { leaveInInbox, StoreReader } from './store/index.ts'

/*
 * People and commands on a data directory, whether a system runs on it or not. What a command leaves was admitted by what the directory
 * said at that moment, with nobody writing to it; the system that takes it looks once more.
 */

/** A message that waits, and the acts that commands have left for it and no system has taken. */
export interface WaitingOnDisk extends HumanMessage {
  readonly left: readonly string[]
}

/** Lists what waits for people on a data directory, in the order of acceptance. @throws CaxtonError ERR_STORE_* */
export function readWaiting(directory: string): WaitingOnDisk[] {
  using reader = new StoreReader(directory)
  return readFrom(reader)
}

/** Returns one message that waits. @throws CaxtonError ERR_MESSAGE_ENDED, ERR_MESSAGE_UNKNOWN, ERR_STORE_* */
export function readWaitingMessage(directory: string, id: string): WaitingOnDisk {
  using reader = new StoreReader(directory)
  return findWaiting(reader, id)
}

/** What a person has answered: who, when, by whose hand. */
export interface GivenAnswer {
  /** When it was given, milliseconds since 1970. */
  readonly atMs: number
  readonly person: string
  readonly act: string
  /** Ids of the message that was answered, and of the answer. */
  readonly question: string
  readonly answer: string
  /** Who brought it, as far as is known. */
  readonly by: string
}

/** Lists what people have answered, the oldest first, as long as the history keeps it. @throws CaxtonError ERR_STORE_* */
export function readAnswers(directory: string): GivenAnswer[] {
  using reader = new StoreReader(directory)
  const answers: GivenAnswer[] = []
  for (const { type, at, id, person, act, answer, by } of reader.history()) {
    if (type !== 'answered') continue
    const ids = { question: String(id), answer: String(answer) }
    answers.push({ atMs: Number(at), person: String(person), act: String(act), ...ids, by: String(by) })
  }
  return answers
}

/**
 * Leaves the answer of a person for the system on a data directory: one that runs takes it within a fraction of a second, else the next
 * one that is started, to which it is given at the time at which it was left.
 *
 * @param by who brings it, for the history
 * @returns the number of what was left, for `readRefusal`
 * @throws CaxtonError ERR_PROTOCOL_TURN with `data.expected`, ERR_MESSAGE_ENDED also when an answer was left already, ERR_MESSAGE_UNKNOWN,
 * ERR_MESSAGE_INVALID, ERR_STORE_*
 */
export function leaveAnswer(directory: string, id: string, answer: PersonAnswer, by: string): number {
  readAnswer(answer)
  const left: LeftAnswer = { id, ...answer, by }
  return leaveInInbox(directory, ANSWER, JSON.stringify(left), (reader) => {
    const waiting = findWaiting(reader, id)
    if (waiting.left.some((act) => act !== 'agree' || act === answer.performative)) throw leftError(waiting)
    assertTurn(waiting, answer.performative, Date.now())
  })
}

/** Leaves word that a message which wants no answer is dismissed. @throws CaxtonError ERR_MESSAGE_ANSWER_WANTED, and as `leaveAnswer` */
export function leaveDismissal(directory: string, id: string): number {
  return leaveInInbox(directory, DISMISS, id, (reader) => {
    const waiting = findWaiting(reader, id)
    if (waiting.left.length > 0) throw leftError(waiting)
    if (waiting.wantsAnswer) throw new CaxtonError('ERR_MESSAGE_ANSWER_WANTED', { detail: id, data: { message: id } })
  })
}

/**
 * Tells what has become of an entry that was left.
 *
 * @returns `waiting` while no system has taken it, `taken`, or why it was refused
 */
export function readOutcome(directory: string, entry: number, sinceMs: number): 'waiting' | 'taken' | CaxtonError {
  using reader = new StoreReader(directory)
  if (reader.inbox().some(({ id }) => id === entry)) return 'waiting'
  for (const { type, entry: number, error } of reader.history(sinceMs)) {
    if (type === 'left-refused' && number === entry) return CaxtonError.fromData(error as never)
  }
  return 'taken'
}

function readFrom(reader: StoreReader): WaitingOnDisk[] {
  const standings = reader.records(WAITING_AREA)
  const left = Map.groupBy(reader.inbox().flatMap(readLeft), ({ id }) => id)
  return reader.pending().flatMap(({ message, receiver, acceptedMs }) => {
    const { message_id: id } = message
    const text = standings.get(id)
    if (text === undefined || !isHumanAddress(receiver)) return []
    const standing = JSON.parse(text) as Standing
    const acts = (left.get(id) ?? []).map(({ act }) => act)
    const person = personOf(receiver) ?? ''
    return [{ id, person, sinceMs: acceptedMs, ...standing, message: parseContent(message), left: acts }]
  })
}

function readLeft({ kind, body }: InboxEntry): { readonly id: string; readonly act: string }[] {
  if (kind === DISMISS) return [{ id: body, act: 'dismiss' }]
  if (kind !== ANSWER) return []
  const { id, performative } = JSON.parse(body) as LeftAnswer
  return [{ id, act: performative }]
}

function findWaiting(reader: StoreReader, id: string): WaitingOnDisk {
  const waiting = readFrom(reader).find((one) => one.id === id)
  if (waiting !== undefined) return waiting
  throw endedError(reader, id)
}

/** Tells from the history, as long as it is kept, how a message has ended. */
function endedError(reader: StoreReader, id: string): CaxtonError {
  let end: string | null = null
  for (const { type, at, ...fact } of reader.history()) {
    const time = new Date(Number(at)).toISOString()
    if (type === 'answered' && fact['id'] === id) end = `was answered with ${fact['act']} by ${fact['by']} at ${time}`
    if (type === 'handled' && fact['id'] === id && isHumanAddress(String(fact['agent']))) {
      end ??= `waits no more since ${time}`
    }
  }
  const data = { message: id }
  if (end !== null) return new CaxtonError('ERR_MESSAGE_ENDED', { detail: `${id} ${end}`, data })
  return new CaxtonError('ERR_MESSAGE_UNKNOWN', { detail: `${id} waits for nobody`, data })
}

function leftError({ id, left }: WaitingOnDisk): CaxtonError {
  const detail = `${left.join(', ')} was left for ${id} already, for the next run`
  return new CaxtonError('ERR_MESSAGE_ENDED', { detail, data: { message: id, left } })
}
