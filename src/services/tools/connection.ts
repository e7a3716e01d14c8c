import type {
  Client,
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
  Tool,
  Transport,
} from '@modelcontextprotocol/client'
import type { ToolServerOptions, ToolTransport } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { boundFetch } from './bounded-fetch.ts'
import { boundValidator } from './bounded-validator.ts'

/** A tool of a server, with the check of its arguments. */
export interface KnownTool {
  readonly name: string
  readonly checkArguments: JsonSchemaValidator<unknown>
}

export interface ConnectionParts {
  readonly secrets: Secrets
  /** The server is gone; calls that wait have been rejected. */
  onClose(): void
}

/** Tools of one server that are known. */
const MAX_TOOLS = 1_000
/** Milliseconds that a server of the protocol of 2025 may leave a question of that of 2026 unanswered. */
const PROBE_MS = 3_000
/** What stands around a result on the wire. */
const ENVELOPE_BYTES = 64 * 2 ** 10

/**
 * One connection to an MCP server. The library for it is loaded with the first one, so that a system without tools does not
 * pay for it.
 */
export class Connection {
  readonly #client: Client
  readonly #validator: jsonSchemaValidator
  #tools: ReadonlyMap<string, KnownTool> | null = null

  private constructor(client: Client, validator: jsonSchemaValidator) {
    this.#client = client
    this.#validator = validator
  }

  /** Starts the server or connects to it. @throws whatever the library throws, CaxtonError ERR_SECRET_INVALID */
  static async open(parts: ConnectionParts, options: ToolServerOptions, signal: AbortSignal): Promise<Connection> {
    const { Client } = await import('@modelcontextprotocol/client')
    const { CfWorkerJsonSchemaValidator } = await import('@modelcontextprotocol/client/validators/cf-worker')
    const validator = boundValidator(new CfWorkerJsonSchemaValidator())
    const client = new Client(
      { name: 'caxton', version: '1' },
      {
        jsonSchemaValidator: validator,
        versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(PROBE_MS, options.timeoutMs) } },
        inputRequired: { autoFulfill: false },
        listChanged: { tools: { autoRefresh: false, onChanged: () => connection.forgetTools() } },
      },
    )
    const connection = new Connection(client, validator)
    client.onclose = () => parts.onClose()
    client.onerror = () => {}
    const transport = await createTransport(parts.secrets, options)
    await client.connect(transport, { signal, timeout: options.timeoutMs })
    return connection
  }

  /** Returns a tool; null if the server has none of that name. */
  async find(name: string, signal: AbortSignal, timeoutMs: number): Promise<KnownTool | null> {
    this.#tools ??= await this.#list(signal, timeoutMs)
    return this.#tools.get(name) ?? null
  }

  /** Calls a tool and returns its result as JSON text. */
  async call(name: string, input: Record<string, unknown>, signal: AbortSignal, timeoutMs: number): Promise<string> {
    const result = await this.#client.callTool(
      { name, arguments: input },
      { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs },
    )
    const { content, structuredContent, isError } = result
    return JSON.stringify({
      content: content ?? [],
      ...(structuredContent === undefined ? {} : { structuredContent }),
      ...(isError === true ? { isError } : {}),
    })
  }

  forgetTools(): void {
    this.#tools = null
  }

  /** Ends the connection, and the server if it was started here. */
  async close(): Promise<void> {
    this.#client.onclose = () => {}
    await this.#client.close()
  }

  async #list(signal: AbortSignal, timeoutMs: number): Promise<ReadonlyMap<string, KnownTool>> {
    const { tools } = await this.#client.listTools(undefined, { signal, timeout: timeoutMs })
    if (tools.length > MAX_TOOLS) {
      throw new CaxtonError('ERR_TOOL_FAILED', { detail: `the server lists ${tools.length} tools` })
    }
    return new Map(tools.map((tool) => [tool.name, this.#know(tool)]))
  }

  #know({ name, inputSchema }: Tool): KnownTool {
    let check: JsonSchemaValidator<unknown> | null = null
    return {
      name,
      checkArguments: (input) => {
        check ??= this.#validator.getValidator(inputSchema as unknown as JsonSchemaType)
        return check(input)
      },
    }
  }
}

async function createTransport(secrets: Secrets, { transport, resultBytes }: ToolServerOptions): Promise<Transport> {
  const maxBytes = resultBytes + ENVELOPE_BYTES
  if (transport.kind === 'http') {
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
    return new StreamableHTTPClientTransport(new URL(transport.url), {
      requestInit: { headers: fillAll(secrets, transport.headers) },
      fetch: boundFetch(maxBytes),
      redirectPolicy: 'same-origin',
    })
  }
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
  const { command, args, env, cwd } = transport
  return new StdioClientTransport({
    command,
    args: [...args],
    env: fillAll(secrets, env),
    stderr: 'ignore',
    maxBufferSize: maxBytes,
    ...(cwd === null ? {} : { cwd }),
  })
}

/** What a server is given that must not come back from it. */
export function patternsOf(secrets: Secrets, transport: ToolTransport): readonly Buffer[] {
  const templates = transport.kind === 'http' ? transport.headers : transport.env
  return Object.values(templates).flatMap((template) => secrets.fill(template).patterns)
}

function fillAll(
  secrets: Secrets,
  templates: (ToolTransport & { readonly kind: 'stdio' })['env'],
): Record<string, string> {
  return Object.fromEntries(Object.entries(templates).map(([name, template]) => [name, secrets.fill(template).text]))
}
