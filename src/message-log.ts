import { CaxtonError } from './core/index.ts'
import { StoreReader } from './store/index.ts'

/** How the handling of a message ended, or why it never began. */
export interface LoggedEnd {
  readonly atMs: number
  readonly agent: string
  readonly status: number
  readonly fuel: number
  /** The code of what ended the agent in it, or of why the message went nowhere; null for none. */
  readonly error: string | null
  /** Why it went nowhere, in words; null where it was handled, or where the code says all. */
  readonly detail: string | null
}

/** A message as the history of a system has it. */
export interface LoggedMessage {
  readonly id: string
  readonly atMs: number
  /** Its number in the order of acceptance; null for one that was not journaled. */
  readonly sequence: number | null
  /** Id of the message during whose handling it was sent; null for none. */
  readonly cause: string | null
  readonly conversation: string
  readonly performative: string
  readonly sender: string
  readonly receiver: string
  readonly protocol: string | null
  /** The parsed content; undefined where there is none, or where it is too long for the history. */
  readonly content: unknown
  /** Whose copy of a message for several it is: its receiver is what they were reached by. Null for any other message. */
  readonly copyFor: string | null
  /** Null while it is not handled; messages to `user` are not. */
  readonly end: LoggedEnd | null
}

type Copy = Pick<LoggedMessage, 'id' | 'atMs' | 'sequence'> & { readonly copyFor: string }

/** What is known of a conversation as a whole. */
export interface LoggedConversation {
  readonly id: string
  readonly protocol: string | null
  readonly startedMs: number
  readonly lastMs: number
  readonly messages: number
  readonly participants: readonly string[]
  readonly fuel: number
  /** Acts of its last message. */
  readonly last: string
  /** Messages of it that were lost with the agent that handled them, or went nowhere. */
  readonly failed: number
}

/** A message and what was sent because of it. */
export interface CauseTree {
  readonly message: LoggedMessage
  readonly effects: readonly CauseTree[]
}

/**
 * What was said on a data directory, as long as its retention keeps it, whether a system runs on it or not.
 *
 * Cost: reads the whole history once; memory by its size, which retention bounds.
 */
export class MessageLog {
  readonly #messages = new Map<string, LoggedMessage>()
  /** Copies of messages that come later: a message is noted when it has been brought to all. */
  readonly #early = new Map<string, Copy[]>()

  /** @throws CaxtonError ERR_STORE_MISSING, ERR_STORE_VERSION, ERR_STORE_CORRUPT */
  static read(directory: string): MessageLog {
    using reader = new StoreReader(directory)
    return new MessageLog(reader.history())
  }

  constructor(lines: Iterable<Readonly<Record<string, unknown>>>) {
    for (const line of lines) {
      if (line['type'] === 'sent') this.#addSent(line)
      else if (line['type'] === 'copied') this.#addCopy(line)
      else if (line['type'] === 'handled') this.#addHandled(line)
      else if (line['type'] === 'undelivered') this.#addUndelivered(line)
    }
  }

  /** All messages, in the order in which they were sent. */
  messages(): LoggedMessage[] {
    return [...this.#messages.values()]
  }

  /** Conversations in the order in which they began. */
  conversations(): LoggedConversation[] {
    const groups = Map.groupBy(this.#messages.values(), ({ conversation }) => conversation)
    return [...groups].map(([id, messages]) => summarise(id, messages))
  }

  /** The messages of a conversation, in order. @throws CaxtonError ERR_CONVERSATION_UNKNOWN */
  conversation(id: string): LoggedMessage[] {
    const messages = this.messages().filter(({ conversation }) => conversation === id)
    if (messages.length > 0) return messages
    throw new CaxtonError('ERR_CONVERSATION_UNKNOWN', { detail: id, data: { conversation: id } })
  }

  /** The first cause of a message, with everything that came of it. @throws CaxtonError ERR_MESSAGE_UNKNOWN */
  trace(id: string): CauseTree {
    let root = this.#messages.get(id)
    if (root === undefined) throw new CaxtonError('ERR_MESSAGE_UNKNOWN', { detail: id, data: { message: id } })
    const above = new Set<string>()
    for (let cause = root.cause; cause !== null && !above.has(cause); cause = root.cause) {
      const next = this.#messages.get(cause)
      if (next === undefined) break
      above.add(cause)
      root = next
    }
    const effects = Map.groupBy(this.#messages.values(), ({ cause }) => cause)
    return grow(root, effects)
  }

  #addSent({ at, sequence, cause, message }: Readonly<Record<string, unknown>>): void {
    const fields = Object(message) as Readonly<Record<string, unknown>>
    const id = String(fields['message_id'])
    const logged: LoggedMessage = {
      id,
      atMs: Number(at),
      sequence: typeof sequence === 'number' ? sequence : null,
      cause: typeof cause === 'string' ? cause : null,
      conversation: String(fields['conversation_id']),
      performative: String(fields['performative']),
      sender: String(fields['sender']),
      receiver: String(fields['receiver']),
      protocol: typeof fields['protocol'] === 'string' ? fields['protocol'] : null,
      content: fields['content'],
      copyFor: null,
      end: null,
    }
    this.#messages.set(id, logged)
    for (const copy of this.#early.get(id) ?? []) this.#messages.set(copy.id, { ...logged, ...copy, cause: id })
    this.#early.delete(id)
  }

  #addCopy({ at, sequence, id, of, agent }: Readonly<Record<string, unknown>>): void {
    const [copyId, original] = [String(id), String(of)]
    const number = typeof sequence === 'number' ? sequence : null
    const copy: Copy = { id: copyId, atMs: Number(at), sequence: number, copyFor: String(agent) }
    const message = this.#messages.get(original)
    if (message !== undefined) this.#messages.set(copyId, { ...message, ...copy, cause: original, end: null })
    else if (this.#early.has(original)) this.#early.get(original)!.push(copy)
    else this.#early.set(original, [copy])
  }

  #addHandled({ at, id, agent, status, fuel, error }: Readonly<Record<string, unknown>>): void {
    const message = this.#messages.get(String(id))
    if (message === undefined) return
    const end: LoggedEnd = {
      atMs: Number(at),
      agent: String(agent),
      status: Number(status),
      fuel: Number(fuel),
      error: typeof error === 'string' ? error : null,
      detail: null,
    }
    this.#messages.set(message.id, { ...message, end })
  }

  #addUndelivered({ at, id, error, detail }: Readonly<Record<string, unknown>>): void {
    const message = this.#messages.get(String(id))
    if (message === undefined) return
    const why = { error: String(error), detail: typeof detail === 'string' ? detail : null }
    const end: LoggedEnd = { atMs: Number(at), agent: message.receiver, status: -1, fuel: 0, ...why }
    this.#messages.set(message.id, { ...message, end })
  }
}

/** Who got a message, or whom it was for as long as nobody has. */
export function receiverOf({ receiver, copyFor, end }: LoggedMessage): string {
  return end?.agent ?? copyFor ?? receiver
}

function summarise(id: string, messages: readonly LoggedMessage[]): LoggedConversation {
  const first = messages[0]!
  const last = messages.at(-1)!
  const participants = new Set<string>()
  for (const message of messages) participants.add(message.sender).add(receiverOf(message))
  return {
    id,
    protocol: messages.find(({ protocol }) => protocol !== null)?.protocol ?? null,
    startedMs: first.atMs,
    lastMs: last.atMs,
    messages: messages.length,
    participants: [...participants],
    fuel: messages.reduce((sum, { end }) => sum + (end?.fuel ?? 0), 0),
    last: last.performative,
    failed: messages.filter(({ end }) => end !== null && end.error !== null).length,
  }
}

/** Grows the tree without recursion: a chain of causes may be longer than the stack. */
function grow(root: LoggedMessage, effects: ReadonlyMap<string | null, readonly LoggedMessage[]>): CauseTree {
  interface Growing extends CauseTree {
    readonly effects: Growing[]
  }
  const tree: Growing = { message: root, effects: [] }
  const seen = new Set([root.id])
  const open = [tree]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const message of effects.get(node.message.id) ?? []) {
      if (seen.has(message.id)) continue
      seen.add(message.id)
      const child: Growing = { message, effects: [] }
      node.effects.push(child)
      open.push(child)
    }
  }
  return tree
}
