import { TOPIC_LIMITS } from './limits.ts'

/*
 * Names of topics and patterns over them, as NATS has them for its subjects: tokens joined by points. In a pattern `*` stands for one
 * token and `>`, at the end, for one or more.
 */

/** What a message to a topic has before its name as its receiver. */
export const TOPIC_PREFIX = 'topic:'

const TOKEN = /^[A-Za-z0-9_-]+$/
const ANY = '*'
const REST = '>'

/** Returns the name behind `topic:`, null if an address is not of that form. */
export function topicOf(address: string): string | null {
  return address.startsWith(TOPIC_PREFIX) ? address.slice(TOPIC_PREFIX.length) : null
}

/** Tells whether a text names a topic: at most TOPIC_LIMITS.tokens tokens of letters, digits, `-` and `_`. */
export function isTopicName(text: string): boolean {
  return isOfTokens(text, (token) => TOKEN.test(token))
}

/** Tells whether a text is a pattern over topics: a name of a topic, in which tokens may be `*` and the last one `>`. */
export function isTopicPattern(text: string): boolean {
  return isOfTokens(text, (token, isLast) => TOKEN.test(token) || token === ANY || (isLast && token === REST))
}

/** Tells whether every topic that `pattern` stands for is one that `whole` stands for. The name of a topic stands for itself. */
export function coversTopics(whole: string, pattern: string): boolean {
  const wide = whole.split('.')
  const narrow = pattern.split('.')
  for (const [index, token] of wide.entries()) {
    if (token === REST) return index < narrow.length
    const found = narrow[index]
    if (found === undefined || found === REST) return false
    if (token !== ANY && token !== found) return false
  }
  return wide.length === narrow.length
}

/** Tells whether one of several patterns covers another one whole. */
export function isCoveredBy(pattern: string, patterns: readonly string[]): boolean {
  return patterns.some((whole) => coversTopics(whole, pattern))
}

function isOfTokens(text: string, isToken: (token: string, isLast: boolean) => boolean): boolean {
  if (text.length > TOPIC_LIMITS.nameChars) return false
  const tokens = text.split('.', TOPIC_LIMITS.tokens + 1)
  if (tokens.length > TOPIC_LIMITS.tokens) return false
  return tokens.every((token, index) => isToken(token, index === tokens.length - 1))
}
