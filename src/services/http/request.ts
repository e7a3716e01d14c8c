import type { HttpMethod, HttpUrl } from '../../capability/index.ts'
import { HTTP_METHODS, parseHttpUrl } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import { parseObject } from '../answers.ts'
import type { Headers } from './headers.ts'
import { checkHeaders } from './headers.ts'

/** What a guest asks for, read and checked, before anybody knows whether it may. */
export interface HttpRequest {
  readonly method: HttpMethod
  readonly url: HttpUrl
  readonly headers: Headers
}

const FIELDS: ReadonlySet<string> = new Set(['method', 'url', 'headers'])

/**
 * Reads the JSON text of a request: `{ "url": "https://…", "method": "GET", "headers": { "accept": "…" } }`.
 *
 * @returns null for what is not of this form: the guest is told INVALID
 * @throws CaxtonError ERR_HTTP_REFUSED for a URL, a method or a header that nobody may send
 */
export function parseHttpRequest(text: string): HttpRequest | null {
  const fields = parseObject(text)
  if (fields === null || Object.keys(fields).some((name) => !FIELDS.has(name))) return null
  const { method = 'GET', url, headers = {} } = fields
  if (typeof method !== 'string' || typeof url !== 'string' || !isTextTable(headers)) return null
  const target = parseHttpUrl(url)
  if (target === null)
    throw refuse('the URL is not an absolute http or https URL, or has a user, spaces or backslashes')
  if (!HTTP_METHODS.includes(method as HttpMethod)) throw refuse(`the method is none of ${HTTP_METHODS.join(', ')}`)
  return { method: method as HttpMethod, url: target, headers: checkHeaders(headers) }
}

/** Reads `{ "stream": 1, "max": 65536 }`, as the host call of a guest writes it; null for anything else. */
export function parseReadRequest(text: string): { readonly stream: number; readonly max: number } | null {
  const { stream, max = 0 } = parseObject(text) ?? {}
  const isFit = Number.isSafeInteger(stream) && Number.isSafeInteger(max) && Number(max) >= 0
  return isFit ? { stream: Number(stream), max: Number(max) } : null
}

function isTextTable(value: unknown): value is Headers {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((part) => typeof part === 'string')
  )
}

function refuse(detail: string): CaxtonError {
  return new CaxtonError('ERR_HTTP_REFUSED', { detail })
}
