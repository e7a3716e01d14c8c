import type { Answer, Ask, Grants, ServiceName, ToolServerOptions } from '../capability/index.ts'
import { STATUS, secretsOf } from '../capability/index.ts'
import type { Clock, Message } from '../core/index.ts'
import { CaxtonError, SYSTEM_CLOCK } from '../core/index.ts'
import type { AuditRecord, Router } from '../router/index.ts'
import { failAsk } from './answers.ts'
import type { Audit } from './audit.ts'
import type { DelegationServiceParts } from './delegation/service.ts'
import { DelegationService } from './delegation/service.ts'
import { DirectoryService } from './directory/service.ts'
import type { HttpService } from './http/service.ts'
import { MessagingService } from './messaging/service.ts'
import type { Secrets } from './secrets/secrets.ts'
import type { SpawnServiceParts } from './spawn/service.ts'
import { SpawnService } from './spawn/service.ts'
import { ToolService } from './tools/service.ts'

export interface ServicesParts {
  readonly router: Pick<Router, 'waitForReply' | 'directory' | 'watches'> & {
    readonly book: Pick<Router['book'], 'charge'>
  }
  readonly secrets: Secrets
  readonly audit: Audit
  /** What is known of agents, and what starts and stops them. */
  readonly agents: DelegationServiceParts & SpawnServiceParts
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock
}

export interface ServicesOptions {
  readonly tools: Readonly<Record<string, ToolServerOptions>>
}

/** Characters of what was asked that an audit shows. */
const TARGET_CHARS = 256

/** What an audit calls services whose names say something else. @default delegation */
const AUDITED: Readonly<Partial<Record<ServiceName, AuditRecord['service']>>> = {
  spawn_agent: 'spawn',
  stop_agent: 'spawn',
  offer_capability: 'directory',
  search_directory: 'directory',
  watch_directory: 'directory',
}

/** An agent that asks, with what it may: taken from its deployment, never from what it says. */
export interface ServiceClient {
  readonly agent: string
  readonly grants: Grants
}

/** What the host does for agents outside of their threads. Runs on the main thread. */
export class Services {
  readonly #parts: ServicesParts
  readonly #messaging: MessagingService
  readonly #tools: ToolService
  /** Grants that agents have passed on. */
  readonly delegations: DelegationService
  readonly #spawn: SpawnService
  readonly #directory: DirectoryService
  readonly #clock: Clock
  #http: Promise<HttpService> | null = null

  /** Nothing is started or connected to. @throws CaxtonError ERR_SECRET_INVALID for one that nobody has declared */
  constructor(parts: ServicesParts, options: ServicesOptions) {
    const { audit, secrets, clock = SYSTEM_CLOCK } = parts
    this.#parts = parts
    this.#clock = clock
    this.#messaging = new MessagingService(parts.router)
    this.#directory = new DirectoryService({ directory: parts.router.directory, watches: parts.router.watches, clock })
    this.delegations = new DelegationService(parts.agents)
    this.#spawn = new SpawnService(parts.agents)
    const charge = (cause: Message) => parts.router.book.charge(cause, 'toolCalls', 1)
    this.#tools = new ToolService({ secrets, audit, charge, clock }, options.tools)
  }

  /** Checks that everything a grant names is there. @throws CaxtonError ERR_SECRET_INVALID, ERR_CONFIG_INVALID */
  assertServes({ http, tools }: Pick<Grants, 'http' | 'tools'>): void {
    for (const { secrets } of http)
      for (const { template } of secrets) this.#parts.secrets.assertHas(secretsOf(template))
    for (const entry of tools) {
      const server = entry.slice(0, entry.indexOf('/'))
      if (this.#tools.servers.includes(server)) continue
      throw new CaxtonError('ERR_CONFIG_INVALID', {
        detail: `the grant tools = ["${entry}"] names no server of the system`,
      })
    }
  }

  /**
   * Answers what an agent asks. Never rejects.
   *
   * @param cause the message that is handled meanwhile: the undertaking that it is part of pays for calls of tools
   */
  async answer(client: ServiceClient, ask: Ask, signal: AbortSignal, cause: Message | null): Promise<Answer> {
    const startMs = this.#clock.monotonicMs()
    const audited = (answer: Answer) => this.#audited(client.agent, ask, answer, startMs)
    const refusal = (answer: Answer) => (answer.status < 0 ? audited(answer) : answer)
    switch (ask.service) {
      case 'http_fetch':
      case 'http_read':
      case 'http_close':
        return (await this.#loadHttp()).answer(client, ask, signal)
      case 'call_tool':
        return this.#tools.answer(client, ask, signal, cause)
      case 'request':
        return this.#messaging.answer(client.agent, ask, signal)
      // Only a command of `exec` has such streams.
      case 'read_stdin':
      case 'flush_output':
        return { status: STATUS.DENIED, bytes: new Uint8Array() }
      case 'use_delegation':
        return this.#answerDelegated(client, ask, signal, cause, audited)
      case 'delegate':
        return audited(this.delegations.delegate(client.agent, ask))
      case 'set_delegation':
        return audited(this.delegations.setState(client.agent, ask))
      case 'spawn_agent':
        return audited(await this.#spawn.spawn(client.agent, ask))
      case 'stop_agent':
        return audited(await this.#spawn.stop(client.agent, ask))
      case 'offer_capability':
        return refusal(this.#directory.offer(client.agent, client.grants, ask, cause))
      case 'withdraw_capability':
        return this.#directory.withdraw(client.agent, ask, cause)
      case 'search_directory':
        return refusal(await this.#directory.search(client.grants, ask))
      case 'watch_directory':
        return refusal(this.#directory.watch(client.agent, client.grants, ask))
      case 'unwatch_directory':
        return this.#directory.unwatch(client.agent, ask)
    }
  }

  /** Takes back what an agent has passed on or was given, and stops those that it has started. Idempotent. */
  endAgent(agent: string, isStartedAnew: boolean): void {
    this.delegations.endAgent(agent)
    this.#spawn.endAgent(agent, isStartedAnew)
  }

  async #answerDelegated(
    { agent }: ServiceClient,
    ask: Ask,
    signal: AbortSignal,
    cause: Message | null,
    audited: (answer: Answer) => Answer,
  ): Promise<Answer> {
    try {
      const { grants, ask: delegated } = this.delegations.use(agent, ask)
      if (delegated.service === 'call_tool') {
        return await this.#tools.answer({ agent, grants }, delegated, signal, cause)
      }
      return await (await this.#loadHttp()).answer({ agent, grants }, delegated, signal)
    } catch (error) {
      return audited(failAsk(error).answer)
    }
  }

  /** Audits what was begun at `startMs` and has ended; answers the answer. */
  #audited(agent: string, { service, text, bytes }: Ask, answer: Answer, startMs: number): Answer {
    const { status } = answer
    const failed = Object.entries(STATUS).find(([, number]) => number === status)
    this.#parts.audit({
      agent,
      service: AUDITED[service] ?? 'delegation',
      target: `${service} ${text.slice(0, TARGET_CHARS)}`,
      outcome: status >= 0 || failed === undefined ? 'ok' : failed[0].toLowerCase(),
      durationMs: this.#clock.monotonicMs() - startMs,
      sentBytes: text.length + bytes.length,
      receivedBytes: 0,
    })
    return answer
  }

  async close(): Promise<void> {
    await this.#tools.close()
  }

  /** The parts of Node for it are loaded with the first request. */
  #loadHttp(): Promise<HttpService> {
    const { audit, secrets, clock = SYSTEM_CLOCK } = this.#parts
    this.#http ??= import('./http/service.ts').then((loaded) => new loaded.HttpService({ secrets, audit, clock }))
    return this.#http
  }
}
