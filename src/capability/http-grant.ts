import type { Rate } from '../core/index.ts'
import type { SecretTemplate } from './secret.ts'

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type HttpMethod = (typeof HTTP_METHODS)[number]

/** Where a rule lets requests go: scheme, host and port are compared whole, the path whole or as a prefix. */
export interface HttpPattern {
  readonly scheme: 'http' | 'https'
  /** `*` is every host, `*.example.com` every host below that one; else the host itself, as `parseHttpUrl` writes it. */
  readonly host: string
  readonly port: number
  /** One that ends with `/` in a prefix rule allows everything below; see `isPrefix`. */
  readonly path: string
  readonly isPrefix: boolean
}

/** A header that the host fills. The guest can neither read nor set it. */
export interface SecretHeader {
  /** Lower-case name. */
  readonly header: string
  /** `basic`: the filled text is sent as `Basic <base64>`. */
  readonly form: 'plain' | 'basic'
  readonly template: SecretTemplate
}

/** One kind of request that an agent may make. Everything that is not named by some rule is refused. */
export interface HttpRule {
  /** As it was written, for people. */
  readonly url: string
  readonly pattern: HttpPattern
  readonly methods: readonly HttpMethod[]
  readonly secrets: readonly SecretHeader[]
  /** Ranges such as `10.0.0.0/8` that may be connected to although they are not public; none by default. */
  readonly addresses: readonly string[]
  /** Lower-case names of response headers that the guest sees beside the usual ones. */
  readonly responseHeaders: readonly string[]
  /** Redirects that are followed, each to what some rule allows; at 0 the guest gets the first answer. */
  readonly redirects: number
  readonly requestBytes: number
  readonly responseBytes: number
  /** From the call to the last byte of the body. */
  readonly timeoutMs: number
  /** Exchanges of the agent by this rule at once. */
  readonly concurrency: number
  readonly rate: Rate
  /** The rule that this one is a part of: what it uses counts there, too. */
  readonly within?: HttpRule
}

/** What a rule has that does not say otherwise. */
export const HTTP_RULE_DEFAULTS = Object.freeze({
  redirects: 5,
  requestBytes: 2 ** 20,
  responseBytes: 16 * 2 ** 20,
  timeoutMs: 30_000,
  concurrency: 4,
  rate: Object.freeze({ amount: 600, periodMs: 60_000 }),
})

/** A URL that is read once, in its normal form: what is compared is what is connected to. */
export interface HttpUrl {
  readonly scheme: 'http' | 'https'
  /** Lower case, IDN as punycode, addresses in their one form, IPv6 without brackets, no final dot. */
  readonly host: string
  readonly port: number
  /** Dots resolved; begins with `/`. */
  readonly path: string
  /** With its `?`, or empty. */
  readonly query: string
}

const URL_CHARS = 8_192
const DEFAULT_PORTS = { http: 80, https: 443 } as const
/** What URL parsers disagree about: spaces, controls, backslashes, anything that is not ASCII outside of a host is escaped anyway. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const DISPUTED = /[\u0000-\u0020\u007f\\]/
const AUTHORITY = /^(https?):\/\/([^/?#]+)/i

/**
 * Reads an absolute `http` or `https` URL. The fragment is dropped.
 *
 * Refuses what parsers disagree about and what hides where a request goes: user names, backslashes, spaces, control
 * characters, an empty host.
 *
 * @returns null for what is refused
 */
export function parseHttpUrl(text: string): HttpUrl | null {
  if (text.length > URL_CHARS || DISPUTED.test(text)) return null
  const authority = AUTHORITY.exec(text)?.[2]
  if (authority === undefined || authority.includes('@')) return null
  if (!URL.canParse(text)) return null
  const { protocol, username, password, hostname, port, pathname, search } = new URL(text)
  const scheme = protocol === 'http:' ? 'http' : protocol === 'https:' ? 'https' : null
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  if (scheme === null || username !== '' || password !== '' || host === '' || host.endsWith('.')) return null
  return { scheme, host, port: port === '' ? DEFAULT_PORTS[scheme] : Number(port), path: pathname, query: search }
}

/** Writes a URL as it is requested; without its query on demand, for logs. */
export function formatHttpUrl({ scheme, host, port, path, query }: HttpUrl): string {
  return `${formatOrigin({ scheme, host, port })}${path}${query}`
}

export function formatOrigin(url: Pick<HttpUrl, 'scheme' | 'host' | 'port'>): string {
  return `${url.scheme}://${formatHostPort(url)}`
}

/** Writes host and port as the `Host` header has them. */
export function formatHostPort({ scheme, host, port }: Pick<HttpUrl, 'scheme' | 'host' | 'port'>): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === DEFAULT_PORTS[scheme] ? name : `${name}:${port}`
}

/**
 * Reads the URL of a rule: `https://api.example.com/v1/*`. A `*` stands for everything below a path, for every host, or, as
 * `*.example.com`, for every host below one.
 *
 * @returns null for what is not a pattern
 */
export function parseHttpPattern(text: string): HttpPattern | null {
  const isPrefix = text.endsWith('/*')
  const withoutPath = isPrefix ? text.slice(0, -1) : text
  const wild = /^(https?:\/\/)\*(\.[^/]+)?(?=[:/]|$)/i.exec(withoutPath)
  const plain =
    wild === null ? withoutPath : withoutPath.replace(wild[0], `${wild[1]}${wild[2]?.slice(1) ?? 'any.invalid'}`)
  const url = plain.includes('*') || plain.includes('?') || plain.includes('#') ? null : parseHttpUrl(plain)
  if (url === null || isUnclearPath(url.path)) return null
  const { scheme, host, port, path } = url
  if (wild === null) return { scheme, host, port, path, isPrefix }
  if (wild[2] === undefined) return { scheme, host: '*', port, path, isPrefix }
  // A wildcard over a top-level domain or over a part of an address is a mistake.
  return host.includes('.') && !/^[\d.]+$/.test(host) ? { scheme, host: `*.${host}`, port, path, isPrefix } : null
}

/** Tells whether a pattern names the host of a URL, whatever else of it. */
export function matchesHttpHost(pattern: HttpPattern, url: HttpUrl): boolean {
  return matchesHost(pattern.host, url.host)
}

/** Tells whether a request to a URL is one that a pattern names. */
export function matchesHttp(pattern: HttpPattern, url: HttpUrl): boolean {
  if (pattern.scheme !== url.scheme || pattern.port !== url.port || !matchesHost(pattern.host, url.host)) return false
  if (!pattern.isPrefix) return pattern.path === url.path
  return url.path.startsWith(pattern.path) && (pattern.path === '/' || !isUnclearPath(url.path))
}

function matchesHost(pattern: string, host: string): boolean {
  if (pattern === '*' || pattern === host) return true
  return pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1
}

/**
 * Tells whether some server might see another path than we do: escaped slashes, backslashes, dots or zeros, once or several
 * times, and dots with parameters (`..;`). Such a path could leave the prefix that it seems to be below.
 */
function isUnclearPath(path: string): boolean {
  let text = path
  for (let round = 0; round < DECODINGS; round += 1) {
    const segments = text.split('/')
    if (segments.some((segment) => /^\.{1,2}(;.*)?$/.test(segment))) return true
    const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    if (next === text) return false
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\\\u0000]/.test(next) || next.split('/').length !== segments.length) return true
    text = next
  }
  return true
}

/** Times that a path is unescaped in search of what it may mean. */
const DECODINGS = 4
