import { createServer } from 'node:http'
import type { McpHttpHandler } from '@modelcontextprotocol/server'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

/*
 * A real MCP server with tools that behave and tools that do not. Run as a program it serves its standard input and output.
 */

const NUMBERS = { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] }
const TEXT = { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } }

function text(value: string) {
  return { content: [{ type: 'text' as const, text: value }] }
}

/** Makes a server; `headers` are those of the request it answers, if it came over HTTP. */
export function createToolServer(headers?: Headers): McpServer {
  const server = new McpServer({ name: 'fake', version: '1' })
  const schema = (value: object) => fromJsonSchema<Record<string, unknown>>(value as never)
  const add = server.registerTool.bind(server)
  add('add', { inputSchema: schema({ ...NUMBERS, additionalProperties: false }) }, ({ a, b }) =>
    text(String(Number(a) + Number(b))),
  )
  add('slow-pattern', { inputSchema: schema(TEXT) }, () => text('never'))
  add('fail', {}, () => ({ ...text('it failed'), isError: true }))
  add('hang', {}, () => new Promise(() => {}))
  add('huge', {}, () => text('x'.repeat(4 * 2 ** 20)))
  add('exit', {}, () => process.exit(1))
  add('pid', {}, () => text(String(process.pid)))
  add('secret', {}, () =>
    text(`I was given ${headers?.get('authorization') ?? process.env['TOKEN']}, and ${process.env['HOME']}`),
  )
  return server
}

/** Serves over HTTP on the loopback interface. */
export async function serveTools(): Promise<AsyncDisposable & { readonly url: string }> {
  const handler = createMcpHandler(({ requestInfo }) => createToolServer(requestInfo?.headers))
  const server = createServer((request, response) => {
    void answer(handler, request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      await handler.close()
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

async function answer(
  handler: McpHttpHandler,
  request: import('node:http').IncomingMessage,
  response: import('node:http').ServerResponse,
): Promise<void> {
  const body = Buffer.concat(await request.toArray())
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string])
  const method = request.method ?? 'GET'
  const answered = await handler.fetch(
    new Request(`http://127.0.0.1${request.url}`, { method, headers, ...(body.length === 0 ? {} : { body }) }),
  )
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  for await (const chunk of answered.body ?? []) response.write(chunk)
  response.end()
}

if (import.meta.main) serveStdio(() => createToolServer())
