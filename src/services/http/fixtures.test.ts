import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { Answer, Grants, ServiceName } from '../../capability/index.ts'
import type { Clock } from '../../core/index.ts'
import { parseGrants } from '../../system/index.ts'
import type { AuditRecord } from '../audit.ts'
import { Secrets } from '../secrets/secrets.ts'
import type { ExchangeOptions } from './exchange.ts'
import type { Resolver } from './resolve.ts'
import { HttpService } from './service.ts'

/** A server on the loopback interface, which is gone when its scope ends. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number
  /** Connections that it has ever had. */
  readonly connections: number
}

async function listen(server: Server, host = '127.0.0.1'): Promise<LocalServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export function serveHttp(handler: RequestListener, host?: string): Promise<LocalServer> {
  return listen(createHttpServer(handler), host)
}

/** A server that answers whatever bytes it likes. */
export function serveBytes(answer: (socket: Socket, head: string) => void): Promise<LocalServer> {
  return listen(
    createServer((socket) => {
      let head = ''
      const onData = (bytes: Buffer) => {
        head += bytes.toString('latin1')
        if (!head.includes('\r\n\r\n')) return
        socket.off('data', onData)
        answer(socket, head)
      }
      socket.on('data', onData)
    }),
  )
}

/** A name that the tests' own resolver knows. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  'api.test': ['127.0.0.1'],
  'other.test': ['127.0.0.1'],
}

export interface ClientOptions {
  readonly secrets?: Readonly<Record<string, string>>
  readonly resolver?: Resolver
  readonly clock?: Clock
  readonly exchangeOptions?: ExchangeOptions
  readonly agent?: string
}

/** An agent that asks the service, as its thread would. */
export class Client {
  readonly audits: AuditRecord[] = []
  readonly call = new AbortController()
  readonly service: HttpService
  readonly #grants: Grants
  readonly #agent: string
  #lastAsk = 0

  private constructor(secrets: Secrets, http: readonly object[], options: ClientOptions) {
    this.#agent = options.agent ?? 'one'
    this.#grants = parseGrants({ http })
    this.service = new HttpService({
      secrets,
      audit: (record) => this.audits.push(record),
      resolver: options.resolver ?? (async (host) => NAMES[host] ?? []),
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...(options.exchangeOptions === undefined ? {} : { exchangeOptions: options.exchangeOptions }),
    })
  }

  static async create(http: readonly object[], options: ClientOptions = {}): Promise<Client> {
    const sources = Object.entries(options.secrets ?? {}).map(([name, value]) => [name, { value }])
    return new Client(await Secrets.read(Object.fromEntries(sources)), http, options)
  }

  /** Asks for a request; answers the head, or the status of a failure. */
  async fetch(request: unknown, body = '', call = this.call.signal): Promise<Head | number> {
    const text = typeof request === 'string' ? request : JSON.stringify(request)
    const answer = await this.#ask('http_fetch', text, Buffer.from(body), call)
    return answer.status < 0 ? answer.status : (JSON.parse(Buffer.from(answer.bytes).toString()) as Head)
  }

  /** Reads once; answers the bytes, or the status of a failure. */
  async read(stream: number, max = 65_536): Promise<Buffer | number> {
    const { status, bytes } = await this.#ask('http_read', JSON.stringify({ stream, max }))
    return status < 0 ? status : Buffer.from(bytes)
  }

  async close(stream: number): Promise<number> {
    return (await this.#ask('http_close', JSON.stringify({ stream }))).status
  }

  /** Reads to the end; answers the text, or the status of a failure. */
  async readAll(stream: number, max = 65_536): Promise<string | number> {
    const chunks: Buffer[] = []
    for (;;) {
      const chunk = await this.read(stream, max)
      if (typeof chunk === 'number') return chunk
      if (chunk.length === 0) return Buffer.concat(chunks).toString()
      chunks.push(chunk)
    }
  }

  /** Fetches and reads all; answers the text of the body, or the status of a failure. */
  async get(url: string, more: object = {}): Promise<string | number> {
    const head = await this.fetch({ url, ...more })
    return typeof head === 'number' ? head : this.readAll(head.stream)
  }

  async #ask(
    service: ServiceName,
    text: string,
    bytes: Uint8Array = new Uint8Array(),
    call = this.call.signal,
  ): Promise<Answer> {
    this.#lastAsk += 1
    const client = { agent: this.#agent, grants: this.#grants }
    return this.service.answer(client, { id: this.#lastAsk, service, text, bytes }, call)
  }
}

export interface Head {
  readonly status: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly stream: number
}
