import type { Rate } from '../core/index.ts'
import type { SecretTemplate } from './secret.ts'

/** A tool as agents name it. */
export interface ToolName {
  readonly server: string
  readonly tool: string
}

/** How an MCP server is reached. Texts of `env` and `headers` may hold secrets: the server gets them, no agent does. */
export type ToolTransport =
  | {
      readonly kind: 'stdio'
      readonly command: string
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, SecretTemplate>>
      readonly cwd: string | null
    }
  | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, SecretTemplate>> }

/** An MCP server of a system, and the bounds of what agents do with it. */
export interface ToolServerOptions {
  readonly transport: ToolTransport
  /** For one call, the start of the server included. */
  readonly timeoutMs: number
  readonly argumentBytes: number
  readonly resultBytes: number
  /** Calls of all agents at once. */
  readonly concurrency: number
  /** Calls of one agent over time. */
  readonly rate: Rate
}

/** What a server has that does not say otherwise. */
export const TOOL_SERVER_DEFAULTS = Object.freeze({
  timeoutMs: 30_000,
  argumentBytes: 64 * 2 ** 10,
  resultBytes: 2 ** 20,
  concurrency: 16,
  rate: Object.freeze({ amount: 600, periodMs: 60_000 }),
})

/** What MCP lets a tool be called, and no more than can be shown anywhere. */
const TOOL_NAME = /^[A-Za-z0-9_.:-]{1,128}$/

/** Reads `<server>/<tool>`; null for what is not of that form. Whether the tool exists is not its question. */
export function parseToolName(text: string): ToolName | null {
  const slash = text.indexOf('/')
  const tool = text.slice(slash + 1)
  return slash > 0 && TOOL_NAME.test(tool) ? { server: text.slice(0, slash), tool } : null
}

/** Tells whether a grant such as `["weather/forecast", "files/*"]` names a tool. */
export function mayCallTool(grants: readonly string[], { server, tool }: ToolName): boolean {
  return grants.includes(`${server}/${tool}`) || grants.includes(`${server}/*`)
}
