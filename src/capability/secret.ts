/** A text with the names of secrets in it: `Bearer {api_key}`. */
export type SecretTemplate = readonly (string | { readonly secret: string })[]

/** Where the host finds a secret. The value itself is in no configuration of an agent, because the agent must not have it. */
export type SecretSource =
  /** A variable of the environment of the host. */
  | { readonly env: string }
  /** A file of the host; a final line end does not count. */
  | { readonly file: string }
  /** For callers of the library that keep secrets elsewhere. */
  | { readonly value: string }

/** Names the secrets in a template. */
export function secretsOf(template: SecretTemplate): string[] {
  return template.flatMap((part) => (typeof part === 'string' ? [] : [part.secret]))
}
