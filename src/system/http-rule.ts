import { isIP } from 'node:net'
import type { HttpMethod, HttpRule, SecretHeader } from '../capability/index.ts'
import { HTTP_METHODS, HTTP_RULE_DEFAULTS, parseHttpPattern, secretsOf } from '../capability/index.ts'
import { formatBytes, formatDurationMs, parseBytes, parseCount, parseDurationMs, parseRate } from '../core/index.ts'
import { field, list, Mismatch, table, text } from './field.ts'
import { mismatch, show, suggest } from './problems.ts'
import { readSecretTemplate } from './secret-template.ts'

/** A rule as a user writes it, such as `{ url: 'https://api.example.com/v1/*', methods: ['GET'] }`. */
export interface HttpRuleInput {
  /** Scheme, host, port and path; `*.` in front of a host and a final `/*` stand for everything below. */
  readonly url: string
  readonly methods: readonly string[]
  /** Headers that the host fills: `{ authorization: 'Bearer {api_key}' }`, or `{ basic: 'user:{password}' }`. @default none */
  readonly secrets?: Readonly<Record<string, string | { readonly basic: string }>>
  /** Addresses or ranges that are not public and may be connected to all the same. @default none */
  readonly addresses?: readonly string[]
  /** Response headers that the guest sees beside the usual ones. @default none */
  readonly response_headers?: readonly string[]
  /** @default 5 */
  readonly redirects?: number
  /** @default 1MiB */
  readonly request_bytes?: string | number
  /** @default 16MiB */
  readonly response_bytes?: string | number
  /** @default 30s */
  readonly timeout?: string | number
  /** @default 4 */
  readonly concurrency?: number
  /** @default 600/m */
  readonly rate?: string
}

const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const MAX_SECRET_HEADERS = 8
/** Headers that a secret must not be put into: they frame or route the request. */
const FRAMING = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
])

function amount(
  parse: (value: string | number) => number,
  format: (value: number) => string,
  min: number,
  max: number,
) {
  return field((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return new Mismatch(mismatch(value, format(max)))
    const found = parse(value)
    return found >= min && found <= max
      ? found
      : new Mismatch(`is ${show(value)}, expected between ${format(min)} and ${format(max)}`)
  })
}

function readAddress(entry: string): string | null {
  const [, address, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
  const version = isIP(address ?? '')
  const isRange = bits === undefined || Number(bits) <= (version === 4 ? 32 : 128)
  if (version !== 0 && isRange && !entry.includes('%')) return null
  return `is ${show(entry)}, expected an address or a range such as "10.0.0.0/8"`
}

function readSecrets(value: unknown): SecretHeader[] | Mismatch {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Mismatch(mismatch(value, 'a table'))
  const entries = Object.entries(value)
  if (entries.length > MAX_SECRET_HEADERS) return new Mismatch(`has more than ${MAX_SECRET_HEADERS} headers`)
  const headers: SecretHeader[] = []
  for (const [name, written] of entries) {
    const header = name.toLowerCase()
    if (!HEADER.test(header) || FRAMING.has(header))
      return new Mismatch(`has ${show(name)}, expected the name of a header`)
    const basic: unknown = Object.keys(Object(written)).join() === 'basic' ? Object(written).basic : undefined
    const template = readSecretTemplate(basic ?? written)
    if (template instanceof Mismatch) return new Mismatch(`${name}: ${template.text}`)
    if (secretsOf(template).length === 0) return new Mismatch(`${name}: names no secret, expected "{name}" in it`)
    headers.push({ header, form: basic === undefined ? 'plain' : 'basic', template })
  }
  if (new Set(headers.map(({ header }) => header)).size < headers.length) return new Mismatch('names a header twice')
  return headers
}

function methodProblem(method: string): string | null {
  return HTTP_METHODS.includes(method as HttpMethod) ? null : `is ${show(method)}, ${suggest(method, HTTP_METHODS)}`
}

const ruleSchema = table({
  url: text('a URL such as "https://api.example.com/v1/*"', 2_048),
  methods: list('methods such as "GET"', methodProblem).refine((methods) => methods.length > 0, {
    error: 'is empty, expected methods such as "GET"',
  }),
  secrets: field(readSecrets).optional(),
  addresses: list('addresses', readAddress).optional(),
  response_headers: list('header names', (name) =>
    HEADER.test(name) ? null : `is ${show(name)}, expected the lower-case name of a header`,
  ).optional(),
  redirects: amount(parseCount, String, 0, 20).optional(),
  request_bytes: amount(parseBytes, formatBytes, 0, 2 ** 28).optional(),
  response_bytes: amount(parseBytes, formatBytes, 0, 2 ** 40).optional(),
  timeout: amount(parseDurationMs, formatDurationMs, 1, 3_600_000).optional(),
  concurrency: amount(parseCount, String, 1, 64).optional(),
  rate: field((value) => {
    if (typeof value !== 'string') return new Mismatch(mismatch(value, 'a rate such as "600/m"'))
    const rate = parseRate(value, parseCount)
    const isFit = rate.amount >= 1 && rate.amount <= 1e9 && rate.periodMs >= 100 && rate.periodMs <= 86_400_000
    return isFit ? rate : new Mismatch(`is ${show(value)}, expected 1 to 1G in a period between 100ms and 24h`)
  }).optional(),
})

/** Schema of one rule of the grant `http`. */
export const httpRuleSchema = ruleSchema.transform((written, context): HttpRule => {
  const pattern = parseHttpPattern(written.url)
  const refuse = (path: string, message: string): HttpRule => {
    context.addIssue({ code: 'custom', message, path: [path] })
    return undefined as never
  }
  if (pattern === null) {
    const expected =
      'expected an http or https URL without user, query and fragment, such as "https://api.example.com/v1/*"'
    return refuse('url', `is ${show(written.url)}, ${expected}`)
  }
  const secrets = written.secrets ?? []
  if (secrets.length > 0 && pattern.host === '*')
    return refuse('secrets', 'would go to every host, expected a host in url')
  const defaults = HTTP_RULE_DEFAULTS
  return {
    url: written.url,
    pattern,
    methods: written.methods as HttpMethod[],
    secrets,
    addresses: written.addresses ?? [],
    responseHeaders: written.response_headers ?? [],
    redirects: written.redirects ?? defaults.redirects,
    requestBytes: written.request_bytes ?? defaults.requestBytes,
    responseBytes: written.response_bytes ?? defaults.responseBytes,
    timeoutMs: written.timeout ?? defaults.timeoutMs,
    concurrency: written.concurrency ?? defaults.concurrency,
    rate: written.rate ?? defaults.rate,
  }
})
