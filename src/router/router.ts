import type { Agent, AgentEvents, AgentInfo, Restarting } from '../agent/index.ts'
import { checkDeadlineMs, isFinal, maySee } from '../agent/index.ts'
import type { Alarm, Clock, Draft, Guarantee, Message, Person, Strategy } from '../core/index.ts'
import {
  CaxtonError,
  createIdSource,
  HOST_LIMITS,
  isHumanAddress,
  isName,
  RUNTIME_NAME,
  SYSTEM_ALARM,
  USER_NAME,
} from '../core/index.ts'
import { Store } from '../store/index.ts'
import { createAgentEvents } from './agent-events.ts'
import { AwaitedReplies } from './awaited-replies.ts'
import type { ConversationInfo } from './conversation.ts'
import { ConversationJournal } from './conversation-journal.ts'
import { Conversations } from './conversations.ts'
import type { ConversationsOptions } from './conversations-parts.ts'
import { Delivery } from './delivery.ts'
import { announceOffer, createWatchNotice, Directory, OfferJournal, Watches, WatchJournal } from './directory/index.ts'
import { DurableMail } from './durable-mail.ts'
import type { RouterFact, RouterListener } from './event.ts'
import { AUDIT, EventHub } from './event.ts'
import type { MailboxCredit } from './mailbox-credit.ts'
import { People } from './people.ts'
import { Rest } from './rest.ts'
import type { Tracing } from './tracing.ts'
import { NO_TRACING } from './tracing.ts'
import { UserDesk } from './user-desk.ts'

export interface RouterParts {
  /** @default NO_TRACING */
  readonly tracing?: Tracing
  readonly credit: MailboxCredit
  readonly clock: Clock
  /** @default SYSTEM_ALARM */
  readonly alarm?: Alarm
  /** What must not be lost. @default in memory */
  readonly store?: Store
  /** Bytes of credit that a message takes: the same number wherever it is reserved. */
  sizeOf(message: Message): number
  /** Gets the messages to `user` that are not the reply to a `request`. */
  onUserMessage?(message: Message): void
}

export interface RouterOptions {
  /** Distinguishes the ids of this run, such as `4f2a`. Agents make ids of their own elsewhere. */
  readonly run: string
  /** Protocols and guards of conversations. @default those of FIPA, the default limits */
  readonly conversations?: ConversationsOptions
  /** Whom messages to capabilities go to, by the name of the capability. @default DEFAULT_STRATEGY */
  readonly strategies?: ReadonlyMap<string, Strategy>
  /** What is promised of messages of the user that say nothing. @default at-most-once */
  readonly guarantee?: Guarantee
  /** Whom messages to `human:<name>` wait for. @default nobody */
  readonly people?: readonly Person[]
}

/** Carries messages between agents and the user, and answers for what cannot be delivered. */
export class Router {
  /** For the parts of each agent that is added here. */
  readonly agentEvents: AgentEvents
  /** Who offers what. */
  readonly directory: Directory
  /** Who is told when that changes. */
  readonly watches: Watches
  /** What waits for people. */
  readonly people: People
  readonly #parts: RouterParts
  readonly #agents = new Map<string, Agent>()
  readonly #conversations: Conversations
  readonly #user: UserDesk
  readonly #replies = new AwaitedReplies((agent, replyWith) => this.#delivery.people.endCall(agent, replyWith))
  readonly #rest = new Rest()
  readonly #hub: EventHub
  readonly #delivery: Delivery
  readonly #store: Store
  readonly #mail: DurableMail
  readonly #createMessageId: () => string
  #phase: 'open' | 'draining' | 'closed' = 'open'
  #closing: Promise<void> | null = null

  constructor(parts: RouterParts, options: RouterOptions) {
    this.#parts = parts
    this.#hub = new EventHub(parts.clock)
    const strategies = options.strategies ?? new Map<string, Strategy>()
    this.#store = parts.store ?? Store.inMemory(parts.clock)
    const journal = new ConversationJournal(this.#store)
    const onUnwritten = (message: Message) => {
      journal.onUnwritten(message)
      this.#delivery.parked.onUnwritten(message)
    }
    this.#mail = new DurableMail({ store: this.#store, clock: parts.clock, onUnwritten }, parts.sizeOf)
    this.#createMessageId = createIdSource('m', `${options.run}-r`)
    const directory = new Directory({
      clock: parts.clock,
      journal: new OfferJournal(this.#store),
      onChange: (change) => {
        announceOffer(this.#hub, change)
        this.watches.note(change)
        if (change.after !== null) this.#delivery.capabilities.onOffered(change.after.capability)
      },
    })
    this.watches = new Watches({
      journal: new WatchJournal(this.#store),
      maySee: (name, capability) => {
        const agent = this.#agents.get(name)
        return agent !== undefined && maySee(agent, capability)
      },
      createMessageId: this.#createMessageId,
      tell: (agent, id, notice, by) => this.#delivery.notices.inform(createWatchNotice(agent, id, notice), by),
    })
    this.directory = directory
    this.#conversations = new Conversations(
      {
        ...parts,
        hub: this.#hub,
        rest: this.#rest,
        tell: (tidings) => this.#delivery.notices.announce(tidings),
        isOutside: (party) => this.#store.isDurable && isHumanAddress(party),
        onSettled: (conversation) => {
          journal.onSettled(conversation)
          this.#delivery.people.review(conversation)
        },
        onDropped: journal.onDropped,
        onSpent: journal.onSpent,
      },
      options.conversations,
    )
    this.#delivery = new Delivery({
      clock: parts.clock,
      alarm: parts.alarm ?? SYSTEM_ALARM,
      credit: parts.credit,
      agents: this.#agents,
      directory,
      strategies,
      conversations: this.#conversations,
      hub: this.#hub,
      rest: this.#rest,
      tracing: parts.tracing ?? NO_TRACING,
      store: this.#store,
      mail: this.#mail,
      persons: options.people ?? [],
      userGuarantee: options.guarantee ?? 'at-most-once',
      sizeOf: parts.sizeOf,
      createMessageId: this.#createMessageId,
      onAssigned: (message, receiver) =>
        (message.sender === USER_NAME ? this.#user : this.#replies).assign(message, receiver),
      isAwaited: (message) => this.#replies.isAwaited(message),
      claimReply: (receiver, message) => this.#replies.claim(receiver, message),
      onUserMessage: (message) => this.#user.take(message),
      onEnded: ({ sender, message_id: id }, isHandled) => {
        if (sender === RUNTIME_NAME) this.watches.onNoticeEnded(id, isHandled)
      },
      answersAgents: () => this.#phase !== 'closed',
    })
    this.agentEvents = createAgentEvents({
      agents: this.#agents,
      clock: parts.clock,
      conversations: this.#conversations,
      delivery: this.#delivery,
      directory,
      watches: this.watches,
      hub: this.#hub,
      mail: this.#mail,
      rest: this.#rest,
      isEnding: () => this.#phase === 'closed' || (this.#phase === 'draining' && this.#store.isDurable),
    })
    const desk = {
      delivery: this.#delivery,
      store: this.#store,
      strategies,
      createMessageId: this.#createMessageId,
      assertOpen: () => this.#assertOpen(),
    }
    const createReplyId = createIdSource('r', `${options.run}-r`)
    this.#user = new UserDesk({ ...desk, createReplyId, onMessage: (message) => parts.onUserMessage?.(message) })
    this.people = new People({ ...desk, hub: this.#hub, nowMs: () => parts.clock.nowMs() }, options.people ?? [])
    const { parked } = this.#delivery
    journal.restore(this.#conversations, this.#mail, (names) => parked.awaitAgents(names))
    this.#delivery.people.restore()
    // What was answered in time while the system was down is brought in this turn: it goes before deadlines that passed meanwhile.
    queueMicrotask(() => {
      if (this.#phase !== 'closed') this.runDeadlines()
      // From now on it hears what it is told; until then that waits with the rest of its mail.
      parked.endAwaiting(USER_NAME)
    })
  }

  /**
   * Takes an agent into the system and opens its mailbox; start the agent afterwards. A stopped or failed agent of the same
   * name is replaced.
   *
   * @throws CaxtonError ERR_AGENT_NAME_INVALID, ERR_AGENT_NAME_TAKEN, ERR_LIMIT_AGENTS, ERR_AGENT_STATE for one that is not
   * `loaded`, ERR_RUNTIME_CLOSED
   */
  add(agent: Agent): void {
    this.#assertOpen()
    const { name } = agent
    const data = { agent: name }
    if (!isName(name)) throw new CaxtonError('ERR_AGENT_NAME_INVALID', { detail: JSON.stringify(name), data })
    const previous = this.#agents.get(name)
    const isTaken = previous !== undefined && !isFinal(previous.state.phase)
    if (isTaken || name === RUNTIME_NAME || name === USER_NAME) {
      throw new CaxtonError('ERR_AGENT_NAME_TAKEN', { detail: `'${name}'`, data })
    }
    if (agent.state.phase !== 'loaded') {
      throw new CaxtonError('ERR_AGENT_STATE', { detail: `'${name}' is ${agent.state.phase}`, data })
    }
    if (previous === undefined && this.#agents.size >= HOST_LIMITS.agents) {
      throw new CaxtonError('ERR_LIMIT_AGENTS', { data: { limit: HOST_LIMITS.agents } })
    }
    this.#parts.credit.open(name, agent.limits)
    this.#agents.set(name, agent)
    this.#delivery.parked.endAwaiting(name)
    this.#rest.begin()
  }

  /** Forgets an agent that has stopped or failed. @throws CaxtonError ERR_AGENT_UNKNOWN, ERR_AGENT_STATE */
  remove(name: string): void {
    const agent = this.#agents.get(name)
    const data = { agent: name }
    if (agent === undefined) throw new CaxtonError('ERR_AGENT_UNKNOWN', { detail: `'${name}'`, data })
    if (!isFinal(agent.state.phase)) {
      throw new CaxtonError('ERR_AGENT_STATE', { detail: `'${name}' is ${agent.state.phase}, stop it first`, data })
    }
    this.#agents.delete(name)
  }

  agent(name: string): Agent | undefined {
    return this.#agents.get(name)
  }

  agents(): AgentInfo[] {
    return [...this.#agents.values()].map((agent) => agent.snapshot())
  }

  /** Lists the conversations that are remembered: HOST_LIMITS.conversations and those with messages under way. */
  conversations(): ConversationInfo[] {
    return this.#conversations.list()
  }

  /** Lets every deadline happen that has passed. Timers do it; tests with a clock of their own do it themselves. */
  runDeadlines(): void {
    this.#conversations.runDeadlines()
    this.#delivery.people.runDeadlines()
    this.directory.runDeadlines()
  }

  /** What is known of conversations: for the journal, and for tests. */
  get book(): Conversations {
    return this.#conversations
  }

  /** Calls `listener` for each event, while it happens, until the returned function is called. */
  subscribe(listener: RouterListener): () => void {
    return this.#hub.subscribe(listener)
  }

  /**
   * Sends a message of the user. What cannot be delivered comes back as a `failure`, as it does to an agent.
   *
   * @returns the message with its id; the first of those that a list of receivers makes
   * @throws CaxtonError ERR_MESSAGE_ADDRESS, ERR_MESSAGE_SENDER_FORGED for a sender other than `user`, ERR_RUNTIME_CLOSED
   */
  send(draft: Draft): Message {
    return this.#user.send(draft)
  }

  /**
   * Sends a message of the user and waits for its reply: the first message with its `reply_with` as `in_reply_to` from the
   * agent that got it, other than `agree`, which goes to `onUserMessage`. A draft without `reply_with` gets one.
   *
   * @param deadlineMs milliseconds to wait, at most 2^31 - 1
   * @throws CaxtonError ERR_REQUEST_FAILED when the reply is `failure`, `refuse` or `not-understood` (`data.performative`,
   * `data.sender`, `data.reason`), ERR_REQUEST_DEADLINE, ERR_MESSAGE_INVALID for several receivers or a topic, ERR_LIMIT_REQUESTS, ERR_RUNTIME_CLOSED, and what `send` throws
   */
  request(draft: Draft, deadlineMs: number): Promise<Message> {
    return this.#user.request(draft, deadlineMs)
  }

  /**
   * Waits for the reply to what an agent is about to send: the first message with that `in_reply_to` from whoever got it, or
   * from the runtime, other than `agree`. It is not put into the mailbox of the agent.
   *
   * @param deadlineMs 0 waits until the signal is aborted
   * @returns null when there was none in time
   */
  waitForReply(agent: string, replyWith: string, deadlineMs: number, signal: AbortSignal): Promise<Message | null> {
    return this.#replies.wait(agent, replyWith, deadlineMs, signal)
  }

  /** See `Topics.listen`. @throws CaxtonError ERR_TOPIC_PATTERN */
  listen(pattern: string, listener: (message: Message) => void): () => void {
    return this.#delivery.topics.listen(pattern, listener)
  }

  /** Tells of what happens outside of agents and messages; what an agent did by way of a service goes into the history, too. */
  announce(fact: Extract<RouterFact, { type: 'audit' | 'unkept' }>): void {
    if (fact.type === AUDIT && this.#store.isDurable)
      this.#store.note(JSON.stringify({ ...fact, at: this.#parts.clock.nowMs() }))
    this.#hub.emit(fact)
  }

  /**
   * Resolves when no agent runs or has anything waiting: nothing will happen any more unless somebody outside acts.
   * An agent that was added and not yet started counts as running.
   */
  idle(): Promise<void> {
    return this.#rest.wait()
  }

  /** Counts something as under way that will act on agents, until the returned function is called for the first time. */
  expect(): () => void {
    let isOver = false
    this.#rest.begin()
    return () => {
      if (isOver) return
      isOver = true
      this.#rest.end()
    }
  }

  /** Tells that an agent will be started anew. */
  announceRestart(agent: Agent, { attempt, max, waitMs, reason }: Restarting): void {
    this.#mail.expect(agent.name, true)
    this.#hub.emit({ type: 'restarting', agent: agent.name, attempt, max, waitMs, error: reason.toData() })
  }

  get isIdle(): boolean {
    return this.#rest.isResting
  }

  /**
   * Takes nothing new from the user, lets the agents come to rest, then closes.
   *
   * @param deadlineMs milliseconds after which it closes anyway; null waits for ever
   */
  async drain(deadlineMs: number | null = null): Promise<void> {
    if (deadlineMs !== null) checkDeadlineMs(deadlineMs)
    if (this.#phase === 'open') this.#phase = 'draining'
    for (const agent of this.#agents.values()) agent.silenceTimers()
    this.#conversations.releaseRest()
    this.#delivery.people.releaseRest()
    const deadline = Promise.withResolvers<void>()
    const timer = deadlineMs === null ? undefined : setTimeout(deadline.resolve, deadlineMs)
    await Promise.race([this.#rest.wait().then(() => this.#finishPrograms()), deadline.promise])
    clearTimeout(timer)
    await this.close()
  }

  /** Lets programs that read messages come to their ends, and what they send then be handled. */
  async #finishPrograms(): Promise<void> {
    const programs = [...this.#agents.values()].filter(({ isProgram }) => isProgram)
    if (programs.length === 0) return
    await Promise.all(programs.map((agent) => agent.drain()))
    await this.#rest.wait()
  }

  /** Stops every agent at once and rejects the requests that wait with ERR_RUNTIME_CLOSED. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#phase = 'closed'
    this.#user.close()
    this.#conversations.close()
    this.directory.close()
    this.#delivery.people.close()
    this.#delivery.parked.close()
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()))
  }

  /** All agents are there: one that is not, although what was under way had to do with it, is an agent that nobody knows. */
  endAwaiting(): void {
    this.#delivery.parked.endAwaiting(null)
  }

  deliverParkedToUser(): void {
    this.#delivery.user.deliverParked()
  }

  /** Delivers a dead letter again. @throws CaxtonError ERR_MESSAGE_UNKNOWN, ERR_RUNTIME_CLOSED */
  async redeliver(sequence: number): Promise<void> {
    this.#assertOpen()
    this.#delivery.redeliver(await this.#store.dead.raise(sequence))
    this.#delivery.user.deliverParked()
    this.#delivery.people.restore()
  }

  #assertOpen(): void {
    if (this.#phase !== 'open') throw new CaxtonError('ERR_RUNTIME_CLOSED', { detail: `it is ${this.#phase}` })
  }
}
