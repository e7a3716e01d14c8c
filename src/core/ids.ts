const AGENT_NAME = /^[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*$/

/** Names nobody can give to an agent: the runtime itself, and whoever started the system. */
export const RUNTIME_NAME = 'caxton'
export const USER_NAME = 'user'

/** Tells whether a text can name an agent or a capability: lower-case words joined by `-`, `_` or `.`, at most 64 characters. */
export function isName(text: string): boolean {
  return text.length <= 64 && AGENT_NAME.test(text)
}

/** Returns a function that makes ids such as `m-4f2a-1`, unique within a prefix and a run. */
export function createIdSource(prefix: string, run: string): () => string {
  const begin = `${prefix}-${run}-`
  let count = 0
  return () => {
    count += 1
    // Joined to one piece at once: V8 keeps the parts of `+`, and writes a text of parts as JSON three times as slowly.
    return [begin, count.toString(36)].join('')
  }
}
