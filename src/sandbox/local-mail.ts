import type { Message } from '../core/index.ts'
import { CAPABILITY_PREFIX, formatHeader, TOPIC_PREFIX } from '../core/index.ts'
import type { MailboxTable, Slot } from './mailbox-table.ts'
import type { HandleCall } from './protocol.ts'
import type { ReportWriter } from './report.ts'

/*
 * Messages between agents of one thread, handed over there. Owned by that thread; the main thread hears of each afterwards, in
 * order: of a message before the outcome of the call that sent it, and before that of its own handling.
 *
 * 1. Only to an agent that the main thread has opened for it, and only what `isPlain` lets through. The main thread opens an
 *    agent that takes everything at once, and sends all it has for it before it says that marks are settled.
 * 2. Messages of one sender to one receiver stay in order: behind one that went through the main thread, the next waits until
 *    its mark is settled. So does every message while the main thread is far behind, until that has caught up.
 * 3. What is handed over is counted here, and noted in the table for all threads; it ends here, too. When the thread is lost,
 *    the main thread forgets the notes.
 * 4. A termination can stop `send` at any call: from the push in `writeLocal` on nothing is called but built-ins, before it only notes are
 *    changed, which `repair` writes again.
 */

/** What is known of an agent for this. Its fields belong to `LocalMail`. */
export class LocalParty {
  readonly agent: number
  readonly name: string
  readonly slot: Slot | null
  /** It takes messages once this mark is settled. */
  openMark = 0
  /** What waits for it, or is being handled. */
  messages = 0
  bytes = 0
  /** Messages of it that wait, or are being handled. */
  outstanding = 0
  /** Marks of its last messages through the main thread: by receiver, and to whoever has a capability or a subscription. */
  readonly marks = new Map<string, number>()
  /** It waits in the middle of a call for the reply to this, which the main thread hands over. */
  awaited: string | null = null
  spreadMark = 0
  /** Nobody notes anything for it any more. */
  isGone = false

  constructor(agent: number, name: string, slot: Slot | null) {
    this.agent = agent
    this.name = name
    this.slot = slot
  }
}

/** A message on its way to another agent of the thread. */
export interface LocalPost {
  readonly from: LocalParty
  /** Number of the call that sent it. */
  readonly cause: number
  readonly to: LocalParty
  /** Number of the call that it becomes, below 0. */
  readonly id: number
  /** Its fields but the content as JSON text. */
  readonly header: string
  readonly message: Message
  /** Messages inside the thread that caused each other, up to this one. */
  readonly hops: number
  readonly bytes: number
  /** It waits until this mark is settled; 0 for nothing. */
  readonly mark: number
}

/** Messages, and KiB of them, that the main thread may be behind: some milliseconds, which whoever else speaks to it waits. */
const AHEAD = 1_024
/** From here on it is asked to say when it has come so far: then messages flow again while it takes the rest. */
const NEARLY_AHEAD = AHEAD / 2
/**
 * Messages that may cause each other inside the thread before one goes through the main thread, which counts all of them. That one
 * waits there for everything that was told before. What the main thread stops it stops sooner, by a detour of the agents.
 */
const HOPS = 8_192
/** Marks of one sender from which those that are settled are forgotten. */
const MARKS = 64

export class LocalMail {
  readonly #table: MailboxTable
  /** Read by the main thread: so much of what was handed over has arrived there. */
  readonly #arrived: Int32Array
  readonly #parties = new Map<number, LocalParty>()
  readonly #open = new Map<string, LocalParty>()
  /** Sent in the turn that runs. */
  readonly #sent: LocalPost[] = []
  #held: LocalPost[] = []
  #lastId = 0
  #lastMark = 0
  #settled = 0
  #told = 0
  /** Settled when the main thread has come to where it was asked to say so. */
  #caughtUp = 0
  #lastFrom: LocalParty | null = null
  #lastTo: LocalParty | null = null

  constructor(table: MailboxTable, arrived: Int32Array) {
    this.#table = table
    this.#arrived = arrived
  }

  admit(party: LocalParty): void {
    this.#parties.set(party.agent, party)
  }

  /** Forgets an agent that is gone, with what waited for it outside of its calls. */
  dismiss(party: LocalParty): void {
    this.shut(party.agent)
    for (const post of this.#held) if (post.to === party) this.end(post)
    this.#held = this.#held.filter(({ to }) => to !== party)
    this.#parties.delete(party.agent)
    party.isGone = true
    if (party.slot === null) return
    this.#table.noteLocalMail(party.slot, 0, 0)
    this.#table.noteLocalOutstanding(party.slot, 0)
  }

  /** Lets others hand messages to an agent, once the mark that is returned is settled. */
  open(agent: number): number {
    const party = this.#parties.get(agent)
    if (party === undefined || party.slot === null) return 0
    party.openMark = this.createMark()
    this.#open.set(party.name, party)
    return party.openMark
  }

  shut(agent: number): void {
    const party = this.#parties.get(agent)
    if (party !== undefined && this.#open.get(party.name) === party) this.#open.delete(party.name)
  }

  /** The reply to this is not for the mailbox of the agent; null ends that. */
  awaitReply(agent: number, replyWith: string | null): void {
    const party = this.#parties.get(agent)
    if (party !== undefined) party.awaited = replyWith
  }

  /** Makes a mark for something that is told to the main thread. */
  createMark(): number {
    this.#lastMark += 1
    return this.#lastMark
  }

  /**
   * Hands a message over that an agent sends in its call `cause`.
   *
   * @param handled the message of that call; null when it does something else
   * @returns whether there was room; null for a message that has to go through the main thread
   */
  send(
    agent: number,
    cause: number,
    handled: HandleCall | null,
    message: Message,
    bytes: number,
    report: ReportWriter,
  ): boolean | null {
    const to = this.#open.get(message.receiver)
    if (to === undefined || to.openMark > this.#settled || !isPlain(message, handled)) return null
    if (to.awaited !== null && to.awaited === message.in_reply_to) return null
    const from = this.#parties.get(agent)
    if (from === undefined || from.slot === null) return null
    return this.#hasRoom(from, to, bytes) && this.#post(from, to, cause, handled, message, bytes, report)
  }

  /** Returns the mark for a message that goes through the main thread; 0 where none could follow it in here. */
  markRouted(agent: number, receiver: string): number {
    if (this.#open.size === 0) return 0
    const from = this.#parties.get(agent)
    if (from === undefined) return 0
    if (receiver.startsWith(CAPABILITY_PREFIX) || receiver.startsWith(TOPIC_PREFIX)) {
      from.spreadMark = this.createMark()
    } else if (this.#open.has(receiver)) {
      if (from.marks.size >= MARKS) this.#forgetSettled(from.marks)
      from.marks.set(receiver, this.createMark())
    } else return 0
    return this.#lastMark
  }

  markSent({ agent, message }: { readonly agent: number; readonly message: Message }): number {
    return this.markRouted(agent, message.receiver)
  }

  /** Everything that was told up to this mark has taken effect. Calls `take` for what waited for it, in order. */
  settle(mark: number, take: (post: LocalPost) => void): void {
    this.#settled = Math.max(this.#settled, mark)
    if (this.#held.length === 0) return
    const held = this.#held
    this.#held = held.filter((post) => post.mark > mark)
    for (const post of held) if (post.mark <= mark) take(post)
  }

  /** Calls `take` for what the turn that has ended has sent, in order; what has to wait is kept. */
  takeSent(take: (post: LocalPost) => void): void {
    if (this.#sent.length === 0) return
    for (const post of this.#sent) {
      if (post.mark > this.#settled) this.#held.push(post)
      else take(post)
    }
    this.#sent.length = 0
  }

  /** Ends a message that was handled, or will not be: gives back its room and its place. */
  end({ from, to, bytes }: LocalPost): void {
    to.messages -= 1
    to.bytes -= bytes
    from.outstanding -= 1
    this.#note(from, to)
  }

  /** Outside of turns, after a termination: writes the notes again that it may have left. */
  repair(): void {
    if (this.#lastFrom !== null && this.#lastTo !== null) this.#note(this.#lastFrom, this.#lastTo)
  }

  #forgetSettled(marks: Map<string, number>): void {
    for (const [receiver, mark] of marks) if (mark <= this.#settled) marks.delete(receiver)
  }

  /** Returns the mark that has to be settled before the next message is handed over; 0 for none. */
  #keepUp(report: ReportWriter): number {
    const behind = (this.#told - Atomics.load(this.#arrived, 0)) | 0
    if (behind < NEARLY_AHEAD) return 0
    if (this.#caughtUp <= this.#settled) {
      this.#caughtUp = this.createMark()
      report.write({ type: 'mark', mark: this.#caughtUp })
    }
    return behind < AHEAD ? 0 : this.#caughtUp
  }

  /** Notes the message and tells whether everything is within its bounds with it. */
  #hasRoom(from: LocalParty, to: LocalParty, bytes: number): boolean {
    this.#lastFrom = from
    this.#lastTo = to
    this.#table.noteLocalMail(to.slot!, to.messages + 1, to.bytes + bytes)
    this.#table.noteLocalOutstanding(from.slot!, from.outstanding + 1)
    if (this.#table.hasRoom(to.slot!) && this.#table.hasPlace(from.slot!)) return true
    this.#note(from, to)
    return false
  }

  #post(
    from: LocalParty,
    to: LocalParty,
    cause: number,
    handled: HandleCall | null,
    message: Message,
    bytes: number,
    report: ReportWriter,
  ): true {
    const header = formatHeader(message)
    const mark = Math.max(from.marks.get(to.name) ?? 0, from.spreadMark, this.#keepUp(report))
    const waits = mark > this.#settled ? mark : 0
    this.#lastId -= 1
    const hops = handled === null ? 0 : handled.hops + 1
    const post = { from, to, cause, id: this.#lastId, header, message, hops, bytes, mark: waits }
    const told = this.#told + costOf(post)
    report.writeLocal(post)
    this.#sent.push(post)
    to.messages += 1
    to.bytes += bytes
    from.outstanding += 1
    this.#told = told
    return true
  }

  #note(from: LocalParty, to: LocalParty): void {
    if (!to.isGone) this.#table.noteLocalMail(to.slot!, to.messages, to.bytes)
    if (!from.isGone) this.#table.noteLocalOutstanding(from.slot!, from.outstanding)
  }
}

/**
 * Tells whether a message may be handed over without the main thread: one that no rule is about which is kept there. Whatever
 * is to be enforced before delivery has to be refused here.
 *
 * A conversation is free if this message begins it under its own id, or if it answers in the conversation of the message that
 * is handled, where no protocol was followed: any other id may be one under a protocol, or one of others. Guards look at a
 * message afterwards; now and then one goes their way, so that what they have stopped comes to its end.
 */
export function isPlain(message: Message, handled: HandleCall | null): boolean {
  const { protocol, reply_by, extras, performative, conversation_id: id } = message
  if (protocol !== undefined || reply_by !== undefined || extras !== undefined || performative === 'cancel')
    return false
  if (handled !== null && handled.hops >= HOPS) return false
  if (id === message.message_id) return true
  return handled !== null && id !== '' && id === handled.conversation && message.receiver === handled.sender
}

/** Makes the call of a message that was handed over. */
export function toCall({ header, message, hops }: LocalPost): HandleCall {
  const { sender, content, conversation_id: conversation } = message
  return { kind: 'handle', header, content, sender, conversation, hops }
}

/** What a message adds to how far the main thread may be behind. */
export function costOf({ bytes }: { readonly bytes: number }): number {
  return 1 + (bytes >> 10)
}
