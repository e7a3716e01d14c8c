import { CaxtonError } from '../../core/index.ts'

/*
 * Headers that go out and come back.
 *
 * 1. A guest sets no header that frames a request, routes it, or speaks for a proxy in between, and none that the host fills.
 * 2. Names and values have the characters that HTTP gives them: a line end cannot be in one.
 * 3. A guest sees the headers of a response that are in a list, and those that its rule adds.
 */

const MAX_HEADERS = 64
const MAX_HEADER_BYTES = 16 * 2 ** 10

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const VALUE = /^[\t\x20-\x7e]*$/

/** Set by the host, or able to make a server read another request than the one that was checked. */
const KEPT = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
])
const KEPT_PREFIXES = ['proxy-', 'x-forwarded-', 'sec-']

/** Reveal parts of an answer that are too short to be recognised. */
const PARTIAL = new Set(['range', 'if-range'])

/** What is not repeated to another origin. */
const PERSONAL = new Set(['authorization', 'cookie'])

const SHOWN = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'sunset',
  'vary',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
])

export type Headers = Readonly<Record<string, string>>

/** Checks the headers that a guest wants sent. Names become lower case. @throws CaxtonError ERR_HTTP_REFUSED */
export function checkHeaders(wanted: Headers): Headers {
  const entries = Object.entries(wanted)
  if (entries.length > MAX_HEADERS) throw refuse(`${entries.length} headers, expected at most ${MAX_HEADERS}`)
  const headers: Record<string, string> = Object.create(null)
  let bytes = 0
  for (const [name, value] of entries) {
    const lower = name.toLowerCase()
    const shown = JSON.stringify(name.slice(0, 64))
    if (!NAME.test(name)) throw refuse(`${shown} is not the name of a header`)
    if (!VALUE.test(value)) throw refuse(`the value of ${shown} has characters that a header cannot have`)
    if (isKept(lower)) throw refuse(`${shown} is set by the host alone`)
    if (Object.hasOwn(headers, lower)) throw refuse(`${shown} is there twice`)
    bytes += name.length + value.length + 4
    headers[lower] = value
  }
  if (bytes > MAX_HEADER_BYTES) throw refuse(`${bytes} bytes of headers, expected at most ${MAX_HEADER_BYTES}`)
  return headers
}

/**
 * Checks that a guest sets nothing that the host fills, and asks for no parts of an answer that has to be scrubbed whole.
 *
 * @param isSensitive whether the host of the request is one that gets secrets
 */
export function checkBesideSecrets(headers: Headers, filled: readonly string[], isSensitive: boolean): void {
  for (const name of Object.keys(headers)) {
    if (filled.includes(name)) throw refuse(`"${name}" is filled by the host`)
    if (isSensitive && PARTIAL.has(name)) throw refuse(`"${name}" cannot be combined with a secret`)
  }
}

/** Returns the headers that are sent on to another origin. */
export function dropPersonal(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PERSONAL.has(name)))
}

/** Returns the headers without those that describe a body. */
export function dropBodyHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')))
}

/** Returns what a guest sees of the headers of a response; ones that are there several times are joined. */
export function showHeaders(rawHeaders: readonly string[], also: readonly string[]): Headers {
  const shown: Record<string, string> = Object.create(null)
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!SHOWN.has(name) && !also.includes(name)) continue
    const value = rawHeaders[at + 1]!
    shown[name] = Object.hasOwn(shown, name) ? `${shown[name]}, ${value}` : value
  }
  return shown
}

function isKept(name: string): boolean {
  return KEPT.has(name) || KEPT_PREFIXES.some((prefix) => name.startsWith(prefix))
}

function refuse(detail: string): CaxtonError {
  return new CaxtonError('ERR_HTTP_REFUSED', { detail })
}
