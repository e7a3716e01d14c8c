import type { Answer, Ask, Grants, ToolServerOptions } from '../../capability/index.ts'
import { mayCallTool, parseToolName, STATUS } from '../../capability/index.ts'
import type { Clock, Message } from '../../core/index.ts'
import { CaxtonError, SYSTEM_CLOCK } from '../../core/index.ts'
import { failAsk, NO_BYTES } from '../answers.ts'
import type { Audit } from '../audit.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { ToolResult } from './tool-server.ts'
import { ToolServer } from './tool-server.ts'

export interface ToolServiceParts {
  readonly secrets: Secrets
  readonly audit: Audit
  /** Counts a call that is made while that message is handled. Returns why it must not be made. */
  charge(cause: Message): CaxtonError | null
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock
}

/** An agent as this service knows it. */
export interface ToolClient {
  readonly agent: string
  readonly grants: Pick<Grants, 'tools'>
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Calls of agents to the tools of MCP servers. Runs on the main thread; each call is audited, also one that is refused. */
export class ToolService {
  readonly #servers: ReadonlyMap<string, ToolServer>
  readonly #audit: Audit
  readonly #charge: ToolServiceParts['charge']
  readonly #clock: Clock

  /** @throws CaxtonError ERR_SECRET_INVALID */
  constructor(parts: ToolServiceParts, servers: Readonly<Record<string, ToolServerOptions>>) {
    const { secrets, audit, charge, clock = SYSTEM_CLOCK } = parts
    this.#audit = audit
    this.#charge = charge
    this.#clock = clock
    this.#servers = new Map(
      Object.entries(servers).map(([name, options]) => [name, new ToolServer({ secrets, clock }, name, options)]),
    )
  }

  /** Names of the servers. */
  get servers(): string[] {
    return [...this.#servers.keys()]
  }

  /**
   * Answers `call_tool`. Never rejects.
   *
   * @param cause the message that is handled meanwhile: what it belongs to pays for the call
   */
  async answer({ agent, grants }: ToolClient, ask: Ask, signal: AbortSignal, cause: Message | null): Promise<Answer> {
    const startMs = this.#clock.monotonicMs()
    const name = parseToolName(ask.text)
    if (name === null) return { status: STATUS.INVALID, bytes: NO_BYTES }
    const note = (outcome: string, receivedBytes: number, detail?: string) =>
      this.#audit({
        agent,
        service: 'tool',
        target: `${name.server}/${name.tool}`,
        outcome,
        ...(detail === undefined ? {} : { detail }),
        durationMs: this.#clock.monotonicMs() - startMs,
        sentBytes: ask.bytes.length,
        receivedBytes,
      })
    try {
      if (!mayCallTool(grants.tools, name)) {
        throw new CaxtonError('ERR_GRANT_MISSING', { detail: `tools = ["${name.server}/${name.tool}"]` })
      }
      const overdraft = cause === null ? null : this.#charge(cause)
      if (overdraft !== null) throw overdraft
      const result = await this.#call(agent, name.server, name.tool, ask.bytes, signal)
      if (result === null || 'problem' in result) {
        note(result === null ? 'not-found' : 'invalid', 0, result?.problem)
        return { status: result === null ? STATUS.NOT_FOUND : STATUS.INVALID, bytes: NO_BYTES }
      }
      const bytes = new Uint8Array(Buffer.from(result.text))
      note('ok', bytes.length)
      return { status: bytes.length, bytes }
    } catch (thrown) {
      const { answer, error } = failAsk(thrown)
      note(error.code, 0, error.detail)
      return answer
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()))
  }

  async #call(
    agent: string,
    serverName: string,
    tool: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<ToolResult> {
    const server = this.#servers.get(serverName)
    if (server === undefined) return null
    const { argumentBytes } = server.options
    if (bytes.length > argumentBytes) {
      throw new CaxtonError('ERR_TOOL_LIMIT', {
        detail: `arguments of ${bytes.length} bytes`,
        data: { limit: 'request_bytes', most: argumentBytes },
      })
    }
    const input = parseArguments(bytes)
    return input === null ? { problem: 'the arguments are not a JSON object' } : server.call(agent, tool, input, signal)
  }
}

/** Reads arguments: a JSON object, or nothing for none. Null for anything else. */
function parseArguments(bytes: Uint8Array): Record<string, unknown> | null {
  if (bytes.length === 0) return {}
  try {
    const value: unknown = JSON.parse(STRICT_UTF8.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
