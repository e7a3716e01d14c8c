import type { IncomingMessage } from 'node:http'
import type { HttpMethod, HttpRule, HttpUrl } from '../../capability/index.ts'
import { formatHttpUrl, formatOrigin, matchesHttp, matchesHttpHost, parseHttpUrl } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { ExchangeOptions } from './exchange.ts'
import { exchange } from './exchange.ts'
import type { Headers } from './headers.ts'
import { checkBesideSecrets, dropBodyHeaders, dropPersonal } from './headers.ts'
import type { HttpRequest } from './request.ts'
import type { Resolver } from './resolve.ts'
import { pinAddress } from './resolve.ts'

/*
 * One request of a guest, from rule to rule.
 *
 * 1. Every hop is looked at like a request of its own: a rule must name it, its address is checked and pinned, and the
 *    secrets that are sent are those of the rule of that hop. What the last hop was given goes no further.
 * 2. The secrets of all rules of the agent are scrubbed from what comes back: a server may tell at one place what it was sent
 *    at another.
 */

export interface FetchParts {
  readonly secrets: Secrets
  readonly resolver: Resolver
  readonly exchangeOptions: ExchangeOptions
  /** Takes one from the rate of a rule. @throws CaxtonError ERR_HTTP_LIMIT */
  takeRate(rule: HttpRule): void
}

export interface FetchResult {
  readonly response: IncomingMessage
  readonly url: HttpUrl
  readonly rule: HttpRule
  readonly patterns: readonly Buffer[]
  /** To HEAD a response has no body, whatever its headers say. */
  readonly hasBody: boolean
}

interface Hop {
  readonly method: HttpMethod
  readonly url: HttpUrl
  readonly headers: Headers
  readonly body: Uint8Array
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Returns the first rule that names a request. @throws CaxtonError ERR_GRANT_MISSING */
export function findRule(rules: readonly HttpRule[], method: HttpMethod, url: HttpUrl): HttpRule {
  const found = rules.find((rule) => rule.methods.includes(method) && matchesHttp(rule.pattern, url))
  if (found !== undefined) return found
  const target = `${method} ${formatHttpUrl({ ...url, query: '' })}`
  throw new CaxtonError('ERR_GRANT_MISSING', { detail: `no rule for ${target}`, data: { grant: 'http', target } })
}

/**
 * Sends a request, follows what it may, and returns the first answer that is not followed, its body unread.
 *
 * @throws CaxtonError ERR_GRANT_MISSING, ERR_HTTP_REFUSED, ERR_HTTP_LIMIT, ERR_HTTP_FAILED
 */
export async function fetchByRules(
  parts: FetchParts,
  rules: readonly HttpRule[],
  request: HttpRequest & { readonly body: Uint8Array },
  signal: AbortSignal,
): Promise<FetchResult> {
  let hop: Hop = request
  const patterns = patternsOf(parts.secrets, rules)
  let isSensitive = false
  const first = findRule(rules, hop.method, hop.url)
  for (let count = 0; ; count += 1) {
    const rule = findRule(rules, hop.method, hop.url)
    assertBody(hop.body, rule)
    parts.takeRate(rule)
    isSensitive ||= getsSecrets(rules, hop.url)
    const headers = fillSecrets(parts.secrets, rule, hop.headers, isSensitive)
    const address = await pinAddress(hop.url.host, rule, parts.resolver)
    const response = await exchange({ ...hop, headers, address }, signal, parts.exchangeOptions)
    const next = first.redirects === 0 ? null : followRedirect(hop, response)
    if (next === null) {
      if (isSensitive) assertReadable(response)
      return { response, url: hop.url, rule, patterns, hasBody: hop.method !== 'HEAD' && response.statusCode !== 304 }
    }
    response.on('error', () => {})
    response.destroy()
    if (count >= first.redirects) {
      throw new CaxtonError('ERR_HTTP_FAILED', { detail: `more than ${first.redirects} redirects` })
    }
    hop = next
  }
}

/** What must not come back to an agent, by the secrets of a system and its rules: they do not change while it is deployed. */
const knownPatterns = new WeakMap<Secrets, WeakMap<readonly HttpRule[], readonly Buffer[]>>()

function patternsOf(secrets: Secrets, rules: readonly HttpRule[]): readonly Buffer[] {
  const known = knownPatterns.get(secrets) ?? new WeakMap<readonly HttpRule[], readonly Buffer[]>()
  knownPatterns.set(secrets, known)
  let patterns = known.get(rules)
  if (patterns === undefined) {
    patterns = rules.flatMap((rule) =>
      rule.secrets.flatMap(({ template, form }) => secrets.fill(template, form).patterns),
    )
    known.set(rules, patterns)
  }
  return patterns
}

/** Tells whether some rule sends secrets to the host of a URL. */
function getsSecrets(rules: readonly HttpRule[], url: HttpUrl): boolean {
  return rules.some(({ pattern, secrets }) => secrets.length > 0 && matchesHttpHost(pattern, url))
}

function fillSecrets(secrets: Secrets, rule: HttpRule, headers: Headers, isSensitive: boolean): Headers {
  const names = rule.secrets.map(({ header }) => header)
  checkBesideSecrets(headers, names, isSensitive)
  const filled = rule.secrets.map(({ header, template, form }) => [header, secrets.fill(template, form).text])
  return { ...headers, ...(Object.fromEntries(filled) as Headers) }
}

/** Returns the next hop, null for an answer that is no redirect. @throws CaxtonError ERR_HTTP_REFUSED */
function followRedirect(hop: Hop, response: IncomingMessage): Hop | null {
  const { statusCode = 0, headers } = response
  if (!REDIRECTS.has(statusCode) || headers.location === undefined) return null
  const url = resolveLocation(headers.location, hop.url)
  if (url === null) {
    response.destroy()
    throw new CaxtonError('ERR_HTTP_REFUSED', { detail: 'a redirect to what is no http or https URL' })
  }
  const isElsewhere = formatOrigin(url) !== formatOrigin(hop.url)
  const kept = isElsewhere ? dropPersonal(hop.headers) : hop.headers
  const becomesGet = statusCode === 303 ? hop.method !== 'HEAD' : statusCode < 303 && hop.method === 'POST'
  if (!becomesGet) return { ...hop, url, headers: kept }
  return { method: 'GET', url, headers: dropBodyHeaders(kept), body: new Uint8Array() }
}

function resolveLocation(location: string, base: HttpUrl): HttpUrl | null {
  // Read by the rules of a first URL: what those refuse is not made harmless by being relative.
  if (/[\s\\]/.test(location) || !URL.canParse(location, formatHttpUrl(base))) return null
  return parseHttpUrl(new URL(location, formatHttpUrl(base)).href)
}

function assertBody(body: Uint8Array, { requestBytes }: HttpRule): void {
  if (body.length <= requestBytes) return
  throw new CaxtonError('ERR_HTTP_LIMIT', {
    detail: `a request of ${body.length} bytes, expected at most ${requestBytes}`,
    data: { limit: 'request_bytes', most: requestBytes, asked: body.length },
  })
}

/** An answer in an encoding cannot be searched for what was sent. It was not asked for. */
function assertReadable(response: IncomingMessage): void {
  const encoding = response.headers['content-encoding']
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return
  response.on('error', () => {})
  response.destroy()
  throw new CaxtonError('ERR_HTTP_REFUSED', { detail: 'an answer to a request with a secret is encoded' })
}
