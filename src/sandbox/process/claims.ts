import type { LogLevel } from '../../capability/index.ts'
import { LOG_LEVELS, SERVICES } from '../../capability/index.ts'
import type { ErrorCode, ErrorData, ErrorFacts, Message } from '../../core/index.ts'
import { completeDraft, ERRORS, isName, toDraft } from '../../core/index.ts'
import type { TreePart } from '../../wasi/index.ts'
import { isTreePath } from '../../wasi/index.ts'
import { DOORS, listHostModules } from '../doors/doors.ts'
import type { Ending, Frame, GuestEvent } from '../protocol.ts'
import type { OutputStream, Usage } from '../sandbox.ts'
import { NO_USAGE } from '../usage.ts'
import { readEffects } from './effects-encoding.ts'
import type { Claim } from './encoding.ts'
import type { FromChild } from './protocol.ts'
import { violation } from './violation.ts'

/*
 * Reads what a child says as what an enemy says: its guests may have broken out of V8.
 *
 * 1. What is returned is made of checked values alone; unknown kinds are refused, unknown fields of known kinds are left out.
 * 2. Whether the agent may say it is checked by `Resident`.
 */

/** Bounds of what an honest child says, far above it. */
const FRAMES = 16
const FACTS = 64
const TEXT_CHARS = 65_536

/** Names of all host functions there are; made when the first outcome arrives. */
let HOST_FUNCTIONS: ReadonlySet<string> | undefined

type Fields = Readonly<Record<string, unknown>>

/** @throws CaxtonError ERR_SANDBOX_PROCESS_LOST, `data.violation` */
export function readClaim({ value, bytes }: Claim): FromChild {
  const fields = readFields(value, 'a message')
  const { type } = fields
  switch (type) {
    case 'ready':
    case 'pong':
      return { type }
    case 'running':
    case 'closed':
      return { type, agent: readAgent(fields) }
    case 'thread-lost':
      return { type, cause: readError(fields['cause']) }
    case 'event':
      return { type, agent: readAgent(fields), event: readEvent(readFields(fields['event'], 'an event'), bytes) }
    case 'outcome':
      return {
        type,
        agent: readAgent(fields),
        id: readCount(fields['id']),
        status: readInteger(fields['status'], 'a status'),
        ending: fields['ending'] === null ? null : readEnding(readFields(fields['ending'], 'an ending')),
        usage: readUsage(readFields(fields['usage'], 'usage')),
        effects: fields['effects'] === null ? null : readEffects(fields['effects'], bytes),
      }
    default:
      throw violation('an unknown message')
  }
}

function readEvent(fields: Fields, bytes: Uint8Array): GuestEvent {
  const { type } = fields
  switch (type) {
    case 'send':
      return {
        type,
        message: readMessage(readFields(fields['message'], 'a message')),
        reserved: false,
        held: null,
        mark: 0,
        cause: 0,
      }
    case 'log': {
      const line = readFields(fields['line'], 'a line')
      return { type, line: { level: readOneOf<LogLevel>(line['level'], LOG_LEVELS), text: readText(line['text']) } }
    }
    case 'output':
      return { type, stream: readOneOf<OutputStream>(fields['stream'], ['stdout', 'stderr']), bytes }
    case 'register': {
      const capability = readText(fields['capability'])
      if (!isName(capability)) throw violation('a capability without a name')
      return { type, capability, cause: 0 }
    }
    case 'exported':
      return { type, part: readPart(readFields(fields['part'], 'a part'), bytes) }
    case 'ask': {
      const { id, service, text } = readFields(fields['ask'], 'an ask')
      const ask = { id: readCount(id), service: readOneOf(service, SERVICES), text: readText(text), bytes }
      return { type, ask, cause: 0 }
    }
    case 'refuse':
      return { type, refusal: readError(fields['refusal']) }
    default:
      throw violation('an unknown event')
  }
}

/** A path that leads anywhere but down would be followed by whoever writes the files somewhere. */
function readPart(fields: Fields, bytes: Uint8Array): TreePart {
  const { type } = fields
  if (type === 'bytes') return { type, bytes }
  const path = readText(fields['path'])
  if (!isTreePath(path)) throw violation('a file without a path')
  if (type === 'link') return { type, path, target: readText(fields['target']) }
  return { type: readOneOf<'directory' | 'file'>(type, ['directory', 'file']), path }
}

/**
 * The content is checked to be JSON, because it is put between the fields that the runtime sets, and is kept as it is:
 * writing it again could overflow the stack where the guest's own thread did not.
 */
function readMessage(fields: Fields): Message {
  const { message_id: id, content, extras = {}, ...header } = fields
  try {
    const draft = toDraft({ ...readFields(extras, 'fields'), ...header })
    if (draft.others !== undefined) throw violation('a list of receivers')
    if (content !== undefined) JSON.parse(readText(content))
    const full = content === undefined ? draft : { ...draft, content: readText(content) }
    return completeDraft(full, draft.sender ?? '', readText(id))
  } catch {
    throw violation('a message that is not one')
  }
}

function readEnding(fields: Fields): Ending {
  const { frames } = fields
  if (!Array.isArray(frames) || frames.length > FRAMES) throw violation('frames that are not')
  return {
    reason: readError(fields['reason']),
    frames: frames.map((frame): Frame => {
      const { functionIndex, offset } = readFields(frame, 'a frame')
      return { functionIndex: readCount(functionIndex), offset: readCount(offset) }
    }),
  }
}

function readUsage(fields: Fields): Usage {
  const { callsByName, ...amounts } = NO_USAGE
  const usage = Object.fromEntries(Object.keys(amounts).map((name) => [name, readAmount(fields[name])]))
  return { ...NO_USAGE, ...usage, callsByName: readCalls(readFields(fields['callsByName'] ?? callsByName, 'calls')) }
}

/** Functions that no door offers would be remembered with the agent, in any number. */
function readCalls(fields: Fields): Usage['callsByName'] {
  HOST_FUNCTIONS ??= new Set(
    Object.values(DOORS).flatMap((door) =>
      listHostModules(door).flatMap((module) => module.functions.map(({ name }) => name)),
    ),
  )
  for (const [name, count] of Object.entries(fields)) {
    if (!HOST_FUNCTIONS.has(name)) throw violation('a call of no host function')
    readAmount(count)
  }
  return fields as Usage['callsByName']
}

function readError(value: unknown): ErrorData {
  const { code, detail, data } = readFields(value, 'an error')
  if (typeof code !== 'string' || !Object.hasOwn(ERRORS, code)) throw violation('an error without a code')
  return {
    code: code as ErrorCode,
    ...(detail === undefined ? {} : { detail: readText(detail).slice(0, TEXT_CHARS) }),
    ...(data === undefined ? {} : { data: readFacts(readFields(data, 'facts')) }),
  }
}

function readFacts(fields: Fields): ErrorFacts {
  const entries = Object.entries(fields)
  if (entries.length > FACTS) throw violation('too many facts')
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, FACTS), readFact(value)]))
}

function readFact(value: unknown): ErrorFacts[string] {
  if (Array.isArray(value)) return value.slice(0, FACTS).map((item) => readScalar(item))
  return value === null || typeof value === 'boolean' ? value : readScalar(value)
}

function readScalar(value: unknown): string | number {
  if (typeof value === 'string') return value.slice(0, TEXT_CHARS)
  if (typeof value === 'number') return value
  throw violation('a fact that is neither text nor number')
}

function readFields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw violation(`${what} that is not one`)
  return value as Fields
}

function readAgent(fields: Fields): number {
  return readCount(fields['agent'])
}

function readText(value: unknown): string {
  if (typeof value !== 'string') throw violation('something else than text')
  return value
}

function readOneOf<Word extends string>(value: unknown, words: readonly Word[]): Word {
  const found = words.find((word) => word === value)
  if (found === undefined) throw violation('an unknown word')
  return found
}

function readInteger(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) throw violation(`${what} that is not one`)
  return value as number
}

function readCount(value: unknown): number {
  const count = readInteger(value, 'a number')
  if (count < 0) throw violation('a negative number')
  return count
}

function readAmount(value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) throw violation('an amount that is not one')
  return value
}
