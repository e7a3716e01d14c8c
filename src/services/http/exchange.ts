import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { HttpMethod, HttpUrl } from '../../capability/index.ts'
import { formatHostPort } from '../../capability/index.ts'
import { CaxtonError, isCaxtonError } from '../../core/index.ts'
import { isNamedAddress } from './address.ts'
import type { Headers } from './headers.ts'

/** Bytes of the head of a response. */
const MAX_HEAD_BYTES = 32 * 2 ** 10
/** These have a body even where it is empty. */
const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Nothing is kept from one exchange to the next: no connection, no session of TLS. */
const HTTP_AGENT = new HttpAgent({ keepAlive: false })
const HTTPS_AGENT = new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 })

export interface ExchangeRequest {
  readonly url: HttpUrl
  readonly method: HttpMethod
  readonly headers: Headers
  readonly body: Uint8Array
  /** The address that was checked; nothing else is connected to. */
  readonly address: string
}

export interface ExchangeOptions {
  /** Certificates of authorities in place of those of the system. @default those of the system */
  readonly ca?: string
}

/**
 * Sends one request over a connection of its own and waits for the head of its answer.
 *
 * A connection is used once and no proxy of the environment is: what a server sends after its answer is read by nobody.
 *
 * @param signal ends the exchange, its body included; its reason is what is thrown
 * @throws CaxtonError ERR_HTTP_FAILED
 */
export function exchange(
  request: ExchangeRequest,
  signal: AbortSignal,
  { ca }: ExchangeOptions = {},
): Promise<IncomingMessage> {
  const { url, method, headers, body, address } = request
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  if (signal.aborted) return Promise.reject(toHttpError(signal.reason, signal))
  const hasBody = body.length > 0 || BODY_METHODS.has(method)
  const isSecure = url.scheme === 'https'
  const options: RequestOptions & { readonly servername?: string } = {
    agent: isSecure ? HTTPS_AGENT : HTTP_AGENT,
    host: url.host,
    port: url.port,
    path: `${url.path}${url.query}`,
    method,
    setHost: false,
    headers: {
      ...headers,
      host: formatHostPort(url),
      connection: 'close',
      'accept-encoding': 'identity',
      ...(hasBody ? { 'content-length': String(body.length) } : {}),
    },
    maxHeaderSize: MAX_HEAD_BYTES,
    insecureHTTPParser: false,
    // A name is not looked up again, and an address never is.
    lookup: (_host, { all }, answer) => {
      const family = isIP(address)
      if (all === true) answer(null, [{ address, family }])
      else answer(null, address, family)
    },
    signal,
    ...(isSecure ? { rejectUnauthorized: true, ...(isIP(url.host) === 0 ? { servername: url.host } : {}) } : {}),
    ...(ca === undefined ? {} : { ca }),
  }
  const sent = (isSecure ? requestHttps : requestHttp)(options)
  sent.once('response', resolve)
  sent.on('error', (cause) => reject(toHttpError(cause, signal)))
  sent.once('close', () => reject(toHttpError(signal.reason, signal)))
  sent.once('socket', (socket) => {
    socket.once('connect', () => {
      const reached = socket.remoteAddress
      if (reached !== undefined && isNamedAddress(reached, [address])) return
      sent.destroy(new CaxtonError('ERR_HTTP_REFUSED', { detail: 'the connection went to another address' }))
    })
  })
  sent.end(hasBody ? body : undefined)
  return promise
}

/** Names what went wrong without its words: those of a library could repeat what was sent. */
export function toHttpError(cause: unknown, signal?: AbortSignal): CaxtonError {
  if (isCaxtonError(cause)) return cause
  if (signal?.aborted === true && isCaxtonError(signal.reason)) return signal.reason
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const known = /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'unknown'
  return new CaxtonError('ERR_HTTP_FAILED', { detail: `the exchange ended early (${known})`, data: { code: known } })
}
