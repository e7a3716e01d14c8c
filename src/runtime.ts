import { randomBytes } from 'node:crypto'
import type { AgentInfo, RestartLimit, Supervisor } from './agent/index.ts'
import { Agent, isFinal } from './agent/index.ts'
import type { DelegationState } from './capability/index.ts'
import type { CaxtonOptions, DrainOptions, IncomingMessage, OutgoingMessage, RequestOptions } from './caxton-options.ts'
import { parseContent } from './caxton-options.ts'
import { ModuleCache } from './compile/index.ts'
import type { Guarantee } from './core/index.ts'
import { asCaxtonError, CaxtonError, SYSTEM_CLOCK, toDraft } from './core/index.ts'
import { joinErrors } from './deploy-failure.ts'
import type { CaxtonEvent } from './event-stream.ts'
import { EventStream } from './event-stream.ts'
import { SystemPeople } from './people.ts'
import { instantiate } from './placement.ts'
import type { PreparedAgent } from './preparation.ts'
import { prepareAgent } from './preparation.ts'
import type { AuditRecord, ConversationInfo, RouterListener } from './router/index.ts'
import { NO_TRACING, Router, Rulebook } from './router/index.ts'
import type { Sandbox } from './sandbox/index.ts'
import { messageBytes, ProcessPool, SandboxPool } from './sandbox/index.ts'
import type { DelegationInfo, ServicesParts } from './services/index.ts'
import { Secrets, Services } from './services/index.ts'
import type { InboxEntry, Store } from './store/index.ts'
import { supervise, watchEnd } from './supervision.ts'
import type { AgentInput, AgentOptions } from './system/index.ts'
import {
  parseAgentOptions,
  parseCapabilities,
  parseConversations,
  parseGrants,
  parsePeople,
  parseToolServers,
} from './system/index.ts'
import { SystemData, withStore } from './system-data.ts'
import { SystemDirectory } from './system-directory.ts'
import type { MemoryTree } from './wasi/index.ts'

/**
 * A running system of agents, each in a sandbox of its own.
 *
 * Whoever starts it closes it: worker threads keep a process alive only while agents have work.
 */
export class Caxton implements AsyncDisposable {
  readonly #options: CaxtonOptions
  readonly #modules: ModuleCache
  readonly #pool: SandboxPool
  readonly #processes: ProcessPool
  /** What the system keeps: dead letters, backups, when everything until now survives. */
  readonly data: SystemData
  /** Who offers what. */
  readonly directory: SystemDirectory
  /** What waits for people: to be listed and answered. */
  readonly people: SystemPeople
  readonly #router: Router
  readonly #store: Store
  readonly #services: Services
  readonly #supervisors = new Map<string, Supervisor>()
  readonly #sandboxes = new Map<string, Sandbox>()
  readonly #deployed = new Map<string, AgentOptions>()
  readonly #templates = new Map<string, AgentOptions>()
  readonly #streams = new Set<EventStream>()
  #closing: Promise<void> | null = null

  private constructor(options: CaxtonOptions, store: Store, secrets: Secrets) {
    const clock = options.clock ?? SYSTEM_CLOCK
    const run = randomBytes(4).toString('hex')
    this.#options = options
    this.#store = store
    this.#modules = new ModuleCache(undefined, {
      ...(options.moduleCacheBytes === undefined ? {} : { maxBytes: options.moduleCacheBytes }),
      ...(options.moduleCacheDirectory === undefined ? {} : { directory: options.moduleCacheDirectory }),
    })
    const slices = options.sliceFuel === undefined ? {} : { sliceFuel: options.sliceFuel }
    this.#pool = new SandboxPool(
      { run },
      { ...slices, ...(options.threads === undefined ? {} : { threads: options.threads }) },
    )
    this.#processes = new ProcessPool({ run, mailboxes: this.#pool.mailboxes }, slices)
    const { protocols, ...rules } = parseConversations(options.conversations, options.protocols)
    const strategies = parseCapabilities(options.capabilities)
    const conversations = { ...rules, protocols: new Rulebook(protocols) }
    const { tracing = NO_TRACING } = options
    const routing = { clock, credit: this.#pool.mailboxes, sizeOf: messageBytes, tracing, store }
    const people = parsePeople(options.people)
    this.#router = new Router(routing, { run, conversations, strategies, guarantee: this.#guarantee, people })
    this.directory = new SystemDirectory(this.#router.directory)
    this.data = new SystemData(store, this.#router, options.dataDirectory ?? null, () => clock.nowMs())
    this.people = new SystemPeople(this.#router, store)
    // In the turn in which the router is made: what was answered in time goes before deadlines that passed meanwhile.
    for (const entry of store.takeInbox()) void this.data.takeInbox(entry)
    const audit = (record: AuditRecord) => this.#router.announce({ type: 'audit', ...record })
    const tools = parseToolServers(options.tools ?? {})
    const agents = this.#createAgentAccess()
    this.#services = new Services({ router: this.#router, secrets, audit, agents, clock }, { tools })
  }

  /**
   * Starts a runtime without agents. Cost: nothing to speak of; threads start with the first agents.
   *
   * @throws CaxtonError ERR_CONFIG_INVALID, ERR_SECRET_INVALID; ERR_STORE_* for its data directory
   */
  static async start(options: CaxtonOptions = {}): Promise<Caxton> {
    const secrets = await Secrets.read(options.secrets ?? {})
    let caxton: Caxton | null = null
    const listeners = {
      onInbox: (entry: InboxEntry) => void caxton?.data.takeInbox(entry),
      onFailure: (error: CaxtonError, isOver: boolean) => {
        if (caxton !== null) caxton.#router.announce({ type: 'unkept', error: error.toData(), isOver })
      },
    }
    return withStore(options, listeners, (store) => {
      caxton = new Caxton(options, store, secrets)
      return caxton
    })
  }

  /**
   * Builds, compiles and starts one agent; it runs when the promise resolves.
   *
   * @throws CaxtonError what is wrong with the options (ERR_CONFIG_INVALID), the source (ERR_LANGUAGE_*), the module
   * (ERR_WASM_*, ERR_INSTRUMENT_*, ERR_MODULE_*), its grants (ERR_GRANT_MISSING), or with its own start (ERR_GUEST_*, ERR_LIMIT_*)
   */
  async deploy(input: AgentInput): Promise<AgentInfo> {
    return this.#deploy(parseAgentOptions(input))
  }

  /**
   * Adds what agents with the grant `spawn` may start, under the name of the template. Nothing is built before one is started.
   *
   * @throws CaxtonError ERR_CONFIG_INVALID
   */
  addTemplate(input: AgentInput): void {
    this.addTemplates([parseAgentOptions(input)])
  }

  /** Adds the templates of a system, see `addTemplate`. */
  addTemplates(templates: readonly AgentOptions[]): void {
    for (const template of templates) this.#templates.set(template.name, template)
  }

  /** Returns the grants that agents have passed on and that are not revoked, each with its chain. */
  delegations(): DelegationInfo[] {
    return this.#services.delegations.list()
  }

  /** Pauses, resumes or revokes what an agent has passed on. @throws CaxtonError ERR_DELEGATION_UNUSABLE for an unknown handle */
  setDelegation(handle: string, state: DelegationState): void {
    this.#services.delegations.override(handle, state)
  }

  /**
   * Deploys several agents, all or none: nothing starts unless every one of them can. An agent whose own start fails is
   * `failed`, like one that fails later, and leaves the others alone.
   *
   * @throws CaxtonError the error of the one that cannot start; where there are several, the first code with all of them in
   * its detail and `data.problems`
   */
  async deployAll(agents: readonly AgentOptions[]): Promise<void> {
    const results = await Promise.allSettled(agents.map((options) => this.#prepare(options)))
    const errors = results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ options: agents[index]!, error: asCaxtonError(result.reason) }] : [],
    )
    if (errors.length > 0) throw joinErrors(errors)
    const prepared = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const added = prepared.map((one) => this.#add(one))
    this.#router.endAwaiting()
    await Promise.allSettled(added.map((agent) => agent.start()))
    this.#router.deliverParkedToUser()
  }

  /**
   * Sends a message as `user`. It is accepted when the call returns; what cannot be delivered comes back to `user` as a
   * `failure`, which `events()` shows.
   *
   * @returns its id; that of the first when there are several receivers
   * @throws CaxtonError ERR_MESSAGE_INVALID, ERR_MESSAGE_ADDRESS, ERR_RUNTIME_CLOSED
   */
  send(message: OutgoingMessage): string {
    return this.#router.send(toDraft(message)).message_id
  }

  /**
   * Sends a message as `user` and resolves when it is kept: from then on it is delivered, also after `kill -9` and a new start.
   *
   * @param key names what is sent: what has come before with it, within the window of the store, is not sent again: null is returned
   * @throws CaxtonError what `send` throws, ERR_LIMIT_JOURNAL, ERR_STORE_FAILED
   */
  async accept(message: OutgoingMessage, key?: string): Promise<string | null> {
    const id = key === undefined || this.#store.remember(key) ? this.send(message) : null
    await this.#store.flush()
    return id
  }

  /**
   * Sends a message as `user` and waits for the reply to it.
   *
   * @throws CaxtonError ERR_REQUEST_FAILED when the reply is `failure`, `refuse` or `not-understood` (`data.reason`),
   * ERR_REQUEST_DEADLINE, and what `send` throws
   */
  async request(message: OutgoingMessage, options: RequestOptions = {}): Promise<IncomingMessage> {
    return parseContent(await this.#router.request(toDraft(message), options.deadlineMs ?? 30_000))
  }

  /** Returns what is known of every agent now: state and why, messages, fuel, CPU time, memory. */
  agents(): AgentInfo[] {
    return this.#router.agents()
  }

  /**
   * Copies the files that an agent has in memory at a place, once it has handled what it has begun; see `saveTree`.
   *
   * @throws CaxtonError ERR_AGENT_UNKNOWN, what the agent has ended with, or ERR_SANDBOX_CLOSED
   */
  async exportFiles(agent: string, at: string): Promise<MemoryTree> {
    const sandbox = this.#sandboxes.get(agent)
    if (sandbox?.exportFiles === undefined)
      throw new CaxtonError('ERR_AGENT_UNKNOWN', { detail: agent, data: { agent } })
    return sandbox.exportFiles(at)
  }

  /** Returns the conversations that are remembered. */
  conversations(): ConversationInfo[] {
    return this.#router.conversations()
  }

  /**
   * Returns what happens from now on. The iteration ends when the runtime is closed.
   *
   * A reader that is slower than the system loses the oldest events; an event `dropped` says how many.
   */
  events(): AsyncIterableIterator<CaxtonEvent, undefined> {
    // Nobody listens while nobody reads: events that nobody hears are not made.
    const unsubscribe = this.#router.subscribe((event) => stream.push(event))
    const stream: EventStream = new EventStream((closed) => {
      unsubscribe()
      this.#streams.delete(closed)
    })
    if (this.#closing === null) this.#streams.add(stream)
    else stream.close()
    return stream
  }

  /**
   * Calls `listener` with each message that is published to the topics that a pattern stands for, what is retained there first, until the
   * returned function is called. What cannot be lost is published to agents: a listener is not there while the process is not.
   *
   * @param pattern tokens joined by points, `*` for one and a final `>` for the rest
   * @throws CaxtonError ERR_TOPIC_PATTERN
   */
  subscribeTopic(pattern: string, listener: (message: IncomingMessage) => void): () => void {
    return this.#router.listen(pattern, (message) => listener(parseContent(message)))
  }

  /** Calls `listener` for each event while it happens, until the returned function is called. */
  subscribe(listener: RouterListener): () => void {
    return this.#router.subscribe(listener)
  }

  /** Resolves when no agent runs or has a message waiting: nothing will happen any more unless somebody sends something. */
  idle(): Promise<void> {
    return this.#router.idle()
  }

  /**
   * Takes nothing new, lets the agents finish what they have, stops them, then closes.
   *
   * @throws CaxtonError ERR_CONFIG_INVALID for a deadline out of range
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    this.#endSupervision()
    await this.#router.drain(options.deadlineMs ?? null)
    await this.close()
  }

  /** Stops every agent and thread at once. Requests that wait reject with ERR_RUNTIME_CLOSED. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#endSupervision()
    await this.#router.close()
    await Promise.all([this.#pool.close(), this.#processes.close(), this.#services.close()])
    for (const stream of [...this.#streams]) stream.close()
    await this.#store.close()
  }

  async #deploy(options: AgentOptions): Promise<AgentInfo> {
    const agent = this.#add(await this.#prepare(options))
    try {
      await agent.start()
    } catch (error) {
      if (isFinal(agent.state.phase)) this.#forget(agent)
      throw error
    }
    this.#router.deliverParkedToUser()
    return agent.snapshot()
  }

  #forget({ name }: Agent): void {
    this.#router.remove(name)
    this.#sandboxes.delete(name)
    this.#supervisors.delete(name)
    this.#deployed.delete(name)
  }

  /** What services see of agents, and the one way in which they start and stop them. */
  #createAgentAccess(): ServicesParts['agents'] {
    return {
      parseGrants,
      grantsOf: (name) => {
        const agent = this.#router.agent(name)
        return agent === undefined || isFinal(agent.state.phase) ? null : (this.#deployed.get(name)?.grants ?? null)
      },
      templateGrants: (template) => this.#templates.get(template)?.grants ?? null,
      deploy: async (request) => {
        const { isolation } = this.#deployed.get(request.starter)!
        await this.#deploy(instantiate(this.#templates.get(request.template)!, request, isolation))
      },
      stop: async (name) => {
        const agent = this.#router.agent(name)
        // It may wait to be started anew.
        this.#supervisors.get(name)?.close()
        await agent?.stop()
        if (agent === undefined || this.#router.agent(name) !== agent) return
        this.#forget(agent)
        this.#services.endAgent(name, false)
      },
    }
  }

  #prepare(options: AgentOptions): Promise<PreparedAgent> {
    return prepareAgent(options, {
      modules: this.#modules,
      services: this.#services,
      options: this.#options,
      guarantee: this.#guarantee,
    })
  }

  /** What is promised where nothing is said. */
  get #guarantee(): Guarantee {
    return this.#options.store?.delivery ?? (this.#store.isDurable ? 'at-least-once' : 'at-most-once')
  }

  #add(prepared: PreparedAgent): Agent {
    const { options } = prepared
    const supervisor = options.restart === null ? null : this.#createSupervisor(prepared, options.restart)
    const agent = this.#createAgent(prepared, supervisor)
    this.#router.add(agent)
    this.#deployed.set(options.name, options)
    this.#supervisors.get(options.name)?.close()
    if (supervisor === null) this.#supervisors.delete(options.name)
    else this.#supervisors.set(options.name, supervisor)
    return agent
  }

  #createAgent({ options, spec }: PreparedAgent, supervisor: Supervisor | null, predecessor?: Agent): Agent {
    const events = this.#router.agentEvents
    return new Agent(
      {
        createSandbox: async (sandboxEvents, kept) => {
          const pool = options.isolation.kind === 'process' ? this.#processes : this.#pool
          const sandbox = await pool.create({ ...spec, kept }, sandboxEvents)
          this.#sandboxes.set(options.name, sandbox)
          return sandbox
        },
        credit: this.#pool.mailboxes,
        onAsk: (ask, signal, cause) => {
          const client = { agent: options.name, grants: options.grants }
          return this.#services.answer(client, ask, signal, cause)
        },
        events: watchEnd(events, supervisor, (name, isStartedAnew) => this.#services.endAgent(name, isStartedAnew)),
        clock: this.#options.clock ?? SYSTEM_CLOCK,
        ...(this.#options.alarm === undefined ? {} : { alarm: this.#options.alarm }),
        store: this.#store,
        ...(predecessor === undefined ? {} : { predecessor }),
      },
      { ...options, guarantee: options.delivery ?? this.#guarantee },
    )
  }

  #createSupervisor(prepared: PreparedAgent, limit: RestartLimit): Supervisor {
    const supervisor: Supervisor = supervise(this.#router, this.#options.clock ?? SYSTEM_CLOCK, limit, (failed) =>
      this.#createAgent(prepared, supervisor, failed),
    )
    return supervisor
  }

  #endSupervision(): void {
    for (const supervisor of this.#supervisors.values()) supervisor.close()
  }
}
