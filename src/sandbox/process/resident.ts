import type { Ask, Grants } from '../../capability/index.ts'
import { isSpawnedBy, maySend } from '../../capability/index.ts'
import type { Limits, Message } from '../../core/index.ts'
import { completeDraft, HOST_LIMITS } from '../../core/index.ts'
import type { Mount, TreePart } from '../../wasi/index.ts'
import type { GuestEvent, GuestSpec } from '../protocol.ts'
import { KeptLedger } from './kept-ledger.ts'
import type { ChildCall, FromChild } from './protocol.ts'
import { violation } from './violation.ts'

/** Refusals that are reported for one message, and one more that counts the rest; see `AgentHost`. */
const REFUSALS = 8

/** Written as JSON, a text takes up to six times its bytes: a control character becomes six, `1e20` twenty-one. */
const EXPANSION = 6
/** A byte that is not UTF-8 becomes a character of three. */
const REPLACEMENT_BYTES = 3
/** Of what an ask says, what does not count as the guest's own. */
const ASK_BYTES = 1_024
/** What a message of the child takes besides texts. */
const FRAME_BYTES = 128 * 1024

/** What a key of stored data takes besides its text. */
const KEY_FRAME_BYTES = 32

/** Longest message that a child says for an agent with these limits. */
export function maxFrameBytes({ limits, grants }: Pick<GuestSpec, 'limits' | 'grants'>): number {
  const storeBytes = grants.store === null ? 0 : grants.store.bytes + KEY_FRAME_BYTES * grants.store.keys
  return FRAME_BYTES + EXPANSION * Math.max(limits.messageBytes, limits.logBytes, storeBytes)
}

interface Call {
  readonly id: number
  /** The timer that it is of. */
  readonly timer: (ChildCall & { readonly kind: 'timer' }) | null
  /** Who sent the message that is handled in it: answering needs no grant. */
  readonly correspondent: string | null
}

/** What an agent has said since its last outcome. */
interface Said {
  sends: number
  lines: number
  logBytes: number
  refusals: number
  files: number
  fileBytes: number
  asks: number
}

const NOTHING_SAID: Said = { sends: 0, lines: 0, logBytes: 0, refusals: 0, files: 0, fileBytes: 0, asks: 0 }

/**
 * One placement in a child, seen from the host, and what the child may still say for it.
 *
 * The limits of the agent are enforced where it runs. Here they are checked once more, since the enforcer may be in the
 * hands of the guest: a child that goes beyond them is not honest.
 */
export class Resident {
  readonly agent: number
  readonly name: string
  readonly limits: Limits
  readonly module: WebAssembly.Module
  readonly #nextId: () => string
  /** The calls that have not ended, in their order. */
  readonly #calls: Call[] = []
  readonly #grants: Grants
  readonly #kept: KeptLedger
  #said: Said = { ...NOTHING_SAID }
  readonly #mostFiles: { readonly bytes: number; readonly files: number }
  #registered = 0
  #lastAsk = 0
  #openAsk: number | null = null
  /** Settled when the child has let go of it; null while it lives. */
  closing: PromiseWithResolvers<void> | null = null

  /** @param nextId makes the ids of its messages: those that the child makes are not taken */
  constructor({ agent, name, limits, module, mounts, grants, kept }: GuestSpec, nextId: () => string) {
    this.agent = agent
    this.name = name
    this.limits = limits
    this.module = module
    this.#mostFiles = largestMount(mounts)
    this.#nextId = nextId
    this.#grants = grants
    this.#kept = new KeptLedger(grants, kept)
  }

  get callsWaiting(): number {
    return this.#calls.length
  }

  noteCall(id: number, call: ChildCall): void {
    const timer = call.kind === 'timer' ? call : null
    this.#calls.push({ id, timer, correspondent: call.kind === 'handle' ? call.sender : null })
  }

  /** @throws CaxtonError ERR_SANDBOX_PROCESS_LOST for what the agent cannot have kept */
  noteOutcome({ id, status, ending, effects }: FromChild & { readonly type: 'outcome' }): void {
    this.#assertCalled()
    const ended = this.#calls.shift()!
    this.#assert(ended.id === id, `'${this.name}' ended another call than the one that runs`)
    this.#assert(effects === null || (ending === null && status === 0), 'effects of a call that failed')
    if (effects !== null) this.#kept.admit(effects)
    if (status !== 0 && ended.timer !== null) this.#kept.useUp(ended.timer.id, ended.timer.setting)
    this.#said = { ...NOTHING_SAID }
    this.#openAsk = null
  }

  /** Returns an event as it is passed on. @throws CaxtonError ERR_SANDBOX_PROCESS_LOST for what the agent cannot have done */
  admit(event: GuestEvent): GuestEvent {
    this.#assertCalled()
    if (event.type === 'send') {
      return { ...event, message: this.#admitMessage(event.message), cause: this.#calls[0]!.id }
    }
    if (event.type === 'ask') {
      this.#admitAsk(event.ask)
      return { ...event, cause: this.#calls[0]!.id }
    }
    if (event.type === 'register') {
      this.#registered += 1
      this.#assert(this.#registered <= HOST_LIMITS.capabilitiesPerAgent, 'too many capabilities')
      return { ...event, cause: this.#calls[0]!.id }
    }
    if (event.type === 'log') this.#countLine(Buffer.byteLength(event.line.text))
    else if (event.type === 'output') this.#countLine(event.bytes.length)
    else if (event.type === 'refuse') {
      this.#said.refusals += 1
      this.#assert(this.#said.refusals <= REFUSALS, 'too many refusals')
    } else this.#countPart(event.part)
    return event
  }

  /** The host has answered an ask. */
  noteAnswer(id: number): void {
    if (this.#openAsk === id) this.#openAsk = null
  }

  /** A guest that waits does nothing else, so that it asks for one thing at a time. */
  #admitAsk({ id, service, text, bytes }: Ask): void {
    // It may register again what it has withdrawn.
    if (service === 'offer_capability' || service === 'withdraw_capability') this.#registered = 0
    this.#assert(this.#openAsk === null, 'an ask while another one is open')
    this.#assert(id === this.#lastAsk + 1, 'an ask out of order')
    this.#said.asks += 1
    this.#assert(this.#said.asks <= this.limits.hostCalls, 'more asks than the agent may make')
    const size = Buffer.byteLength(text) + bytes.length
    this.#assert(size <= ASK_BYTES + this.limits.messageBytes, 'a larger ask than the agent may make')
    this.#lastAsk = id
    this.#openAsk = id
  }

  #admitMessage(message: Message): Message {
    this.#assert(message.sender === this.name, `a message of '${message.sender.slice(0, 64)}' from '${this.name}'`)
    this.#assert(this.#mayWriteTo(message.receiver), `a message that '${this.name}' may not send`)
    this.#said.sends += 1
    this.#assert(this.#said.sends <= this.limits.messages, 'more messages than the agent may send')
    const size = Buffer.byteLength(message.content ?? '')
    this.#assert(size <= EXPANSION * this.limits.messageBytes, 'a larger message than the agent may send')
    const { message_id: theirs, ...draft } = message
    const id = this.#nextId()
    const conversation = draft.conversation_id === theirs ? id : draft.conversation_id
    return completeDraft({ ...draft, conversation_id: conversation }, this.name, id)
  }

  #mayWriteTo(receiver: string): boolean {
    if (receiver === this.#calls[0]!.correspondent || maySend(this.#grants, receiver)) return true
    return this.#grants.spawn !== null && isSpawnedBy(receiver, this.name)
  }

  /** No more files come than the agent may have in memory. */
  #countPart(part: TreePart): void {
    if (part.type === 'bytes') this.#said.fileBytes += part.bytes.length
    else this.#said.files += 1
    const { bytes, files } = this.#mostFiles
    this.#assert(this.#said.files <= files && this.#said.fileBytes <= bytes, 'more files than the agent may have')
    this.#assert(part.type !== 'bytes' || this.#said.files > 0, 'bytes of no file')
  }

  #countLine(bytes: number): void {
    const { limits } = this
    this.#said.lines += 1
    this.#said.logBytes += bytes
    this.#assert(this.#said.logBytes <= REPLACEMENT_BYTES * limits.logBytes, 'a longer log than the agent may write')
    this.#assert(this.#said.lines <= limits.hostCalls + limits.logBytes, 'more lines than the agent may write')
  }

  #assertCalled(): void {
    this.#assert(this.#calls.length > 0, `'${this.name}' spoke without having been called`)
  }

  #assert(isHonest: boolean, what: string): void {
    if (!isHonest) throw violation(what)
  }
}

function largestMount(mounts: readonly Mount[]): { readonly bytes: number; readonly files: number } {
  const inMemory = mounts.filter(({ kind }) => kind === 'memory')
  return {
    bytes: Math.max(0, ...inMemory.map(({ bytes }) => bytes)),
    files: Math.max(0, ...inMemory.map(({ files }) => files)),
  }
}
