import type { Message } from '../core/index.ts'
import { CaxtonError, DEFAULT_CIRCUIT, HOST_LIMITS, RUNTIME_NAME, topicOf, USER_NAME } from '../core/index.ts'
import type { Conversation, ConversationInfo } from './conversation.ts'
import { createConversation, dialogueKey, findDialogue, noteMessage } from './conversation.ts'
import { ConversationBook } from './conversation-book.ts'
import type { ConversationSnapshot } from './conversation-snapshot.ts'
import { restoreConversations, takeSnapshot } from './conversation-snapshot.ts'
import type { ConversationsOptions, ConversationsParts, Refused, UnderWay } from './conversations-parts.ts'
import type { DialogueEnd } from './guards.ts'
import { Guards } from './guards.ts'
import { Losses } from './losses.ts'
import { restoreTrail } from './passage-snapshot.ts'
import { Passages } from './passages.ts'
import { PromiseBook } from './promise-book.ts'
import type { DialogueState, Step } from './protocols/index.ts'
import { judge, judgeOpening, Rulebook, take } from './protocols/index.ts'
import type { Budget, Passage, Undertaking } from './undertaking.ts'
import { createPassage, findCycle, followTrail } from './undertaking.ts'
import { Undertakings } from './undertakings.ts'

/*
 * What is known of conversations, on the main thread. Delivery asks here about every message, in this order:
 *
 *   enter   which conversation it is part of, and whether the undertaking may go on
 *   judge   whether it may go to that receiver now: by the protocol, by who asks whom, by the circuit. Changes nothing.
 *   depart  it is on its way: the protocol takes its step
 *   settle  what became of it
 *
 * 1. A message that is refused changes no dialogue and reaches nobody.
 * 2. A dialogue that waits by a deadline goes on when that has passed; whoever waits in it is told.
 * 3. An undertaking that was stopped takes no message more; everybody who takes part in it is told once.
 * 4. An undertaking lasts as long as one of its conversations is remembered or one of its messages is under way: its budgets
 *    cannot be escaped by other conversation ids, nor by so many of them that one is forgotten.
 */

export class Conversations {
  readonly #parts: ConversationsParts
  readonly #protocols: Rulebook
  readonly #book: ConversationBook
  readonly #promises: PromiseBook
  readonly #guards: Guards
  readonly #losses: Losses
  readonly #undertakings: Undertakings

  constructor(parts: ConversationsParts, options: ConversationsOptions = {}) {
    this.#parts = parts
    this.#protocols = options.protocols ?? new Rulebook()
    this.#undertakings = new Undertakings(parts.clock, options)
    this.#protocols.assertKnown(Object.keys(options.protocolLimits ?? {}))
    this.#promises = new PromiseBook({
      ...parts,
      isOutside: (party) => parts.isOutside?.(party) ?? false,
      onLate: (conversation, dialogue, act, by) => this.#losses.tellLate(conversation, dialogue, act, by),
      onOver: (undertaking) => this.#guards.stopLate(undertaking),
    })
    const settle = (conversation: Conversation) => this.#book.settle(conversation)
    this.#guards = new Guards({ ...parts, promises: this.#promises, settle }, options.circuit ?? DEFAULT_CIRCUIT)
    const onForgotten = (conversation: Conversation) => this.#forget(conversation)
    this.#book = new ConversationBook(
      { ...(parts.onSettled === undefined ? {} : { onSettled: parts.onSettled }), onForgotten },
      options.remembered === undefined ? {} : { limit: options.remembered },
    )
    this.#losses = new Losses({ ...parts, book: this.#book, guards: this.#guards })
  }

  get size(): number {
    return this.#book.size
  }

  list(): ConversationInfo[] {
    return this.#book.list()
  }

  get(id: string): ConversationInfo | null {
    return this.#book.get(id)
  }

  /**
   * Finds or begins the conversation of a message and counts it.
   *
   * @param receiver null when it is not known yet
   * @param cause the message during whose handling it was sent, if any
   */
  enter(message: Message, receiver: string | null, cause: Message | null): Passage | Refused {
    const above = cause === null ? undefined : Passages.get(cause)
    const found = this.#book.find(message, receiver, above?.conversation ?? null)
    const undertaking = found?.undertaking ?? above?.undertaking ?? this.#undertakings.begin(message.protocol)
    const hops = above === undefined ? 0 : above.hops + 1
    const trail = above?.trail ?? null
    const passage = createPassage(undertaking, found, hops, trail)
    Passages.set(message, passage)
    undertaking.spent.messages += 1
    undertaking.spent.bytes += this.#parts.sizeOf(message)
    this.#guards.noteChange(undertaking)
    const error = undertaking.stopped ?? this.#guards.findExcess(undertaking, hops)
    if (error !== null) return { error, act: 'failure', stops: true }
    if (found === null) {
      const begun = this.#beginConversation(message, receiver, undertaking)
      if ('error' in begun) return begun
      passage.conversation = begun
    }
    noteMessage(passage.conversation!, message)
    this.#book.settle(passage.conversation!)
    return passage
  }

  /** Tells whether a message may go to that receiver now: returns the step it takes there, null where no protocol is followed. */
  judge({ conversation, undertaking, trail }: Passage, message: Message, receiver: string): Step | Refused | null {
    const rest = this.#guards.breaker.check(message.sender, receiver)
    if (rest !== null) return { error: rest, act: 'failure', stops: false }
    const asked = followTrail(message, receiver, trail)
    const cycle =
      asked === null || asked.above !== trail || asked === trail ? null : findCycle(asked, undertaking.limits)
    if (cycle !== null) return { error: cycle, act: 'failure', stops: true }
    const protocol = conversation?.protocol ?? null
    if (conversation === null || protocol === null) return this.#judgeFree(message, receiver, conversation)
    if (message.protocol === undefined) return unnamed(protocol.name)
    const { roles, dialogues } = conversation
    const dialogue = findDialogue(conversation, message.sender, receiver)
    if (dialogue === null && dialogues.size >= HOST_LIMITS.participantsPerConversation) {
      const data = { limit: HOST_LIMITS.participantsPerConversation }
      const error = new CaxtonError('ERR_LIMIT_CONVERSATIONS', { detail: 'participants of one', data })
      return { error, act: 'failure', stops: false }
    }
    const step =
      dialogue === null
        ? judgeOpening(protocol, message, roles.get(message.sender), roles.get(receiver))
        : judge(protocol, dialogue, message)
    return 'error' in step ? { ...step, stops: false } : step
  }

  /** Notes that a message is on its way to that receiver; `isInFlight` until it is settled. */
  depart(message: Message, step: Step | null, receiver: string, isInFlight: boolean): void {
    const passage = Passages.get(message)
    const conversation = passage?.conversation ?? null
    if (passage === undefined || conversation === null) return
    if (message.sender !== RUNTIME_NAME) {
      passage.trail = followTrail(message, receiver, passage.trail)
      if (conversation.participants.size < HOST_LIMITS.participantsPerConversation)
        conversation.participants.add(receiver)
    }
    passage.isInFlight = isInFlight
    if (isInFlight) conversation.inFlight += 1
    if (step !== null && conversation.protocol !== null) {
      passage.dialogue = this.#take(conversation, step, message, receiver)
      passage.dialogue.underWay = isInFlight ? message.message_id : null
    }
    this.#book.settle(conversation)
  }

  /**
   * Counts a message that one agent has handed to another inside their thread, where nothing could refuse it.
   *
   * @returns whether the undertaking may go on; false also when it was stopped before
   */
  pass(message: Message, receiver: string, cause: Message | null): boolean {
    const passage = this.enter(message, receiver, cause)
    const entered = 'error' in passage ? passage : this.judge(passage, message, receiver)
    this.depart(message, null, receiver, true)
    if (entered === null || !('error' in entered)) return true
    const own = Passages.get(message)
    if (entered.stops && own !== undefined) this.#guards.stop(own.undertaking, entered.error, own.conversation, null)
    return !entered.stops
  }

  /** Gives a notice of the runtime the place of what it is about. */
  enterNotice(notice: Message, about: Message | Conversation): void {
    if ('undertaking' in about) {
      Passages.set(notice, createPassage(about.undertaking, about, 0, null))
      noteMessage(about, notice)
      return
    }
    const passage = Passages.get(about)
    if (passage === undefined) return
    const { undertaking, conversation, hops, trail } = passage
    Passages.set(notice, createPassage(undertaking, conversation, hops + 1, trail))
    if (passage.conversation !== null) noteMessage(passage.conversation, notice)
  }

  /**
   * Gives what an agent is told of the deed of another a place of its own, which remembers how many messages have led to it: nobody
   * uses up the budgets of a conversation that it takes no part in.
   *
   * @param cause the message during whose handling the deed was done
   * @returns why it must not be told: it goes round in circles
   */
  enterNews(news: Message, cause: Message | null): CaxtonError | null {
    const above = cause === null ? undefined : Passages.get(cause)
    const undertaking = this.#undertakings.begin(undefined)
    const hops = above === undefined ? 0 : above.hops + 1
    Passages.set(news, createPassage(undertaking, null, hops, null))
    const error = this.#guards.findExcess(undertaking, hops)
    if (error !== null) this.#guards.stop(undertaking, error, null, null)
    return error
  }

  /** Ends the undertaking of a message that was refused, where that is what the refusal means. */
  refuse(message: Message, refused: Refused): void {
    const passage = Passages.get(message)
    if (passage === undefined || !refused.stops) return
    this.#guards.stop(passage.undertaking, refused.error, passage.conversation, message.sender)
  }

  /**
   * Notes what became of a message in flight.
   *
   * @param agent where it was; null when it never got anywhere
   * @param spent what its handling used; null when it was not handled
   * @param failed how the runtime ends the dialogue with its sender; null when it does not
   */
  settle(
    message: Message,
    agent: string | null,
    spent: { readonly fuel: number; readonly cost: number } | null,
    failed: DialogueEnd | null,
  ): void {
    const passage = Passages.get(message)
    if (passage === undefined) return
    const { conversation, undertaking, dialogue } = passage
    if (conversation !== null && passage.isInFlight) {
      passage.isInFlight = false
      conversation.inFlight -= 1
    }
    if (agent !== null && conversation !== null && dialogue !== null) {
      if (dialogue.underWay === message.message_id) dialogue.underWay = null
      if (failed !== null) this.#guards.end(conversation, dialogue, failed)
    }
    if (spent !== null) {
      undertaking.spent.fuel += spent.fuel
      undertaking.spent.cost += spent.cost
      this.#guards.noteChange(undertaking)
      this.#guards.stopIfOverdrawn(undertaking, conversation)
      if (agent !== null) this.#guards.noteHealth(message, agent, failed === null)
    }
    if (conversation !== null) this.#book.settle(conversation)
  }

  /** Counts something that was used while a message is handled. Returns why it must not be: the budget is used up. */
  charge(message: Message, budget: Budget, amount: number): CaxtonError | null {
    const passage = Passages.get(message)
    if (passage === undefined) return null
    const { undertaking, conversation } = passage
    undertaking.spent[budget] += amount
    this.#guards.noteChange(undertaking)
    this.#guards.stopIfOverdrawn(undertaking, conversation)
    return undertaking.stopped
  }

  /** Returns why a message that waits in a mailbox must not be handled any more; null if it may. What the runtime says may. */
  admits(message: Message): CaxtonError | null {
    if (message.sender === RUNTIME_NAME) return null
    return Passages.get(message)?.undertaking.stopped ?? null
  }

  /** Tells whether the sender of a message is to be told of its end: once for an undertaking that was stopped. */
  mayTell(message: Message): boolean {
    const passage = Passages.get(message)
    if (passage === undefined) return true
    return !passage.isSilent && this.#guards.mayTell(passage.undertaking, message)
  }

  /** Ends the dialogues of an agent that is gone; whoever waits in them is told. Cost: linear in what is remembered. */
  lose(agent: string): void {
    this.#guards.breaker.forget(agent)
    this.#losses.loseAgent(agent)
  }

  /** Lets every deadline happen that has passed. A timer does it; tests with a clock of their own do it themselves. */
  runDeadlines(): void {
    this.#promises.run()
  }

  /** Deadlines keep nobody from resting any more. */
  releaseRest(): void {
    this.#promises.releaseRest()
  }

  /** Forgets deadlines and timers. What is remembered can still be read. */
  close(): void {
    this.#promises.close()
  }

  /**
   * Returns everything that is remembered as plain data, for the journal: `restore` of another runtime continues from it.
   * Messages that are under way are not in it; whoever keeps those keeps their `takePassage` beside them.
   */
  snapshot(): ConversationSnapshot {
    return takeSnapshot(this.#book.all())
  }

  /** Continues from a snapshot, with the messages that were under way; deadlines in it that have passed happen with the next `runDeadlines`. */
  restore(snapshot: ConversationSnapshot, underWay: readonly UnderWay[] = []): void {
    const undertakings = new Map(snapshot.undertakings.map((one) => [one.id, this.#undertakings.restore(one)]))
    const restored = restoreConversations(snapshot, this.#protocols, undertakings)
    for (const conversation of restored) {
      if (!this.#book.add(conversation)) continue
      for (const dialogue of conversation.dialogues.values()) this.#promises.follow(conversation, dialogue)
    }
    for (const one of underWay) this.#resume(one, undertakings)
    const left = new Set(underWay.map(({ message }) => message.message_id))
    for (const conversation of restored) this.#losses.loseMessages(conversation, left)
  }

  /** Takes a message in again that was under way: it has taken its step already. */
  #resume({ message, receiver, passage: kept }: UnderWay, undertakings: ReadonlyMap<number, Undertaking>): void {
    const found = this.#book.find(message, receiver)
    const undertaking =
      found?.undertaking ?? undertakings.get(kept?.undertaking.id ?? 0) ?? this.#undertakings.begin(message.protocol)
    const conversation = found ?? this.#resumeFree(message, undertaking, kept?.initiator ?? message.sender)
    const passage = createPassage(undertaking, conversation, kept?.hops ?? 0, restoreTrail(kept?.trail ?? []))
    if (conversation !== null) passage.dialogue = findDialogue(conversation, message.sender, receiver)
    passage.isSilent = kept?.isSilent ?? topicOf(message.receiver) !== null
    Passages.set(message, passage)
    const { trail } = passage
    this.depart(message, null, receiver, receiver !== USER_NAME)
    // It has been followed already.
    if (kept !== null) passage.trail = trail
  }

  /** Begins a free conversation again, of which nothing else is kept. */
  #resumeFree(message: Message, undertaking: Undertaking, initiator: string): Conversation | null {
    if (message.protocol !== undefined) return null
    const conversation = { ...createConversation(message, null, undertaking), initiator }
    if (!this.#book.add(conversation)) return null
    undertaking.conversations.add(conversation)
    noteMessage(conversation, message)
    return conversation
  }

  #beginConversation(message: Message, receiver: string | null, undertaking: Undertaking): Conversation | Refused {
    const { protocol: name } = message
    const protocol = name === undefined ? null : (this.#protocols.get(name) ?? undefined)
    if (protocol === undefined) {
      const detail = `'${name}', expected ${this.#protocols.names().join(', ')}`
      const error = new CaxtonError('ERR_PROTOCOL_UNKNOWN', { detail, data: { protocol: name! } })
      return { error, act: 'not-understood', stops: false }
    }
    if (protocol === null && receiver !== null && this.#book.isForeign(message, receiver)) return foreign(message)
    const conversation = createConversation(message, protocol, undertaking)
    if (!this.#book.add(conversation)) {
      const data = { limit: HOST_LIMITS.conversationsPerId }
      return { error: new CaxtonError('ERR_LIMIT_CONVERSATIONS', { data }), act: 'failure', stops: false }
    }
    undertaking.conversations.add(conversation)
    return conversation
  }

  /** A receiver that was picked just now may be in a conversation of others under this id. */
  #judgeFree(message: Message, receiver: string, conversation: Conversation | null): Refused | null {
    const isKnown = conversation === null || conversation.participants.has(receiver)
    return isKnown || !this.#book.isForeign(message, receiver) ? null : foreign(message)
  }

  #take(conversation: Conversation, step: Step, message: Message, receiver: string): DialogueState {
    const protocol = conversation.protocol!
    const isNew = step.dialogue === null
    const dialogue = take(protocol, step, message, receiver)
    if (isNew) {
      conversation.dialogues.set(dialogueKey(dialogue.opener, dialogue.partner), dialogue)
      conversation.roles.set(receiver, protocol.dialogues[step.kind]!.partner)
      this.#promises.watch(conversation.undertaking)
    }
    if (dialogue.answersTo !== null) conversation.isRedirected = true
    this.#promises.follow(conversation, dialogue)
    return dialogue
  }

  #forget(conversation: Conversation): void {
    const { undertaking, dialogues } = conversation
    for (const dialogue of dialogues.values()) this.#promises.drop(dialogue)
    undertaking.conversations.delete(conversation)
    this.#parts.onDropped?.(conversation)
    if (undertaking.conversations.size === 0) this.#promises.forget(undertaking)
  }
}

function unnamed(protocol: string): Refused {
  const error = new CaxtonError('ERR_PROTOCOL_MISSING', { detail: `'${protocol}'`, data: { protocol } })
  return { error, act: 'not-understood', stops: false }
}

function foreign({ conversation_id: conversation, sender }: Message): Refused {
  const detail = `'${sender}' takes no part in '${conversation}'`
  const error = new CaxtonError('ERR_CONVERSATION_FOREIGN', { detail, data: { agent: sender, conversation } })
  return { error, act: 'not-understood', stops: false }
}
