import {
  asCaxtonError,
  CaxtonError,
  isName,
  isTopicName,
  personOf,
  RUNTIME_NAME,
  topicOf,
  USER_NAME,
} from '../core/index.ts'

/** Where a message can go. */
export type Address =
  | { readonly kind: 'agent'; readonly name: string }
  | { readonly kind: 'capability'; readonly name: string }
  | { readonly kind: 'topic'; readonly name: string }
  | { readonly kind: 'person'; readonly name: string }
  | { readonly kind: 'user' }
  | { readonly kind: 'runtime' }

/**
 * Parses the receiver of a message: an agent name, `capability:<name>`, `topic:<name>`, `human:<name>`, `user`, or `caxton`.
 *
 * @throws CaxtonError ERR_MESSAGE_ADDRESS for another scheme or a name that is none
 */
export function parseAddress(text: string): Address {
  if (text === USER_NAME) return { kind: 'user' }
  if (text === RUNTIME_NAME) return { kind: 'runtime' }
  const topic = topicOf(text)
  if (topic !== null && isTopicName(topic)) return { kind: 'topic', name: topic }
  const person = personOf(text)
  if (person !== null) return { kind: 'person', name: person }
  const colon = text.indexOf(':')
  const scheme = colon < 0 ? 'agent' : text.slice(0, colon)
  const name = text.slice(colon + 1)
  const isKnown = colon < 0 || scheme === 'capability'
  if (!isKnown || !isName(name)) {
    const shown = JSON.stringify(text.slice(0, 128))
    const detail = `expected an agent name, "capability:<name>", "topic:<name>" or "human:<name>", found ${shown}`
    throw new CaxtonError('ERR_MESSAGE_ADDRESS', { detail, data: { receiver: text.slice(0, 128) } })
  }
  return colon < 0 ? { kind: 'agent', name } : { kind: 'capability', name }
}

/** Whether the address names no receiver, so that whoever gets the message is found when it is delivered. */
export function isForOthers({ kind }: Address): boolean {
  return kind === 'capability' || kind === 'topic'
}

/** Parses a receiver; returns what is wrong with it instead of throwing it. */
export function readAddress(text: string): Address | CaxtonError {
  try {
    return parseAddress(text)
  } catch (error) {
    return asCaxtonError(error)
  }
}
