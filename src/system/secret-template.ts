import type { SecretTemplate } from '../capability/index.ts'
import { isName } from '../core/index.ts'
import { Mismatch } from './field.ts'
import { mismatch, show } from './problems.ts'

const MAX_CHARS = 4_096

/** Reads a text with names of secrets in braces: `Bearer {api_key}`. A brace itself cannot be written. */
export function readSecretTemplate(value: unknown): SecretTemplate | Mismatch {
  if (typeof value !== 'string' || value === '')
    return new Mismatch(mismatch(value, 'a text such as "Bearer {api_key}"'))
  if (value.length > MAX_CHARS || !/^[\t\x20-\x7e]*$/.test(value)) {
    return new Mismatch(`is ${show(value)}, expected at most ${MAX_CHARS} printable ASCII characters`)
  }
  const parts: (string | { readonly secret: string })[] = []
  for (const part of value.split(/(\{[^{}]*\})/)) {
    if (part === '') continue
    if (!/[{}]/.test(part)) parts.push(part)
    else if (isName(part.slice(1, -1))) parts.push({ secret: part.slice(1, -1) })
    else return new Mismatch(`has ${show(part)}, expected the name of a secret in braces, such as "{api_key}"`)
  }
  return parts
}
